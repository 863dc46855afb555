"""Uneven light of a picture that is to tile."""

import numpy as np
import pytest

from engine.images import Picture
from engine.preparation import prepare
from engine.preparation.light import LARGEST, even_light
from engine.preparation.masks import band_depth

SIZE = (120, 180)
DEPTH = band_depth(*SIZE)


def lit(across=0.0, down=0.0, grain=0.05):
    noise = grain * np.random.default_rng(0).normal(size=(*SIZE, 3))
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    light = 0.5 + across * (columns / SIZE[1] - 0.5) + down * (rows / SIZE[0] - 0.5)
    return np.clip(light[..., None] + noise, 0, 1).astype(np.float32)


def step(picture, axis):
    """How much brighter the last quarter of a band's depth is than the first one."""
    turned = np.moveaxis(picture, axis, 0)
    deep = DEPTH // 4
    return abs(float(turned[-deep:].mean() - turned[:deep].mean()))


@pytest.mark.parametrize("axis", [0, 1])
def test_light_that_falls_off_meets_at_the_borders(axis):
    picture = lit(down=0.15) if axis == 0 else lit(across=0.15)
    found = even_light(picture, DEPTH, (axis == 1, axis == 0))
    assert step(found, axis) < 0.35 * step(picture, axis)


def test_nothing_changes_beyond_the_band():
    picture = lit(0.15, 0.1)
    found = even_light(picture, DEPTH, (True, True))
    inner = (slice(DEPTH, -DEPTH), slice(DEPTH, -DEPTH))
    np.testing.assert_array_equal(found[inner], picture[inner])
    along = even_light(picture, DEPTH, (True, False))
    np.testing.assert_array_equal(along[:, DEPTH:-DEPTH], picture[:, DEPTH:-DEPTH])


def test_two_axes_meet_in_the_corners():
    found = even_light(lit(0.15, 0.1, grain=0), DEPTH, (True, True))
    corners = found[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert np.ptp(corners, axis=0).max() < 0.02


def test_what_is_darker_than_light_explains_is_not_made_as_bright():
    picture = lit(grain=0)
    picture[:, : SIZE[1] // 2] = 0.1
    found = even_light(picture, DEPTH, (True, False))
    assert np.abs(found - picture).max() <= LARGEST + 1e-6


def test_even_light_stays():
    picture = lit()
    assert np.abs(even_light(picture, DEPTH, (True, True)) - picture).max() < 0.01


def test_the_band_starts_under_even_light_and_a_drawing_as_it_is():
    photograph = Picture(lit(across=0.15))
    made = prepare(None, canvas=photograph, seamless="x")
    assert step(made.known, 1) < 0.35 * step(photograph.pixels, 1)
    np.testing.assert_array_equal(made.canvas.pixels, photograph.pixels)
    areas = np.where(np.mgrid[: SIZE[0], : SIZE[1]][1] < 70, 0.3, 0.6)
    drawing = Picture(np.repeat(areas[..., None], 3, axis=2).astype(np.float32))
    np.testing.assert_array_equal(prepare(None, canvas=drawing, seamless="x").known, drawing.pixels)
