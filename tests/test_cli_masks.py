"""Masks that are read by one of their channels."""

import numpy as np
import pytest
from calling import FILL, assert_refused
from pictures import bricks, bytes_of, load, save
from PIL import Image

CANVAS = ("--canvas", "wall.png", "--mask", "mask.png")
KINDS = {
    "mask": CANVAS,
    "exemplar mask": ("wall.png", "--exemplar-mask", "mask.png"),
    "second exemplar mask": ("wall.png", "wall.png", "--exemplar-mask", "soft.png", "--exemplar-mask", "mask.png"),
}


@pytest.fixture
def wall(here):
    """A canvas, and a mask that is white but for a soft part."""
    soft = np.full((64, 64, 4), 255, np.uint8)
    soft[20:30, 20:30, 3] = 0
    save(here / "soft.png", soft)
    save(here / "wall.png", bytes_of(bricks()))
    return here


def changed_in(folder):
    return (load(folder / "out.png") != load(folder / "wall.png")).any(axis=2)


@pytest.mark.parametrize(("channel", "status"), [("red", 0), ("blue", 2), (None, 2), ("purple", 2)])
def test_a_mask_with_colors_is_read_by_its_channel(call, wall, channel, status):
    mask = np.zeros((64, 64, 3), np.uint8)
    mask[20:30, 20:30, 0] = 255
    save(wall / "mask.png", mask)
    chosen = () if channel is None else ("--mask-channel", channel)
    assert call("synthesize", *CANVAS, *chosen, *FILL, "-o", "out.png")[0] == status
    if not status:
        changed = changed_in(wall)
        assert changed.any()
        assert not changed[mask[..., 0] == 0].any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_mask_without_alpha_is_not_read_by_its_alpha(call, wall, kind, channels):
    white = np.full((64, 64, channels), 255, np.uint8)
    white[40:] = 0
    save(wall / "mask.png", white.squeeze())
    told = call("synthesize", *KINDS[kind], "--mask-channel", "alpha", *FILL, "-o", "out.png")
    assert_refused(told, "mask.png has no alpha channel")
    assert not (wall / "out.png").exists()


@pytest.mark.parametrize("mode", ["LA", "RGBA", "P"])
def test_a_mask_with_alpha_is_read_by_it(call, wall, mode):
    samples = np.zeros((64, 64, 2), np.uint8)
    samples[20:30, 20:30, 1] = 255
    image = Image.fromarray(samples)
    if mode == "P":
        image.getchannel("A").convert("P").save(wall / "mask.png", transparency=0)
    else:
        image.convert(mode).save(wall / "mask.png")
    assert call("synthesize", *CANVAS, "--mask-channel", "alpha", *FILL, "-o", "out.png")[0] == 0
    changed = changed_in(wall)
    assert changed.any()
    assert not changed[samples[..., 1] == 0].any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_black_shape_is_told_to_be_in_the_alpha(call, wall, kind):
    shape = np.zeros((64, 64, 4), np.uint8)
    # What an eraser leaves of a white layer is seen nowhere.
    shape[:10, :, :3] = 255
    shape[20:30, 20:30, 3] = 255
    save(wall / "mask.png", shape)
    told = call("synthesize", *KINDS[kind], *FILL, "-o", "out.png")
    assert_refused(told, "mask.png is black where it is not transparent")
    assert "--mask-channel alpha" in told[2]


def test_a_mask_of_inks_says_nothing_of_the_result(call, wall):
    mask = np.zeros((64, 64, 3), np.uint8)
    mask[20:30, 20:30] = 255
    Image.fromarray(mask).convert("CMYK").save(wall / "mask.tif")
    status, _, err = call("synthesize", "--canvas", "wall.png", "--mask", "mask.tif", *FILL, "-o", "out.png")
    assert status == 0, err
    assert "mask.tif holds CMYK" in err
    assert "the result" not in err
