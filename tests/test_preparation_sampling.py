"""What of a canvas is sampled where it is its own exemplar."""

import numpy as np
import pytest
from preparing import HOLE, mask_picture, opaque_but_for, picture, plain, ready, sampled

from engine.preparation import Box, finish, sampling
from protocol.vocabulary import FRINGE, SMALLEST_EXEMPLAR


def marks(height, width, *boxes, hole=HOLE):
    """All pixels of these boxes but for the hole."""
    found = np.zeros((height, width), bool)
    for box in boxes:
        box.cut(found)[...] = True
    found[hole] = False
    return found


# What of the canvas is sampled.


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

# Where the part that is worked on lies in the exemplar.


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


def test_a_canvas_larger_than_an_exemplar_may_be_is_sampled_in_its_middle(largest):
    found = ready(canvas=picture(420, 500), seamless="both").exemplar.pixels.shape
    assert 0.98 * largest < found[0] * found[1] <= largest
    assert found[1] / found[0] == pytest.approx(500 / 420, rel=0.01)
