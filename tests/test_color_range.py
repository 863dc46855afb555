"""Jobs whose pictures have colors below 0 or above 1."""

from dataclasses import replace

import numpy as np
import pytest
from engines import short_job
from pictures import bricks, bytes_of
from runs import run

from engine.service.color_range import fit, restore, restore_frame
from protocol.messages import Cancelled, Canvas, Done, Failed, Frame, Settings, Source
from protocol.raster import Raster

WALL = bytes_of(bricks(48, 48)).astype(np.float32) / np.float32(255)


def floats(samples):
    height, width, channels = samples.shape
    return Raster(width, height, channels, "f32", samples.astype("<f4").tobytes())


def values(raster):
    kind, most = {"u8": ("u1", 255), "u16": ("<u2", 65535), "f32": ("<f4", 1)}[raster.depth]
    return np.frombuffer(raster.data, kind).reshape(raster.height, raster.width, raster.channels) / most


def request(picture, hole=None, **changes):
    """A fill of a hole, or a new texture of this exemplar."""
    settings = Settings(**{"recipe": "photo", "quality": "draft", **changes.pop("settings", {})})
    if hole is None:
        made = {"sources": (Source(floats(picture)),), "canvas": Canvas(width=64, height=64)}
    else:
        mask = np.zeros(picture.shape[:2], np.uint8)
        mask[hole] = 255
        marked = Raster(mask.shape[1], mask.shape[0], 1, "u8", mask.tobytes())
        made = {"sources": (), "canvas": Canvas(floats(picture), marked)}
    return replace(short_job(), settings=settings, **made, **{"depth": "f32", **changes})


def done(asked):
    end = run(asked).end
    assert isinstance(end, Done), end
    return values(end.raster)


RANGES = {"bright": (0, 3), "very bright": (0, 400), "negative": (-0.2, 0.9), "both": (-2, 5), "all above": (2, 4)}
HOLE = (slice(18, 30), slice(18, 30))


@pytest.mark.parametrize("name", RANGES)
def test_a_hole_is_filled_in_the_range_of_its_surroundings(name):
    low, high = RANGES[name]
    picture = (low + (high - low) * WALL).astype(np.float32)
    made, kept = done(request(picture, HOLE)), np.ones((48, 48), bool)
    kept[HOLE] = False
    np.testing.assert_allclose(made[kept], picture[kept], atol=2e-6 * max(1, high))
    hole, around = made[HOLE], picture[10:38, 10:38]
    assert around.min() - 0.02 * (high - low) <= hole.min()
    assert hole.max() <= around.max() + 0.02 * (high - low)
    assert abs(hole.mean() - around.mean()) < 0.15 * (high - low)


def test_a_flat_light_is_continued():
    picture = np.full((48, 48, 3), 1.3, np.float32)
    np.testing.assert_allclose(done(request(picture, HOLE)), 1.3, atol=0.01)


@pytest.mark.parametrize("settings", [{}, {"enlarge": 1.5}])
def test_what_is_made_of_an_exemplar_has_its_range(settings):
    asked = request(2 * WALL, settings=settings)
    made = done(replace(asked, canvas=Canvas()) if settings else asked)
    assert made.max() > 1.5
    assert made.mean() == pytest.approx(2 * WALL.mean(), abs=0.1)


def test_a_result_of_integers_is_clipped():
    end = run(request(2 * WALL, HOLE, depth="u8")).end
    assert end.raster.depth == "u8"
    np.testing.assert_allclose(values(end.raster)[0], np.minimum(2 * WALL, 1)[0], atol=0.003)


def test_frames_show_the_colors_as_far_as_8_bits_can():
    told = run(request(2 * WALL, frame_interval=0.0))
    assert told.frames
    for frame in told.frames:
        assert frame.raster.depth == "u8"
        assert values(frame.raster).mean() == pytest.approx(np.minimum(2 * WALL, 1).mean(), abs=0.15)


# What is fitted, and how.


def test_pictures_in_range_and_other_kinds_of_samples_are_left_alone():
    for asked in (request(WALL), request(WALL, HOLE), short_job()):
        assert fit(asked) == (asked, None)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_colors_that_are_not_finite_are_refused(wrong):
    picture = 2 * WALL
    picture[3, 4] = wrong
    end = run(request(picture)).end
    assert (type(end), end.code) == (Failed, "bad-request")


def test_alpha_out_of_range_is_refused():
    end = run(request(np.dstack([2 * WALL, np.full((48, 48), 1.1)]))).end
    assert (type(end), end.code) == (Failed, "bad-request")


def test_all_pictures_are_fitted_by_the_same_function():
    asked = request(WALL, HOLE)
    fitted, _colors = fit(replace(asked, sources=(Source(floats(3 * WALL)),)))
    unit, bright = values(fitted.canvas.picture), values(fitted.sources[0].picture)
    inside = 3 * WALL <= 1
    assert (unit.max(), bright.max()) == (pytest.approx(WALL.max() / (1 + np.log(3 * WALL.max()))), pytest.approx(1))
    np.testing.assert_allclose(bright[inside], 3 * unit[inside], atol=1e-5)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", [Done, Cancelled])
def test_fitted_colors_are_restored_and_alpha_is_left_as_it_is(channels, kind):
    picture = np.random.default_rng(channels).normal(0.5, 2, (8, 8, channels)).astype(np.float32)
    if channels in {2, 4}:
        picture[..., -1] = np.linspace(0.1, 1, 64).reshape(8, 8)
    fitted, colors = fit(request(picture))
    unit = values(fitted.sources[0].picture)
    assert (unit.min() >= 0, unit.max() <= 1) == (True, True)
    end = restore(kind("job", fitted.sources[0].picture), colors, "f32")
    np.testing.assert_allclose(values(end.raster), picture, rtol=1e-5, atol=1e-5)
    frame = restore_frame(Frame("job", end.raster, 0, 0, 1, 0, 0, 8, 8), colors)
    assert frame.raster.depth == "u8"


def test_what_cannot_be_seen_does_not_widen_the_range():
    picture = np.dstack([2 * WALL, np.ones((48, 48))])
    plain = fit(request(picture))[1]
    picture[5, 5] = (1000, -1000, 1000, 0)
    fitted, colors = fit(request(picture))
    assert colors == plain
    assert values(fitted.sources[0].picture).max() <= 1
