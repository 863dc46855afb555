"""Holes in flat patterns that repeat themselves exactly."""

import numpy as np
import pytest
from pictures import load, save

SIDE = 160
rows, columns = np.mgrid[:SIDE, :SIDE]
INK, PAPER = np.array([0.1, 0.1, 0.3]), np.array([0.9, 0.85, 0.8])
course = rows // 16
PATTERNS = {
    "checkers": (rows // 16 + columns // 16) % 2 == 0,
    "dots": np.hypot(rows % 20 - 9.5, columns % 20 - 9.5) < 6,
    "bricks": (rows % 16 < 2) | ((columns + 16 * (course % 2)) % 32 < 2),
}


@pytest.mark.parametrize("name", PATTERNS)
def test_a_hole_in_a_pattern_is_filled_without_a_fault(call, here, name):
    picture = np.where(PATTERNS[name][..., None], INK, PAPER)
    mask = np.zeros((SIDE, SIDE))
    mask[55:105, 50:110] = 1
    save(here / "canvas.png", picture)
    save(here / "mask.png", mask)
    arguments = ("--canvas", "canvas.png", "--mask", "mask.png", "-o", "out.png", "--quality", "draft", "--local")
    assert call("synthesize", *arguments)[0] == 0
    assert np.array_equal(load(here / "out.png"), load(here / "canvas.png"))
