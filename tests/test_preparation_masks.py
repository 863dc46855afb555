"""What of a canvas is made anew, and the part of it that is worked on."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from preparing import mask_picture, opaque_but_for, picture, plain, ready

from engine.images import Picture
from engine.preparation import Box
from engine.preparation.masks import narrowed
from engine.request_errors import RequestError
from protocol.vocabulary import FRINGE


def bounds(mask):
    rows, columns = np.nonzero(mask)
    return Box(int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1)


# The mask and the part that is worked on.


def test_without_a_mask_the_transparent_part_and_a_fringe_are_synthesized():
    canvas = picture(40, 50, alpha=opaque_but_for(40, 50, slice(10, 14), slice(20, 30)))
    expected = np.zeros((40, 50), np.float32)
    expected[10 - FRINGE : 14 + FRINGE, 20 - FRINGE : 30 + FRINGE] = 1
    np.testing.assert_array_equal(ready(canvas=canvas).mask, expected)


@pytest.mark.parametrize(("height", "width"), [(9, 9), (40, 50), (64, 11)])
def test_the_fringe_reaches_two_pixels_into_every_direction(height, width):
    hole = np.random.default_rng(height).random((height, width)) < 0.02
    hole[0, 0] = hole[-1, 3] = True
    canvas = picture(height, width, alpha=np.where(hole, np.float32(0), np.float32(1)))
    pooled = F.max_pool2d(torch.from_numpy(hole)[None].float(), 2 * FRINGE + 1, stride=1, padding=FRINGE)[0]
    found = ready(picture(9, 9), canvas).mask
    np.testing.assert_array_equal(found, pooled.numpy())
    assert found.dtype == np.float32


def test_half_transparent_pixels_are_synthesized_whole():
    canvas = picture(40, 50, alpha=opaque_but_for(40, 50, slice(10, 14), slice(20, 30), value=0.5))
    assert set(np.unique(ready(canvas=canvas).mask)) == {0.0, 1.0}


def test_the_brightness_of_a_mask_says_how_much_is_synthesized():
    mask = mask_picture(40, 50, slice(10, 14), slice(20, 30))
    mask.pixels[12, 25] = 0.4
    found = ready(canvas=picture(40, 50), mask=mask).mask
    expected = np.zeros((40, 50), np.float32)
    expected[10:14, 20:30] = 1
    expected[12, 25] = 0.4
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.dtype == np.float32


def feathered(wide):
    """A mask that falls from 1 at column 20 to 0, over so many columns."""
    levels = np.clip(1 - (np.arange(80) - 20) / wide, 0, 1)
    return np.broadcast_to(levels, (60, 80)).astype(np.float32)


def test_a_feather_is_narrowed_around_its_middle():
    found = ready(canvas=picture(60, 80), mask=Picture(np.repeat(feathered(30)[..., None], 3, axis=2))).mask[30]
    assert (found[:33] == 1).all()
    assert (found[38:] == 0).all()
    assert (np.diff(found) <= 0).all()
    assert ((found > 0) & (found < 1)).any()


@pytest.mark.parametrize("wide", [4, 12, 30])
def test_what_was_erased_with_a_feather_is_made_wholly_with_it(wide):
    mask = feathered(wide)
    canvas = picture(60, 80, alpha=1 - mask)
    found = ready(canvas=canvas, mask=Picture(np.repeat(mask[..., None], 3, axis=2))).mask
    assert (found[mask > 0] == 1).all()


def test_another_exemplar_blends_over_all_of_a_feather():
    mask = Picture(np.repeat(feathered(30)[..., None], 3, axis=2))
    found = ready(picture(40, 40, seed=1), picture(60, 80), mask=mask).mask
    np.testing.assert_allclose(found, feathered(30), atol=1e-6)


def test_an_edge_that_is_narrow_already_stays():
    for wide in (1, 2, 3):
        np.testing.assert_array_equal(narrowed(feathered(wide)), feathered(wide))


def test_an_even_gray_beside_a_hole_is_no_feather():
    mask = np.zeros((60, 80), np.float32)
    mask[10:50, 10:30], mask[10:50, 30:60] = 1, 0.4
    np.testing.assert_array_equal(narrowed(mask), mask)


def test_a_hole_cut_out_of_a_white_mask_is_the_hole():
    alpha = opaque_but_for(40, 50, slice(10, 20), slice(20, 30))
    found = ready(canvas=picture(40, 50), mask=plain(40, 50, 1.0, alpha=alpha)).mask
    np.testing.assert_array_equal(found, 1 - alpha)


def test_a_white_shape_on_an_empty_layer_is_the_hole_with_its_soft_border():
    alpha = 1 - opaque_but_for(40, 50, slice(10, 20), slice(20, 30))
    alpha[10, 20:30] = 0.25
    found = ready(canvas=picture(40, 50), mask=plain(40, 50, 1.0, alpha=alpha)).mask
    np.testing.assert_array_equal(found, alpha)


def test_a_mask_with_gray_and_transparency_is_read_as_it_looks():
    mask = mask_picture(40, 50, slice(10, 20), slice(20, 30))
    alpha = opaque_but_for(40, 50, slice(15, 40), slice(0, 50))
    found = ready(canvas=picture(40, 50), mask=Picture(mask.pixels, alpha)).mask
    expected = np.zeros((40, 50), np.float32)
    expected[10:15, 20:30] = 1
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("color", [(1, 0, 0), (0, 0, 1), (1, 1, 0), (0.2, 0.4, 0.6)])
def test_a_mask_with_colors_is_refused(color):
    mask = mask_picture(40, 50, slice(10, 20), slice(20, 30))
    mask.pixels[10:20, 20:30] = color
    with pytest.raises(RequestError, match="colors"):
        ready(canvas=picture(40, 50), mask=mask)


def test_rounding_is_no_color():
    mask = mask_picture(40, 50, slice(10, 20), slice(20, 30), value=0.9)
    mask.pixels[10:20, 20:30, 0] += 3 / 255
    assert ready(canvas=picture(40, 50), mask=mask).mask.max() < 1


def test_transparent_parts_of_a_mask_are_not_synthesized():
    alpha = opaque_but_for(40, 50, slice(0, 40), slice(0, 25))
    found = ready(canvas=picture(40, 50), mask=plain(40, 50, 1.0, alpha=alpha), exemplar=picture(9, 9)).mask
    np.testing.assert_array_equal(found, alpha)


def test_a_mask_comes_before_the_canvass_own_transparency():
    canvas = picture(40, 50, alpha=opaque_but_for(40, 50, slice(0, 5), slice(0, 5)))
    found = ready(canvas=canvas, mask=mask_picture(40, 50, slice(20, 24), slice(20, 30))).mask
    assert bounds(found) == Box(20, 20, 24, 30)


def test_the_part_that_is_worked_on_reaches_64_pixels_around_a_small_hole():
    job_input = ready(canvas=picture(300, 400), mask=mask_picture(300, 400, slice(100, 110), slice(200, 220)))
    assert job_input.box == Box(36, 136, 174, 284)
    assert job_input.box.size == (138, 148)


def test_the_part_that_is_worked_on_reaches_a_quarter_of_a_large_holes_length_around_it():
    job_input = ready(canvas=picture(200, 700), mask=mask_picture(200, 700, slice(95, 105), slice(150, 550)))
    assert job_input.box == Box(0, 50, 200, 650)


def test_the_part_that_is_worked_on_ends_at_the_border_of_the_canvas():
    job_input = ready(canvas=picture(100, 200), mask=mask_picture(100, 200, slice(90, 100), slice(0, 10)))
    assert job_input.box == Box(26, 0, 100, 74)


def test_what_is_kept_is_the_part_of_canvas_and_mask_that_is_worked_on():
    canvas = picture(300, 400)
    job_input = ready(canvas=canvas, mask=mask_picture(300, 400, slice(100, 110), slice(200, 220)))
    np.testing.assert_array_equal(job_input.known, canvas.pixels[36:174, 136:284])
    np.testing.assert_array_equal(job_input.free, job_input.mask[36:174, 136:284])
    assert job_input.free.sum() == 10 * 20
    assert all(a.flags.c_contiguous and a.dtype == np.float32 for a in (job_input.known, job_input.free))
    assert job_input.canvas is job_input.pattern is canvas


def test_a_named_exemplar_is_sampled_whole():
    exemplar = picture(12, 20, seed=1)
    job_input = ready(exemplar, picture(40, 50), mask_picture(40, 50, slice(10, 14), slice(20, 30)))
    np.testing.assert_array_equal(job_input.exemplar.pixels, exemplar.pixels)
    assert job_input.exemplar.valid is None


def test_of_a_canvas_that_is_its_own_exemplar_all_but_the_hole_is_sampled():
    canvas, mask = picture(400, 500), mask_picture(400, 500, slice(300, 310), slice(30, 50))
    job_input = ready(replace(canvas), canvas, mask)
    np.testing.assert_array_equal(job_input.exemplar.pixels, canvas.pixels)
    np.testing.assert_array_equal(job_input.exemplar.valid, mask.pixels[..., 0] == 0)


def test_likewise_with_a_white_mask_of_which_the_hole_is_cut_out():
    canvas, hole = picture(40, 50), opaque_but_for(40, 50, slice(20, 30), slice(20, 30))
    job_input = ready(replace(canvas), canvas, plain(40, 50, 1.0, alpha=hole))
    np.testing.assert_array_equal(job_input.exemplar.valid, hole)


def test_a_canvas_that_is_its_own_exemplar_is_made_anew_where_the_mask_is_white_all_over():
    canvas = Picture(np.random.default_rng(0).random((100, 100, 3), np.float32))
    job_input = ready(replace(canvas), canvas, plain(100, 100, 1.0))
    np.testing.assert_array_equal(job_input.exemplar.pixels, canvas.pixels)
    assert job_input.exemplar.valid is None


def test_without_an_exemplar_what_the_mask_leaves_near_the_hole_is_sampled():
    canvas = picture(700, 600)
    job_input = ready(canvas=canvas, mask=mask_picture(700, 600, slice(300, 310), slice(30, 50)))
    np.testing.assert_array_equal(job_input.exemplar.pixels, canvas.pixels[44:566, :306])
    expected = np.ones((522, 306), np.float32)
    expected[256:266, 30:50] = 0
    np.testing.assert_array_equal(job_input.exemplar.valid, expected)


def test_without_an_exemplar_half_masked_and_transparent_pixels_are_not_sampled():
    alpha = opaque_but_for(40, 50, slice(0, 3), slice(0, 50))
    mask = mask_picture(40, 50, slice(10, 14), slice(20, 30), value=0.5)
    valid = ready(canvas=picture(40, 50, alpha=alpha), mask=mask).exemplar.valid
    np.testing.assert_array_equal(valid, (alpha == 1) & (mask.pixels[..., 0] == 0))
