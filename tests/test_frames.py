"""The pictures that a job shows while it runs."""

from dataclasses import replace

import numpy as np
import pytest
from engines import pixels, raster, short_job
from pictures import bricks, bytes_of
from runs import run

from protocol.messages import Frame

TWO_OCTAVES = {"octaves": 2, "steps": 4, "width": 40, "height": 32}


def steps_of(frames):
    return [(frame.octave, frame.step) for frame in frames]


def test_without_an_interval_there_are_no_frames():
    assert run(short_job(**TWO_OCTAVES, frame_interval=None)).frames == []


@pytest.mark.parametrize("interval", [0.0, 1000.0])
def test_the_start_and_the_end_of_an_octave_make_frames_but_the_end_of_all(interval):
    told = run(short_job(**TWO_OCTAVES, frame_interval=interval))
    coarse = max(p.step for p in told.progress if p.octave == 1)
    assert coarse < told.end.step
    assert steps_of(told.frames) == [(1, 0), (1, coarse)]


def test_with_a_short_interval_every_step_but_the_last_makes_a_frame():
    told = run(short_job(steps=4, frame_interval=1e-6))
    assert steps_of(told.frames) == [(0, 0), (0, 1), (0, 2), (0, 3)]


def test_a_frame_is_the_picture_at_its_octave_and_covers_the_whole_texture():
    coarse, *_, fine = run(short_job(**TWO_OCTAVES, frame_interval=1e-6)).frames
    for frame, size in ((coarse, (20, 16)), (fine, (40, 32))):
        assert (frame.raster.width, frame.raster.height) == size
        assert (frame.raster.channels, frame.raster.depth) == (3, "u8")
        assert (frame.left, frame.top, frame.width, frame.height) == (0, 0, 40, 32)


def test_a_frame_of_a_canvas_covers_the_part_that_is_worked_on():
    canvas = bytes_of(bricks(100, 96, seed=2))
    free = np.zeros((100, 96), bool)
    free[82:86, 74:80] = True
    there = {"canvas": raster(canvas / 255), "mask": raster(free), "width": None, "height": None}
    told = run(short_job(**there, frame_interval=1e-6))
    frame = told.frames[-1]
    # 64 pixels on every side of the hole, as far as there are any.
    assert (frame.left, frame.top, frame.width, frame.height) == (10, 18, 86, 82)
    kept = ~free[18:, 10:]
    np.testing.assert_array_equal(pixels(frame.raster)[kept], canvas[18:, 10:][kept])


@pytest.mark.parametrize(("limit", "size"), [(16, (16, 8)), (64, (64, 32)), (0, (64, 32)), (1, (1, 1))])
def test_a_frame_is_scaled_down_to_its_limit_and_keeps_its_proportion(limit, size):
    (frame,) = run(short_job(width=64, height=32, frame_interval=0.0, frame_limit=limit)).frames
    assert (frame.raster.width, frame.raster.height) == size
    assert (frame.width, frame.height) == (64, 32)


def test_a_pixel_of_a_smaller_frame_is_the_mean_of_those_that_it_stands_for():
    request = short_job(width=64, height=32, frame_interval=0.0)
    whole, small = (pixels(run(replace(request, frame_limit=n)).frames[0].raster) for n in (0, 16))
    means = whole.reshape(8, 4, 16, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(small, means, atol=1)


def test_frames_of_a_job_carry_its_name():
    frames = run(short_job("another", frame_interval=0.0)).frames
    assert [type(frame) for frame in frames] == [Frame]
    assert frames[0].job == "another"
