"""Copies that give way where they meet."""

from dataclasses import replace

import numpy as np
import pytest
from filling import box

from engine.synthesis.structure.bending import find_bends
from engine.synthesis.structure.copied import Copied

SIDE, WIDE = 80, 200
PERIOD, LINE = 9, 1.5
HOLE = box(SIDE, SIDE, slice(16, 64), slice(16, 64))
SEAM = 40


def slanting_lines(slope, *, seed=0):
    """Bright lines on a ground of patches, (height, width, 3)."""
    rows, columns = np.mgrid[:SIDE, :WIDE].astype(float)
    level = rows + slope * columns
    away = np.abs(level - PERIOD * np.rint(level / PERIOD))
    line = np.clip(LINE / 2 + 0.5 - away, 0, 1)
    chance = np.random.default_rng(seed)
    ground = np.repeat(np.repeat(chance.uniform(0.2, 0.45, (9, 25)), 9, 0)[:SIDE], 8, 1)
    gray = ground * (1 - line) + 0.85 * line + chance.normal(0, 0.01, (SIDE, WIDE))
    return np.repeat(gray[..., None], 3, 2).clip(0, 1).astype(np.float32)


def two_copies(exemplar, shift):
    """A hole whose left half is in its place, and whose right half comes from `shift` columns further right."""
    places = np.moveaxis(np.indices((SIDE, SIDE), np.int32), 0, -1).copy()
    places[:, SEAM:, 1] += np.where(HOLE[:, SEAM:], shift, 0)
    copied = Copied(exemplar, np.ones(exemplar.shape[:2], bool), places)
    canvas = np.ascontiguousarray(exemplar[:, :SIDE])
    return copied, replace(copied, bends=find_bends(copied, np.ones_like(HOLE), HOLE, canvas))


def miss(copied, slope, at):
    """Measure by how many rows lines jump from the column before a place to that behind it, on average."""
    bright = np.clip(copied.colors()[..., 0] - 0.5, 0, 1)
    found = []
    for line in range(3, 7):
        middle = PERIOD * line - slope * at
        first = round(middle) - 4
        weights = bright[first : first + 9, [at - 1, at]]
        before, behind = (weights * np.arange(9)[:, None]).sum(axis=0) / weights.sum(axis=0)
        found.append(abs(behind - before))
    return float(np.mean(found))


def sharpness(picture):
    """Mean squared difference between rows around the seam."""
    part = picture[20:60, SEAM - 12 : SEAM + 12, 0]
    return float((np.diff(part, axis=0) ** 2).mean())


@pytest.mark.parametrize("jump", [0.5, 1.0, 1.5, 2.0, 2.5])
def test_lines_that_miss_each_other_at_a_seam_meet(jump):
    slope = jump / 50
    exemplar = slanting_lines(slope)
    copied, bent = two_copies(exemplar, 50)
    before, after = miss(copied, slope, SEAM), miss(bent, slope, SEAM)
    kept = sharpness(bent.colors()) / sharpness(copied.colors())
    print(f"miss {before:.2f} px, bent {after:.2f} px, sharpness {kept:.3f}")
    assert before > 0.8 * jump
    assert after < 0.25 * jump + 0.1
    assert kept > 0.85


def test_what_lies_around_a_hole_stays():
    _, bent = two_copies(slanting_lines(0.03), 50)
    assert not bent.bends[~HOLE].any()
    assert np.array_equal(bent.colors()[~HOLE], bent.source[:, :SIDE][~HOLE])


def test_moves_fade_away_from_a_seam():
    _, bent = two_copies(slanting_lines(0.03), 50)
    moved = np.abs(bent.bends[24:56, :, 0]).mean(axis=0)
    print(f"moved at the seam {moved[SEAM]:.2f} px, 11 px aside {moved[SEAM + 11]:.2f} px")
    assert moved[SEAM] > 0.4
    assert moved[SEAM + 11] < moved[SEAM] / 2


def test_copies_that_fit_are_not_bent():
    exemplar = np.tile(slanting_lines(0)[:, :50], (1, 4, 1))
    copied, _ = two_copies(exemplar, 50)
    assert find_bends(copied, np.ones_like(HOLE), HOLE, np.ascontiguousarray(exemplar[:, :SIDE])) is None


def test_copies_that_have_nothing_in_common_are_not_bent():
    exemplar = np.random.default_rng(1).random((SIDE, WIDE, 3), np.float32)
    _, bent = two_copies(exemplar, 50)
    assert bent.bends is None


def test_nothing_is_taken_from_where_nothing_may_be_taken():
    exemplar = slanting_lines(0.03)
    known = np.ones(exemplar.shape[:2], bool)
    copied, _ = two_copies(exemplar, 50)
    places = copied.origins[HOLE]
    hidden = known.copy()
    hidden[40, :] = False
    copied = Copied(np.where(hidden[..., None], exemplar, np.float32(-100)), hidden, copied.origins)
    canvas = np.ascontiguousarray(exemplar[:, :SIDE])
    bends = find_bends(copied, np.ones_like(HOLE), HOLE, canvas)
    colors = replace(copied, bends=bends).colors()[HOLE]
    assert bends is not None
    assert colors[places[:, 0] != 40].min() >= -0.2
