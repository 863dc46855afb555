"""Uneven light of a picture that is to tile."""

import numpy as np
import pytest
from pictures import clouds

from engine.images import Picture
from engine.preparation import FurtherSource, prepare
from engine.preparation.banding import band_depth
from engine.preparation.light import LARGEST, even_light
from engine.preparation.new_texture import Layout

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


# Of an exemplar.


def sampled_for(exemplar, **layout):
    """What a new texture is made of."""
    return prepare(Picture(exemplar), layout=Layout(**layout)).exemplar.pixels


def halves(picture, axis):
    first, last = np.array_split(picture, 2, axis=axis)
    return float(last.mean() - first.mean())


def test_an_exemplar_is_sampled_under_even_light():
    exemplar = lit(0.2, 0.1)
    found = sampled_for(exemplar)
    for axis in (0, 1):
        assert abs(halves(found, axis)) < 0.1 * abs(halves(exemplar, axis))
    assert found.mean() == pytest.approx(exemplar.mean(), abs=0.002)
    # Its grain stays.
    assert np.diff(found, axis=0).std() == pytest.approx(np.diff(exemplar, axis=0).std(), rel=0.02)


def shapes(count):
    """Brightness in steps from left to right."""
    levels = (np.arange(SIZE[1]) * count // SIZE[1] / (count - 1)).astype(np.float32)
    return np.broadcast_to(levels[None, :, None], (*SIZE, 3)).copy()


@pytest.mark.parametrize(
    "exemplar",
    [
        lit(),
        lit(0.2) * np.where(np.arange(SIZE[0]) // 20 % 2, 1, 0.5).astype(np.float32)[:, None, None],
        shapes(2) * 0.5 + 0.5 * lit(),
        shapes(6),
        clouds(*SIZE),
        lit(0.2)[:40, :40],
    ],
    ids=["even", "stripes", "two halves", "steps", "clouds", "small"],
)
def test_what_differs_by_more_than_light_is_sampled_as_it_is(exemplar):
    np.testing.assert_array_equal(sampled_for(exemplar), exemplar)


def test_where_a_guide_says_what_is_where_light_belongs_to_it():
    exemplar = lit(0.2)
    guide = Picture(shapes(2))
    canvas_guide = Picture(np.ascontiguousarray(shapes(2)[:, ::-1]))
    found = sampled_for(exemplar, guide=canvas_guide, exemplar_guide=guide)
    np.testing.assert_array_equal(found, exemplar)


def test_so_are_all_exemplars_of_a_mixture():
    further = FurtherSource(Picture(lit(0.2)))
    ((found, _),) = prepare(Picture(lit()), more=[further]).more
    assert abs(halves(found.pixels, 1)) < 0.1 * abs(halves(lit(0.2), 1))
