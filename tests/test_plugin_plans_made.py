"""What the plug-in asks the engine for to make, tile, extend and enlarge pictures, and their exemplars."""

import numpy as np
import pytest
from plugin_plans import array_of, chosen, filled, full, input_of, marked, only, picture, refusal

from engine.preparation.banding import BAND
from engine.request_errors import NothingToSampleError
from gimp_plugin import plans, samples
from gimp_plugin.box import Box
from gimp_plugin.plans import PlanError
from gimp_plugin.user_options import BOTH, ENLARGE, EXTEND, NEW, PIXELS, SEAMLESS
from protocol.messages import Canvas, Source
from protocol.vocabulary import FRINGE, Margins

NO_EXEMPLAR = "The exemplar has no visible part of 8 × 8 px or more: choose another."


# New textures.


def test_a_new_texture_is_as_large_as_the_ratio_says():
    plan = plans.new(chosen(NEW, ratio=1.5), [Source(picture(21, 30))], "u16")
    job = only(plan)
    assert (job.width, job.height) == (plan.width, plan.height) == (45, 32)
    assert (plan.box, job.depth, job.canvas, job.mask) == (Box(0, 0, 45, 32), "u16", None, None)


def test_sides_that_are_given_count_more_than_the_ratio():
    plan = plans.new(chosen(NEW, ratio=3.0, width=100), [Source(picture(20, 30))], "u8")
    assert (plan.width, plan.height) == (100, 60)
    plan = plans.new(chosen(NEW, width=100, height=50), [Source(picture(20, 30))], "u8")
    assert (plan.width, plan.height) == (100, 50)


def test_a_guide_of_the_canvas_gives_the_size_and_goes_with_every_job_and_preview():
    guide, source = picture(48, 56), Source(picture(20, 30), guide=picture(20, 30, seed=1))
    plan = plans.new(chosen(NEW, width=100, height=50, variations=2), [source], "u16", Canvas(guide=guide))
    assert (plan.width, plan.height) == (56, 48)
    for job in (*plan.jobs, *plans.previews(plan, (7, 9))):
        assert (job.canvas.width, job.canvas.height, job.canvas.guide) == (56, 48, guide)
        assert job.sources == (source,)


def test_variations_have_seeds_that_follow_each_other():
    plan = plans.new(chosen(NEW, seed=5, variations=3, seamless="x"), [Source(picture(20, 20))], "u8")
    assert [job.settings.seed for job in plan.jobs] == [5, 6, 7]
    assert {job.settings.seamless for job in plan.jobs} == {"x"}


def test_previews_are_the_same_job_for_other_seeds():
    plan = plans.new(chosen(NEW, seed=5, variations=3, seamless="x"), [Source(picture(20, 20))], "u16")
    found = plans.previews(plan, (7, 9))
    assert [job.settings.seed for job in found] == [7, 9]
    assert all(job.settings.preview and job.depth == "u8" for job in found)
    assert {(job.settings.seamless, job.canvas, job.sources) for job in found} == {
        ("x", plan.jobs[0].canvas, plan.jobs[0].sources)
    }


def test_the_seed_after_the_largest_of_gimp_is_the_first():
    plan = plans.new(chosen(NEW, seed=2**31 - 1, variations=2), [Source(picture(20, 20))], "u8")
    assert [job.settings.seed for job in plan.jobs] == [2**31 - 1, 0]


@pytest.mark.parametrize(
    ("options", "size"),
    [
        (chosen(NEW, ratio=0.1), "2 × 2"),
        (chosen(NEW, width=7, height=20), "7 × 20"),
        (chosen(NEW, width=20, height=16385), "20 × 16385"),
    ],
    ids=["a ratio too small", "a side too short", "a side too long"],
)
def test_a_size_that_cannot_be_made_is_refused(options, size):
    with pytest.raises(PlanError) as refused:
        plans.new(options, [Source(picture(20, 20))], "u8")
    assert str(refused.value) == f"The texture would be {size} px: choose sides of 8 to 16384 px."


# Making a picture tile.


def frame_of(height, width, band):
    found = np.full((height, width), 255, np.uint8)
    found[band:-band, band:-band] = 0
    return found


def test_an_opaque_picture_is_left_to_the_engine_which_makes_a_band_along_its_border_anew():
    canvas = picture(100, 200)
    plan = plans.seamless(chosen(SEAMLESS, seamless=BOTH), canvas, "u8")
    job = only(plan)
    assert (job.canvas, job.mask, job.exemplar, job.seamless) == (canvas, None, None, "both")
    assert (plan.width, plan.height, plan.jobs[0].blend) == (200, 100, True)
    band = round(100 * BAND)
    free = input_of(job).mask
    assert not free[band:-band, band:-band].any()
    assert free[0].all()
    assert free[:, -1].all()


def test_transparent_pixels_are_made_anew_with_the_border():
    clear = Box(20, 20, 5, 5)
    job = only(plans.seamless(chosen(SEAMLESS, seamless=BOTH), picture(48, 60, clear), "u8"))
    assert (job.mask, job.seamless) == (None, "both")
    wide = clear.grown(FRINGE)
    found = input_of(job)
    assert np.array_equal(found.mask > 0, np.maximum(frame_of(48, 60, 8), marked(48, 60, wide)) > 0)
    assert found.exemplar.valid.sum() == 48 * 60 - wide.width * wide.height


@pytest.mark.parametrize("wrap", ["x", "y"])
@pytest.mark.parametrize("clear", [None, Box(20, 20, 5, 5)], ids=["opaque", "with transparent pixels"])
def test_along_one_axis_only_the_borders_that_meet_are_made_anew(wrap, clear):
    job = only(plans.seamless(chosen(SEAMLESS, seamless=wrap), picture(48, 60, clear), "u8"))
    assert job.seamless == wrap
    borders = (Box(0, 0, 8, 48), Box(52, 0, 8, 48)) if wrap == "x" else (Box(0, 0, 60, 8), Box(0, 40, 60, 8))
    expected = marked(48, 60, *borders, *([] if clear is None else [clear.grown(FRINGE)]))
    assert np.array_equal(input_of(job).mask > 0, expected > 0)


def test_the_smallest_picture_that_tiles_can_have_a_transparent_part():
    job = only(plans.seamless(chosen(SEAMLESS, seamless=BOTH), picture(16, 16, Box(0, 0, 1, 1)), "u8"))
    assert input_of(job).exemplar.valid.sum() == 16 * 16 - 9


def test_a_picture_of_which_too_little_would_remain_is_refused():
    canvas = picture(60, 60, Box(0, 0, 60, 59))
    refusal(plans.seamless(chosen(SEAMLESS, seamless=BOTH), canvas, "u8"), NothingToSampleError)


# Exemplars.


def checked(exemplar, white=None, guide=None):
    return plans.cut_source(exemplar, plans.exemplar_part(exemplar, white), white, guide)


def test_an_exemplar_is_cut_to_what_is_visible_of_it():
    clear = marked(40, 50, Box(0, 0, 50, 40)) - marked(40, 50, Box(10, 5, 20, 30))
    exemplar = picture(40, 50, clear > 0)
    assert checked(exemplar) == Source(samples.crop(exemplar, Box(10, 5, 20, 30)))


def test_an_exemplar_is_cut_to_what_is_white_of_its_mask_and_keeps_its_alpha():
    stripes = np.zeros((40, 50), bool)
    stripes[:, ::2] = True
    exemplar, white = picture(40, 50, stripes), marked(40, 50, Box(10, 5, 20, 30))
    part = Box(11, 5, 19, 30)
    cut = checked(exemplar, white.tobytes())
    assert (cut.picture, cut.mask.data) == (samples.crop(exemplar, part), full(part))
    job = only(plans.new(chosen(NEW), [cut], "u8"))
    found = input_of(job)
    assert found.exemplar.valid is None
    np.testing.assert_array_equal(found.translucency.alpha, array_of(cut.picture)[..., 3] / 255)
    assert input_of(only(plans.new(chosen(NEW, flatten=True), [cut], "u8"))).exemplar.valid.sum() == 10 * 30


def test_a_guide_is_cut_like_its_exemplar():
    white, guide = marked(40, 50, Box(10, 5, 20, 30)), picture(40, 50, seed=1)
    assert checked(picture(40, 50), white.tobytes(), guide).guide == samples.crop(guide, Box(10, 5, 20, 30))


def test_a_huge_exemplar_is_cut_to_its_middle():
    exemplar = picture(1000, 1200)
    found = checked(exemplar).picture
    assert (found.width, found.height) == (1024, 1000)
    assert found == samples.crop(exemplar, Box(88, 0, 1024, 1000))


NOT_ENOUGH = {
    "nothing is visible": picture(40, 9, Box(0, 0, 9, 40)),
    "7 by 9 pixels are visible": picture(40, 9, Box(0, 7, 9, 33)),
    "it has 7 by 9 pixels": picture(7, 9),
}


@pytest.mark.parametrize("case", NOT_ENOUGH)
def test_an_exemplar_of_which_too_little_is_visible_is_refused(case):
    with pytest.raises(PlanError) as refused:
        checked(NOT_ENOUGH[case])
    assert str(refused.value) == NO_EXEMPLAR


@pytest.mark.parametrize("size", [(4, 100), (100, 4)], ids=str)
def test_an_exemplar_that_is_too_narrow_for_the_engine_is_refused(size):
    with pytest.raises(PlanError) as refused:
        checked(picture(*size))
    assert str(refused.value) == NO_EXEMPLAR


def test_an_exemplar_is_never_larger_than_what_can_be_searched():
    clear = np.ones((1040, 2000), bool)
    clear[:20, :20] = clear[-20:, -20:] = False
    found = checked(picture(1040, 2000, clear)).picture
    assert max(found.width, found.height) <= plans.LONGEST_EXEMPLAR


# Extending.


def extending(width, height, clear=None, **sides):
    sides = {"top": 0.0, "right": 0.0, "bottom": 0.0, "left": 0.0, **sides}
    return plans.extend(chosen(EXTEND, **sides), picture(height, width, clear), "u8")


def test_percent_of_the_sides_are_added():
    plan = extending(80, 60, top=10.0, right=20.0, bottom=5.0, left=2.5)
    assert plan.jobs[0].canvas.extend == Margins(top=6, right=16, bottom=3, left=2)
    assert (plan.box, filled(plan)[0]) == (Box(0, 0, 98, 69), Box(0, 0, 98, 69))


def test_pixels_are_added_and_the_mask_of_the_layer_shows_them():
    plan = extending(80, 60, unit=PIXELS, top=3.0, left=5.0)
    _, shown = filled(plan)
    expected = np.full((63, 85), 255)
    expected[3:, 5:] = 0
    assert np.array_equal(shown, expected)


@pytest.mark.parametrize(
    ("side", "strip"),
    [
        ("top", Box(0, 0, 80, 9)),
        ("bottom", Box(0, 60, 80, 9)),
        ("left", Box(0, 0, 9, 60)),
        ("right", Box(80, 0, 9, 60)),
    ],
)
def test_what_is_added_to_one_side_is_a_layer_as_large_as_that(side, strip):
    plan = extending(80, 60, unit=PIXELS, **{side: 9.0})
    box, shown = filled(plan)
    assert (box, shown.min()) == (strip, 255)


@pytest.mark.parametrize(
    "wish",
    [{}, {"left": 0.1}, {"left": 3e4}, {"unit": PIXELS, "left": 16384.0}],
)
def test_an_image_that_cannot_be_extended_is_refused(wish):
    with pytest.raises(plans.PlanError):
        extending(80, 60, **wish)


@pytest.mark.parametrize("depth", ["u8", "u16"])
def test_a_picture_of_which_nothing_is_seen_along_the_borders_is_not_extended_there(depth):
    clear = np.zeros((60, 80), bool)
    clear[:6], clear[:, 70:] = True, True
    seen_below = picture(60, 80, clear, depth=depth)
    for side in ("top", "right"):
        with pytest.raises(PlanError):
            plans.extend(chosen(EXTEND, unit=PIXELS, **{side: 9.0}), seen_below, depth)
        assert plans.extend(chosen(EXTEND, unit=PIXELS, bottom=9.0, **{side: 9.0}), seen_below, depth)
        assert plans.extend(chosen(EXTEND, unit=PIXELS, flatten=True, **{side: 9.0}), seen_below, depth)


def test_a_picture_of_which_nothing_is_seen_is_not_extended_opaque_either():
    refused = []
    for flatten in (False, True):
        with pytest.raises(PlanError) as error:
            extending(80, 60, Box(0, 0, 80, 60), unit=PIXELS, top=9.0, flatten=flatten)
        refused.append(str(error.value))
    assert refused[0] == refused[1]
    # There is no part of it to crop it to.
    assert "crop" not in refused[0]


# Enlarging.


def test_a_picture_is_enlarged_alone_and_its_layer_is_named_after_it():
    plan = plans.enlarge(chosen(ENLARGE, enlarge=1.5), picture(41, 60), "u16", "moss")
    (job,) = plan.jobs
    assert (plan.width, plan.height, plan.name) == (90, 62, "moss × 1.5")
    assert (job.canvas, job.depth, len(job.sources)) == (Canvas(), "u16", 1)


@pytest.mark.parametrize(("height", "width", "factor"), [(7, 60, 2.0), (60, 7, 2.0), (9, 2100, 8.0)])
def test_a_picture_that_is_too_small_or_gets_too_large_is_not_enlarged(height, width, factor):
    with pytest.raises(PlanError):
        plans.enlarge(chosen(ENLARGE, enlarge=factor), picture(height, width), "u8", "moss")


@pytest.mark.parametrize("flatten", [False, True])
@pytest.mark.parametrize("depth", ["u8", "u16"])
def test_a_picture_of_which_nothing_is_seen_is_not_enlarged(depth, flatten):
    seen_below = np.ones((40, 60), bool)
    options = chosen(ENLARGE, enlarge=2.0, flatten=flatten)
    with pytest.raises(PlanError):
        plans.enlarge(options, picture(40, 60, seen_below, depth=depth), "u8", "moss")
    seen_below[39, 59] = False
    assert plans.enlarge(options, picture(40, 60, seen_below, depth=depth), "u8", "moss")
