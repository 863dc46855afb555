"""Bending: copies give way a little where they meet, so that a line that crosses a seam goes on.

Courses of a wall that converge, or slats seen from aside, never fit to a whole pixel all along a seam.
"""

import numpy as np
from numba import prange
from scipy import ndimage

from engine.synthesis.compiling import compiled, inlined
from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.blending import blend_seams
from engine.synthesis.structure.copied import Copied

# By how many pixels two copies are moved against each other at most, and how far around a seam they are compared.
REACH = 3
RADIUS = 6
# A squared difference beyond this is another thing, however large it is.
WORST = np.float32(0.1)
# Differences that are not seen, squared; what a pixel of a move costs, and what is gained by it at least.
UNSEEN = np.float32(3e-4)
COST = np.float32(0.06)
GAIN = np.float32(0.15)
# Beside a hole half as many pixels are known, and more is gained by chance.
GAIN_BESIDE = np.float32(0.3)
# Pixels along a seam that tell its moves together, and the share that is to be sure of one for it to count in full,
# or at all: in grass, a few are sure by chance.
NEAR = 8
SURE = np.float32(0.4)
LEAST_SURE = np.float32(0.25)
NEVER = np.float32(1e6)
# Pixels that are known around both places: beside a hole, half of them.
FEWEST = (2 * RADIUS + 1) ** 2 // 6
# Pixels around a seam that tell its direction, and from which share of its steps on it crosses lines of a direction.
COURSE = 9
CROSSES = 0.33
# Pixels over which a move fades at most, steps in which it is spread, and moves that are not seen.
WIDTH = 12.0
STEPS = 24
LEAST = 0.15


@inlined
def _difference(
    one: Floats,
    one_known: Bools,
    here: Places,
    other: Floats,
    other_known: Bools,
    there: Places,
    down: int,
    across: int,
) -> np.float32:
    """Compare what lies around two places, the second of them moved; `NEVER` where too little is known."""
    total, count = np.float32(0), 0
    for row in range(-RADIUS, RADIUS + 1):
        one_row, other_row = here[0] + row, there[0] + row + down
        if 0 <= one_row < one.shape[0] and 0 <= other_row < other.shape[0]:
            # Every second pixel, as on a chessboard: thin lines are seen in every row and column.
            for column in range(-RADIUS + (row & 1), RADIUS + 1, 2):
                one_column, other_column = here[1] + column, there[1] + column + across
                if not (0 <= one_column < one.shape[1] and 0 <= other_column < other.shape[1]):
                    continue
                if one_known[one_row, one_column] and other_known[other_row, other_column]:
                    apart = np.float32(0)
                    for k in range(one.shape[2]):
                        apart += (one[one_row, one_column, k] - other[other_row, other_column, k]) ** 2
                    total += min(apart, WORST)
                    count += 1
    return total / count + UNSEEN if count > FEWEST else NEVER


@compiled
def _compare(
    one: Floats,
    one_known: Bools,
    first: Places,
    other: Floats,
    other_known: Bools,
    second: Places,
    reaches: Places,
    gain: np.float32,
    moves: Floats,
    sure: Bools,
) -> None:
    """Find the move of `second` places in the other picture at which it looks most like `first` places in one."""
    side = 2 * REACH + 3
    for number in prange(len(first)):
        moves[number], sure[number] = 0, False
        here, there = first[number], second[number]
        unmoved = _difference(one, one_known, here, other, other_known, there, 0, 0)
        if unmoved == NEVER or (1 - gain) * unmoved < UNSEEN:
            continue
        # One more around all of them.
        costs = np.full((side, side), NEVER)
        least, row, column = unmoved, REACH + 1, REACH + 1
        for down in range(-reaches[number, 0], reaches[number, 0] + 1):
            for across in range(-reaches[number, 1], reaches[number, 1] + 1):
                cost = _difference(one, one_known, here, other, other_known, there, down, across)
                costs[down + REACH + 1, across + REACH + 1] = cost
                cost *= 1 + COST * np.sqrt(np.float32(down * down + across * across))
                if cost < least:
                    least, row, column = cost, down + REACH + 1, across + REACH + 1
        lowest = costs[row, column]
        if lowest > (1 - gain) * unmoved:
            continue
        sure[number] = True
        # The lowest point of a parabola through three costs lies between pixels.
        for axis in range(2):
            before = costs[row - 1, column] if axis == 0 else costs[row, column - 1]
            after = costs[row + 1, column] if axis == 0 else costs[row, column + 1]
            moves[number, axis] = (row if axis == 0 else column) - REACH - 1
            if lowest <= before < NEVER and lowest <= after < NEVER and before + after > 2 * lowest:
                moves[number, axis] += np.float32(0.5) * (before - after) / (before + after - 2 * lowest)


@compiled
def _agree(seam: Bools, pairs: Places, moves: Floats, sure: Bools, found: Floats) -> None:
    """Average moves along a seam between the same two copies; less of them is left where few are sure, or nothing."""
    height, width = seam.shape
    for row in prange(height):
        for column in range(width):
            if not seam[row, column]:
                continue
            total, count, counted = np.zeros(2, np.float32), 0, 0
            for other in range(max(0, row - NEAR), min(height, row + NEAR + 1)):
                for there in range(max(0, column - NEAR), min(width, column + NEAR + 1)):
                    if not seam[other, there] or pairs[other, there, 0] != pairs[row, column, 0]:
                        continue
                    if pairs[other, there, 1] == pairs[row, column, 1]:
                        count += 1
                        if sure[other, there]:
                            counted += 1
                            total[0] += moves[other, there, 0]
                            total[1] += moves[other, there, 1]
            if counted > LEAST_SURE * count:
                found[row, column] = total / max(np.float32(counted), SURE * count)


def find_bends(copied: Copied, covered: Bools, free: Bools, canvas: Floats) -> Floats | None:
    """Find by how much each pixel's place in the exemplar moves, so that copies fit to each other where they meet.

    Along a seam either copy is compared with how the other one goes on there, moved by some pixels; half of the move
    that fits best goes to either side, and fades away from the seam.

    Args:
        copied: Where each pixel comes from.
        covered: Where that is known, boolean (height, width).
        free: The hole; what lies around it stays.
        canvas: RGB in [0, 1], float32 (height, width, 3), contiguous.

    Returns:
        Rows and columns to add to the origins, float32 (height, width, 2), 0 outside of the hole; None for nothing.
    """
    seams = [_seams(copied.origins, covered, free, axis) for axis in (0, 1)]
    # Only a move along a seam joins lines that cross it; a slanting one is crossed by rows and columns.
    down, right = (ndimage.uniform_filter(seam.astype(np.float32), COURSE) for seam in seams)
    reaches = np.stack([right > CROSSES * (down + right), down > CROSSES * (down + right)], axis=-1)
    wanted = []
    for axis, seam in enumerate(seams):
        wanted.append(_jumps(seam, copied, free, canvas, axis, (REACH * reaches[seam]).astype(np.int32)))
    if not any(each.any() for each in wanted):
        return None
    still = np.zeros((*free.shape, 2), np.float32)
    found = blend_seams(still, wanted[1], wanted[0], free, width=WIDTH, steps=STEPS)
    found[(np.abs(found[..., 0]) < LEAST) & (np.abs(found[..., 1]) < LEAST)] = 0
    return found


def _seams(origins: Places, covered: Bools, free: Bools, axis: int) -> Bools:
    """Mark pixels that are followed along an axis by a pixel of another copy, one of them free, or both."""
    found = np.zeros_like(free)
    here, there = _neighbors(axis)
    jumps = origins[there] - origins[here]
    apart = (jumps[..., axis] != 1) | (jumps[..., 1 - axis] != 0)
    both = free[here] & free[there]
    either = free[here] != free[there]
    found[here] = covered[here] & covered[there] & ((both & apart) | either)
    return found


def _jumps(seam: Bools, copied: Copied, free: Bools, canvas: Floats, axis: int, reaches: Places) -> Floats:
    """Measure by how much the move of the next pixel is to be larger than that of each pixel at a seam."""
    rows, columns = np.nonzero(seam)
    step = _step(axis)
    here, there = np.stack([rows, columns], axis=1).astype(np.int32), np.stack([rows, columns], axis=1) + step
    free_here, free_there = free[rows, columns], free[there[:, 0], there[:, 1]]
    from_here, from_there = copied.origins[rows, columns], copied.origins[there[:, 0], there[:, 1]]
    moves, sure = np.zeros((*free.shape, 2), np.float32), np.zeros_like(free)
    # Copies differ by how far they are shifted; what is known is another copy.
    pairs = np.zeros((*free.shape, 2), np.int32)

    def compare(
        which: Bools, one: Floats, one_known: Bools, first: Places, second: Places, gain: np.float32, sign: int
    ) -> None:
        found, told = np.empty((int(which.sum()), 2), np.float32), np.empty(int(which.sum()), np.bool_)
        places = (np.ascontiguousarray(each[which], np.int32) for each in (first, second))
        near = reaches[which]
        _compare(one, one_known, next(places), copied.source, copied.known, next(places), near, gain, found, told)
        at = rows[which], columns[which]
        moves[at], sure[at], pairs[at] = sign * found, told, second[which] - first[which]

    both, entered, left = free_here & free_there, ~free_here & free_there, free_here & ~free_there
    compare(both, copied.source, copied.known, from_here, from_there - step, GAIN, 1)
    compare(entered, canvas, ~free, here, from_there - step, GAIN_BESIDE, 1)
    compare(left, canvas, ~free, there, from_here + step, GAIN_BESIDE, -1)
    found = np.zeros_like(moves)
    _agree(seam, pairs, moves, sure, found)
    return found


def _step(axis: int) -> Places:
    return np.array([1 - axis, axis], np.int32)


def _neighbors(axis: int) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    rest = (slice(None),) * axis
    return (*rest, slice(None, -1)), (*rest, slice(1, None))
