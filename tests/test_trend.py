"""Holes in what changes smoothly."""

import numpy as np
import pytest
from filling import disk, filled
from scipy import ndimage

from engine.synthesis.structure.trend import find_trend

SIDE = 160
HOLE = disk(SIDE, SIDE, 80, 70, 32)
BOUNDS = (slice(48, 113), slice(38, 103))
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE].astype(np.float64) / SIDE


def sky(grain=0.0):
    """Each color changes in another direction, and not evenly."""
    colors = np.stack([0.2 + 0.6 * ROWS, 0.8 - 0.5 * COLUMNS**2, 0.3 + 0.4 * ROWS * COLUMNS], axis=-1)
    colors += np.random.default_rng(0).normal(0, grain, (SIDE, SIDE, 1))
    return colors.clip(0, 1).astype(np.float32)


def test_a_sky_goes_on():
    assert np.abs(filled(sky(), HOLE) - sky()).max() < 1.5 / 255


@pytest.mark.parametrize(
    "beside",
    [
        (slice(140, None), slice(None)),
        (slice(None), slice(0, 12)),
        (slice(50, 110), slice(125, 140)),
        (slice(0, 28), slice(30, 90)),
    ],
)
def test_a_sky_goes_on_whatever_lies_some_way_off(beside):
    truth = sky()
    truth[beside] = np.random.default_rng(0).random(truth[beside].shape)
    assert np.abs(filled(truth, HOLE) - truth)[HOLE].max() < 2 / 255


def test_a_sky_with_grain_keeps_both():
    truth = sky(grain=0.02)
    found = filled(truth, HOLE)
    soft = [ndimage.gaussian_filter(each, (6, 6, 0)) for each in (found, truth)]
    assert np.abs(soft[0] - soft[1])[HOLE].max() < 4 / 255
    grain = [np.std((each - sky())[HOLE]) for each in (found, truth)]
    assert grain[0] == pytest.approx(grain[1], rel=0.15)


def test_light_that_is_brightest_in_the_hole_leaves_no_ring():
    distance = np.hypot(ROWS - 0.5, COLUMNS - 70 / SIDE)
    truth = np.repeat((1 - distance)[..., None], 3, axis=2).astype(np.float32)
    found = filled(truth, HOLE)
    assert np.abs(np.diff(found, axis=0)).max() < 3 * np.abs(np.diff(truth, axis=0)).max()
    assert found[HOLE].min() > truth[HOLE].min() - 0.02
    assert found[HOLE].max() < 1


@pytest.mark.parametrize("grain", [0.06, 0.12])
def test_light_goes_on_under_grain_that_is_stronger_than_it(grain):
    light = 0.35 + 0.3 * np.exp(-((COLUMNS - 0.55) ** 2 / 0.12 + (ROWS - 0.4) ** 2 / 0.2))
    noisy = light + np.random.default_rng(0).normal(0, grain, light.shape)
    found = filled(np.repeat(noisy[..., None], 3, axis=2).astype(np.float32), HOLE)[..., 0]
    soft = ndimage.gaussian_filter(found, 8) - ndimage.gaussian_filter(light, 8)
    # Grain alone leaves 0.04 of itself, spread like this.
    assert np.abs(soft)[HOLE].max() < 0.02 + 0.15 * grain
    assert np.std((found - light)[HOLE]) == pytest.approx(grain, rel=0.15)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_blurred_and_has_no_trend_goes_on_without_steps(seed):
    noise = np.random.default_rng(seed).random((SIDE, SIDE, 3))
    soft = ndimage.gaussian_filter(noise, (12, 12, 0), mode="wrap")
    truth = (0.5 + 0.12 * (soft - soft.mean()) / soft.std()).clip(0, 1).astype(np.float32)
    found = filled(truth, HOLE)
    np.testing.assert_array_equal(found[~HOLE], truth[~HOLE])
    for axis in (0, 1):
        # Where patches met, it was 0.16 to 0.26.
        assert np.abs(np.diff(found, n=2, axis=axis)).max() < 0.05


@pytest.mark.parametrize("depth", [255, 65535])
def test_light_without_grain_goes_on_without_a_step(depth):
    light = np.exp(-((COLUMNS - 0.55) ** 2 / 0.12 + (ROWS - 0.4) ** 2 / 0.2))
    truth = (np.rint(depth * (0.12 + 0.6 * light[..., None] * [1, 0.97, 0.9])) / depth).astype(np.float32)
    found = filled(truth, HOLE)
    np.testing.assert_array_equal(np.rint(depth * found)[~HOLE], np.rint(depth * truth)[~HOLE])
    assert np.abs(found - truth).max() < 4 / 255
    bends = [
        max(np.abs(np.diff(ndimage.gaussian_filter(each, (1, 1, 0)), n=2, axis=axis)).max() for axis in (0, 1))
        for each in (found, truth)
    ]
    assert bends[0] < 1.5 * bends[1]


@pytest.mark.parametrize(
    "colors",
    [
        np.repeat(np.where(ROWS + COLUMNS < 1, 0.2, 0.7)[..., None], 3, axis=2),
        np.full((SIDE, SIDE, 3), 0.4),
        np.random.default_rng(0).normal(0.5, 0.1, (SIDE, SIDE, 3)),
        np.repeat((0.5 + 0.3 * np.sin(40 * ROWS) * np.sin(40 * COLUMNS))[..., None], 3, axis=2),
    ],
    ids=["an edge", "one color", "noise", "a pattern"],
)
def test_what_is_no_trend_is_left_to_patches(colors):
    assert find_trend(colors.astype(np.float32), ~HOLE, BOUNDS) is None


def test_a_trend_holds_near_the_hole_only():
    found = find_trend(sky(), ~HOLE, BOUNDS)
    assert found is not None
    _, (rows, columns), _ = found
    assert (rows.start, rows.stop, columns.start, columns.stop) == (0, 160, 0, 152)


def test_a_light_that_ends_beside_what_is_known_goes_on_in_its_own_hues():
    rows, columns = np.mgrid[:SIDE, :220] / SIDE
    light = np.exp(-(((columns - 0.3) / 0.25) ** 2) - ((rows - 0.4) / 0.4) ** 2)
    colors = light[..., None] * [0.7, 0.65, 0.3] + light[..., None] ** 3 * [0, 0, 0.3]
    hole = columns > 130 / SIDE
    found = filled(colors.astype(np.float32), hole)[hole]
    hue, known = (each[..., 2] - each[..., 0] for each in (found, colors))
    assert known.min() - 0.1 < hue.min()
    assert hue.max() < known.max() + 0.1


def test_a_sky_goes_on_beyond_what_is_known():
    hole = ROWS < 0.3
    assert np.abs(filled(sky(), hole) - sky()).max() < 0.05


def test_a_sky_goes_on_beyond_what_is_known_and_past_what_lies_in_it():
    truth, hole = sky(), ROWS < 0.25
    truth[62:120, 30:110] = np.random.default_rng(0).random((58, 80, 3))
    assert np.abs(filled(truth, hole) - sky())[hole].max() < 0.05


@pytest.mark.parametrize("corner", [(0, 0), (0, SIDE - 1), (SIDE - 1, 0), (SIDE - 1, SIDE - 1)])
def test_a_sky_in_a_corner_has_no_other_colors(corner):
    down, across = (np.abs(places - at) for places, at in zip(np.mgrid[:SIDE, :SIDE], corner, strict=True))
    # Thin clouds, for which a polynomial of a high degree bends; it was off by up to 0.79 here.
    clouds = ndimage.gaussian_filter(np.random.default_rng(1).normal(size=(SIDE, SIDE, 1)), (12, 12, 0))
    truth = (sky(grain=0.005) + 0.03 * clouds / clouds.std()).clip(0, 1).astype(np.float32)
    for hole in (np.hypot(down, across) < 50, np.maximum(down, across) < 45, down + across < 60):
        apart = ndimage.gaussian_filter(filled(truth, hole) - truth, (3, 3, 0))
        assert np.abs(apart)[hole].max() < 0.26
