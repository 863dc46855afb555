"""Exemplars of a few flat colors: what is made of them has no other color."""

import io

import numpy as np
import pytest
from pictures import bricks, bytes_of, camouflage, clouds, load, save
from PIL import Image

from engine.synthesis.structure.content import BRIGHTNESS
from engine.synthesis.structure.flatness import has_flat_colors


def flat(colors, valid=None):
    return has_flat_colors(colors, np.ones(colors.shape[:2], bool) if valid is None else valid)


def encoded(colors, quality):
    """Write as JPEG and read again."""
    file = io.BytesIO()
    Image.fromarray(bytes_of(colors)).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file), np.float32) / 255


def resized(colors, size):
    picture = Image.fromarray(bytes_of(colors)).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(picture, np.float32) / 255


def inks(samples):
    return {tuple(each) for each in samples.reshape(-1, 3).tolist()}


def test_camouflage_is_flat_however_it_was_stored():
    exemplar = camouflage(256, 256)
    assert flat(exemplar)
    assert flat(encoded(exemplar, 90))
    assert flat(resized(exemplar, (180, 180)))
    assert flat(resized(exemplar, (512, 512)))


def test_what_has_grain_or_shades_is_not_flat():
    assert not flat(bricks(128, 128))
    assert not flat(clouds(128, 128))
    ramp = np.linspace(0, 1, 256, dtype=np.float32)
    assert not flat(np.broadcast_to(ramp[None, :, None], (64, 256, 3)))
    steps = np.random.default_rng(0).integers(100, 104, (64, 64, 1)).repeat(3, axis=2).astype(np.float32) / 255
    assert not flat(steps)


def soft(size, light, dark):
    """Make a dark thing before a backdrop that is darker towards its corners."""
    rows, columns = np.mgrid[:size, :size] / size - 0.5
    backdrop = light + (dark - light) * 2 * (rows**2 + columns**2)
    thing = np.maximum(np.abs(rows), np.abs(columns)) < 0.15
    return np.where(thing, 0.05, backdrop).astype(np.float32)[..., None].repeat(3, axis=2)


@pytest.mark.parametrize("size", [96, 200, 700])
def test_a_soft_backdrop_is_not_flat(size):
    assert not flat(soft(size, 0.8, 0.65))
    assert not flat(encoded(soft(size, 0.8, 0.65), 90))
    assert flat(soft(size, 0.8, 0.8))
    assert flat(encoded(soft(size, 0.8, 0.8), 90))


def test_dots_of_a_few_colors_are_flat():
    dots = np.random.default_rng(0).integers(0, 2, (64, 64, 1)).repeat(3, axis=2).astype(np.float32)
    assert flat(dots)
    palette = np.random.default_rng(1).random((8, 3)).astype(np.float32)
    assert flat(palette[np.random.default_rng(2).integers(0, 8, (64, 64))])


def test_one_color_is_not_a_matter_of_flat_colors():
    assert not flat(np.full((32, 32, 3), 0.5, np.float32))
    assert not flat(camouflage(), np.zeros((128, 128), bool))


def test_what_may_not_be_sampled_does_not_count():
    colors, valid = camouflage(), np.ones((128, 128), bool)
    colors[:, 64:] = bricks(128, 64)
    assert not flat(colors)
    valid[:, 64:] = False
    assert flat(colors, valid)


@pytest.mark.parametrize("quality", ["draft", "normal", "best"])
def test_a_texture_of_flat_colors_has_no_other_color(call, here, quality):
    exemplar = camouflage()
    save(here / "blots.png", exemplar)
    arguments = ("-o", "out.png", "--size", "160x160", "--quality", quality, "--local")
    assert call("synthesize", "blots.png", *arguments)[0] == 0
    found = load(here / "out.png")
    assert inks(found) == inks(bytes_of(exemplar))
    for ink in inks(found):
        shares = [float((each == ink).all(axis=2).mean()) for each in (bytes_of(exemplar), found)]
        assert shares[1] == pytest.approx(shares[0], abs=0.12)


def test_a_texture_that_tiles_has_no_other_color(call, here):
    exemplar = camouflage()
    save(here / "blots.png", exemplar)
    arguments = ("-o", "out.png", "--size", "96x96", "--seamless", "both", "--local")
    assert call("synthesize", "blots.png", *arguments)[0] == 0
    found = load(here / "out.png")
    assert inks(found) == inks(bytes_of(exemplar))
    wide = np.tile(found, (2, 2, 1)).astype(int)
    steps = np.abs(np.diff(wide, axis=1)).max(axis=2) > 0
    # Borders of blots cross each column by chance; a seam would be crossed by most.
    assert steps[:96, 95].mean() <= steps[:96, :95].mean(axis=0).max()


def dithered(height=96, width=96):
    """Make a soft pattern of black and white dots, as in a picture of one bit."""
    rows, columns = np.indices((height, width))
    level = 0.5 + 0.4 * np.sin(rows / 9) * np.cos(columns / 13)
    return (level > np.random.default_rng(0).random((height, width)))[..., None].repeat(3, axis=2).astype(np.float32)


@pytest.mark.parametrize("picture", [camouflage(), dithered()], ids=["camouflage", "dithered"])
@pytest.mark.parametrize("quality", ["draft", "normal"])
def test_a_hole_in_flat_colors_is_filled_with_no_other_color(call, here, picture, quality):
    mask = np.zeros(picture.shape[:2])
    mask[30:60, 20:64] = 1
    save(here / "canvas.png", picture)
    save(here / "mask.png", mask)
    arguments = ("--canvas", "canvas.png", "--mask", "mask.png", "-o", "out.png", "--quality", quality, "--local")
    assert call("synthesize", *arguments)[0] == 0
    found = load(here / "out.png")
    assert inks(found) == inks(bytes_of(picture))
    assert np.array_equal(found[mask == 0], bytes_of(picture)[mask == 0])


def test_a_new_texture_of_dots_has_no_shades(call, here):
    save(here / "dots.png", dithered())
    assert call("synthesize", "dots.png", "-o", "out.png", "--size", "96", "--quality", "draft", "--local")[0] == 0
    assert inks(load(here / "out.png")) == {(0, 0, 0), (255, 255, 255)}


def test_noise_of_hue_makes_a_drawing_no_photograph():
    rows, columns = np.mgrid[:128, :128]
    drawing = np.where(np.hypot(rows % 32 - 16, columns % 32 - 16) < 11, 0.1, 0.75)[..., None]
    hue = np.random.default_rng(0).normal(0, 6 / 255, (128, 128, 3))
    noisy = (drawing + hue - hue @ BRIGHTNESS[:, None]).clip(0, 1).astype(np.float32)
    assert flat(noisy)
    assert not flat((drawing + 3 * hue[..., :1]).clip(0, 1).astype(np.float32).repeat(3, axis=2))
