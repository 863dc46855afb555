"""What a hole is filled with looks like what lies around it."""

import numpy as np
import pytest

from engine.synthesis.structure.likeness import MOST_COMPARED, unlikeness
from engine.synthesis.structure.pyramid import make_level
from tests.filling import box, disk, filled

NO_WRAP = (False, False)


def dark(height, width, seed=1):
    """Make a dark picture with some grain, float32 (height, width, 3)."""
    grain = np.random.default_rng(seed).normal(0, 0.01, (height, width, 1))
    return np.clip(0.05 + grain + np.zeros(3), 0, 1).astype(np.float32)


def lamps(height, width, places, radius, reach):
    """Make bright disks in the dark, each with a halo that fades within so many pixels."""
    picture, (rows, columns) = dark(height, width), np.mgrid[:height, :width]
    for row, column in places:
        beyond = np.hypot(rows - row, columns - column) - radius
        light = np.where(beyond <= 0, 0.9, 0.15 * np.exp(-np.maximum(beyond, 0) / reach))
        picture += light[..., None].astype(np.float32)
    return np.clip(picture, 0, 1)


def costs_of(picture, free, source=None):
    return unlikeness(make_level(picture, ~free), make_level(picture if source is None else source, ~free), NO_WRAP)


def test_what_is_unlike_the_ring_around_a_hole_costs_more():
    picture, free = dark(60, 90), disk(60, 90, 30, 60, 12)
    picture[20:40, 5:25] = [0.9, 0.5, 0.1]
    found = costs_of(picture, free)
    assert found.shape == (60, 90)
    assert found.dtype == np.float32
    assert found[30, 15] > 49 * 0.5
    assert found[5:15, 40:80].max() < 0.1


def test_what_is_in_the_ring_costs_nothing():
    picture, free = dark(60, 90), disk(60, 90, 30, 60, 12)
    picture[26:34] = [0.9, 0.5, 0.1]
    assert costs_of(picture, free)[30, 5:35].max() < 0.1


def test_of_a_large_exemplar_some_pixels_stand_for_all():
    picture = dark(300, 400)
    picture[100:150, 100:150] = 0.9
    free = disk(300, 400, 200, 300, 20)
    assert 3 * MOST_COMPARED < 300 * 400
    found = costs_of(picture, free)
    assert found.shape == (300, 400)
    assert found[125, 125] > 49
    assert found[20:80].max() < 0.1


def test_a_hole_with_nothing_around_it_has_no_costs():
    free = np.ones((20, 20), bool)
    assert unlikeness(make_level(dark(20, 20), ~free), make_level(dark(20, 20), free), NO_WRAP) is None


@pytest.mark.parametrize("seed", range(3))
def test_a_lamp_beside_a_hole_is_not_copied_into_it(seed):
    picture = lamps(140, 260, [(60, 60)], 14, 18)
    free = box(140, 260, slice(20, 125), slice(110, 200))
    assert filled(picture, free, seed=seed)[free].max() < 0.4


@pytest.mark.parametrize("seed", range(2))
def test_a_bar_that_runs_into_a_hole_goes_on_through_it(seed):
    picture, free = dark(120, 200), disk(120, 200, 60, 110, 30)
    picture[50:64] = [0.9, 0.5, 0.1]
    found = filled(picture, free, seed=seed)
    assert np.abs(found - picture)[52:62, 85:135].mean() < 0.05
    assert found[40:46, 100:120].max() < 0.3
