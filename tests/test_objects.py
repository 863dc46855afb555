import numpy as np
import pytest

from engine.images import Picture
from engine.objects import find_objects
from engine.preparation import prepare
from engine.preparation.banding import band_of
from engine.synthesis.structure import FillInput, MosaicSource, build, plan_filling, plan_texture
from engine.synthesis.structure.whole_objects import keep_whole, kept_objects

SIDE = 96
EVERYWHERE = np.ones((SIDE, SIDE), bool)
PLACES = [(10, 12), (14, 52), (40, 30), (42, 70), (68, 14), (70, 50), (66, 80)]


def page(places=PLACES, size=11, *, dot=False):
    """Dark squares with a light hole on a light ground."""
    found = np.full((SIDE, SIDE, 3), 0.9, np.float32)
    for row, column in places:
        found[max(0, row) : row + size, column : column + size] = 0.1
        found[row + 4 : row + 7, column + 4 : column + 7] = 0.9
        if dot:
            found[row - 4 : row - 1, column + 4 : column + 7] = 0.1
    return found


def own_places():
    return np.moveaxis(np.indices((SIDE, SIDE), np.int32), 0, -1)


def of(origins, picture):
    return picture[origins[..., 0], origins[..., 1]]


def test_objects_are_found_with_what_they_enclose_and_their_dots():
    found = find_objects(page(dot=True), EVERYWHERE)
    assert len(found.shapes) == len(PLACES)
    assert {int(each.core.sum()) for each in found.shapes} == {11 * 11 + 9}
    assert not found.ground[15, 17]


@pytest.mark.parametrize(
    "picture",
    [
        page(PLACES[:4]),
        page([(5, 5)], size=60),
        np.random.default_rng(0).random((SIDE, SIDE, 3), np.float32),
        np.full((SIDE, SIDE, 3), 0.5, np.float32),
    ],
    ids=["few", "large", "noise", "plain"],
)
def test_what_has_no_small_objects_has_none(picture):
    assert find_objects(picture, EVERYWHERE) is None


def test_what_the_border_cuts_is_none_of_them():
    found = find_objects(page([*PLACES, (0, 80)]), EVERYWHERE)
    assert len(found.shapes) == len(PLACES)
    assert found.numbers[2, 82] == -1


def test_whole_objects_stay_as_they_are():
    found = keep_whole(own_places(), find_objects(page(), EVERYWHERE), (False, False))
    np.testing.assert_array_equal(of(found, page()), page())


def test_an_object_that_is_mostly_there_is_completed():
    origins = own_places()
    # The last rows of the object at (40, 30) are ground.
    origins[48:52, 28:44] = (0, 0)
    found = keep_whole(origins, find_objects(page(), EVERYWHERE), (False, False))
    np.testing.assert_array_equal(of(found, page()), page())


def test_what_is_hardly_there_is_removed():
    origins = own_places()
    origins[42:52, 28:44] = (0, 0)
    found = keep_whole(origins, find_objects(page(), EVERYWHERE), (False, False))
    np.testing.assert_array_equal(of(found, page()), page([each for each in PLACES if each != (40, 30)]))


@pytest.mark.parametrize("wraps", [True, False])
def test_an_object_across_the_border_goes_on_only_where_the_canvas_does(wraps):
    origins = np.zeros((SIDE, SIDE, 2), np.int32)
    # All but the last column of an object, at the right border.
    origins[40:51, -8:] = own_places()[40:51, 30:38]
    made = of(keep_whole(origins, find_objects(page(), EVERYWHERE), (False, wraps)), page())
    np.testing.assert_array_equal(made[40:51, -8:], page()[40:51, 30:38])
    assert (made[40:51, :3] < 0.5).all() == wraps
    assert (made[:, 8:-8] > 0.5).all()


def test_the_objects_that_are_kept_are_those_that_do_not_reach_into_the_hole():
    free = np.zeros((SIDE, SIDE), bool)
    free[:, 48:] = True
    found = kept_objects(find_objects(page([*PLACES, (0, 80), (20, 44)]), EVERYWHERE), free, (0, 0))
    assert len({*np.unique(found)} - {-1, 0}) == 3
    assert found[22, 45] == -1
    assert not found[free].any()


def test_what_meets_an_object_that_is_kept_gives_way_to_one_beside_it():
    free = np.zeros((SIDE, SIDE), bool)
    free[36:56, 20:66] = True
    origins = own_places()
    # The object at (40, 30) lies anew so far to the right that it meets the one at (42, 70).
    origins[40:51, 24:60], origins[40:51, 60:66] = (0, 0), own_places()[40:51, 30:36]
    found = keep_whole(origins, find_objects(page(), EVERYWHERE), (False, False), free)
    made = np.where(free[..., None], of(found, page()), page())
    assert {int(each.core.sum()) for each in find_objects(made, EVERYWHERE).shapes} == {11 * 11}


def test_what_goes_on_from_a_part_that_is_kept_stays():
    free = np.zeros((SIDE, SIDE), bool)
    free[:18] = True
    picture = page()
    found = keep_whole(own_places(), find_objects(picture, EVERYWHERE), (False, False), free)
    np.testing.assert_array_equal(of(found, picture)[free], picture[free])


@pytest.mark.parametrize(("axes", "anew"), [((True, True), True), ((True, False), True), ((False, True), False)])
def test_a_band_cuts_no_object(axes, anew):
    # One of them is cut by the left border, and reaches as far as any.
    picture = page(PLACES)
    picture[40:51, :9] = 0.1
    band = band_of(Picture(picture), axes)
    assert (band[40:51, :9] == (1 if anew else 0)).all()
    for row, column in PLACES:
        assert not band[row : row + 11, column : column + 11].any()
    assert band.max() == 1


def test_a_tile_of_objects_has_whole_ones_alone():
    picture = page(PLACES)
    picture[40:51, :6] = 0.1
    materials = prepare(None, canvas=Picture(picture), seamless="both")
    source, free = MosaicSource(picture, EVERYWHERE), materials.free > 0
    plan = plan_filling(FillInput(picture, free, source.colors, source.valid, (0, 0), (True, True)))
    made = [stage for stage in build(plan, 0) if stage is not None][-1].colors
    whole = find_objects(np.tile(made, (2, 2, 1)), np.ones((2 * SIDE, 2 * SIDE), bool))
    assert {int(each.core.sum()) for each in whole.shapes} == {11 * 11}


def test_a_texture_of_objects_has_whole_ones_alone():
    picture = page()
    plan = plan_texture([MosaicSource(picture, EVERYWHERE)], (80, 80), (True, True))
    made = [stage for stage in build(plan, 0) if stage is not None][-1].colors
    dark = made[..., 0] < 0.5
    assert dark.any()
    # Each has as many dark pixels as any other.
    assert dark.sum() % (11 * 11 - 9) == 0


def halftone(height, width, step=12):
    """Dots on a lattice that grow to the right."""
    rows, columns = np.indices((height, width))
    down, across = ((each // step) * step + (step - 1) / 2 for each in (rows, columns))
    inside = np.hypot(rows - down, columns - across) <= 1.6 + 3.6 * across / width
    return np.where(inside, 0, 1).astype(np.float32)


@pytest.mark.parametrize("top", [40, 42, 43, 48, 51])
def test_a_hole_that_cuts_a_row_of_dots_anywhere_is_filled_with_all_of_them(top):
    picture, step = halftone(132, 180), 12
    free = np.zeros(picture.shape, bool)
    free[top : top + 50, 50:130] = True
    colors = np.repeat(picture[..., None], 3, axis=2)
    filled = np.where(free[..., None], 0, colors).astype(np.float32)
    *_, last = build(plan_filling(FillInput(filled, free, colors, ~free, (0, 0))), 0)
    cells = [
        (slice(row, row + step), slice(column, column + step))
        for row in range(0, 132, step)
        for column in range(0, 180, step)
    ]
    shares = [(1 - last.colors[cell][..., 0]).sum() / (1 - picture[cell]).sum() for cell in cells if free[cell].any()]
    assert (min(shares) > 0.5, max(shares) < 1.6) == (True, True)


def dots():
    """Dark dots on a lattice, 40 pixels from one to the next."""
    rows, columns = np.indices((200, 240))
    return np.where(np.hypot(rows % 40 - 19.5, columns % 40 - 19.5) < 8, 0.1, 0.9).astype(np.float32)


@pytest.mark.parametrize("seed", range(3))
def test_short_lines_that_repeat_are_whole_whichever_patches_they_come_from(seed):
    rows, columns = np.mgrid[:240, :240]
    twill = (rows + columns) % 4 < 2
    colors = np.full((240, 240, 3), (0.1, 0.3, 0.2), np.float32)
    colors[((rows % 64 < 12) & twill) | ((columns % 64 < 12) & ~twill)] = (0.8, 0.1, 0.1)
    free = np.hypot(rows - 125, columns - 120) < 48
    filled = np.where(free[..., None], 0, colors).astype(np.float32)
    *_, last = build(plan_filling(FillInput(filled, free, colors, ~free, (0, 0)), 3), seed)
    np.testing.assert_allclose(last.colors, colors, atol=0.01)


@pytest.mark.parametrize("moved", [(1, 1), (-1, 0), (0, 2)])
def test_a_dot_that_is_copied_beside_where_the_others_repeat_is_moved_there(moved):
    picture = dots()
    objects = find_objects(np.repeat(picture[..., None], 3, axis=2), np.ones(picture.shape, bool))
    free = np.zeros(picture.shape, bool)
    free[70:130, 70:130] = True
    origins = np.moveaxis(np.indices(picture.shape, np.int32), 0, -1).copy()
    origins[80:120, 80:120] += np.array([moved[0], 40 + moved[1]], np.int32)
    assert (of(origins, picture) != picture).any()
    found = keep_whole(origins, objects, (False, False), free, (0, 0))
    np.testing.assert_array_equal(of(found, picture)[free], picture[free])
