"""Flat areas of drawings and screenshots that go straight on through a hole and beyond the borders."""

import numpy as np
import pytest

from engine.images import Picture
from engine.preparation import prepare
from engine.preparation.flat_areas import continue_flat_areas
from protocol.vocabulary import Margins

HEIGHT, WIDTH = 200, 260
BAR, SIDE, PAPER, LINE, INK = (0.2, 0.2, 0.3), (0.8, 0.85, 0.9), (0.95, 0.95, 0.9), (0.6, 0.6, 0.6), (0.1, 0.1, 0.1)
BAR_HIGH, SIDE_WIDE = 30, 80


def window():
    """A window with a title bar, and a sidebar that ends with a line."""
    colors = np.empty((HEIGHT, WIDTH, 3), np.float32)
    colors[:] = PAPER
    colors[:, :SIDE_WIDE] = SIDE
    colors[:, SIDE_WIDE] = LINE
    colors[:BAR_HIGH] = BAR
    return colors


def continued(colors, rows, columns):
    """What is found, and which pixels of a hole are settled."""
    free = np.zeros(colors.shape[:2], bool)
    free[rows, columns] = True
    found = continue_flat_areas(np.where(free[..., None], np.float32(0.5), colors), free)
    return (None, free & False) if found is None else found


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (slice(0, 30), slice(200, 260)),  # in the corner of the bar
        (slice(0, 33), slice(150, 260)),  # and a little more
        (slice(40, 90), slice(0, 81)),  # over the sidebar
        (slice(140, 200), slice(0, 90)),  # and at the lower border
        (slice(0, 60), slice(120, 170)),
        (slice(100, 140), slice(60, 120)),
        (slice(0, 30), slice(0, 40)),
    ],
)
def test_bars_and_lines_go_straight_on_through_a_hole(rows, columns):
    found, settled = continued(window(), rows, columns)
    assert settled[rows, columns].all()
    np.testing.assert_array_equal(found, window())


def test_lines_that_cross_go_on():
    grid = np.ones((HEIGHT, WIDTH, 3), np.float32)
    grid[::20] = grid[:, ::26] = LINE
    found, settled = continued(grid, slice(50, 90), slice(90, 150))
    assert settled.sum() == 40 * 60
    np.testing.assert_array_equal(found, grid)


def test_what_is_written_on_an_area_does_not_stop_it():
    colors = window()
    colors[92:100:2, 20:50:3] = INK
    _found, settled = continued(colors, slice(40, 90), slice(0, 81))
    assert settled[40:90, :81].all()


def test_discs_slopes_and_ends_are_left_to_patches():
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    disc, slope, block = window(), window(), window()
    disc[(rows - 110) ** 2 + (columns - 180) ** 2 < 30**2] = INK
    slope[rows + columns > 300] = INK
    block[90:130, 120:180] = INK
    for colors, place in (
        (disc, (slice(110, 150), slice(140, 220))),
        (slope, (slice(120, 160), slice(140, 180))),
        (block, (slice(80, 140), slice(150, 220))),
    ):
        found, settled = continued(colors, *place)
        wrong = settled & (np.abs(colors - colors[150, 100]).max(axis=2) > 0)
        assert not wrong[place].any()
        assert found is None or not settled[place].all()


@pytest.mark.parametrize("grain", [1, 2])
def test_grain_is_no_flat_area(grain):
    noise = np.random.default_rng(0).integers(-grain, grain + 1, (HEIGHT, WIDTH, 3)) / 255
    assert continued((window() + noise).astype(np.float32), slice(0, 30), slice(200, 260))[0] is None


def test_a_picture_goes_on_beyond_its_borders_as_it_ends():
    job_input = prepare(None, canvas=Picture(window()), extend=Margins(20, 26, 20, 26))
    pads = ((20, 20), (26, 26), (0, 0))
    np.testing.assert_array_equal(job_input.canvas.pixels, np.pad(window(), pads, mode="edge"))
    assert not job_input.free.any()
