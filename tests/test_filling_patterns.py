"""Holes filled by patches: borders, gradients and patterns go on."""

import numpy as np
import pytest
from filling import box, disk, filled, psnr
from filling_pictures import TRIES, noise

from engine.synthesis.structure import FillInput, build, plan_filling

SIDE = 96
HOLE = disk(SIDE, SIDE, 48, 48, 16)
ROWS, COLUMNS = np.mgrid[:SIDE, :SIDE].astype(np.float32)
BLUE, ORANGE = np.array([50, 100, 180]) / 255, np.array([200, 120, 30]) / 255


def two_colors(marked):
    return np.where(marked[..., None], BLUE, ORANGE).astype(np.float32)


# What is known of the truth is found.


@pytest.mark.parametrize("tries", TRIES)
@pytest.mark.parametrize(
    "marked",
    [ROWS < 48, ROWS < 43, COLUMNS < 48, COLUMNS < 53, ROWS + COLUMNS < 96, ROWS - COLUMNS < 4],
    ids=[
        "horizontal",
        "horizontal, off the middle",
        "vertical",
        "vertical, off the middle",
        "slanted",
        "slanted back",
    ],
)
def test_a_straight_border_of_two_colors_goes_on(marked, tries):
    truth = two_colors(marked)
    found = filled(truth, HOLE, tries=tries)
    np.testing.assert_array_equal(np.rint(255 * found), np.rint(255 * truth))


@pytest.mark.parametrize("turns", [0, 2])
def test_of_several_pictures_one_has_both_lines_that_cross_in_a_hole(turns):
    truth = np.ones((240, 240, 3), np.float32)
    rows, columns = np.mgrid[-120:120, -120:120]
    for slope, color in ((0.3, (1, 0, 0)), (-0.9, (0, 0, 0))):
        truth[np.abs(rows - slope * columns) / np.hypot(1, slope) < 3] = color
    truth, hole = np.rot90(truth, turns).copy(), disk(240, 240, 120, 120, 36)
    wrong = np.abs(filled(truth, hole, tries=3) - truth).max(axis=2) > 0.5
    # Either one may be cut where they cross.
    assert wrong[hole & ~disk(240, 240, 120, 120, 12)].mean() < 0.02


SLOPES = {"across": COLUMNS, "down": ROWS, "slanted": COLUMNS + 2 * ROWS, "at an odd angle": COLUMNS + 0.43 * ROWS}


@pytest.mark.parametrize("tries", TRIES)
@pytest.mark.parametrize("slope", SLOPES)
def test_a_linear_gradient_goes_on(slope, tries):
    light = (SLOPES[slope] / SLOPES[slope].max())[..., None]
    truth = (light * [1, 0.5, -1] + [0, 0.2, 1]).astype(np.float32)
    found = filled(truth, HOLE, tries=tries)
    apart = 255 * np.abs(found - truth)[HOLE]
    print(f"{slope}: largest difference {apart.max():.2f}, mean {apart.mean():.2f} of 255")
    assert apart.max() <= 2


@pytest.mark.parametrize("tries", TRIES)
@pytest.mark.parametrize("kind", ["noise", "waves"])
@pytest.mark.parametrize("period", [(13, 11), (7, 17), (23, 19)], ids=str)
def test_a_pattern_that_repeats_exactly_goes_on(period, kind, tries):
    down, across = period
    if kind == "noise":
        truth = np.tile(noise(down, across), (SIDE // down + 1, SIDE // across + 1, 1))[:SIDE, :SIDE]
    else:
        waves = 0.4 * np.sin(2 * np.pi * ROWS / down) * np.sin(2 * np.pi * COLUMNS / across)
        truth = (0.5 + waves[..., None] * [1, 0.7, -0.5]).astype(np.float32)
    assert psnr(filled(truth, HOLE, tries=tries), truth, HOLE) > 40


# Distance of the lines, pixels, and rows and columns of the hole; some end right behind a line.
RULED = {
    "graph paper": (12, slice(60, 160), slice(71, 190)),
    "a line in the last row": (40, slice(55, 141), slice(70, 165)),
    "an odd distance, at a coarse scale": (25, slice(55, 130), slice(43, 180)),
    "an offset that no scale divides": (20, slice(51, 170), slice(37, 203)),
}


@pytest.mark.parametrize("case", RULED)
def test_lines_of_a_ruled_grid_go_on_to_the_pixel(case):
    step, rows, columns = RULED[case]
    picture = np.ones((220, 260, 3), np.float32)
    picture[20 % step :: step] = picture[:, 13 % step :: step] = 0.5
    free = box(220, 260, rows, columns)
    offset = (13, 9)
    part = np.s_[offset[0] : 210, offset[1] : 250]
    colors = np.where(free[..., None], [1, 0, 1], picture).astype(np.float32)
    plan = plan_filling(
        FillInput(np.ascontiguousarray(colors[part]), np.ascontiguousarray(free[part]), colors, ~free, offset)
    )
    found = [stage for stage in build(plan, 0) if stage is not None][-1].colors
    np.testing.assert_array_equal(found, picture[part])


def checkers(height, width, down, across):
    rows, columns = np.mgrid[:height, :width]
    return two_colors((rows // down + columns // across) % 2 > 0)


def ruled(height, width, step, thick):
    rows, columns = np.mgrid[:height, :width]
    return two_colors((rows % step < thick) | (columns % step < thick))


# A regular picture, and the rows and columns of it that are known.
EXTENDED = {
    "small checkers": (checkers(200, 240, 5, 5), slice(30, 200), slice(33, 240)),
    "oblong checkers": (checkers(207, 252, 9, 14), slice(40, 167), slice(40, 212)),
    "a line along the new border": (ruled(200, 240, 17, 2), slice(30, 200), slice(33, 240)),
    "thin lines": (ruled(200, 240, 11, 1), slice(40, 160), slice(40, 200)),
}


@pytest.mark.parametrize("case", EXTENDED)
def test_a_regular_picture_goes_on_to_the_pixel_beyond_its_borders(case):
    truth, rows, columns = EXTENDED[case]
    np.testing.assert_array_equal(filled(truth, ~box(*truth.shape[:2], rows, columns), tries=3), truth)
