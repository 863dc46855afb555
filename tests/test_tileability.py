"""Pictures that tile already, and those that only seem to."""

import numpy as np
import pytest
from engines import raster
from pictures import camouflage, clouds
from runs import run
from scipy import ndimage

from engine.images import Picture, read_picture, write_picture
from engine.preparation import prepare
from engine.preparation.tileability import tiles
from engine.request_errors import TilesAlreadyError
from protocol.messages import Canvas, Failed, Synthesize
from protocol.vocabulary import Settings


def gray(values):
    return np.repeat(np.asarray(values, np.float32)[..., None], 3, axis=2)


def grid(height, width, period, thick=1):
    rows, columns = np.mgrid[:height, :width]
    return gray(np.where((rows % period < thick) | (columns % period < thick), 0.2, 0.95))


def checker(height, width, side):
    rows, columns = np.mgrid[:height, :width]
    return gray((rows // side + columns // side) % 2)


def bricks_of_many_reds(height, width, shift=0):
    """Courses of 20 pixels of bricks of 60, each with a color of its own, which wrap around."""
    tints = np.random.default_rng(0).uniform(0.3, 0.7, (height // 20, width // 60))
    rows, columns = np.mgrid[:height, :width]
    course, across = rows // 20, columns + rows // 20 % 2 * 30 + shift
    brick = tints[course, across // 60 % tints.shape[1]]
    return np.where((rows % 20 < 2) | (across % 60 < 2), 0.85, brick)[..., None] * np.float32((1, 0.6, 0.5))


def grain(height, width, size, seed=0, mode="wrap"):
    noise = np.random.default_rng(seed).normal(size=(height, width, 3))
    soft = ndimage.gaussian_filter(noise, (size, size, 0), mode=mode)
    return np.clip(0.5 + 0.15 * soft / soft.std(), 0, 1).astype(np.float32)


def along(picture):
    return tuple(tiles(np.ascontiguousarray(picture, np.float32), axis) for axis in (1, 0))


@pytest.mark.parametrize("period", [8, 25, 50])
def test_what_is_periodic_tiles_if_it_is_cut_at_the_period(period):
    side = 8 * period
    assert along(grid(side, side, period)) == (True, True)
    assert along(grid(side, side, period, 3)) == (True, True)
    assert along(checker(side, side, period)) == (True, True)
    assert along(grid(side, side + period // 2, period)) == (False, True)
    assert along(grid(side + 3, side, period)) == (True, False)
    assert along(checker(side, side + period, period)) == (False, True)


def test_of_bricks_of_many_colors_the_side_that_cuts_them_has_to_fit():
    assert along(bricks_of_many_reds(400, 480)) == (True, True)
    assert tiles(bricks_of_many_reds(400, 480, shift=13).astype(np.float32), 1)
    other = np.concatenate([bricks_of_many_reds(400, 240), bricks_of_many_reds(400, 360)[:, 10:]], axis=1)
    assert not tiles(other.astype(np.float32), 1)


@pytest.mark.parametrize("short", [1, 2, 3])
@pytest.mark.parametrize("period", [12, 16, 25, 50])
@pytest.mark.parametrize("noise", [0, 0.03])
def test_the_last_cell_of_a_pattern_must_not_be_shorter(short, period, noise):
    grain = noise * np.random.default_rng(0).normal(size=(8 * period, 8 * period - short, 3))
    for picture in (grid(*grain.shape[:2], period, 2), checker(*grain.shape[:2], period)):
        soft = ndimage.gaussian_filter(picture, (1, 1, 0), mode="wrap")
        for each in (picture, soft):
            assert not tiles(np.clip(each + grain, 0, 1).astype(np.float32), 1)


@pytest.mark.parametrize("short", [1, 3])
def test_the_last_brick_must_not_be_shorter(short):
    cut = bricks_of_many_reds(400, 480)[:, :-short]
    assert not tiles(np.ascontiguousarray(cut, np.float32), 1)


def test_a_grid_under_grain_tiles_if_it_is_cut_at_the_period():
    grain = 0.03 * np.random.default_rng(0).normal(size=(96, 96, 3))
    assert along(np.clip(grid(96, 96, 12, 2) + grain, 0, 1)) == (True, True)


@pytest.mark.parametrize("size", [0.5, 1, 2, 8])
@pytest.mark.parametrize("seed", [0, 1])
def test_grain_that_wraps_around_tiles(size, seed):
    assert along(grain(200, 240, size, seed)) == (True, True)


@pytest.mark.parametrize("size", [1, 2, 8])
@pytest.mark.parametrize("seed", [0, 1])
def test_grain_that_was_cut_does_not_tile(size, seed):
    cut = grain(240, 280, size, seed, mode="reflect")[20:-20, 20:-20]
    assert along(cut) == (False, False)


def test_a_flat_picture_and_a_gradient_tile_where_they_are_the_same_on_both_sides():
    assert along(np.full((64, 64, 3), 0.4)) == (True, True)
    assert along(gray(np.tile(np.linspace(0, 1, 200), (150, 1)))) == (False, True)
    assert along(np.full((8, 8, 3), 0.4)) == (True, True)


def test_pictures_that_do_not_tile_do_not(subtests):
    for name, picture in (("clouds", clouds(200, 200)), ("camouflage", camouflage(240, 240)[:200, :200])):
        with subtests.test(name):
            assert along(picture) == (False, False)


def test_a_break_at_one_place_of_the_seam_is_enough():
    rows, columns = np.mgrid[:300, :300]
    two = gray(np.where(rows < 200 + 20 * columns / 300, 0.3, 0.7))
    assert along(two)[0] is False


def test_too_few_pixels_across_the_seam_tell_nothing():
    for height in range(1, 7):
        for width in range(1, 7):
            found = [tiles(grain(height, width, 0.5), axis) for axis in (0, 1)]
            assert not (found[0] and (height < 4 or width == 1))
            assert not (found[1] and (width < 4 or height == 1))


@pytest.mark.parametrize("size", [(2, 2), (3, 3), (2, 40), (40, 3)])
def test_a_canvas_of_few_pixels_is_refused(size):
    canvas = Canvas(picture=raster(grain(*size, 0.5)))
    end = run(Synthesize("few", canvas=canvas, settings=Settings(seamless="both"))).end
    assert isinstance(end, Failed)
    assert end.code in {"nothing-to-sample", "too-little-to-sample"}


def test_only_the_axis_along_which_a_canvas_does_not_tile_yet_gets_a_band():
    job_input = prepare(None, canvas=Picture(grid(200, 212, 25)), seamless="both")
    assert job_input.mask[:, :20].all()
    assert not job_input.mask[:, 80:-80].any()
    for seamless in ("both", "x", "y"):
        with pytest.raises(TilesAlreadyError):
            prepare(None, canvas=Picture(grid(200, 200, 25)), seamless=seamless)


def test_alpha_has_to_tile_too():
    columns = np.mgrid[:200, :200][1]
    alpha = np.clip(0.4 + columns / 400, 0, 1).astype(np.float32)
    job_input = prepare(None, canvas=Picture(grid(200, 200, 25), alpha), seamless="both")
    assert job_input.mask[:, :20].all()
    assert not job_input.mask[:, 80:-80].any()


def test_a_canvas_that_tiles_is_written_as_it_is_with_one_remark(call, here):
    write_picture(here / "grid.png", Picture(grid(96, 96, 12)))
    code, _, said = call("synthesize", "--canvas", "grid.png", "--seamless", "-o", "out.png", "--local")
    assert code == 0
    assert said.count("tiles already") == 1
    np.testing.assert_array_equal(read_picture(here / "out.png").pixels, read_picture(here / "grid.png").pixels)
    code, _, said = call("synthesize", "--canvas", "grid.png", "--seamless", "-q", "-o", "again.png", "--local")
    assert (code, said) == (0, "")
