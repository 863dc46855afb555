"""Canvases that wrap around: the band along their borders, and what is sampled."""

import numpy as np
import pytest
from preparing import mask_picture, opaque_but_for, picture, plain, ready

from engine.preparation import Box, cut_start
from engine.preparation.banding import BAND
from engine.request_errors import TooLittleToSampleError


def test_all_of_a_canvas_that_wraps_is_worked_on():
    canvas, mask = picture(300, 401), mask_picture(300, 401, slice(100, 110), slice(0, 20))
    job_input = ready(canvas=canvas, mask=mask, seamless="both")
    assert job_input.box == Box(0, 0, 300, 401)
    np.testing.assert_array_equal(job_input.known, canvas.pixels)
    np.testing.assert_array_equal(job_input.free, mask.pixels[..., 0])


def test_what_a_mask_along_the_border_leaves_is_an_exemplar_without_a_hole():
    canvas, mask = picture(60, 80), plain(60, 80, 1.0)
    mask.pixels[10:48, 12:70] = 0
    sample = ready(canvas=canvas, mask=mask, seamless="both").exemplar
    np.testing.assert_array_equal(sample.pixels, canvas.pixels[10:48, 12:70])
    assert sample.valid is None


def test_a_hole_in_the_middle_of_a_canvas_that_wraps_is_not_sampled():
    canvas, mask = picture(60, 80), mask_picture(60, 80, slice(20, 30), slice(20, 40))
    sample = ready(canvas=canvas, mask=mask, seamless="both").exemplar
    np.testing.assert_array_equal(sample.pixels, canvas.pixels)
    np.testing.assert_array_equal(sample.valid, 1 - mask.pixels[..., 0])


@pytest.mark.parametrize("size", [(64, 96), (97, 64), (333, 217), (8, 8), (9, 300)])
def test_without_a_mask_a_band_along_the_border_is_synthesized_from_all_of_the_canvas(size):
    canvas = picture(*size)
    job_input = ready(canvas=canvas, seamless="both")
    height, width = size
    kept = np.argwhere(job_input.mask == 0)
    top, left = kept.min(axis=0)
    bottom, right = size - kept.max(axis=0) - 1
    assert top == left == bottom == right
    assert top == round(min(size) * BAND) or min(size) < 16
    assert len(kept) == (height - 2 * top) * (width - 2 * top)
    assert (job_input.mask[top : height - top, left : width - left] == 0).all()
    for edge in (job_input.mask[0], job_input.mask[-1], job_input.mask[:, 0], job_input.mask[:, -1]):
        assert (edge == 1).all()
    assert job_input.exemplar.pixels.shape == canvas.pixels.shape
    np.testing.assert_array_equal(job_input.exemplar.pixels[tuple(kept.T)], canvas.pixels[tuple(kept.T)])
    assert job_input.exemplar.valid is None
    assert job_input.offset == (0, 0)


@pytest.mark.parametrize(("seamless", "axis"), [("x", 1), ("y", 0)])
def test_a_canvas_that_wraps_along_one_axis_has_a_band_along_the_borders_that_meet_alone(seamless, axis):
    canvas = picture(90, 120)
    job_input = ready(canvas=canvas, seamless=seamless)
    both = ready(canvas=canvas, seamless="both").mask
    # In the middle of a border the other band is far away.
    middle = both[45] if axis else both[:, 60]
    expected = np.broadcast_to(middle if axis else middle[:, None], (90, 120))
    np.testing.assert_array_equal(job_input.mask, expected)
    assert job_input.box == Box(0, 0, 90, 120)
    kept = job_input.mask == 0
    np.testing.assert_array_equal(job_input.exemplar.pixels[kept], canvas.pixels[kept])
    assert job_input.offset == (0, 0)


def test_a_band_blends_into_the_middle():
    mask = ready(canvas=picture(120, 150), seamless="both").mask
    across = mask[60, :25]
    assert (across[:16] == 1).all()
    np.testing.assert_allclose(across[16:20], [0.875, 0.625, 0.375, 0.125])
    assert (across[20:] == 0).all()


def test_a_band_can_be_of_another_texture():
    exemplar = picture(12, 20, seed=1)
    job_input = ready(exemplar, picture(64, 80), seamless="both")
    np.testing.assert_array_equal(job_input.exemplar.pixels, exemplar.pixels)
    assert job_input.offset is None


def test_a_band_can_start_from_a_picture():
    start = picture(64, 80, seed=1)
    np.testing.assert_array_equal(cut_start(start, ready(canvas=picture(64, 80), seamless="both")), start.pixels)


def test_what_is_missing_of_a_canvas_is_synthesized_with_the_band_and_not_sampled():
    canvas = picture(40, 50, alpha=opaque_but_for(40, 50, slice(10, 14), slice(0, 30)))
    job_input, missing = ready(canvas=canvas, seamless="both"), ready(canvas=canvas).mask
    band = ready(canvas=picture(40, 50), seamless="both").mask
    np.testing.assert_array_equal(job_input.mask, np.maximum(missing, band))
    np.testing.assert_array_equal(job_input.exemplar.valid, missing == 0)


def test_a_canvas_of_which_more_is_transparent_than_is_ever_missing_only_gets_a_band():
    canvas = picture(40, 50, alpha=opaque_but_for(40, 50, slice(0, 40, 2), slice(0, 50)))
    job_input = ready(canvas=canvas, seamless="both")
    np.testing.assert_array_equal(job_input.mask, ready(canvas=picture(40, 50), seamless="both").mask)
    assert job_input.exemplar.valid is None


@pytest.mark.parametrize("value", [0.5, 1.0])
def test_a_canvas_that_wraps_of_which_nothing_is_left_is_no_exemplar(value):
    with pytest.raises(TooLittleToSampleError):
        ready(canvas=picture(40, 50), mask=plain(40, 50, value), seamless="both")
