"""Alpha as a part of the texture: from pictures with alpha to pictures with alpha."""

import numpy as np
import pytest
from engines import pixels, raster, short_job
from pictures import bricks, clouds
from runs import run
from scipy import ndimage

from engine.images import Picture
from engine.preparation import finish, lift, prepare
from engine.preparation.cut_outs import solid_part, thing_within
from engine.preparation.evenness import even_within
from engine.preparation.masks import has_holes, missing_in, soft_edge
from engine.preparation.repeats import repeated
from engine.preparation.translucency import continued
from engine.request_errors import RequestError

RED = np.array([1.0, 0.0, 0.0], np.float32)


def lace(height=96, width=96, period=12):
    """Threads around round holes, which are red where nobody sees it: colors and alpha."""
    rows, columns = np.mgrid[:height, :width] % period - (period - 1) / 2
    alpha = np.clip(np.hypot(rows, columns) - period / 3, 0, 1).astype(np.float32)
    colors = np.repeat(bricks(height, width)[..., :1], 3, axis=2)
    return np.where(alpha[..., None] > 0, colors, RED).astype(np.float32), alpha


def veil(height=96, width=96):
    """Clouds that are the more opaque the brighter they are, and nowhere opaque or gone."""
    colors = clouds(height, width)
    return colors, np.clip(colors[..., 0], 0.1, 0.9)


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


def hole_in(height, width, rows, columns):
    mask = np.zeros((height, width), np.float32)
    mask[rows, columns] = 1
    return mask


def as_mask(values):
    return Picture(np.repeat(values[..., None], 3, axis=2))


def texture(colors, alpha, **wishes):
    """Synthesize a texture from an exemplar with alpha: colors and alpha of what is made."""
    asked = {"recipe": "photo", "quality": "draft", "steps": None, **wishes}
    found = pixels(run(short_job(exemplar=raster(np.dstack([colors, alpha])), **asked)).end.raster)
    return found[..., :-1], found[..., -1]


def filled(colors, alpha, mask, **wishes):
    asked = {"recipe": "photo", "quality": "draft", "steps": None, "width": None, "height": None, **wishes}
    canvas = raster(np.dstack([colors, alpha]))
    masked = None if mask is None else raster(mask)
    found = pixels(run(short_job(exemplar=None, canvas=canvas, mask=masked, **asked)).end.raster)
    return found[..., :-1], found[..., -1]


# New textures.


def test_an_exemplar_with_holes_gives_a_texture_with_holes():
    colors, alpha = lace()
    found, opacity = texture(colors, alpha, width=128, height=112)
    assert found.shape == (112, 128, 3)
    assert (opacity < 3).mean() == pytest.approx((alpha == 0).mean(), rel=0.1)
    assert (opacity > 252).mean() == pytest.approx((alpha == 1).mean(), rel=0.1)
    # Its holes go on in their order: shifted by a period it is the same.
    apart = np.abs(opacity[:, 12:].astype(int) - opacity[:, :-12])
    assert np.median(apart) <= 2


def test_no_color_that_nobody_sees_is_sampled():
    colors, alpha = lace()
    found, opacity = texture(colors, alpha, width=96, height=96)
    seen = found[opacity > 20].astype(int)
    assert (seen[:, 0] - seen[:, 1]).max() < 40


def test_colors_of_one_level_of_alpha_are_synthesized_as_if_they_were_opaque():
    colors, level = bricks(48, 48), np.full((48, 48), 230 / 255, np.float32)
    found, opacity = texture(colors, level, width=64, height=64)
    opaque = pixels(
        run(
            short_job(exemplar=raster(colors), recipe="photo", quality="draft", steps=None, width=64, height=64)
        ).end.raster
    )
    assert np.unique(opacity).tolist() == [230]
    np.testing.assert_array_equal(found, opaque)


def test_alpha_that_follows_brightness_still_does_in_the_texture():
    colors, alpha = veil()
    found, opacity = texture(colors, alpha, width=128, height=128)
    visible = np.corrcoef(found[..., 0].ravel(), opacity.ravel())[0, 1]
    assert visible > 0.95
    assert opacity.mean() / 255 == pytest.approx(alpha.mean(), abs=0.05)
    assert opacity.std() / 255 == pytest.approx(alpha.std(), rel=0.25)


def test_alpha_of_strokes_of_one_color_is_found_again():
    alpha = clouds(80, 80)[..., 0]
    alpha = np.clip((alpha - 0.4) * 4, 0, 1)
    black = np.zeros((80, 80, 3), np.float32)
    found, opacity = texture(black, alpha, width=80, height=80)
    assert found[opacity > 20].max() <= 12
    assert opacity.mean() / 255 == pytest.approx(alpha.mean(), abs=0.1)
    assert opacity.min() <= 2
    assert opacity.max() >= 250


@pytest.mark.parametrize("recipe", ["gram", "sliced", "patch"])
def test_every_recipe_takes_alpha_as_a_part_of_the_texture(recipe):
    colors, alpha = lace(48, 48)
    _, opacity = texture(colors, alpha, recipe=recipe, steps=2, width=40, height=40)
    assert opacity.min() < 20
    assert opacity.max() > 235


def test_a_flat_texture_is_made_of_what_is_opaque_alone_and_is_opaque():
    colors, alpha = lace()
    end = run(
        short_job(
            exemplar=raster(np.dstack([colors, alpha])),
            recipe="photo",
            quality="draft",
            steps=None,
            width=64,
            height=64,
            flatten=True,
        )
    ).end
    assert end.raster.channels == 3
    found = pixels(end.raster).astype(int)
    assert (found[..., 0] - found[..., 1]).max() < 40


def test_a_texture_that_tiles_has_alpha_that_tiles():
    colors, alpha = veil(64, 64)
    _, opacity = texture(colors, alpha, width=64, height=64, seamless="both")
    steps = np.abs(np.diff(opacity.astype(int), axis=0)).mean()
    assert np.abs(opacity[0].astype(int) - opacity[-1]).mean() < 2 * steps


def test_frames_show_alpha_too():
    colors, alpha = lace(64, 64)
    seen = run(
        short_job(
            exemplar=raster(np.dstack([colors, alpha])),
            recipe="photo",
            quality="draft",
            steps=None,
            width=64,
            height=64,
            frame_interval=0.0,
        )
    )
    assert {frame.raster.channels for frame in seen.frames} == {4}
    last = pixels(seen.frames[-1].raster)[..., 3]
    assert (last < 60).mean() == pytest.approx((alpha < 60 / 255).mean(), abs=0.15)


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


# What belongs to a picture, and what is missing of it.


@pytest.mark.parametrize(
    ("alpha", "missing"),
    [
        ([1, 1, 1, 0.5, 0.2, 0], [0, 0, 0, 1, 1, 1]),
        ([0.6, 0.6, 0.6, 0.5, 0.2, 0], [0, 0, 0, 1, 1, 1]),
        ([0.9, 0.8, 0.7, 0.5, 0.2, 0], [0, 0, 0, 0, 0, 1]),
        ([0.9, 0.9, 0.9, 0.9, 0.9, 0.9], [0, 0, 0, 0, 0, 0]),
        ([1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0]),
        ([0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1]),
    ],
)
def test_what_has_less_alpha_than_most_is_missing_else_only_what_is_gone(alpha, missing):
    picture = Picture(np.zeros((1, 6, 3), np.float32), np.array([alpha], np.float32))
    assert missing_in(picture)[0].tolist() == [bool(each) for each in missing]


def test_a_wide_soft_edge_is_missing_though_most_of_what_is_seen_is_such():
    rows, columns = np.mgrid[:140, :200]
    inside = (np.hypot((rows - 70) / 40, (columns - 100) / 70) < 1).astype(np.float32)
    alpha = ndimage.gaussian_filter(inside, 7)
    assert (alpha > 0.99).sum() < (alpha >= 0.01).sum() / 2
    missing = missing_in(Picture(np.zeros((140, 200, 3), np.float32), alpha))
    assert missing[alpha < 0.95].all()
    assert not missing[alpha > 0.999].any()


@pytest.mark.parametrize(
    ("around", "within", "holes"),
    [(0.5, 0.5, True), (0.3, 0.6, True), (0.5, 1.0, True), (0.1, 0.9, False), (0.5, 0.0, False), (0.0, 0.5, False)],
)
def test_what_is_transparent_belongs_to_a_picture_if_it_is_so_inside_and_outside_of_the_hole(around, within, holes):
    # Between two columns that are seen.
    alpha = np.ones((2, 102), np.float32)
    alpha[0, 1 : 1 + round(100 * around)] = 0
    alpha[1, 1 : 1 + round(100 * within)] = 0
    free = np.zeros((2, 102), np.float32)
    free[1, 1:-1] = 1
    assert has_holes(Picture(np.zeros((2, 102, 3), np.float32), alpha), free) == holes


def test_a_strip_of_opaque_pixels_is_no_sample_of_a_flat_texture():
    alpha = np.broadcast_to(np.linspace(0, 1, 96, dtype=np.float32), (96, 96)).copy()
    mask = as_mask(hole_in(96, 96, slice(30, 60), slice(30, 60)))
    with pytest.raises(RequestError, match="hardly any"):
        prepare(None, canvas=Picture(bricks(96, 96), alpha), mask=mask, flatten=True)


@pytest.mark.parametrize("side", [2, 4, 6])
@pytest.mark.parametrize("reach", [10, 24])
def test_however_fine_its_holes_and_however_large_the_part_to_fill_lace_is_lace(side, reach):
    rows, columns = np.mgrid[:72, :72]
    alpha = 1 - ((rows % 8 < side) & (columns % 8 < side)).astype(np.float32)
    assert has_holes(Picture(bricks(72, 72), alpha), (np.hypot(rows - 36, columns - 36) < reach).astype(np.float32))


@pytest.mark.parametrize("reach", [6, 14, 20])
def test_the_edge_of_a_cut_out_is_no_lace(reach):
    rows, columns = np.mgrid[:80, :80] - 39.5
    free = (np.hypot(rows, columns - 28) < reach).astype(np.float32)
    assert not has_holes(Picture(bricks(80, 80), (np.hypot(rows, columns) < 28).astype(np.float32)), free)


def test_what_lies_beyond_all_that_can_be_seen_is_no_hole():
    alpha, free = np.zeros((40, 40), np.float32), np.zeros((40, 40), np.float32)
    alpha[:, :20] = 1
    free[10:30, 10:30] = 1
    assert not has_holes(Picture(np.zeros((40, 40, 3), np.float32), alpha), free)


def round_thing(soft):
    """A disc in the middle of nothing, with a soft edge."""
    rows, columns = np.mgrid[:80, :80] - 39.5
    return np.clip((30 - np.hypot(rows, columns)) / soft + 0.5, 0, 1).astype(np.float32)


def test_what_lies_around_a_thing_that_was_cut_out_is_not_sampled_nor_its_soft_edge():
    alpha = round_thing(4.0)
    job_input = prepare(Picture(bricks(80, 80), alpha))
    assert job_input.translucency is None
    np.testing.assert_array_equal(job_input.exemplar.valid, alpha >= 0.99)


@pytest.mark.parametrize("cut", ["around", "within"])
def test_the_fringe_of_what_was_cut_out_sharply_is_not_sampled(cut):
    near = ndimage.distance_transform_cdt(round_thing(0.1) < 0.5, "chessboard")
    outside, inside = near > 0, near == 0
    gone = outside if cut == "around" else inside
    fringe = ndimage.binary_dilation(gone, np.ones((5, 5))) & ~gone
    colors = bricks(80, 80)
    colors[fringe] = (0, 1, 0)
    mask = np.zeros((64, 64, 3), np.float32)
    mask[20:44, 20:44] = 1
    for canvas in ({}, {"canvas": Picture(bricks(64, 64)), "mask": Picture(mask)}):
        job_input = prepare(exemplar=Picture(colors, (~gone).astype(np.float32)), **canvas)
        np.testing.assert_array_equal(job_input.exemplar.valid > 0, ~gone & ~fringe)


def test_a_thin_thing_that_was_cut_out_is_sampled_with_its_fringe():
    alpha = np.zeros((40, 40), np.float32)
    alpha[10:18, 4:36] = 1
    job_input = prepare(Picture(bricks(40, 40), alpha))
    np.testing.assert_array_equal(job_input.exemplar.valid, alpha)


@pytest.mark.parametrize("soft", [6.0, 20.0, 30.0])
def test_however_wide_the_feathered_edge_of_an_exemplar_is_it_is_not_sampled(soft):
    alpha = round_thing(soft)
    job_input = prepare(Picture(bricks(80, 80), alpha))
    assert job_input.translucency is None
    np.testing.assert_array_equal(job_input.exemplar.valid, alpha >= 0.99)


@pytest.mark.parametrize("soft", [1.0, 3.0, 6.0, 15.0])
@pytest.mark.parametrize("seamless", ["none", "both"])
def test_beside_the_soft_edge_of_a_cut_out_a_texture_is_opaque_and_has_its_colors(soft, seamless):
    rows, columns = np.mgrid[:80, :80] - 39.5
    colors, alpha = bricks(80, 80), round_thing(soft)
    mask = (np.hypot(rows, columns - 26) < 14).astype(np.float32) if seamless == "none" else None
    found, opacity = filled(colors, alpha, mask, seamless=seamless)
    made = mask > 0 if mask is not None else alpha < 0.01
    assert opacity[made].min() == 255
    # Colors lie on the line of the bricks': no backdrop shows through.
    seen = colors[alpha >= 0.99].astype(float)
    _, _, axes = np.linalg.svd(seen - seen.mean(axis=0), full_matrices=False)
    apart = (found[made] / 255 - seen.mean(axis=0)) @ axes[1:].T
    allowed = (seen - seen.mean(axis=0)) @ axes[1:].T
    assert np.abs(apart).max() < np.abs(allowed).max() + 0.04


def test_only_a_feathered_edge_is_a_soft_edge():
    rows, columns = np.mgrid[:80, :80] - 39.5
    assert soft_edge(round_thing(6.0)).sum() == ((round_thing(6.0) >= 0.01) & (round_thing(6.0) < 1 - 2 / 255)).sum()
    smoke = ndimage.gaussian_filter(np.random.default_rng(0).random((80, 80)), 3)
    smoke = np.clip((smoke - smoke.min()) / np.ptp(smoke) * 1.2 - 0.1, 0, 1).astype(np.float32)
    fade = np.clip((columns + 30) / 60, 0, 1).astype(np.float32)
    assert not soft_edge(smoke).any()
    assert not soft_edge(np.clip((columns + rows + 80) / 160, 0, 1).astype(np.float32)).any()
    assert soft_edge(fade).any()
    assert not soft_edge(np.full((80, 80), 0.5, np.float32)).any()
    ring = np.select([np.hypot(rows, columns) < 24, np.hypot(rows, columns) < 32], [1, 0.5]).astype(np.float32)
    assert not soft_edge(ring).any()


@pytest.mark.parametrize("level", [0.4, 0.7, 1.0])
@pytest.mark.parametrize("soft", [6.0, 20.0, 40.0, 60.0])
def test_of_a_cut_out_feathered_however_widely_a_new_texture_has_the_alpha_of_its_middle_all_over(soft, level):
    alpha = level * round_thing(soft)
    job_input = prepare(Picture(bricks(80, 80), alpha))
    valid = job_input.exemplar.valid > 0
    assert not valid[alpha < alpha.max() / 2 - 0.01].any()
    assert valid[alpha >= alpha.max() - 0.004].all()
    _, opacity = lift(job_input, job_input.exemplar.pixels, (80, 80))
    np.testing.assert_allclose(1 if opacity is None else opacity, level, atol=0.03)


def test_the_middle_of_a_small_plateau_and_of_a_soft_l_is_found_and_no_alpha_that_is_texture():
    rows, columns = np.mgrid[:160, :160] - 79.5
    ell = ((np.abs(rows) < 60) & (np.abs(columns) < 60) & ~((rows < 0) & (columns > 0))).astype(np.float32)
    noise = np.random.default_rng(0).random((160, 160))
    lumps = ndimage.gaussian_filter(noise, 4)
    foliage = ndimage.gaussian_filter((lumps > np.median(lumps)).astype(np.float32), 1.5)
    dots = np.exp(-((rows % 40 - 20) ** 2 + (columns % 40 - 20) ** 2) / 100).astype(np.float32)
    water = ((lumps - lumps.min()) / np.ptp(lumps)).astype(np.float32)
    puff = ndimage.gaussian_filter(ell, 20) * (0.6 + 0.4 * noise).astype(np.float32)
    everywhere = np.ones((160, 160), bool)
    part, level = solid_part(ndimage.gaussian_filter(ell, 15), everywhere)
    assert level > 0.9
    assert ((part > 0) == (ell > 0)).mean() > 0.95
    for each in (foliage, dots, water, 0.3 + 0.6 * water, puff):
        assert solid_part(each, everywhere) is None


@pytest.mark.parametrize("level", [0.6, 1.0])
@pytest.mark.parametrize("seamless", ["none", "x", "both"])
def test_around_a_thing_feathered_more_widely_than_it_is_a_fill_and_a_tile_have_its_alpha(seamless, level):
    rows, columns = np.mgrid[:120, :120] - 59.5
    alpha = ndimage.gaussian_filter((np.hypot(rows, columns) < 32).astype(np.float32), 13, mode="constant")
    alpha *= level / alpha.max()
    found, opacity = filled(bricks(120, 120), alpha, None, seamless=seamless)
    np.testing.assert_allclose(opacity / 255, level, atol=0.02)
    whole = alpha >= level - 1 / 255
    np.testing.assert_array_equal(found[whole], np.rint(bricks(120, 120) * 255).astype(np.uint8)[whole])


def test_only_a_thing_apart_from_the_borders_is_one_and_a_fade_is_none():
    rows, columns = np.mgrid[:120, :120] - 59.5
    thing = ndimage.gaussian_filter((np.hypot(rows, columns) < 32).astype(np.float32), 13, mode="constant")
    assert thing_within(thing / thing.max()) is not None
    for fade in ((rows + 60) / 120, np.roll(thing / thing.max(), 60, axis=0), np.ones_like(rows)):
        assert thing_within(fade.astype(np.float32)) is None


def test_all_that_lies_around_a_thing_is_filled_with_its_alpha_and_not_with_the_end_of_its_soft_edge():
    rows, columns = np.mgrid[:120, :120] - 59.5
    alpha = ndimage.gaussian_filter((np.hypot(rows, columns) < 32).astype(np.float32), 13, mode="constant")
    alpha /= alpha.max()
    mask = (np.hypot(rows, columns) > 30).astype(np.float32)
    _, opacity = filled(bricks(120, 120), alpha, mask)
    assert (opacity[mask > 0] == 255).all()


def test_the_wide_soft_edge_of_what_is_half_transparent_is_a_soft_edge():
    alpha = 0.6 * round_thing(24.0)
    edge = soft_edge(alpha)
    assert edge[(alpha >= 0.01) & (alpha < 0.58)].all()
    assert not edge[alpha >= 0.6].any()


def test_holes_within_the_white_of_a_mask_are_a_part_of_the_texture_and_what_is_not_white_is_not():
    colors, alpha = lace()
    white = hole_in(96, 96, slice(10, 70), slice(20, 90))
    job_input = prepare(Picture(colors, alpha), exemplar_mask=as_mask(white))
    assert job_input.exemplar.valid is None
    np.testing.assert_array_equal(job_input.translucency.alpha, alpha[10:70, 20:90])


# Over the backdrop and off it.


@pytest.mark.parametrize("example", [lace, veil])
def test_what_is_taken_off_its_backdrop_again_is_what_it_was(example):
    colors, alpha = example()
    job_input = prepare(Picture(colors, alpha))
    found, opacity = lift(job_input, job_input.exemplar.pixels, (96, 96))
    # Along the border of the canvas patches are not whole.
    inner = np.zeros((96, 96), bool)
    inner[3:-3, 3:-3] = True
    np.testing.assert_allclose(opacity[inner], alpha[inner], atol=0.06)
    visible = inner & (alpha > 0.3)
    np.testing.assert_allclose(found[visible], colors[visible], atol=0.06)


def test_the_backdrop_is_far_from_every_color_that_is_seen():
    colors, alpha = lace()
    job_input = prepare(Picture(colors, alpha))
    backdrop = job_input.translucency.backdrop
    assert np.abs(colors[alpha > 0] - backdrop).sum(axis=1).min() > 0.5


def test_only_what_was_synthesized_gets_another_alpha():
    colors, alpha = lace()
    mask = hole_in(96, 96, slice(30, 50), slice(30, 50))
    job_input = prepare(None, canvas=Picture(colors, alpha), mask=as_mask(mask))
    size = job_input.box.size
    found = finish(job_input, np.zeros((*size, 3), np.float32), (96, 96), np.full(size, 0.5, np.float32))
    np.testing.assert_array_equal(found.alpha, np.where(mask > 0, 0.5, alpha))
    np.testing.assert_array_equal(found.pixels[mask == 0], colors[mask == 0])


def test_a_soft_mask_blends_alpha():
    colors, alpha = veil()
    soft = np.zeros((96, 96), np.float32)
    soft[30:60, 30:60] = 0.25
    soft[40:50, 40:50] = 1
    found, opacity = filled(colors, alpha, soft)
    before = np.rint(alpha * 255)
    apart = np.abs(opacity - before)
    np.testing.assert_array_equal(opacity[soft == 0], before[soft == 0])
    assert apart[soft == 0.25].mean() < 0.5 * max(apart[soft == 1].mean(), 10)
    assert found.shape == (96, 96, 3)
