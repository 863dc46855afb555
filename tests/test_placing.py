"""Where what is added beyond a picture comes from."""

import numpy as np
import pytest
from filling import NO_WRAP, box

from engine.synthesis.structure.placing import HEIGHTS, NEAR_BORDER, WEIGHTS, heights, is_extended, with_places
from engine.synthesis.structure.pyramid import FEATURES, halve, make_level

SIDE = 40
HOLES = {
    "a column at the right": (box(SIDE, SIDE, slice(None), slice(30, None)), True),
    "rows at the top": (box(SIDE, SIDE, slice(9), slice(None)), True),
    "a hole within": (box(SIDE, SIDE, slice(9, 20), slice(9, 20)), False),
    "a corner": (box(SIDE, SIDE, slice(9), slice(9)), False),
    "everything": (np.ones((SIDE, SIDE), bool), False),
}


@pytest.mark.parametrize("case", HOLES)
def test_a_picture_is_extended_where_a_whole_border_is_missing(case):
    free, extended = HOLES[case]
    assert is_extended(free) == extended


def test_places_of_the_canvas_are_those_of_the_exemplar_and_lead_back_beyond_its_border():
    known = ~box(SIDE, SIDE, slice(8), slice(None))
    sky_and_ground = np.repeat(np.linspace(0, 1, SIDE, dtype=np.float32), SIDE * 3).reshape(SIDE, SIDE, 3)
    level = make_level(sky_and_ground, known, wrap=NO_WRAP)
    canvas, source = with_places([level, halve(level)], [level, halve(level)], (0, 0))
    for here, there in zip(canvas, source, strict=True):
        np.testing.assert_array_equal(here.channels, there.channels)
    rows = canvas[0].channels[:, 0, FEATURES] / WEIGHTS[0]
    np.testing.assert_allclose(rows[8:], np.arange(32) / 32, atol=1e-6)
    np.testing.assert_allclose(rows[:8], np.arange(8, 0, -1) / 32, atol=1e-6)
    assert rows[:8].max() <= NEAR_BORDER


def test_filling_a_hole_from_another_height_of_a_landscape_costs_the_more_the_further_it_is():
    sky_and_ground = np.repeat(np.linspace(0, 1, SIDE, dtype=np.float32), SIDE * 3).reshape(SIDE, SIDE, 3)
    source = make_level(sky_and_ground, np.ones((SIDE, SIDE), bool))
    hole = make_level(sky_and_ground[8:24], ~box(16, SIDE, slice(4, 12), slice(9, 20)))
    fine, coarse = heights([hole, halve(hole)], [source, halve(source)], (8, 0), 1)
    assert fine is None
    assert coarse is not None
    assert coarse.labels.shape == (SIDE // 2, SIDE // 2)
    assert coarse.costs.shape == (8, SIDE // 2, HEIGHTS)
    for row in range(8):
        costs = coarse.costs[row, 0, coarse.labels[:, 0]]
        apart = np.abs(np.arange(SIDE // 2) - (row + 4))
        assert apart[costs.argmin()] <= 1
        assert (np.diff(costs[np.argsort(apart)][2:]) > -0.05 * costs.max()).all()


def test_heights_of_a_texture_do_not_count():
    noise = np.random.default_rng(0).random((4 * SIDE, 4 * SIDE, 3), dtype=np.float32)
    level = make_level(noise, np.ones((4 * SIDE, 4 * SIDE), bool))
    assert heights([level, halve(level)], [level, halve(level)], (0, 0), 1) == [None, None]


def test_places_of_a_texture_do_not_count():
    free = box(SIDE, SIDE, slice(8), slice(None))
    noise = np.random.default_rng(0).random((SIDE, SIDE, 3), dtype=np.float32)
    (level,), _ = with_places([make_level(noise, ~free)], [make_level(noise, ~free)], (0, 0))
    assert np.ptp(level.channels[..., FEATURES:]) < WEIGHTS[0] / 10
