"""A hole filled patch by patch, first where an edge runs into it (Criminisi et al. 2004)."""

import numpy as np

from engine.synthesis.compiling import compiled_serially
from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.octave import PatchOctave, nearest, whole_patches
from engine.synthesis.structure.pyramid import COLORS, Level
from engine.synthesis.structure.shifting import bounds

# Patches are 2 REACH + 1 pixels wide: of smaller ones an arc loses its way.
REACH = 6
# Patches come from no further away than this, pixels along an axis: a search of all takes as long as the whole fill.
FURTHEST = 96
# Cost of a pixel of distance, in squared differences: among equals the nearest patch is taken.
DISTANCE = 1e-5
# What a place without an edge counts.
LEAST_EDGE = 1e-3
# How far around a place the direction of the border is looked for, pixels.
NORMAL = 2


@compiled_serially
def _rank(canvas: Floats, known: Bools, trust: Floats, row: int, column: int) -> float:
    """Tell how soon a place is filled: by how much around it is known, and by the edge that enters the hole there."""
    height, width = known.shape
    above, below = row > 0 and known[row - 1, column], row + 1 < height and known[row + 1, column]
    left, right = column > 0 and known[row, column - 1], column + 1 < width and known[row, column + 1]
    if not (above or below or left or right):
        # Nothing beside it is known yet.
        return -1.0
    total, count = 0.0, 0
    strongest, edge_down, edge_across = 0.0, 0.0, 0.0
    normal_down, normal_across = 0.0, 0.0
    for r in range(max(0, row - REACH), min(height, row + REACH + 1)):
        for c in range(max(0, column - REACH), min(width, column + REACH + 1)):
            count += 1
            if not known[r, c]:
                if abs(r - row) <= NORMAL and abs(c - column) <= NORMAL:
                    normal_down += r - row
                    normal_across += c - column
                continue
            total += trust[r, c]
            if r == 0 or c == 0 or r + 1 == height or c + 1 == width:
                continue
            if known[r - 1, c] and known[r + 1, c] and known[r, c - 1] and known[r, c + 1]:
                for k in range(canvas.shape[2]):
                    down = canvas[r + 1, c, k] - canvas[r - 1, c, k]
                    across = canvas[r, c + 1, k] - canvas[r, c - 1, k]
                    if down * down + across * across > strongest:
                        strongest = down * down + across * across
                        edge_down, edge_across = down, across
    length = np.sqrt(normal_down**2 + normal_across**2)
    edge = abs(edge_down * normal_across - edge_across * normal_down) / length if length > 0 else 0.0
    return total / count * (edge + LEAST_EDGE)


@compiled_serially
def _find(
    canvas: Floats, known: Bools, source: Floats, usable: Bools, row: int, column: int, down: int, across: int
) -> tuple[int, int]:
    """Find the patch of the exemplar that is nearest to what is known around a place; (−1, −1) for none."""
    height, width = known.shape
    high, wide = usable.shape
    top, bottom = max(-REACH, -row), min(REACH, height - 1 - row)
    left, right = max(-REACH, -column), min(REACH, width - 1 - column)
    count = 0
    for r in range(top, bottom + 1):
        for c in range(left, right + 1):
            count += known[row + r, column + c]
    least, found_row, found_column = 1e30, -1, -1
    # From near to far, until distance alone costs more.
    for far in range(2 * FURTHEST):
        step = (far + 1) // 2
        there_row = row + down + (step if far % 2 else -step)
        if DISTANCE * step >= least:
            break
        if there_row < 0 or there_row >= high:
            continue
        for wider in range(2 * FURTHEST):
            aside = (wider + 1) // 2
            there_column = column + across + (aside if wider % 2 else -aside)
            price = DISTANCE * (step + aside)
            if price >= least:
                break
            if there_column < 0 or there_column >= wide or not usable[there_row, there_column]:
                continue
            most, cost = (least - price) * count, 0.0
            for r in range(top, bottom + 1):
                for c in range(left, right + 1):
                    if known[row + r, column + c]:
                        for k in range(canvas.shape[2]):
                            cost += (canvas[row + r, column + c, k] - source[there_row + r, there_column + c, k]) ** 2
                if cost >= most:
                    break
            if cost < most:
                least = cost / count + price
                found_row, found_column = there_row, there_column
    return found_row, found_column


@compiled_serially
def _fill(canvas: Floats, known: Bools, source: Floats, usable: Bools, down: int, across: int, found: Places) -> None:
    """Fill a canvas, of which `known` tells what is known; both are changed."""
    height, width = known.shape
    trust = known.astype(np.float32)
    ranks = np.full((height, width), -1.0)
    changed = ~known
    while True:
        best, row, column = -1.0, -1, -1
        for r in range(height):
            for c in range(width):
                if known[r, c]:
                    continue
                if changed[r, c]:
                    changed[r, c] = False
                    ranks[r, c] = _rank(canvas, known, trust, r, c)
                if ranks[r, c] > best:
                    best, row, column = ranks[r, c], r, c
        if row < 0:
            return
        from_row, from_column = _find(canvas, known, source, usable, row, column, down, across)
        if from_row < 0:
            return
        rows = range(max(0, row - REACH), min(height, row + REACH + 1))
        columns = range(max(0, column - REACH), min(width, column + REACH + 1))
        sure = 0.0
        for r in rows:
            for c in columns:
                sure += trust[r, c]
        sure /= len(rows) * len(columns)
        for r in rows:
            for c in columns:
                if known[r, c]:
                    continue
                known[r, c], trust[r, c] = True, sure
                found[r, c, 0], found[r, c, 1] = from_row + r - row, from_column + c - column
                for k in range(canvas.shape[2]):
                    canvas[r, c, k] = source[found[r, c, 0], found[r, c, 1], k]
        for r in range(max(0, row - 2 * REACH - 1), min(height, row + 2 * REACH + 2)):
            for c in range(max(0, column - 2 * REACH - 1), min(width, column + 2 * REACH + 2)):
                changed[r, c] = True


def continue_edges(canvas: Floats, known: Bools, source: Floats, usable: Bools, offset: tuple[int, int]) -> Places:
    """Fill what is not known of a canvas patch by patch, first where an edge runs into it.

    Departs from the paper in that near patches are preferred, and far ones not looked at.

    Args:
        canvas: Colors, float32 (height, width, 3), contiguous as all of these are.
        known: Where they are known, boolean (height, width).
        source: The exemplar, float32 (rows, columns, 3).
        usable: Where a patch of it is known wholly, boolean (rows, columns).
        offset: Row and column of the canvas's first pixel in it.

    Returns:
        For each place that was filled the exemplar's place, int32 (height, width, 2); −1 elsewhere.
    """
    found = np.full((*known.shape, 2), -1, np.int32)
    _fill(canvas.copy(), known.copy(), source, usable, *offset, found)
    return found


def edges_first(octave: PatchOctave, source: Level, offset: tuple[int, int]) -> Places:
    """Find places for the patches of an octave that continue edges into its hole; see `continue_edges`.

    Args:
        octave: The canvas, which stays as it is.
        source: The exemplar.
        offset: Row and column of the canvas's first pixel in it.

    Returns:
        For each place of the canvas the exemplar's place, int32 (height, width, 2), −1 for none.
    """
    rows, columns = (slice(max(0, each.start - 2 * REACH), each.stop + 2 * REACH) for each in bounds(octave.free))
    places = np.full((*octave.free.shape, 2), -1, np.int32)
    places[rows, columns] = continue_edges(
        np.ascontiguousarray(octave.channels[rows, columns, :COLORS]),
        np.ascontiguousarray(~octave.free[rows, columns]),
        np.ascontiguousarray(source.channels[..., :COLORS]),
        whole_patches(source.known, REACH),
        (offset[0] + rows.start, offset[1] + columns.start),
    )
    filled = places[..., 0] >= 0
    if not filled.any():
        return places
    # Patches around the hole go on with what the nearest pixel in it begins.
    beside = nearest(filled, (False, False))
    steps = np.moveaxis(np.indices(filled.shape) - np.stack(beside), 0, -1)
    around = octave.wanted & ~octave.free
    return np.where(around[..., None], places[beside] + steps, places).astype(np.int32)
