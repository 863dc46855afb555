"""How long a job will take."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.service.estimate import BASE, seconds_left, work

PLAN = {2: 30, 1: 20, 0: 10}
PLANS = st.dictionaries(st.integers(0, 6), st.integers(1, 50), min_size=1).map(
    lambda steps: dict(sorted(steps.items(), reverse=True))
)


def test_a_step_weighs_as_much_as_the_pixels_that_it_changes_and_something_besides():
    assert work({0: 5}, 1) == pytest.approx(1 + BASE)
    assert work({2: 5, 0: 5}, 1) == pytest.approx(1 / 16 + BASE)


def test_steps_are_weighed_coarse_to_fine():
    assert work(PLAN, 30) == pytest.approx(30 * (1 / 16 + BASE))
    assert work(PLAN, 31) - work(PLAN, 30) == pytest.approx(1 / 4 + BASE)
    assert work(PLAN, 60) - work(PLAN, 59) == pytest.approx(1 + BASE)


def test_nothing_done_is_no_work():
    assert work(PLAN, 0) == 0


def test_before_the_first_step_nothing_is_known():
    assert seconds_left(PLAN, 0, 3.0) is None


def test_at_the_end_no_time_is_left():
    assert seconds_left(PLAN, 60, 12.0) == pytest.approx(0)


def test_half_of_the_steps_of_one_octave_leave_as_long_again():
    assert seconds_left({0: 10}, 5, 7.0) == pytest.approx(7)


@given(PLANS, st.floats(1e-3, 1e3))
def test_where_every_step_takes_what_it_weighs_the_estimate_is_right_from_the_first_one_on(steps, pace):
    total = sum(steps.values())
    whole = pace * work(steps, total)
    for done in range(1, total + 1):
        spent = pace * work(steps, done)
        assert seconds_left(steps, done, spent) == pytest.approx(whole - spent, abs=1e-9 * whole)


@given(PLANS, st.data())
def test_the_more_is_done_in_the_same_time_the_less_is_left(steps, data):
    total = sum(steps.values())
    assume(total > 1)
    done = data.draw(st.integers(1, total - 1))
    assert seconds_left(steps, done, 5.0) > seconds_left(steps, done + 1, 5.0) >= 0


@given(PLANS, st.data(), st.floats(0.01, 100))
def test_a_computer_half_as_fast_takes_twice_as_long(steps, data, seconds):
    done = data.draw(st.integers(1, sum(steps.values())))
    assert seconds_left(steps, done, 2 * seconds) == pytest.approx(2 * seconds_left(steps, done, seconds))
