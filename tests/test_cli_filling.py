"""The command line fills, and makes tile, what is there."""

import json

import imagecodecs
import numpy as np
import pytest
from calling import FILL
from pictures import bricks, bytes_of, clouds, load, save, seam
from PIL import Image

from engine.images.png import encode_png


@pytest.fixture
def scene(here):
    """A canvas and a mask: the samples and where they are free."""
    samples = bytes_of(bricks(72, 80, seed=1))
    mask = np.zeros((72, 80), np.uint8)
    mask[30:50, 20:60] = 255
    save(here / "canvas.png", samples)
    save(here / "mask.png", mask)
    return samples, mask > 0


def test_what_the_mask_keeps_is_the_same_in_the_file(make, scene):
    samples, free = scene
    found = make("--canvas", "canvas.png", "--mask", "mask.png", quick=FILL)
    assert found.shape == samples.shape
    assert np.array_equal(found[~free], samples[~free])
    assert not np.array_equal(found[free], samples[free])


def test_without_an_exemplar_the_rest_of_the_canvas_is_one(call, scene, here):
    samples, free = scene
    status, out, _ = call(
        "synthesize", "--canvas", "canvas.png", "--mask", "mask.png", "-o", "o.png", *FILL, "--json"
    )
    assert status == 0
    found = load(here / "o.png")
    assert np.array_equal(found[~free], samples[~free])
    told = json.loads(out)
    assert (told["width"], told["height"]) == (80, 72)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_transparent_part_is_filled_and_opaque(call, scene, here, suffix):
    samples, free = scene
    save(here / "cut.png", np.dstack([samples, np.where(free, 0, 255).astype(np.uint8)]))
    assert call("synthesize", "--canvas", "cut.png", "-o", f"out.{suffix}", *FILL)[0] == 0
    found = load(here / f"out.{suffix}")
    assert found.shape == (72, 80, 4)
    assert (found[..., 3] == 255).all()
    # The two pixels around a cut-out are a mixture with what was cut out.
    wide = np.zeros_like(free)
    wide[28:52, 18:62] = True
    assert np.array_equal(found[~wide, :3], samples[~wide])


def test_a_canvas_that_is_filled_flat_has_no_alpha(call, scene, here):
    samples, free = scene
    save(here / "cut.png", np.dstack([samples, np.where(free, 0, 255).astype(np.uint8)]))
    assert call("synthesize", "--canvas", "cut.png", "--flatten", "-o", "out.png", *FILL)[0] == 0
    found = load(here / "out.png")
    assert found.shape == (72, 80, 3)
    assert np.array_equal(found[:20], samples[:20])


def test_a_canvas_that_stays_transparent_in_places_keeps_its_alpha(call, scene, here):
    samples, free = scene
    alpha = np.where(free, 0, 255).astype(np.uint8)
    alpha[:8, :8] = 0
    save(here / "cut.png", np.dstack([samples, alpha]))
    told = call("synthesize", "--canvas", "cut.png", "--mask", "mask.png", "--flatten", "-o", "out.png", *FILL)
    assert told[0] == 0, told[2]
    assert (load(here / "out.png")[:8, :8, 3] == 0).all()


def test_a_picture_is_made_to_tile_and_keeps_its_middle(call, here):
    samples = bytes_of(clouds(53, 70))
    save(here / "clouds.png", samples)
    arguments = ("--canvas", "clouds.png", "--seamless", "--quality", "draft")
    assert call("synthesize", *arguments, "-o", "tile.png")[0] == 0
    found = load(here / "tile.png")
    assert found.shape == samples.shape
    assert np.array_equal(found[9:-9, 9:-9], samples[9:-9, 9:-9])
    for axis in (0, 1):
        assert seam(samples, axis) > 3
        assert seam(found, axis) < 2


@pytest.mark.parametrize(("seamless", "axis"), [("x", 1), ("y", 0)])
def test_a_picture_is_made_to_tile_along_one_axis_and_keeps_its_other_borders(call, here, seamless, axis):
    samples = bytes_of(clouds(53, 70))
    save(here / "clouds.png", samples)
    arguments = ("--canvas", "clouds.png", "--seamless", seamless, "--quality", "draft")
    assert call("synthesize", *arguments, "-o", "tile.png")[0] == 0
    found = load(here / "tile.png")
    inner = (slice(None), slice(9, -9)) if axis else (slice(9, -9), slice(None))
    assert np.array_equal(found[inner], samples[inner])
    assert seam(found, axis) < 2 < 3 < seam(found, 1 - axis)


@pytest.mark.parametrize("profile", ["adobergb", "srgb"])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("bits", [8, 16])
def test_a_picture_that_is_extended_is_the_same_in_the_file(call, here, profile, channels, bits):
    samples = bytes_of(bricks(50, 60, seed=1))
    alpha = np.full((50, 60), 255, np.uint8)
    alpha[20:30, 20:30] = 0
    samples = samples if channels == 3 else np.dstack([samples, alpha])
    samples = samples.astype(np.uint16) * 257 if bits == 16 else samples
    icc = bytes(imagecodecs.cms_profile(profile))
    (here / "canvas.png").write_bytes(encode_png(samples, icc))
    arguments = ("--canvas", "canvas.png", "--extend", "10%,6", "--quality", "draft")
    assert call("synthesize", *arguments, "-o", "out.png")[0] == 0
    found = imagecodecs.png_decode((here / "out.png").read_bytes())
    assert (found.dtype, found.shape) == (samples.dtype, (60, 72, channels))
    assert np.array_equal(found[5:-5, 6:-6], samples)


SAMPLED = {
    "sides": (("--sample-from", "sides"), "blue"),
    "above and below": (("--sample-from", "above-below"), "red"),
    "a mask of the upper part": (("--exemplar-mask", "upper.png"), "red"),
    "a mask of the right part, from the sides": (("--exemplar-mask", "right.png", "--sample-from", "sides"), "blue"),
}


@pytest.mark.parametrize("choice", SAMPLED)
def test_a_hole_is_filled_from_where_it_may_be_sampled(call, here, choice):
    options, color = SAMPLED[choice]
    samples = bytes_of(bricks(96, 96, seed=1))
    # A band of blue bricks goes through the hole.
    samples[36:60] = samples[36:60, :, ::-1]
    hole, upper, right = np.zeros((3, 96, 96), np.uint8)
    hole[36:60, 36:60], upper[:30], right[:, 60:] = 255, 255, 255
    for name, picture in (("canvas", samples), ("hole", hole), ("upper", upper), ("right", right)):
        save(here / f"{name}.png", picture)
    arguments = ("--canvas", "canvas.png", "--mask", "hole.png", *FILL, *options)
    assert call("synthesize", *arguments, "-o", "out.png")[0] == 0
    found = load(here / "out.png")
    assert np.array_equal(found[hole == 0], samples[hole == 0])
    red, _, blue = found[40:56, 40:56].reshape(-1, 3).mean(axis=0)
    assert (red > blue) == (color == "red")


def test_what_an_exemplar_mask_hides_makes_no_difference(make, here):
    mask = np.zeros((64, 64), np.uint8)
    mask[:40] = 255
    save(here / "mask.png", mask)
    plain, found = make(), make("--exemplar-mask", "mask.png")
    changed = load(here / "bricks.png").copy()
    changed[40:] = 255 - changed[40:]
    save(here / "bricks.png", changed)
    assert np.array_equal(found, make("--exemplar-mask", "mask.png"))
    assert not np.array_equal(found, plain)


@pytest.mark.parametrize(("rim", "told"), [(11, True), (40, False)])
def test_that_the_same_parts_repeat_is_told_where_little_can_be_sampled(call, here, rim, told):
    mask = np.zeros((160, 160), np.uint8)
    mask[rim:-rim, rim:-rim] = 255
    save(here / "canvas.png", bricks(160, 160))
    save(here / "mask.png", mask)
    words = ("--canvas", "canvas.png", "--mask", "mask.png", "-o", "out.png", *FILL, "--local")
    status, _out, err = call("synthesize", *words)
    assert status == 0
    assert ("the same parts may repeat" in err) == told


def test_a_small_exemplar_that_was_named_is_what_was_asked_for(call, here):
    save(here / "small.png", bricks(16, 16))
    save(here / "canvas.png", np.dstack([bytes_of(bricks(64, 64)), np.zeros((64, 64), np.uint8)]))
    save(here / "mask.png", np.full((64, 64), 255, np.uint8))
    words = ("small.png", "--canvas", "canvas.png", "--mask", "mask.png", "-o", "out.png", *FILL, "--local")
    status, _out, err = call("synthesize", *words)
    assert (status, "may repeat" in err) == (0, False), err


@pytest.mark.usefixtures("scene")
def test_a_context_larger_than_the_picture_is_the_whole_picture(call, here):
    arguments = ("synthesize", "--canvas", "canvas.png", "--mask", "mask.png", *FILL)
    for context in ("whole", "16384", "80"):
        assert call(*arguments, "--context", context, "-o", f"{context}.png")[0] == 0
    assert (here / "whole.png").read_bytes() == (here / "16384.png").read_bytes() == (here / "80.png").read_bytes()


def test_a_gray_picture_that_is_made_to_tile_stays_gray(call, here):
    samples = bytes_of(clouds(40, 48)[..., 0])
    save(here / "gray.png", samples)
    assert call("synthesize", "--canvas", "gray.png", "--seamless", "-o", "out.png", *FILL)[0] == 0
    found = load(here / "out.png")
    assert found.shape == (40, 48)
    assert np.array_equal(found[10:-10, 10:-10], samples[10:-10, 10:-10])
    assert not np.array_equal(found, samples)


def test_a_gray_picture_that_is_extended_stays_gray(call, here):
    samples = bytes_of(clouds(40, 48)[..., 0])
    save(here / "gray.png", samples)
    assert (
        call("synthesize", "--canvas", "gray.png", "--extend", "left=8", "-o", "out.png", "--quality", "draft")[0]
        == 0
    )
    found = load(here / "out.png")
    assert found.shape == (40, 56)
    assert np.array_equal(found[:, 8:], samples)


def test_with_a_mask_it_says_what_a_canvas_that_wraps_keeps(make, scene):
    samples, free = scene
    arguments = ("--canvas", "canvas.png", "--mask", "mask.png")
    found = make(*arguments, "--seamless", quick=FILL)
    assert np.array_equal(found[~free], samples[~free])
    assert not np.array_equal(found, make(*arguments, quick=FILL))


def test_a_transparent_border_of_a_canvas_that_wraps_is_filled(call, here):
    samples = bytes_of(bricks(48, 57))
    alpha = np.full((48, 57), 255, np.uint8)
    alpha[:, :9] = 0
    save(here / "cut.png", np.dstack([samples, alpha]))
    assert call("synthesize", "--canvas", "cut.png", "--seamless", "-o", "out.png", *FILL)[0] == 0
    found = load(here / "out.png")
    assert (found[..., 3] == 255).all()
    # The two pixels around a cut-out are a mixture with what was cut out, and the other borders get a band.
    assert np.array_equal(found[8:-8, 11:-8, :3], samples[8:-8, 11:-8])
    assert seam(found[..., :3], 1) < 2


@pytest.mark.parametrize("profile", ["adobergb", "srgb"])
@pytest.mark.parametrize("bits", [8, 16])
def test_what_is_kept_of_a_canvas_with_a_profile_is_the_same_in_the_file(call, scene, here, profile, bits):
    samples, free = scene
    samples = samples.astype(np.uint16) * 257 if bits == 16 else samples
    icc = bytes(imagecodecs.cms_profile(profile))
    (here / "canvas.png").write_bytes(encode_png(samples, icc))
    assert call("synthesize", "--canvas", "canvas.png", "--mask", "mask.png", "-o", "out.png", *FILL)[0] == 0
    data = (here / "out.png").read_bytes()
    found = imagecodecs.png_decode(data)
    assert found.dtype == samples.dtype
    assert np.array_equal(found[~free], samples[~free])
    with Image.open(here / "out.png") as image:
        assert image.info["icc_profile"] == icc


def test_init_lies_under_the_whole_canvas(call, here):
    mask = np.zeros((200, 200), np.uint8)
    mask[100:120, 80:120] = 255
    save(here / "mask.png", mask)
    save(here / "canvas.png", bricks(200, 200, seed=1))
    # White over the left half of the canvas, and so over that of the hole.
    half = np.zeros((200, 200, 3), np.float32)
    half[:, :100] = 1
    half[:, :60] = 0
    save(here / "half.png", half)
    arguments = ("--canvas", "canvas.png", "--mask", "mask.png", "--init", "half.png", "--octaves", "1", *FILL)
    assert call("synthesize", *arguments, "-o", "out.png")[0] == 0
    found = load(here / "out.png").astype(float)
    assert found[100:120, 80:100].mean() - found[100:120, 100:120].mean() > 80
