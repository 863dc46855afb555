import numpy as np
import pytest

from engine.synthesis.structure import MosaicSource, build, plan_texture
from engine.synthesis.structure.objects import find_objects, keep_whole

SIDE = 96
EVERYWHERE = np.ones((SIDE, SIDE), bool)
PLACES = [(10, 12), (14, 52), (40, 30), (42, 70), (68, 14), (70, 50), (66, 80)]


def page(places=PLACES, size=11, *, dot=False):
    """Dark squares with a light hole on a light ground."""
    found = np.full((SIDE, SIDE, 3), 0.9, np.float32)
    for row, column in places:
        found[row : row + size, column : column + size] = 0.1
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


def test_a_texture_of_objects_has_whole_ones_alone():
    picture = page()
    plan = plan_texture([MosaicSource(picture, EVERYWHERE)], (80, 80), (True, True))
    made = [stage for stage in build(plan, 0) if stage is not None][-1].colors
    dark = made[..., 0] < 0.5
    assert dark.any()
    # Each has as many dark pixels as any other.
    assert dark.sum() % (11 * 11 - 9) == 0
