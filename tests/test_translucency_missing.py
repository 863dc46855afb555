"""What belongs to a translucent picture, and what is missing of it."""

import numpy as np
import pytest
from pictures import bricks
from scipy import ndimage
from translucent_pictures import as_mask, filled, hole_in, lace

from engine.images import Picture
from engine.preparation import lift, prepare
from engine.preparation.alpha import has_holes, missing_in, soft_edge
from engine.preparation.cut_outs import solid_part, thing_within
from engine.request_errors import RequestError


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
