"""Holes in translucent pictures."""

import numpy as np
import pytest
from engines import raster, short_job
from pictures import bricks, clouds
from runs import run
from scipy import ndimage
from translucent_pictures import filled, hole_in, lace, veil

from engine.preparation.evenness import even_within
from engine.preparation.repeats import repeated
from engine.preparation.translucency import continued


def watercolor(side=128):
    """Discs of many colors that let the paper through, with gaps between them: colors and alpha."""
    chance = np.random.default_rng(3)
    rows, columns = np.mgrid[:side, :side]
    colors, alpha = np.zeros((side, side, 3), np.float32), np.zeros((side, side), np.float32)
    for _ in range(330):
        row, column, radius = *chance.uniform(0, side, 2), chance.uniform(3, 7)
        disc = 0.35 * (np.hypot(rows - row, columns - column) < radius).astype(np.float32)
        total = disc + alpha * (1 - disc)
        tint = chance.uniform((0.3, 0.2, 0.4), (1, 0.4, 0.8))
        mixed = disc[..., None] * tint + (alpha * (1 - disc))[..., None] * colors
        colors = np.where(total[..., None] > 0, mixed / np.maximum(total, 1e-6)[..., None], 0).astype(np.float32)
        alpha = total
    return colors, alpha


# Holes.


def test_a_hole_in_lace_is_filled_with_lace():
    colors, alpha = lace()
    mask = hole_in(96, 96, slice(32, 60), slice(30, 66))
    found, opacity = filled(colors, alpha, mask)
    kept = mask == 0
    np.testing.assert_array_equal(opacity[kept], np.rint(alpha * 255).astype(np.uint8)[kept])
    np.testing.assert_array_equal(found[kept], np.rint(colors * 255).astype(np.uint8)[kept])
    # Strictly periodic, so that there is one right answer.
    apart = opacity[~kept].astype(float) - alpha[~kept] * 255
    assert 20 * np.log10(255 / np.sqrt((apart**2).mean())) > 30


def test_scattered_pixels_that_are_missing_bring_no_color_of_a_backdrop_into_a_hole():
    noise = np.random.default_rng(2)
    gray = ndimage.gaussian_filter(noise.random((96, 96)), 1)
    gray = 0.5 + 0.15 * (gray - gray.mean()) / gray.std()
    colors = np.clip(gray[..., None] * [1.0, 0.98, 0.95], 0, 1)
    alpha = (noise.random((96, 96)) > 0.08).astype(np.float64)
    hole = hole_in(96, 96, slice(30, 66), slice(30, 66))
    made, shown = (each[30:66, 30:66] for each in filled(colors, alpha, hole))
    assert set(np.unique(shown)) == {0, 255}
    assert 0.02 < (shown == 0).mean() < 0.2
    seen = made[shown == 255].astype(float)
    # Each brightness has one color in the picture; with tints from a backdrop some are off by 30 levels.
    assert np.abs(seen[:, 2] - 0.95 * seen[:, 0]).max() < 8
    assert np.abs(seen[:, 1] - 0.98 * seen[:, 0]).max() < 8


def test_lace_whose_colors_change_smoothly_goes_on_in_the_color_of_each_place():
    rows, columns = np.mgrid[:144, :144]
    across, down = columns / 144, rows / 144
    smooth = np.stack([0.2 + 0.6 * across, 0.3 + 0.4 * down, 0.8 - 0.6 * across], axis=2)
    grain = np.random.default_rng(4).normal(0, 0.03, (144, 144, 1))
    pores = (np.hypot(rows % 16 - 7.5, columns % 16 - 7.5) >= 4).astype(np.float32)
    hole = hole_in(144, 144, slice(40, 100), slice(40, 100))
    found, opacity = filled(np.clip(smooth + grain, 0, 1), pores, hole)
    np.testing.assert_array_equal(opacity > 127, pores > 0.5)
    seen = (hole > 0) & (opacity > 127)
    apart = np.abs(ndimage.uniform_filter(found - 255 * smooth, (5, 5, 0))[seen])
    assert np.percentile(apart, 95) < 8


def dotted(clear=0.0):
    """Few dots, far apart in grain, 48 pixels from one to the next: colors and alpha."""
    rows, columns = (each % 48 - 23.5 for each in np.mgrid[:240, :240])
    return clouds(240, 240), np.where(np.hypot(rows, columns) < 10, clear, 1).astype(np.float32)


@pytest.mark.parametrize("clear", [0.0, 0.5])
@pytest.mark.parametrize("columns", [slice(79, 163), slice(152, 240)])
def test_dots_go_on_in_a_hole_whose_border_cuts_none_of_them(clear, columns):
    colors, alpha = dotted(clear)
    mask = hole_in(240, 240, slice(79, 163), columns)
    _, opacity = filled(colors, alpha, mask)
    np.testing.assert_array_equal(opacity, np.rint(alpha * 255).astype(np.uint8))


@pytest.mark.parametrize("gone", [0.0, 1.0])
def test_dots_go_on_where_lace_was_erased_or_painted_over(gone):
    colors, alpha = dotted()
    mask = hole_in(240, 240, slice(79, 163), slice(79, 163))
    _, opacity = filled(colors, np.where(mask > 0, gone, alpha).astype(np.float32), mask)
    np.testing.assert_array_equal(opacity, np.rint(alpha * 255).astype(np.uint8))


def test_one_dot_that_is_selected_is_filled():
    colors, alpha = dotted()
    mask = hole_in(240, 240, slice(108, 132), slice(108, 132))
    _, opacity = filled(colors, alpha, mask)
    assert (opacity[mask > 0] == 255).all()


def test_alpha_repeats_only_as_it_does_right_around_a_hole():
    _, alpha = dotted()
    mask = hole_in(240, 240, slice(79, 163), slice(79, 163))
    np.testing.assert_array_equal(repeated(alpha, mask)[mask > 0], alpha[mask > 0])
    assert np.isnan(repeated(alpha, mask)[mask == 0]).all()
    rows, columns = np.mgrid[:240, :240] - 119.5
    whole = np.where(np.hypot(rows, columns) < 90, 1, alpha).astype(np.float32)
    chance = np.random.default_rng(0).random((240, 240)).astype(np.float32)
    for other in (
        whole,
        np.ones_like(alpha),
        ndimage.gaussian_filter(chance, 4),
        (np.hypot(rows, columns) < 90) * 1.0,
    ):
        assert repeated(other.astype(np.float32), mask) is None


def test_a_hole_in_a_picture_of_one_level_of_alpha_gets_that_level():
    level = np.full((60, 60), 230 / 255, np.float32)
    mask = hole_in(60, 60, slice(20, 40), slice(20, 40))
    for cut in (False, True):
        alpha = np.where(mask > 0, 0, level).astype(np.float32) if cut else level
        _, opacity = filled(bricks(60, 60), alpha, None if cut else mask)
        assert np.unique(opacity).tolist() == [230]


def test_alpha_goes_on_across_a_hole_in_a_gradient_of_it():
    alpha = np.broadcast_to(np.linspace(0.3, 0.9, 96, dtype=np.float32)[:, None], (96, 96))
    mask = hole_in(96, 96, slice(36, 60), slice(36, 60))
    colors = clouds(96, 96)
    found, opacity = filled(colors, alpha, mask)
    apart = np.abs(opacity / 255 - alpha)[mask > 0]
    assert apart.max() < 0.02
    # Clouds are gray with a little red: no other hue comes in.
    hues = (found[mask > 0] / 255).mean(axis=0) - colors.mean(axis=(0, 1))
    assert np.ptp(hues) < 0.02


@pytest.mark.parametrize("soft", [0, 1, 2.5, 6])
@pytest.mark.parametrize("level", [1.0, 0.6])
def test_within_one_level_of_alpha_a_hole_gets_that_level_however_near_a_soft_edge_is(soft, level):
    disc = np.zeros((100, 160))
    disc[18:-18, 18:-18] = level
    alpha = (ndimage.gaussian_filter(disc, soft, mode="constant") if soft else disc).astype(np.float32)
    mask = hole_in(100, 160, slice(36, 62), slice(50, 100))
    _, opacity = filled(bricks(100, 160), alpha, mask)
    assert np.unique(opacity[mask > 0]).tolist() == [round(level * 255)]


def test_of_two_holes_only_the_one_within_one_level_of_alpha_gets_it():
    rows, _ = np.mgrid[:120, :160]
    alpha = np.clip((100 - rows) / 60, 0, 1).astype(np.float32)
    mask = hole_in(120, 160, slice(8, 30), slice(8, 40)) + hole_in(120, 160, slice(55, 80), slice(80, 110))
    levels = even_within(alpha, mask)
    assert (levels[:40][mask[:40] > 0] == 1).all()
    assert np.isnan(levels[40:]).all()
    assert np.isnan(levels[mask == 0]).all()
    assert np.isnan(even_within(np.zeros_like(alpha), mask)).all()


def test_alpha_that_goes_on_smoothly_meets_what_is_around_the_hole():
    square = np.zeros((160, 240))
    square[25:-25, 25:-25] = 1
    alpha = ndimage.gaussian_filter(square, 8).astype(np.float32)
    mask = hole_in(160, 240, slice(39, 55), slice(165, 181))
    found = continued(alpha, mask)
    assert found is not None
    assert np.abs(found - alpha)[mask > 0].max() < 0.03


def test_a_transparent_corner_of_a_photograph_that_is_selected_is_filled():
    rows, columns = np.mgrid[:96, :96]
    alpha = (rows + columns > 30).astype(np.float32)
    alpha[95 - rows + 95 - columns < 20] = 0
    mask = (rows + columns <= 36).astype(np.float32)
    _, opacity = filled(bricks(96, 96), alpha, mask)
    assert (opacity[mask > 0] == 255).all()


def test_soft_edges_of_a_cut_out_are_filled_with_it():
    alpha = np.ones((80, 80), np.float32)
    alpha[30:50, 30:50] = 0
    alpha = ndimage.gaussian_filter(alpha, 2).astype(np.float32)
    _, opacity = filled(bricks(80, 80), alpha, None)
    assert (opacity == 255).all()


def test_the_soft_edge_of_a_hole_in_what_has_one_alpha_is_filled_with_it():
    colors, level = bricks(80, 80), 150
    alpha = np.ones((80, 80), np.float32)
    alpha[30:50, 30:50] = 0
    alpha = ndimage.gaussian_filter(alpha, 2).astype(np.float32) * level / 255
    found, opacity = filled(colors, alpha, None)
    assert np.unique(opacity).tolist() == [level]
    hole = alpha < 0.01
    assert np.abs((found[hole] / 255).mean(axis=0) - colors.mean(axis=(0, 1))).max() < 0.05


def test_an_opaque_canvas_stays_opaque_whatever_fills_it():
    colors, alpha = veil(48, 48)
    mask = hole_in(64, 64, slice(20, 40), slice(20, 40))
    asked = {"recipe": "photo", "quality": "draft", "steps": None, "width": None, "height": None}
    job = short_job(
        exemplar=raster(np.dstack([colors, alpha])), canvas=raster(bricks(64, 64)), mask=raster(mask), **asked
    )
    assert run(job).end.raster.channels == 3


def test_lace_made_to_tile_stays_lace():
    # Cut so that holes do not meet at the borders.
    colors, alpha = (np.ascontiguousarray(each[:90, :90]) for each in lace())
    _, opacity = filled(colors, alpha, None, seamless="both")
    assert (opacity < 3).mean() == pytest.approx((alpha == 0).mean(), rel=0.15)


def test_a_watercolor_with_few_gaps_made_to_tile_keeps_them_and_its_density():
    colors, alpha = watercolor()
    gaps = alpha == 0
    assert 0.1 < gaps.mean() < 0.25
    _, opacity = filled(colors, alpha, None, seamless="both")
    assert (opacity < 3).mean() == pytest.approx(gaps.mean(), rel=0.2)
    assert opacity.mean() / 255 == pytest.approx(alpha.mean(), rel=0.1)
