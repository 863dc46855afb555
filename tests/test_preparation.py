"""From pictures to what synthesis takes, and back."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from engine.images import Picture
from engine.on_device import exemplar_on, surroundings_on
from engine.preparation import Box, Layout, cut_start, finish, prepare, sampling
from engine.preparation.job_input import FurtherSource
from engine.preparation.masks import BAND, narrowed
from engine.request_errors import RequestError, TooLittleToSampleError
from engine.synthesis.resample import resize
from engine.tensors import to_array, to_tensor
from protocol.vocabulary import FRINGE, SMALLEST_EXEMPLAR, Margins

ROOT = Path(__file__).parents[1]
CPU = torch.device("cpu")


def picture(height, width, *, alpha=None, seed=0, **options):
    """Noise that gets brighter to the right and downwards, so that no borders meet."""
    noise = np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)
    across, down = (np.linspace(0, 1, side, dtype=np.float32) for side in (width, height))
    pixels = 0.2 * noise + 0.4 * (across[None, :, None] + down[:, None, None])
    return Picture(pixels, alpha, **options)


def plain(height, width, value, *, alpha=None):
    return Picture(np.full((height, width, 3), value, np.float32), alpha)


def opaque_but_for(height, width, rows, columns, *, value=0.0):
    alpha = np.ones((height, width), np.float32)
    alpha[rows, columns] = value
    return alpha


def mask_picture(height, width, rows, columns, *, value=1.0):
    pixels = np.zeros((height, width, 3), np.float32)
    pixels[rows, columns] = value
    return Picture(pixels)


def ready(exemplar=None, canvas=None, mask=None, **choices):
    return prepare(exemplar, canvas=canvas, mask=mask, **choices)


def assert_same(tensor, pixels):
    np.testing.assert_array_equal(tensor[0].permute(1, 2, 0).numpy(), pixels)


def bounds(mask):
    rows, columns = np.nonzero(mask)
    return Box(int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1)


# The exemplar.


def test_an_exemplar_alone_is_all_there_is():
    exemplar = picture(12, 20)
    job_input = ready(exemplar)
    assert job_input.exemplar.pixels.dtype == np.float32
    np.testing.assert_array_equal(job_input.exemplar.pixels, exemplar.pixels)
    assert job_input.exemplar.valid is None
    assert (job_input.known, job_input.free, job_input.canvas, job_input.mask, job_input.box) == (None,) * 5
    assert job_input.pattern is exemplar


def test_an_opaque_alpha_leaves_the_whole_exemplar_to_sample():
    assert ready(picture(12, 20, alpha=np.ones((12, 20), np.float32))).exemplar.valid is None


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_only_opaque_pixels_of_an_exemplar_are_sampled_for_a_flat_texture(value):
    alpha = opaque_but_for(12, 20, slice(2, 5), slice(3, 9), value=value)
    valid = ready(picture(12, 20, alpha=alpha), flatten=True).exemplar.valid
    np.testing.assert_array_equal(valid, alpha == 1)
    assert valid.dtype == np.float32


def test_an_exemplar_of_the_smallest_size_is_taken():
    assert ready(picture(8, 8)).exemplar.pixels.shape == (8, 8, 3)


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


# What of the canvas is sampled.

HOLE = (slice(100, 110), slice(200, 230))


def sampled(height=300, width=400, *, hole=HOLE, **choices):
    """Which pixels of a canvas are its exemplar, and the exemplar itself."""
    canvas = picture(height, width)
    # Every pixel tells where it is from.
    canvas.pixels[..., 0] = np.arange(height)[:, None] / 2**12
    canvas.pixels[..., 1] = np.arange(width) / 2**12
    sample = ready(canvas=canvas, mask=mask_picture(height, width, *hole), **choices).exemplar
    found = np.zeros((height, width), bool)
    rows, columns = (np.rint(sample.pixels[..., n] * 2**12).astype(int) for n in (0, 1))
    found[rows, columns] = True if sample.valid is None else sample.valid > 0
    return found, sample


def marks(height, width, *boxes, hole=HOLE):
    """All pixels of these boxes but for the hole."""
    found = np.zeros((height, width), bool)
    for box in boxes:
        box.cut(found)[...] = True
    found[hole] = False
    return found


@pytest.mark.parametrize("context", [1, 7, 90])
def test_a_context_says_how_far_around_the_hole_is_sampled(context):
    found, sample = sampled(context=context)
    box = Box(100 - context, 200 - context, 110 + context, 230 + context)
    assert np.array_equal(found, marks(300, 400, box))
    assert sample.pixels.shape[:2] == box.size


@pytest.mark.parametrize("context", [300, 2**20])
def test_a_context_larger_than_the_canvas_samples_all_of_it(context):
    assert np.array_equal(sampled(context=context)[0], marks(300, 400, Box(0, 0, 300, 400)))


def test_a_context_does_not_change_what_is_worked_on():
    canvas, mask = picture(300, 400), mask_picture(300, 400, *HOLE)
    assert ready(canvas=canvas, mask=mask, context=5).box == ready(canvas=canvas, mask=mask).box


def test_the_context_of_a_transparent_part_begins_at_its_fringe():
    canvas = picture(300, 400, alpha=opaque_but_for(300, 400, *HOLE))
    assert ready(canvas=canvas, context=10).exemplar.pixels.shape[:2] == (10 + 2 * FRINGE + 20, 30 + 2 * FRINGE + 20)


@pytest.fixture
def largest(monkeypatch):
    """A limit of exemplars that small pictures exceed: their pixels."""
    monkeypatch.setattr(sampling, "LARGEST_EXEMPLAR", 2**16)
    return sampling.LARGEST_EXEMPLAR


def test_a_canvas_larger_than_an_exemplar_may_be_is_sampled_around_the_hole(largest):
    canvas, mask = plain(420, 500, 0.5), mask_picture(420, 500, slice(300, 310), slice(10, 20))
    height, width = (sample := ready(canvas=canvas, mask=mask, context=500).exemplar).pixels.shape[:2]
    assert 0.98 * largest < height * width <= largest
    assert sample.valid.sum() == height * width - 10 * 10


@pytest.mark.parametrize(("context", "reach"), [(None, 256), (20, 20)], ids=["by its size", "20"])
def test_from_its_sides_only_rows_of_the_hole_are_sampled(context, reach):
    found, _ = sampled(context=context, sample_from="sides")
    assert np.array_equal(found, marks(300, 400, Box(100, max(0, 200 - reach), 110, min(400, 230 + reach))))


@pytest.mark.parametrize(("context", "reach"), [(None, 256), (20, 20)], ids=["by its size", "20"])
def test_from_above_and_below_only_columns_of_the_hole_are_sampled(context, reach):
    found, _ = sampled(context=context, sample_from="above-below")
    assert np.array_equal(found, marks(300, 400, Box(max(0, 100 - reach), 200, min(300, 110 + reach), 230)))


@pytest.mark.parametrize("sample_from", ["sides", "above-below"])
@pytest.mark.parametrize("hole", [(slice(0, 1), slice(0, 1)), (slice(299, 300), slice(200, 202))], ids=str)
def test_beside_a_thin_hole_the_exemplar_is_as_large_as_it_must_be_and_no_more_is_sampled(sample_from, hole):
    found, sample = sampled(hole=hole, sample_from=sample_from)
    assert min(sample.pixels.shape[:2]) == SMALLEST_EXEMPLAR
    along = (hole[0], slice(None)) if sample_from == "sides" else (slice(None), hole[1])
    everywhere = np.zeros((300, 400), bool)
    everywhere[along] = True
    assert not (found & ~everywhere).any()
    assert found.sum() > 200


def test_an_exemplar_mask_says_where_the_canvas_is_sampled_however_far_from_the_hole():
    allowed = Box(10, 2000, 30, 2040)
    mask = mask_picture(300, 2100, slice(10, 30), slice(2000, 2040))
    found, sample = sampled(300, 2100, exemplar_mask=mask)
    assert np.array_equal(found, marks(300, 2100, allowed))
    assert sample.pixels.shape[:2] == allowed.size
    assert sample.valid is None


def test_an_exemplar_mask_within_a_context_from_the_sides():
    mask = mask_picture(300, 400, slice(0, 105), slice(0, 400))
    found, _ = sampled(context=20, sample_from="sides", exemplar_mask=mask)
    assert np.array_equal(found, marks(300, 400, Box(100, 180, 105, 250)))


def test_what_is_gray_or_transparent_in_an_exemplar_mask_is_not_sampled():
    mask = plain(300, 400, 1.0, alpha=opaque_but_for(300, 400, slice(0, 50), slice(0, 400), value=0.5))
    mask.pixels[50:60] = 0.5
    assert np.array_equal(sampled(exemplar_mask=mask, context=400)[0], marks(300, 400, Box(60, 0, 300, 400)))


def test_an_exemplar_mask_of_another_exemplar_leaves_its_white_part():
    exemplar = picture(40, 50, alpha=opaque_but_for(40, 50, slice(20, 22), slice(0, 50)))
    # What was cut out leaves a fringe.
    inner = opaque_but_for(40, 50, slice(18, 24), slice(0, 50))
    mask = mask_picture(40, 50, slice(10, 30), slice(5, 45))
    for canvas, hole in ((None, None), (picture(300, 400), mask_picture(300, 400, *HOLE))):
        sample = ready(exemplar, canvas, hole, exemplar_mask=mask, flatten=canvas is None).exemplar
        np.testing.assert_array_equal(sample.pixels, exemplar.pixels[10:30, 5:45])
        np.testing.assert_array_equal(sample.valid, inner[10:30, 5:45])


def test_an_exemplar_mask_limits_what_a_canvas_is_made_to_tile_from():
    canvas, mask = picture(64, 80), mask_picture(64, 80, slice(20, 50), slice(12, 68))
    sample = ready(canvas=canvas, exemplar_mask=mask, seamless="both").exemplar
    np.testing.assert_array_equal(sample.pixels, canvas.pixels[20:50, 12:68])
    assert sample.valid is None


def test_what_is_transparent_near_a_masked_hole_has_not_to_be_fitted_to_and_stays():
    alpha = opaque_but_for(300, 400, slice(0, 95), slice(0, 400))
    canvas, mask = picture(300, 400, alpha=alpha), mask_picture(300, 400, *HOLE)
    job_input = ready(canvas=canvas, mask=mask)
    np.testing.assert_array_equal(job_input.mask, mask.pixels[..., 0])
    expected = np.maximum(mask.pixels[..., 0], 1 - alpha)
    np.testing.assert_array_equal(job_input.free, job_input.box.cut(expected))
    made = finish(job_input, np.ones((*job_input.box.size, 3), np.float32), (300, 400))
    np.testing.assert_array_equal(made.alpha, np.maximum(alpha, mask.pixels[..., 0]))
    assert made.pixels[:95].tobytes() == canvas.pixels[:95].tobytes()


# Where the part that is worked on lies in the exemplar.


def upper_part():
    return mask_picture(300, 400, slice(10, 90), slice(20, 380))


SAMPLED = {
    "around the hole": {},
    "near it": {"context": 20},
    "from its sides": {"sample_from": "sides"},
    "from above and below": {"sample_from": "above-below"},
    "where a mask allows it": {"exemplar_mask": upper_part()},
    "everywhere": {"seamless": "both"},
}


@pytest.mark.parametrize("sampled", SAMPLED)
def test_the_offset_leads_to_the_same_pixel_of_the_exemplar(sampled):
    job_input = ready(canvas=picture(300, 400), mask=mask_picture(300, 400, *HOLE), **SAMPLED[sampled])
    (down, across), (height, width) = job_input.offset, job_input.exemplar.pixels.shape[:2]
    rows, columns = (
        slice(max(0, -shift), min(side, most - shift))
        for shift, side, most in zip((down, across), job_input.known.shape, (height, width), strict=False)
    )
    there = slice(rows.start + down, rows.stop + down), slice(columns.start + across, columns.stop + across)
    here = job_input.known[rows, columns]
    assert here.size
    np.testing.assert_array_equal(here, job_input.exemplar.pixels[there])


def test_another_exemplar_has_no_offset():
    found = ready(picture(20, 30), picture(300, 400), mask_picture(300, 400, *HOLE)).offset
    assert found is None


# A canvas that wraps around.


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


def test_a_canvas_larger_than_an_exemplar_may_be_is_sampled_in_its_middle(largest):
    found = ready(canvas=picture(420, 500), seamless="both").exemplar.pixels.shape
    assert 0.98 * largest < found[0] * found[1] <= largest
    assert found[1] / found[0] == pytest.approx(500 / 420, rel=0.01)


@pytest.mark.parametrize("value", [0.5, 1.0])
def test_a_canvas_that_wraps_of_which_nothing_is_left_is_no_exemplar(value):
    with pytest.raises(TooLittleToSampleError):
        ready(canvas=picture(40, 50), mask=plain(40, 50, value), seamless="both")


# What does not fit together.

TRANSPARENT = np.zeros((40, 50), np.float32)
FAULTS = {
    "nothing": ({}, "there is nothing to take the texture from: give an exemplar, or a canvas to fill"),
    "exemplar too low": (
        {"exemplar": picture(7, 20)},
        "the exemplar is 20x7 pixels: give one of at least 8x8",
    ),
    "exemplar too narrow": (
        {"exemplar": picture(20, 7)},
        "the exemplar is 7x20 pixels: give one of at least 8x8",
    ),
    "exemplar too large": (
        {"exemplar": Picture(np.broadcast_to(np.float32(0), (4097, 4096, 3)))},
        "the exemplar is 4096x4097 pixels, more than 16,777,216: crop or scale it down",
    ),
    "exemplar transparent": (
        {"exemplar": picture(40, 50, alpha=TRANSPARENT)},
        "the exemplar has hardly any visible pixels: give one with at least 64",
    ),
    "flat texture of a half transparent exemplar": (
        {"exemplar": picture(40, 50, alpha=TRANSPARENT + np.float32(0.5)), "flatten": True},
        "the exemplar has hardly any opaque pixels: give one with at least 64, or leave out `flatten`",
    ),
    "mixture with a half transparent exemplar": (
        {
            "exemplar": picture(40, 50),
            "more": [FurtherSource(picture(40, 50, alpha=TRANSPARENT + np.float32(0.5)))],
        },
        "exemplar 2: the exemplar has hardly any opaque pixels, which alone can be mixed: give one with at least 64",
    ),
    "exemplar with 63 visible pixels": (
        {"exemplar": picture(40, 50, alpha=1 - opaque_but_for(40, 50, slice(0, 7), slice(0, 9)))},
        "the exemplar has hardly any visible pixels: give one with at least 64",
    ),
    "canvas without alpha": (
        {"canvas": picture(40, 50)},
        "the canvas has no transparent part to fill: give a mask of what is to be filled",
    ),
    "canvas opaque": (
        {"canvas": picture(40, 50, alpha=1 - TRANSPARENT)},
        "the canvas has no transparent part to fill: give a mask of what is to be filled",
    ),
    "canvas all but opaque": (
        {"canvas": picture(40, 50, alpha=TRANSPARENT + np.float32(254 / 255))},
        "the canvas has no transparent part to fill: give a mask of what is to be filled",
    ),
    "mask black": (
        {"canvas": picture(40, 50), "mask": plain(40, 50, 0.0)},
        "the mask is black all over, 0 of 255 at most: paint white what is to be synthesized",
    ),
    "mask transparent": (
        {"canvas": picture(40, 50), "mask": plain(40, 50, 1.0, alpha=TRANSPARENT)},
        "the mask is transparent all over: paint white what is to be synthesized",
    ),
    "half transparent exemplar for all of a canvas": (
        {
            "canvas": picture(40, 50),
            "mask": plain(40, 50, 1.0),
            "exemplar": picture(40, 50, alpha=TRANSPARENT + np.float32(0.5)),
        },
        "the exemplar has hardly any opaque pixels, which alone can fill all of a canvas: give one with at least 64",
    ),
    "clear canvas that is extended opaque": (
        {"canvas": picture(40, 50, alpha=TRANSPARENT), "extend": Margins(top=9), "flatten": True},
        "the canvas is empty, or smaller than 8x8 pixels: give another one, or an exemplar",
    ),
    "mask of a black shape": (
        {"canvas": picture(40, 50), "mask": plain(40, 50, 0.0, alpha=opaque_but_for(40, 50, slice(9), slice(9)))},
        "the mask is black where it is not transparent: paint white what is to be synthesized, or give its alpha as "
        "the mask",
    ),
    "mask black and half transparent all over": (
        {"canvas": picture(40, 50), "mask": plain(40, 50, 0.0, alpha=TRANSPARENT + np.float32(0.5))},
        "the mask is black all over, 0 of 255 at most: paint white what is to be synthesized",
    ),
    "mask white": (
        {"canvas": picture(40, 50), "mask": plain(40, 50, 1.0)},
        "the mask leaves 0 pixels of the canvas black, and the texture is taken from at least 64: paint more of it "
        "black, or give an exemplar",
    ),
    "mask gray": (
        {"canvas": picture(40, 50), "mask": plain(40, 50, 0.5)},
        "the mask leaves 0 pixels of the canvas black, and the texture is taken from at least 64: paint more of it "
        "black, or give an exemplar",
    ),
    "flat canvas that is half transparent all over": (
        {
            "canvas": picture(40, 50, alpha=TRANSPARENT + np.float32(0.5)),
            "mask": mask_picture(40, 50, slice(9, 15), slice(9, 15)),
            "flatten": True,
        },
        "the canvas has hardly any opaque pixels: give an exemplar, or leave out `flatten`",
    ),
    "exemplar mask black": (
        {"exemplar": picture(40, 50), "exemplar_mask": plain(40, 50, 0.0)},
        "the exemplar mask is black all over, 0 of 255 at most: paint white what may be sampled",
    ),
    "exemplar mask gray": (
        {"exemplar": picture(40, 50), "exemplar_mask": plain(40, 50, 0.9)},
        "0 pixels may be sampled, and at least 64 are needed: paint more of the exemplar mask white",
    ),
    "exemplar mask in the hole": (
        {
            "canvas": picture(40, 50),
            "mask": mask_picture(40, 50, slice(10, 34), slice(20, 40)),
            "exemplar_mask": mask_picture(40, 50, slice(10, 34), slice(20, 41)),
        },
        "24 pixels may be sampled, and at least 64 are needed: allow more context, other sides or more of the "
        "exemplar mask, or name an exemplar",
    ),
    "a hole as wide as the canvas, from its sides": (
        {
            "canvas": picture(40, 50),
            "mask": mask_picture(40, 50, slice(10, 34), slice(0, 50)),
            "sample_from": "sides",
        },
        "0 pixels may be sampled, and at least 64 are needed: allow more context, other sides or more of the "
        "exemplar mask, or name an exemplar",
    ),
    "canvas transparent all over": (
        {"canvas": picture(40, 50, alpha=TRANSPARENT)},
        "the canvas is empty, or smaller than 8x8 pixels: give another one, or an exemplar",
    ),
    "mask but for 63 pixels": (
        {
            "canvas": picture(40, 50),
            "mask": Picture(np.repeat(opaque_but_for(40, 50, slice(0, 7), slice(0, 9))[..., None], 3, axis=2)),
        },
        "the mask leaves 63 pixels of the canvas black, and the texture is taken from at least 64: paint more of it "
        "black, or give an exemplar",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_pictures_that_do_not_fit_together_are_told_in_one_sentence(fault):
    given, message = FAULTS[fault]
    with pytest.raises(RequestError) as caught:
        ready(**given)
    assert str(caught.value) == message


# The size of the canvas.


def sized(size, **pictures):
    return ready(picture(20, 20), layout=Layout(size=size), **pictures).size


def test_without_a_canvas_the_size_is_the_one_asked_for():
    assert sized((30, 40)) == (30, 40)
    assert sized(None) is None


@pytest.mark.parametrize("wanted", [None, (40, 50)])
def test_a_canvas_decides_the_size(wanted):
    assert sized(wanted, canvas=picture(40, 50, alpha=opaque_but_for(40, 50, slice(9, 20), slice(9, 20)))) == (40, 50)


# And back.


def synthesized(box_size):
    return np.random.default_rng(5).random((*box_size, 3), dtype=np.float32)


def test_a_new_texture_has_the_exemplars_depth_grayness_and_profile_and_no_alpha():
    exemplar = picture(12, 20, alpha=opaque_but_for(12, 20, 0, 0), bits=16, gray=True, profile=b"profile")
    made = synthesized((30, 40))
    found = finish(ready(exemplar), made, (30, 40))
    np.testing.assert_array_equal(found.pixels, made)
    assert found.pixels.dtype == np.float32
    assert found.alpha is None
    assert (found.bits, found.gray, found.profile) == (16, True, b"profile")


def test_every_pixel_outside_the_mask_is_kept_to_the_last_bit_and_the_others_are_the_synthesized_ones():
    canvas = picture(100, 200)
    mask = mask_picture(100, 200, slice(90, 100), slice(0, 10))
    job_input = ready(canvas=canvas, mask=mask)
    made = synthesized(job_input.box.size)
    found = finish(job_input, made, (100, 200))
    masked = mask.pixels[..., 0] > 0
    assert found.pixels.shape == (100, 200, 3)
    assert found.pixels[~masked].tobytes() == canvas.pixels[~masked].tobytes()
    np.testing.assert_array_equal(found.pixels[90:, :10], made[64:, :10])
    assert found.alpha is None


def test_the_canvas_itself_is_left_as_it_was():
    canvas = picture(100, 200)
    before = canvas.pixels.copy()
    job_input = ready(canvas=canvas, mask=mask_picture(100, 200, slice(90, 100), slice(0, 10)))
    finish(job_input, synthesized(job_input.box.size), (100, 200))
    np.testing.assert_array_equal(canvas.pixels, before)


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_a_transparent_part_that_was_filled_is_opaque(value):
    canvas = picture(100, 200, alpha=opaque_but_for(100, 200, slice(30, 40), slice(50, 90), value=value))
    job_input = ready(canvas=canvas)
    found = finish(job_input, synthesized(job_input.box.size), (100, 200))
    assert (found.alpha == 1).all()
    kept = job_input.mask == 0
    assert found.pixels[kept].tobytes() == canvas.pixels[kept].tobytes()
    assert not np.isclose(found.pixels[30:40, 50:90], canvas.pixels[30:40, 50:90]).all(axis=2).any()


def test_transparent_pixels_outside_the_mask_stay_transparent():
    alpha = opaque_but_for(100, 200, slice(30, 40), slice(50, 90))
    job_input = ready(
        canvas=picture(100, 200, alpha=alpha), mask=mask_picture(100, 200, slice(35, 60), slice(0, 200))
    )
    found = finish(job_input, synthesized(job_input.box.size), (100, 200))
    expected = alpha.copy()
    expected[35:60] = 1
    np.testing.assert_array_equal(found.alpha, expected)


def test_a_filled_canvas_has_the_canvass_depth_grayness_and_profile():
    canvas = picture(100, 200, bits=16, gray=True, profile=b"profile")
    job_input = ready(picture(12, 20), canvas, mask_picture(100, 200, slice(90, 100), slice(0, 10)))
    found = finish(job_input, synthesized(job_input.box.size), (100, 200))
    assert (found.bits, found.gray, found.profile) == (16, True, b"profile")


def test_a_new_texture_of_another_size_is_refused():
    with pytest.raises(RequestError, match=r"^the picture is 40x30 where 41x30 is due$"):
        finish(ready(picture(12, 20)), synthesized((30, 40)), (30, 41))


def test_a_part_of_another_size_than_was_worked_on_is_refused():
    job_input = ready(canvas=picture(100, 200), mask=mask_picture(100, 200, slice(90, 100), slice(0, 10)))
    with pytest.raises(RequestError, match=r"^the picture is 37x37 where 74x74 is due$"):
        finish(job_input, synthesized((37, 37)), (100, 200))


# The picture to start from.


def test_a_new_texture_starts_from_the_whole_picture():
    start = picture(12, 20)
    assert cut_start(start, ready(picture(30, 40))) is start.pixels


def test_a_picture_of_the_canvass_size_is_cut():
    start = picture(100, 200, seed=1)
    found = cut_start(
        start, ready(canvas=picture(100, 200), mask=mask_picture(100, 200, slice(90, 100), slice(0, 10)))
    )
    np.testing.assert_array_equal(found, start.pixels[26:, :74])
    assert found.flags.c_contiguous


def test_a_picture_of_another_size_is_resized_to_the_canvas_and_cut():
    start = picture(30, 41, seed=1)
    found = cut_start(
        start, ready(canvas=picture(100, 200), mask=mask_picture(100, 200, slice(90, 100), slice(0, 10)))
    )
    assert_same(resize(to_tensor(start.pixels, CPU), (100, 200)).clamp(0, 1)[..., 26:, :74], found)
    assert found.flags.c_contiguous
    assert found.dtype == np.float32


# To tensors and back.


def test_pixels_become_a_tensor_with_the_channels_first():
    found = to_tensor(picture(12, 20).pixels, CPU)
    assert found.shape == (1, 3, 12, 20)
    assert_same(found, picture(12, 20).pixels)


def test_pixels_that_may_not_be_written_to_become_a_tensor():
    pixels = picture(12, 20).pixels
    pixels.flags.writeable = False
    assert_same(to_tensor(pixels, CPU), pixels)


def test_a_new_texture_has_an_exemplar_and_no_surroundings():
    job_input = ready(picture(12, 20))
    exemplar = exemplar_on(job_input, CPU)
    assert exemplar.size == (12, 20)
    assert_same(exemplar.picture, job_input.exemplar.pixels)
    assert exemplar.valid is None
    assert surroundings_on(job_input, CPU) is None


def test_a_canvas_has_surroundings_and_what_is_left_of_it_as_the_exemplar():
    job_input = ready(canvas=picture(300, 400), mask=mask_picture(300, 400, slice(100, 110), slice(200, 220)))
    exemplar, surroundings = exemplar_on(job_input, CPU), surroundings_on(job_input, CPU)
    assert_same(exemplar.picture, job_input.exemplar.pixels)
    assert_same(exemplar.valid, job_input.exemplar.valid[..., None])
    assert_same(surroundings.known, job_input.known)
    assert_same(surroundings.mask, job_input.free[..., None])
    assert exemplar.valid.shape == (1, 1, *exemplar.size)
    assert surroundings.mask.shape == (1, 1, *surroundings.size)


def test_a_synthesized_picture_comes_back_as_it_was():
    pixels = picture(12, 20).pixels
    found = to_array(to_tensor(pixels, CPU).contiguous(memory_format=torch.channels_last))
    np.testing.assert_array_equal(found, pixels)
    assert found.flags.c_contiguous


def test_values_beyond_the_range_of_colors_are_cut_off():
    found = to_array(torch.tensor([-0.5, 0.25, 1.5]).reshape(1, 3, 1, 1))
    assert found.tolist() == [[[0.0, 0.25, 1.0]]]
    assert found.dtype == np.float32


# Without torch.


@pytest.mark.parametrize("module", ["engine.preparation", "engine.images", "engine.options.parsing"])
def test_torch_is_not_loaded(module):
    script = f"import sys, {module}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


@pytest.mark.parametrize(("side", "alpha"), [(6, 1.0), (48, 0.0)], ids=["tiny", "empty"])
def test_a_canvas_with_nothing_to_sample_is_told_from_one_with_too_little_left(side, alpha):
    opaque = np.full((side, side), alpha, np.float32)
    hole = np.zeros((side, side, 3), np.float32)
    hole[2:4, 2:4] = 1
    with pytest.raises(RequestError) as caught:
        ready(canvas=Picture(np.full((side, side, 3), 0.5, np.float32), opaque), mask=Picture(hole))
    assert caught.value.code == "nothing-to-sample"
