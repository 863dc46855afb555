"""Pictures that are enlarged with detail of their own."""

from dataclasses import replace

import numpy as np
import pytest
from engines import raster, short_job
from pictures import load, save
from PIL import Image
from runs import at, run
from scipy import ndimage
from test_mixing import stones

from engine.service.rasters import picture_of
from engine.synthesis.enlarging import doublings
from protocol.messages import Cancelled, Canvas, Done, Failed, Source
from protocol.vocabulary import Settings

TWICE = Settings(enlarge=2.0)


def enlarging(picture, settings=TWICE, **changed):
    source = Source(raster(picture))
    return replace(
        short_job(), **{"sources": (source,), "canvas": Canvas(), "depth": "f32", "settings": settings, **changed}
    )


def made(picture, settings=TWICE, **changed):
    end = run(enlarging(picture, settings, **changed)).end
    assert isinstance(end, Done), end
    return picture_of(end.raster, "result")


def resized(picture, height, width):
    channels = [
        Image.fromarray(each).resize((width, height), Image.Resampling.LANCZOS) for each in np.rollaxis(picture, 2)
    ]
    return np.stack([np.asarray(each) for each in channels], axis=2)


def sharpness(picture):
    gray = picture.mean(axis=2)
    return np.abs(np.diff(gray, axis=0)).mean() + np.abs(np.diff(gray, axis=1)).mean()


@pytest.mark.parametrize(("factor", "count"), [(1.1, 1), (2.0, 1), (2.1, 2), (4.0, 2), (5.0, 3), (8.0, 3)])
def test_a_picture_is_doubled_until_it_is_large_enough(factor, count):
    assert doublings(factor) == count


def test_it_is_sharper_than_resampled_and_reduces_to_what_it_was():
    truth = stones(0, 128, 128)
    small = resized(truth, 64, 64).clip(0, 1)
    found = made(small).pixels
    assert found.shape == (128, 128, 3)
    blurred = sharpness(resized(small, 128, 128))
    assert blurred * 1.05 < sharpness(found) < 1.2 * sharpness(truth)
    assert np.abs(resized(found, 64, 64) - small).mean() < 0.01


def test_any_factor_gives_its_size():
    assert made(stones(0, 24, 32), Settings(enlarge=2.5)).pixels.shape == (60, 80, 3)


def test_alpha_is_enlarged_and_what_it_hides_does_not_show():
    picture = np.concatenate([np.full((32, 32, 3), 0.5), np.ones((32, 32, 1))], axis=2).astype(np.float32)
    picture[:, 16:] = 0
    found = made(picture)
    assert found.alpha is not None
    assert found.alpha[:, :28].min() == 1
    assert found.alpha[:, 36:].max() < 0.01
    assert found.pixels == pytest.approx(0.5, abs=0.01)


def test_a_tile_stays_a_tile():
    across = np.sin(2 * np.pi * np.arange(48) / 48)[None, :, None] * np.ones((48, 1, 3))
    found = made((0.5 + 0.4 * across).astype(np.float32), replace(TWICE, seamless="x")).pixels
    inside = np.abs(np.diff(found, axis=1)).max()
    assert np.abs(found[:, 0] - found[:, -1]).max() <= inside + 0.005


def test_the_same_seed_makes_the_same_picture():
    first, second = (made(stones(0, 32, 32)).pixels for _ in range(2))
    assert np.array_equal(first, second)


def test_progress_rises_to_its_end_and_frames_show_the_picture_so_far():
    told = run(enlarging(stones(0, 32, 48), Settings(enlarge=4.0), frame_interval=0.1, frame_limit=64))
    steps = [each.step for each in told.progress]
    assert steps == sorted(steps)
    assert len(set(steps)) > 8
    assert steps[-1] == told.progress[-1].steps
    assert all(each.seconds_left is not None for each in told.progress[1:])
    assert [(each.octave, each.raster.width, each.width, each.height) for each in told.frames] == [
        (2, 48, 192, 128),
        (1, 64, 192, 128),
    ]


@pytest.mark.parametrize("keep", [False, True])
def test_it_stops_when_asked(keep):
    end = run(enlarging(stones(0, 32, 32), Settings(enlarge=4.0)), after=at(33, keep=keep)).end
    assert isinstance(end, Cancelled)
    assert (end.raster is not None) == keep
    if keep:
        assert (end.raster.width, end.raster.height) == (128, 128)


def test_what_else_is_asked_for_is_refused():
    picture = stones(0, 32, 32)
    for changed in (
        {"canvas": Canvas(width=64, height=64)},
        {"sources": (Source(raster(picture)),) * 2},
        {"sources": (Source(raster(picture), mask=raster(picture)),)},
        {"settings": replace(TWICE, exemplar_rotation=30.0)},
        {"sources": (Source(raster(picture[:4])),)},
    ):
        end = run(enlarging(picture, **changed)).end
        assert isinstance(end, Failed)
        assert end.code == "bad-request"


@pytest.mark.parametrize("flatten", [False, True])
def test_a_picture_of_which_nothing_is_seen_is_refused(flatten):
    clear = np.dstack([stones(0, 32, 32), np.zeros((32, 32))])
    end = run(enlarging(clear, replace(TWICE, flatten=flatten))).end
    assert isinstance(end, Failed)
    assert end.code == "nothing-to-sample"


def test_the_command_enlarges(call, here):
    save(here / "e.png", stones(0, 32, 32))
    assert call("synthesize", "e.png", "--enlarge", "2", "--local", "-q", "-o", "out.png") == (0, "", "")
    assert load(here / "out.png").shape == (64, 64, 3)


def two_inks(height, width):
    """Areas of two colors with sharp edges."""
    soft = ndimage.gaussian_filter(np.random.default_rng(0).random((height, width)), 2)
    return np.where((soft > np.median(soft))[..., None], np.float32((0.94, 0.9, 0.8)), np.float32((0.09, 0.24, 0.55)))


@pytest.mark.parametrize(
    "words", [("--enlarge", "2"), ("--enlarge", "3"), ("--exemplar-rotation", "20", "--size", "96x96")]
)
def test_flat_colors_get_no_halo_of_a_third_color(call, here, words):
    save(here / "inks.png", two_inks(64, 64))
    assert call("synthesize", "inks.png", *words, "--quality", "draft", "--local", "-q", "-o", "out.png")[0] == 0
    first, second = np.unique(load(here / "inks.png").reshape(-1, 3).astype(float), axis=0)
    found, line = load(here / "out.png").reshape(-1, 3) - first, (second - first) / np.linalg.norm(second - first)
    along = found @ line
    assert np.abs(found - along[:, None] * line).max() < 2
    assert along.min() > -2
    assert along.max() < np.linalg.norm(second - first) + 2
