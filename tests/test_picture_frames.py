"""Frames of pictures that go on through a hole."""

import io

import numpy as np
import pytest
from PIL import Image

from engine.images import Picture
from engine.preparation import prepare
from engine.preparation.frames import continue_frame
from engine.preparation.job_input import finish

HEIGHT, WIDTH = 160, 200
TOP, CORNER = (slice(0, 60), slice(50, 130)), (slice(100, 160), slice(130, 200))
DARK, LIGHT = (0.1, 0.05, 0.2), (0.9, 0.8, 0.3)


def painted():
    """A picture in which no two neighbors are alike."""
    return np.random.default_rng(0).uniform(0.2, 0.7, (HEIGHT, WIDTH, 3)).astype(np.float32)


def framed(*frames):
    """A picture in frames, each a width in pixels and a color, from the outermost one on."""
    colors, within = painted(), 0
    for width, color in frames:
        for each in (slice(within, within + width), slice(-within - width, -within or None)):
            inner = slice(within, -within or None)
            colors[each, inner] = color
            colors[inner, each] = color
        within += width
    return colors


def holed(place):
    free = np.zeros((HEIGHT, WIDTH), bool)
    free[place] = True
    return free


def emptied(colors, free):
    return np.where(free[..., None], np.float32(0.5), colors)


@pytest.mark.parametrize("place", [TOP, CORNER, (TOP[1], slice(0, 60)), (slice(0, 70), slice(0, 70))])
@pytest.mark.parametrize("frames", [[(1, DARK)], [(20, LIGHT)], [(8, LIGHT), (9, DARK)]])
def test_a_frame_goes_on_through_a_hole(place, frames):
    colors, free = framed(*frames), holed(place)
    found = continue_frame(emptied(colors, free), free)
    width = sum(each for each, _ in frames)
    border = np.ones(free.shape, bool)
    border[width:-width, width:-width] = False
    np.testing.assert_array_equal(found.frame, free & border)
    np.testing.assert_allclose(found.pixels[border], colors[border], atol=1e-6)
    assert found.inner.size == (HEIGHT - 2 * width, WIDTH - 2 * width)


@pytest.mark.parametrize("quality", [60, 90])
def test_a_frame_that_jpeg_has_blurred_goes_on(quality):
    stream = io.BytesIO()
    Image.fromarray(np.uint8(framed((21, (0, 0, 0))) * 255)).save(stream, "JPEG", quality=quality)
    colors, free = np.asarray(Image.open(stream), np.float32) / 255, holed(TOP)
    found = continue_frame(emptied(colors, free), free)
    assert found.pixels[:20, TOP[1]].max() < 0.02
    assert abs(found.inner.top - 21) <= 1


def test_bars_above_and_below_go_on():
    colors, free = painted(), holed(TOP)
    colors[:15] = colors[-15:] = 0
    found = continue_frame(emptied(colors, free), free)
    assert found.frame.sum() == 15 * 80
    assert (found.inner.top, found.inner.bottom, found.inner.left) == (15, HEIGHT - 15, 0)


def test_a_plain_background_and_a_picture_that_only_ends_are_no_frame():
    bottle = np.ones((HEIGHT, WIDTH, 3), np.float32)
    bottle[30:, 80:110] = DARK
    for colors in (bottle, painted(), np.full_like(bottle, 0.3)):
        assert continue_frame(emptied(colors, holed(TOP)), holed(TOP)) is None


def test_what_ends_straight_but_slants_toward_a_corner_is_no_frame():
    # Such as the sea on a map.
    colors = painted()
    rows, columns = np.indices((HEIGHT, WIDTH))
    colors[columns < np.minimum(16 + 0.6 * rows, 40)] = LIGHT
    assert continue_frame(colors, holed((slice(60, 120), slice(0, 50)))) is None


def test_the_frame_is_not_sampled_for_the_picture_within():
    colors, free = framed((20, LIGHT)), holed(TOP)
    mask = Picture(np.repeat(free[..., None], 3, axis=2).astype(np.float32))
    job_input = prepare(None, canvas=Picture(colors), mask=mask)
    valid, (top, left) = job_input.exemplar.valid > 0, job_input.exemplar.corner
    rows, columns = np.nonzero(valid)
    assert min((rows + top).min(), (columns + left).min()) >= 20
    assert (job_input.box.top, job_input.box.left >= 20) == (20, True)
    made = finish(job_input, np.full_like(job_input.known, 0.25), free.shape).pixels
    np.testing.assert_allclose(made[:20], colors[:20], atol=1e-6)
    assert (made[20:60, TOP[1]] == 0.25).all()


def test_a_hole_in_nothing_but_the_frame_is_filled():
    colors, free = framed((20, LIGHT)), holed((slice(0, 15), slice(50, 90)))
    mask = Picture(np.repeat(free[..., None], 3, axis=2).astype(np.float32))
    job_input = prepare(None, canvas=Picture(emptied(colors, free)), mask=mask)
    assert not job_input.free.any()
    np.testing.assert_allclose(finish(job_input, job_input.known, free.shape).pixels, colors, atol=1e-6)
