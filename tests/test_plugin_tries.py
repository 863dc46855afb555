"""Which results of a dialog another try takes the place of."""

import gimp_mock
import pytest

from gimp_plugin.box import Box

OLD = (10, 10, 20, 20)


@pytest.fixture
def tries():
    with gimp_mock.mocked():
        from gimp_plugin import tries

        yield tries


def target(tries, rectangle, level=255):
    """Everything in a rectangle, selected by so much, or nothing."""
    if rectangle is None:
        return tries.Target()
    box = Box(*rectangle)
    return tries.Target(box, bytes([level]) * (box.width * box.height))


@pytest.mark.parametrize(
    ("earlier", "later", "takes"),
    [
        (OLD, OLD, True),
        (OLD, (0, 0, 60, 60), True),
        (OLD, (11, 10, 20, 20), True),
        (OLD, (20, 10, 20, 20), False),
        (OLD, (14, 14, 8, 8), False),
        (OLD, (40, 40, 20, 20), False),
        (OLD, None, False),
        (None, OLD, False),
        (None, None, True),
    ],
)
def test_a_try_takes_the_place_of_one_whose_selection_it_covers(tries, earlier, later, takes):
    assert tries.takes_place(target(tries, earlier), target(tries, later)) == takes


def test_the_shape_counts_and_not_its_bounds(tries):
    above, below = (bytes(255 * (sign * x > sign * y) for y in range(20) for x in range(20)) for sign in (1, -1))
    first, second = (tries.Target(Box(0, 0, 20, 20), each) for each in (above, below))
    assert not tries.takes_place(first, second)
    assert tries.takes_place(first, first)


def test_soft_selections_count_as_far_as_they_reach(tries):
    faint, whole = target(tries, OLD, level=8), target(tries, OLD)
    assert tries.takes_place(faint, whole)
    assert tries.takes_place(whole, faint)


def test_all_tries_at_a_place_are_replaced_and_those_elsewhere_stay(tries):
    here, elsewhere = target(tries, OLD), target(tries, (40, 40, 10, 10))
    made = [tries.Try(here, ("first",)), tries.Try(elsewhere, ("second",)), tries.Try(here, ("third", "fourth"))]
    assert tries.replaced(made, here) == ("first", "third", "fourth")
    assert tries.replaced(made, elsewhere) == ("second",)
