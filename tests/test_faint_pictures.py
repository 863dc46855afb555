"""Holes in pictures whose grain is fainter than a level of 8 bits: it is kept as strong grain is."""

import numpy as np
import pytest
from filling import box, disk, filled, hidden
from PIL import Image
from scipy import ndimage

from engine.synthesis.structure import FillInput, plan_filling
from engine.synthesis.structure.contrast import COARSEST, FINEST, find_contrast, find_rounding
from engine.synthesis.structure.surface import continue_grain, has_grain, is_surface

SIDE = 96
HOLE = disk(SIDE, SIDE, 48, 48, 16)
BEYOND = box(SIDE, SIDE, slice(None), slice(72, None))
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE].astype(np.float64)


def grain(deviation, channels=1, blur=0.0, seed=0):
    """Noise, of a standard deviation in levels of 8 bits."""
    found = np.random.default_rng(seed).normal(size=(SIDE, SIDE, channels)).clip(-2, 2)
    found = ndimage.gaussian_filter(found, (blur, blur, 0))
    return np.repeat(found / found.std(), 3 // channels, axis=2) * deviation / 255


def stored(colors, bits=16):
    top = 2**bits - 1
    return (np.rint(np.clip(colors, 0, 1) * top) / top).astype(np.float32)


def rough(colors, where):
    """Root of the mean squared step from pixel to pixel, in levels of 8 bits."""
    steps = [
        np.diff(colors, axis=axis)[np.minimum(where.take(range(1, SIDE), axis), where.take(range(SIDE - 1), axis))]
        for axis in (0, 1)
    ]
    return 255 * float(np.sqrt(np.mean([(each**2).mean() for each in steps])))


def kept(truth, free, **options):
    """What is left in a hole of the truth's roughness."""
    return rough(filled(truth, free, **options), free) / rough(truth, free)


@pytest.mark.parametrize("free", [HOLE, BEYOND], ids=["hole", "beyond a border"])
@pytest.mark.parametrize("deviation", [0.05, 0.37, 1, 4, 60])
def test_grain_is_kept_however_faint(deviation, free):
    # So small a picture has few patches: of strong grain, as much is lost.
    assert kept(stored(0.5 + grain(deviation)), free) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("tries", [1, 3, 8])
def test_all_qualities_keep_faint_grain(tries):
    assert kept(stored(0.5 + grain(0.2, 3)), HOLE, tries=tries) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("deviation", [0.5, 1, 4])
def test_grain_of_8_bits_is_kept(deviation):
    assert kept(stored(0.5 + grain(deviation), 8), HOLE) == pytest.approx(1, abs=0.1)


def weave(deviation):
    threads = np.sin(ROWS * np.pi / 3) * np.cos(COLUMNS * np.pi / 2)
    noise = np.random.default_rng(1).normal(size=(SIDE, SIDE))
    found = (threads + 0.5 * noise)[..., None] * [1, 0.8, 0.6]
    return found / found.std() * deviation / 255


@pytest.mark.parametrize("deviation", [0.5, 1, 4])
@pytest.mark.parametrize("made", [weave, lambda deviation: grain(deviation, 3, blur=2)], ids=["weave", "blots"])
def test_faint_patterns_of_8_bits_are_kept(made, deviation):
    colors = stored(made(deviation) + np.array([0.8, 0.7, 0.5]), 8)
    assert kept(colors, HOLE) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("tint", [(1, 1, 1), (0.62, 0.5, 0.36)], ids=["gray", "sepia"])
def test_dark_and_tinted_pictures_keep_faint_grain(tint):
    assert kept(stored((0.01 + grain(0.2, blur=0.7)) * tint), HOLE) == pytest.approx(1, abs=0.1)


def test_a_faint_pattern_goes_on_as_a_strong_one():
    wave = np.sin(2 * np.pi * COLUMNS / 8)[..., None] * [1, 1, 1]
    for levels in (0.1, 60):
        truth = (0.5 + wave * levels / 255).astype(np.float32)
        np.testing.assert_allclose(filled(truth, HOLE), truth, atol=0.05 * levels / 255)


@pytest.mark.parametrize("slope", [1, 40])
def test_grain_over_a_gradient_is_kept(slope):
    light = (COLUMNS + ROWS / 2)[..., None] / SIDE * slope / 255
    truth = stored(0.4 + light + grain(0.2))
    assert kept(truth, HOLE) == pytest.approx(1, abs=0.1)


def test_faint_grain_beside_a_strong_texture_is_kept():
    truth = stored(0.5 + np.where((COLUMNS < 24)[..., None], grain(30, blur=1), grain(0.1, seed=2)))
    assert kept(truth, HOLE) == pytest.approx(1, abs=0.1)


def test_colors_of_8_bits_stay_as_they_are():
    for deviation in (0.5, 30):
        truth = hidden(stored(0.5 + grain(deviation), 8), HOLE)
        level = plan_filling(FillInput(truth, HOLE, truth, ~HOLE, (0, 0))).level
        assert (level.gain, level.base, level.rounding) == (1, None, COARSEST)
        assert level.fill_input.colors is truth


def profiled(colors):
    """What colors of another profile, with wider primaries and another curve, become."""
    mixed = np.clip(colors, 0, 1) ** 2.2 @ np.array([[1.4, -0.05, 0], [-0.4, 1.05, -0.04], [0, 0, 1.04]])
    return (np.clip(mixed, 0, 1) ** (1 / 2.4)).astype(np.float32)


def test_rounding_is_told_by_the_colors():
    for colors in (0.5 + grain(0.4, 3), 0.5 + grain(8, 3, blur=6), 0.01 + grain(0.4)):
        listed = colors.reshape(-1, 3)
        assert find_rounding(stored(listed, 8)) == COARSEST
        assert find_rounding(stored(stored(listed, 8))) == COARSEST
        assert find_rounding(stored(listed)) == FINEST
        assert find_rounding(listed.astype(np.float32)) == FINEST
    assert find_rounding(np.full((64, 3), 0.5, np.float32)) == COARSEST


def test_colors_of_8_bits_in_another_profile_are_no_finer():
    for deviation in (0.4, 8, 40):
        listed = (0.5 + grain(deviation, 3, blur=6)).reshape(-1, 3)
        assert find_rounding(profiled(stored(listed, 8))) == COARSEST
    assert find_rounding(profiled(stored(0.5 + grain(0.4, 3)).reshape(-1, 3))) == FINEST


def test_contrast_is_enlarged_as_far_as_rounding_allows_and_reduced_again():
    colors = stored(0.3 + grain(0.2, 3)).reshape(-1, 3)
    contrast = find_contrast(colors, FINEST)
    assert 40 < contrast.gain < 255
    assert contrast.rounding == pytest.approx(contrast.gain * FINEST)
    assert np.ptp(np.percentile(contrast.enlarge(colors), (1, 99), axis=0), axis=0).max() == pytest.approx(0.5, 0.01)
    np.testing.assert_allclose(contrast.reduce(contrast.enlarge(colors)), colors, atol=1e-7)
    assert find_contrast(colors, COARSEST).gain == 1
    assert find_contrast(np.full((64, 3), 0.5, np.float32), FINEST).gain == 1


def test_a_surface_has_no_grain_that_is_seen():
    everywhere = np.ones((SIDE, SIDE), bool)
    surface = 0.5 + np.sin(COLUMNS / 20)[..., None] * [0.2, 0.1, 0.1]
    for fine in (0.0, 0.2):
        assert is_surface(stored(surface + grain(fine or 1e-9)), everywhere, FINEST)
    assert not has_grain(stored(surface), everywhere, FINEST)
    assert not is_surface(stored(0.5 + grain(0.2)), everywhere, FINEST)
    assert not is_surface(stored(surface + grain(8)), everywhere, FINEST)
    assert has_grain(stored(0.5 + grain(0.2)), everywhere, FINEST)


def test_grain_goes_on_as_a_mirror_image_and_known_colors_stay():
    colors = np.where(HOLE[..., None], 0.5, 0.5 + grain(1)).astype(np.float32)
    found = continue_grain(colors, HOLE)
    np.testing.assert_array_equal(found[~HOLE], colors[~HOLE])
    assert rough(found, HOLE) == pytest.approx(rough(colors, ~HOLE), rel=0.15)


@pytest.mark.parametrize("more", [(), ("--extend", "10")], ids=["fill", "extend"])
def test_a_file_of_16_bits_keeps_its_grain(call, here, more):
    truth = stored(0.5 + grain(0.37))
    Image.fromarray(np.rint(truth[..., 0] * 65535).astype(np.uint16)).save(here / "low.png")
    Image.fromarray((HOLE * 255).astype(np.uint8)).save(here / "mask.png")
    hole = more or ("--mask", "mask.png")
    assert call("synthesize", "--canvas", "low.png", "-o", "out.png", *hole, "--local")[0] == 0
    with Image.open(here / "out.png") as image:
        made = np.asarray(image).astype(float)
    new = np.ones(made.shape, bool)
    new[10:-10, 10:-10] = False
    new = new if more else HOLE
    assert made[new].std() == pytest.approx(65535 * truth[..., 0].std(), rel=0.1)
