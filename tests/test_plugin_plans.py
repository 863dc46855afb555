"""What the plug-in asks the engine for to fill a hole, and what the engine makes of it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plugin_plans import CPU, array_of, chosen, filled, full, input_of, marked, only, part_of, picture, refusal

from engine.images import Picture
from engine.options.requests import request_for
from engine.request_errors import NothingToFillError, NothingToSampleError, TooLittleToSampleError
from engine.service.runner import plan_job
from gimp_plugin import plans
from gimp_plugin.box import Box
from gimp_plugin.plans import PlanError
from gimp_plugin.user_options import ALL, DRAWABLE, FILL, NEW, SEAMLESS
from protocol.messages import Source
from protocol.raster import Raster
from protocol.reach import NEAREST_CONTEXT, WIDEST_CONTEXT
from protocol.vocabulary import FRINGE, Margins, Settings

EVERYTHING = Box(0, 0, 10_000, 10_000)
NOTHING_CHOSEN = "Nothing is selected, and no part of the layer is transparent: select what to fill."


def mask_of(job):
    assert (job.mask.channels, job.mask.depth) == (1, "u8")
    assert (job.mask.width, job.mask.height) == (job.canvas.width, job.canvas.height)
    return array_of(job.mask)[..., 0]


def engines_picture(raster):
    """A raster as the engine takes it for computing."""
    values = array_of(raster) / (255 if raster.depth == "u8" else 65535)
    values = values.astype(np.float32)
    if raster.channels == 1:
        return Picture(np.repeat(values, 3, axis=2))
    return Picture(values[..., :3], alpha=values[..., 3])


# What is read around a hole.


@given(st.builds(Box, st.integers(0, 900), st.integers(0, 900), st.integers(1, 600), st.integers(1, 600)))
def test_as_much_is_read_around_a_hole_as_the_engine_looks_at(hole):
    found = plans.context_of(hole, EVERYTHING)
    wide = hole.grown(FRINGE)
    assert found == wide.grown(max(WIDEST_CONTEXT, wide.width, wide.height)).common(EVERYTHING)
    assert hole.common(found) == hole


def test_nothing_is_read_beyond_the_limit():
    assert plans.context_of(Box(10, 10, 20, 20), Box(5, 0, 60, 50)) == Box(5, 0, 60, 50)


@given(
    st.builds(Box, st.integers(0, 900), st.integers(0, 900), st.integers(1, 600), st.integers(1, 600)),
    st.integers(1, 2000),
)
def test_as_much_is_read_as_the_context_says_and_as_what_continues_into_the_hole(hole, context):
    wide = hole.grown(FRINGE)
    nearest = max(NEAREST_CONTEXT, max(wide.width, wide.height) // 4)
    assert plans.context_of(hole, EVERYTHING, context) == wide.grown(max(context, nearest)).common(EVERYTHING)


def test_with_an_exemplar_mask_what_is_white_is_read_too():
    hole, white = Box(1000, 1000, 20, 20), Box(5000, 1500, 100, 50)
    assert plans.context_of(hole, EVERYTHING, white=white) == Box(934, 934, 5100 - 934, 1550 - 934)
    assert plans.context_of(hole, EVERYTHING, 300, white) == plans.context_of(hole, EVERYTHING, 300)


# Filling a selection.


def test_a_selection_is_filled_from_what_lies_around():
    hole = Box(30, 20, 12, 10)
    canvas = picture(60, 80)
    plan = plans.fill(chosen(FILL, seed=7), canvas, hole, full(hole), None, "u8")
    job = only(plan)
    assert (plan.box, filled(plan)[0]) == (Box(0, 0, 80, 60), hole)
    assert (job.exemplar, job.canvas, job.seed, job.depth) == (None, canvas, 7, "u8")
    assert np.array_equal(mask_of(job), marked(60, 80, hole))


def test_whatever_is_selected_at_all_is_made_anew_so_that_the_layers_mask_can_blend_it():
    hole, selected = Box(4, 3, 3, 2), [[0, 1, 128], [254, 255, 0]]
    plan = plans.fill(chosen(FILL), picture(20, 20), hole, bytes([*selected[0], *selected[1]]), None, "u8")
    assert part_of(input_of(only(plan)).mask, hole).tolist() == [[0, 1, 1], [1, 1, 0]]
    assert filled(plan)[1].tolist() == selected


def test_the_settings_of_a_wish_are_asked_for():
    options = chosen(FILL, recipe="gram", quality="best", encoder="vgg19", seed=2**31 - 1)
    hole = Box(4, 4, 4, 4)
    job = only(plans.fill(options, picture(20, 20, depth="u16"), hole, full(hole), None, "f32"))
    asked = (job.recipe, job.quality, job.encoder, job.seed, job.depth, job.seamless)
    assert asked == ("gram", "best", "vgg19", 2**31 - 1, "f32", "none")


def test_nothing_has_to_fit_to_transparent_pixels_near_the_hole():
    hole, clear = Box(30, 20, 10, 10), Box(0, 0, 80, 8)
    job = only(plans.fill(chosen(FILL), picture(60, 80, clear), hole, full(hole), None, "u8"))
    assert np.array_equal(mask_of(job), marked(60, 80, hole))
    assert np.array_equal(input_of(job).free > 0, marked(60, 80, hole, clear) > 0)


SAMPLED = {
    "all": (chosen(FILL), None, Box(0, 0, 80, 60)),
    "a context": (chosen(FILL, context=5), None, Box(25, 15, 20, 20)),
    "a context larger than the picture": (chosen(FILL, context=16384), None, Box(0, 0, 80, 60)),
    "its sides": (chosen(FILL, sample_from="sides"), None, Box(0, 20, 80, 10)),
    "above and below": (chosen(FILL, sample_from="above-below", context=12), None, Box(30, 8, 10, 34)),
    "a mask": (chosen(FILL), Box(50, 5, 20, 40), Box(50, 5, 20, 40)),
    "a mask, from its sides": (chosen(FILL, sample_from="sides"), Box(50, 5, 20, 40), Box(50, 20, 20, 10)),
}


@pytest.mark.parametrize("case", SAMPLED)
@pytest.mark.parametrize("clear", [None, Box(0, 0, 80, 12)], ids=["opaque", "transparent above"])
def test_what_is_sampled_around_a_selection_is_what_the_wish_says(case, clear):
    options, white, area = SAMPLED[case]
    hole, canvas = Box(30, 20, 10, 10), picture(60, 80, clear)
    allowed = None if white is None else marked(60, 80, white).tobytes()
    job = only(plans.fill(options, canvas, hole, full(hole), None, "u8", white=allowed))
    sample = input_of(job).exemplar
    valid = np.ones(sample.pixels.shape[:2]) if sample.valid is None else sample.valid
    expected = marked(60, 80, area) & ~marked(60, 80, hole) & (array_of(canvas)[..., 3])
    colors = {tuple(color) for color in engines_picture(canvas).pixels[expected > 0]}
    assert {tuple(color) for color in sample.pixels[valid > 0]} == colors


def test_a_transparent_part_is_filled_from_where_the_wish_says():
    canvas, options = picture(60, 80, Box(30, 20, 10, 10)), chosen(FILL, sample_from="sides", context=9)
    job = only(plans.fill(options, canvas, Box(0, 0, 80, 60), None, None, "u8", white=full(Box(0, 0, 80, 60))))
    assert input_of(job).exemplar.pixels.shape[:2] == (10 + 2 * FRINGE, 10 + 2 * FRINGE + 2 * 9)


def test_with_another_exemplar_nothing_is_said_about_the_surroundings():
    hole, options = Box(10, 10, 8, 8), chosen(FILL, source=DRAWABLE, sample_from="sides", context=5)
    job = only(plans.fill(options, picture(40, 40), hole, full(hole), picture(16, 16, seed=1), "u8"))
    assert (job.context, job.sample_from, job.exemplar_mask) == (None, ALL, None)
    assert input_of(job).exemplar.pixels.shape == (16, 16, 3)


def spread(mask, by):
    """Widen what is marked to every side."""
    wide = np.pad(mask, by)
    windows = np.lib.stride_tricks.sliding_window_view(wide, (2 * by + 1, 2 * by + 1))
    return windows.any(axis=(2, 3))


@pytest.mark.parametrize("depth", ["u8", "u16"])
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_no_pixel_that_cannot_be_seen_is_sampled_or_near_the_hole_kept(depth, data):
    width, height = data.draw(st.integers(20, 300)), data.draw(st.integers(20, 60))
    seed = data.draw(st.integers(0, 99))
    clear = np.random.default_rng(seed).random((height, width)) < data.draw(st.sampled_from([0, 0.1, 0.5]))
    hole = Box(data.draw(st.integers(0, width - 10)), data.draw(st.integers(0, height - 10)), 10, 10)
    canvas = picture(height, width, clear, depth=depth, seed=seed)
    # As if it were no lace: what is clear all over would be a part of the texture.
    job = only(plans.fill(chosen(FILL, flatten=True), canvas, hole, full(hole), None, depth))
    found = input_of(job)
    visible = array_of(canvas)[..., 3] > 0
    inside = marked(height, width, hole) > 0
    # Around what is transparent in the selection there may be a fringe.
    fringe = spread(inside & ~visible, FRINGE) & visible
    kept = visible & ~inside & ~fringe
    sampled = np.ones(found.exemplar.pixels.shape[:2]) if found.exemplar.valid is None else found.exemplar.valid
    # Every pixel's color is its own, or nearly so: it tells where it is from.
    colors = {tuple(color) for color in engines_picture(canvas).pixels[kept]}
    assert {tuple(color) for color in found.exemplar.pixels[sampled > 0]} <= colors
    assert np.array_equal(found.free == 0, found.box.cut(kept))


def test_another_exemplar_fills_a_selection_so_that_it_fits():
    hole = Box(10, 10, 8, 8)
    exemplar, canvas = picture(16, 16, seed=1), picture(40, 40)
    plan = plans.fill(chosen(FILL), canvas, hole, full(hole), exemplar, "u8")
    job = only(plan)
    assert (job.exemplar, job.canvas, filled(plan)[0]) == (exemplar, canvas, hole)
    assert np.array_equal(mask_of(job), marked(40, 40, hole))


@pytest.mark.parametrize("selected", [full(Box(0, 0, 40, 30)), None])
def test_another_exemplar_that_fills_everything_has_nothing_to_fit_to(selected):
    exemplar = picture(16, 16)
    plan = plans.fill(chosen(FILL), picture(30, 40), Box(0, 0, 40, 30), selected, exemplar, "u8")
    found = input_of(only(plan))
    # A fill leaves no holes.
    assert (found.known, found.size, found.translucency) == (None, (30, 40), None)
    assert filled(plan)[0] == plan.box == Box(0, 0, 40, 30)


def test_another_exemplar_fills_a_selection_where_all_around_is_transparent():
    hole = Box(10, 10, 8, 8)
    canvas = picture(40, 40, Box(0, 0, 40, 40))
    job = only(plans.fill(chosen(FILL), canvas, hole, full(hole), picture(16, 16), "u8"))
    assert input_of(job).free.all()


# Filling what is transparent.


def test_without_a_selection_what_is_transparent_is_filled():
    canvas = picture(40, 40, Box(5, 5, 10, 10))
    plan = plans.fill(chosen(FILL), canvas, Box(0, 0, 40, 40), None, None, "u8")
    job = only(plan)
    # Without a mask the engine takes away the fringe of a cut-out, too.
    assert (job.canvas, job.mask, job.exemplar, plan.jobs[0].blend) == (canvas, None, None, True)
    assert np.array_equal(input_of(job).mask, marked(40, 40, Box(3, 3, 14, 14)) / 255)


# What cannot be filled.


def test_nothing_selected_and_nothing_transparent_is_refused():
    with pytest.raises(PlanError) as refused:
        plans.fill(chosen(FILL), picture(40, 40), Box(0, 0, 40, 40), None, None, "u8")
    assert str(refused.value) == NOTHING_CHOSEN


REFUSED = {
    "everything is selected": (None, Box(0, 0, 40, 40)),
    "all but a corner of 7 by 9 is selected": (None, Box(0, 9, 40, 31), Box(7, 0, 33, 9)),
    "all that is not selected is transparent": (Box(0, 0, 40, 30), Box(0, 30, 40, 10)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_selection_around_which_nothing_is_left_is_refused(case):
    clear, *rest = REFUSED[case]
    hole, selected = Box(0, 0, 40, 40), marked(40, 40, *rest).tobytes()
    refusal(plans.fill(chosen(FILL), picture(40, 40, clear), hole, selected, None, "u8"), TooLittleToSampleError)


CHOSEN = {
    "a mask within the hole": (chosen(FILL), Box(10, 10, 20, 20)),
    "a mask far from the context": (chosen(FILL, context=5), Box(36, 36, 4, 4)),
    "sides of a hole as wide as the picture": (chosen(FILL, sample_from="sides"), None),
}


@pytest.mark.parametrize("case", CHOSEN)
def test_a_choice_that_leaves_too_little_to_sample_is_refused(case):
    options, white = CHOSEN[case]
    hole = Box(0, 10, 40, 20)
    allowed = None if white is None else marked(40, 40, white).tobytes()
    refusal(plans.fill(options, picture(40, 40), hole, full(hole), None, "u8", white=allowed), TooLittleToSampleError)


def test_eight_by_eight_pixels_around_a_selection_are_enough():
    selected = marked(40, 40, Box(0, 8, 40, 32), Box(8, 0, 32, 8)).tobytes()
    job = only(plans.fill(chosen(FILL), picture(40, 40), Box(0, 0, 40, 40), selected, None, "u8"))
    assert input_of(job).exemplar.valid.sum() == 64


def test_a_layer_without_a_visible_pixel_is_refused():
    clear = picture(40, 40, Box(0, 0, 40, 40))
    refusal(plans.fill(chosen(FILL), clear, Box(0, 0, 40, 40), None, None, "u8"), NothingToSampleError)


def test_an_even_alpha_is_nothing_to_fill_and_another_exemplar_fills_all_of_it():
    glass = np.full((40, 40, 4), 200, np.uint8)
    canvas = Raster(40, 40, 4, "u8", glass.tobytes())
    whole = Box(0, 0, 40, 40)
    refusal(plans.fill(chosen(FILL), canvas, whole, None, None, "u8"), NothingToFillError)
    box, shown = filled(plans.fill(chosen(FILL), canvas, whole, None, picture(16, 16), "u8"))
    assert (box, shown.min()) == (whole, 255)


# Frames.


def test_frames_are_asked_for_or_not():
    jobs = plans.new(chosen(NEW, variations=2), [Source(picture(20, 20))], "u8").jobs
    with_them, without = (plans.with_frames(jobs, frames=frames) for frames in (True, False))
    assert [(job.frame_interval, job.frame_limit) for job in with_them] == [(1.0, 1024)] * 2
    assert [job.frame_interval for job in without] == [None, None]
    assert [job.settings.seed for job in with_them] == [job.settings.seed for job in jobs]


# The fringe of a cut-out.


def test_around_what_is_transparent_in_the_selection_a_fringe_is_made_anew_and_shown():
    clear = np.zeros((60, 70), bool)
    clear[20:30, 20:40] = True
    hole = Box(20, 20, 20, 10)
    plan = plans.fill(chosen(FILL), picture(60, 70, clear), hole, bytes([255]) * 200, None, "u8")
    box, shown = filled(plan)
    assert box == Box(18, 18, 24, 14)
    assert shown.min() == 255
    assert np.array_equal(input_of(only(plan)).mask > 0, spread(clear, FRINGE))


def test_what_lies_beyond_the_layer_leaves_no_fringe():
    clear = np.zeros((60, 70), bool)
    clear[:, 40:] = True
    hole = Box(20, 20, 30, 10)
    plan = plans.fill(chosen(FILL), picture(60, 70, clear), hole, full(hole), None, "u8", Box(0, 0, 40, 60))
    assert filled(plan)[0] == hole


@pytest.mark.parametrize("hole", [Box(24, 22, 20, 14), Box(2, 4, 30, 20)], ids=["inside", "across its edge"])
def test_what_a_gray_layer_mask_shows_by_half_has_no_fringe(hole):
    found = array_of(picture(60, 70)).copy()
    found[10:50, 12:60, 3] = 128
    canvas = Raster(70, 60, 4, "u8", found.tobytes())
    box, shown = filled(plans.fill(chosen(FILL), canvas, hole, full(hole), None, "u8"))
    assert box == hole
    assert shown.min() == 255


def test_a_feathered_selection_keeps_its_feather_where_nothing_is_transparent():
    clear = np.zeros((60, 70), bool)
    clear[28:30, 28:30] = True
    hole, selected = Box(20, 20, 20, 20), np.full((20, 20), 140, np.uint8)
    box, shown = filled(plans.fill(chosen(FILL), picture(60, 70, clear), hole, selected.tobytes(), None, "u8"))
    assert box == hole
    assert np.array_equal(shown == 255, (spread(clear, FRINGE) & ~clear)[20:40, 20:40])
    assert set(shown.ravel()) == {140, 255}


def test_what_was_erased_with_the_same_soft_selection_is_shown_wholly():
    selected = np.tile(np.linspace(0, 255, 20).round().astype(np.uint8), (20, 1))
    found = array_of(picture(60, 70)).copy()
    hole = Box(20, 20, 20, 20)
    found[20:40, 20:40, 3] = 255 - selected
    canvas = Raster(70, 60, 4, "u8", found.tobytes())
    box, shown = filled(plans.fill(chosen(FILL), canvas, hole, selected.tobytes(), None, "u8"))
    whole = marked(60, 70)
    part_of(whole, box)[...] = shown
    assert (whole[20:40, 21:40] == 255).all()
    assert (whole[20:40, 20] == 0).all()


# The terminal's.


def terminals(canvas, mask=None, axes="none"):
    """What the engine works on when the terminal asks for the same."""
    pictures = dict.fromkeys(
        ("exemplar", "exemplar_mask", "guide", "canvas_guide", "rotation_map", "scale_map", "content", "init")
    )
    pictures |= {"canvas": engines_picture(canvas), "mask": None if mask is None else engines_picture(mask)}
    how = Settings(seamless=axes)
    return plan_job(request_for(pictures, [], how, (None, None), None, "all", Margins()), CPU)[0]


@given(st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_a_fringe_is_the_same_in_gimp_and_in_the_terminal(seed):
    numbers = np.random.default_rng(seed)
    y, x, height, width = (int(each) for each in numbers.integers(8, 30, 4))
    clear = marked(90, 110, Box(x + 3, y + 2, width, height)) > 0
    hole = Box(x, y, width, height)
    selected = numbers.integers(1, 256, (height, width)).astype(np.uint8)
    canvas = picture(90, 110, clear, seed=seed)
    plan = plans.fill(chosen(FILL), canvas, hole, selected.tobytes(), None, "u8")
    whole = marked(90, 110)
    part_of(whole, hole)[...] = selected
    there = terminals(canvas, Raster(110, 90, 1, "u8", whole.tobytes()))
    box, shown = filled(plan)
    assert np.array_equal(shown, np.rint(part_of(there.mask, box) * 255))
    assert np.count_nonzero(there.mask) == np.count_nonzero(shown)


@pytest.mark.parametrize("axes", ["x", "y", "both"])
@pytest.mark.parametrize("clear", [None, Box(20, 20, 5, 5)], ids=["opaque", "with transparent pixels"])
def test_a_band_is_the_same_in_gimp_and_in_the_terminal(axes, clear):
    canvas = picture(48, 60, clear)
    plan = plans.seamless(chosen(SEAMLESS, seamless=axes), canvas, "u8")
    here, there = input_of(only(plan)), terminals(canvas, axes=axes)
    assert np.array_equal(here.mask, there.mask)
    assert len(np.unique(here.mask)) > 2


def test_without_a_selection_another_exemplar_fills_what_is_transparent_too():
    clear = np.zeros((60, 70), bool)
    clear[20:30, 20:40] = True
    job = only(plans.fill(chosen(FILL), picture(60, 70, clear), Box(0, 0, 70, 60), None, picture(20, 20), "u8"))
    assert job.exemplar is not None
    assert job.canvas is not None
    assert job.mask is None
