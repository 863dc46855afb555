"""Flat areas of a drawing or a screenshot, such as bars and lines, which go straight on through a hole and beyond."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.images.picture import FloatArray

Bools = NDArray[np.bool_]
Ints = NDArray[np.int32]

# At so many known pixels of a drawing the next ones to the right and below have the same color; photographs have few.
SHARE = 0.5
# That many of a picture's pixels are enough to tell.
ENOUGH = 2**19
# A pixel, the one below and the one beside it: where they begin in a picture, and where they end.
SQUARE = ((0, 0, -1, -1), (1, 0, None, -1), (0, 1, -1, None))
# An area goes on from a border where so many pixels on end towards it have the same color.
STRAIGHT = 8
# Between letters what they are written on is seen within so many pixels.
NEARBY = 32
# What lies so many pixels beside a hole tells what its side borders on.
BESIDE = 2
# Pixels that are settled settle others, such as the corners of margins.
PASSES = 3
# Where two areas could lie above one another, one that is so many times as narrow does.
NARROWER = 2
LEVELS = 255
# Any large odd number, by which eight numbers become one.
HASH = np.uint64(0x9E3779B97F4A7C15)
# No area arrives at a pixel because the canvas ends there, or because what lies there is no area.
OUTSIDE, NONE = -2, -1
LEFT, RIGHT, TOP, BOTTOM = range(4)
OPPOSITE = (RIGHT, LEFT, BOTTOM, TOP)


@dataclass(frozen=True)
class Side:
    """What arrives at one side of a hole: the share of each color, and whether one does in several places."""

    shares: dict[int, float]
    repeats: bool


@dataclass(frozen=True, eq=False)
class Claims:
    """What arrives straight at each pixel of a hole from its four sides.

    Attributes:
        colors: int32 (4, height, width): the number of a color, or `OUTSIDE` or `NONE`.
        nearest: The number of the color next to the hole on each side, likewise.
        sides: What arrives at each side as a whole.
    """

    colors: Ints
    nearest: Ints
    sides: tuple[Side, ...]


def continue_flat_areas(pixels: FloatArray, free: Bools) -> tuple[FloatArray, Bools] | None:
    """Continue flat areas of a picture straight through a hole, where what surrounds it agrees on them.

    Args:
        pixels: float32 (height, width, 3), RGB in [0, 1].
        free: The hole, boolean (height, width).

    Returns:
        The picture with them, and which pixels of the hole they settle, boolean (height, width). None where they
        settle none, or where the picture has few flat areas.
    """
    if not is_flat(pixels, ~free):
        return None
    numbers = _numbers(pixels)
    numbers[free] = NONE
    found, left = pixels.copy(), free.copy()
    for turn in range(PASSES):
        settled = _settle(numbers, left, agreed=turn > 0)
        if not settled:
            break
        for rows, columns, colors in settled:
            numbers[rows, columns], left[rows, columns] = colors, False
    settled_here = free & ~left
    if not settled_here.any():
        return None
    # Colors between two levels stay as they are.
    known = np.flatnonzero(~free)
    listed, first = np.unique(numbers.flat[known], return_index=True)
    at = known[first[np.searchsorted(listed, numbers[settled_here])]]
    found[settled_here] = pixels.reshape(-1, 3)[at]
    return found, settled_here


def is_flat(pixels: FloatArray, known: Bools) -> bool:
    """Tell whether most of what is known of a picture lies within areas of one color each."""
    # Of a large picture some pixels tell.
    step = max(1, math.isqrt(known.size // ENOUGH))
    parts = [(slice(down, rows, step), slice(across, columns, step)) for down, across, rows, columns in SQUARE]
    here = np.logical_and.reduce([known[part] for part in parts])
    if not here.any():
        return False
    one, below, beside = (_numbers(pixels[part]) for part in parts)
    return float(((one == below) & (one == beside))[here].mean()) >= SHARE


def _numbers(pixels: FloatArray) -> Ints:
    found = np.zeros(pixels.shape[:2], np.int32)
    for channel in np.moveaxis(pixels, 2, 0):
        found *= LEVELS + 1
        found += np.rint(channel * LEVELS).astype(np.int32)
    return found


def _settle(numbers: Ints, free: Bools, *, agreed: bool) -> list[tuple[np.ndarray, np.ndarray, Ints]]:
    """Settle what can be settled of each hole, or only what all sides agree on.

    Returns:
        For each hole rows, columns and the numbers of their colors.
    """
    marked, _count = ndimage.label(free)
    counts = dict(zip(*(each.tolist() for each in np.unique(numbers, return_counts=True)), strict=True))
    found = []
    for index, (rows, columns) in enumerate(ndimage.find_objects(marked), 1):
        # All that is looked at lies this near.
        top, left = max(0, rows.start - NEARBY), max(0, columns.start - NEARBY)
        part = slice(top, rows.stop + NEARBY), slice(left, columns.stop + NEARBY)
        hole = marked[part] == index
        borders = np.where(free[part], NONE, numbers[part])
        claims = _claims(borders, hole, counts)
        colors = _agreed(claims) if agreed else _chosen(claims, hole)
        at = np.nonzero(colors >= 0)
        if len(at[0]):
            found.append((at[0] + top, at[1] + left, colors[at]))
    return found


def _claims(numbers: Ints, hole: Bools, counts: dict[int, int]) -> Claims:
    four = (4, *hole.shape)
    views = zip(_turned(np.broadcast_to(numbers, four)), _turned(np.broadcast_to(hole, four)), strict=True)
    read = [_arriving(*view) for view in views]
    crooked = {color for arriving in read for color in _crooked(arriving.listed, counts)}
    colors, nearest = np.full((2, 4, *hole.shape), NONE, np.int32)
    sides = []
    for arriving, here, beside in zip(read, _turned(colors), _turned(nearest), strict=True):
        listed = _without(arriving.listed, crooked)
        for (row, start, stop), color in zip(arriving.runs, listed[arriving.before :], strict=False):
            here[row, start:stop] = color
        for (row, start, stop), color in zip(arriving.runs, arriving.nearest, strict=True):
            beside[row, start:stop] = color
        sides.append(_side(listed))
    return Claims(colors, nearest, tuple(sides))


def _turned(sides: np.ndarray) -> tuple[np.ndarray, ...]:
    """Turn what belongs to the four sides, (4, height, width), so that each is on the left."""
    left, right, top, bottom = sides
    return left, right[:, ::-1], top.T, bottom[::-1].T


@dataclass(frozen=True, eq=False)
class _Arriving:
    """What arrives at the left side of a hole.

    Attributes:
        runs: The runs of the hole: row, first column, and the column behind the last one.
        listed: What arrives at each of them, and at some rows before and behind.
        before: How many rows before.
        nearest: The color next to each of the runs.
    """

    runs: list[tuple[int, int, int]]
    listed: list[int]
    before: int
    nearest: list[int]


def _arriving(numbers: Ints, hole: Bools) -> _Arriving:
    runs = list(_runs(hole))
    # An edge between two areas may come along the border of a hole.
    before, behind = (
        [(row + each, start) for each in beyond if 0 <= row + each < len(hole)]
        for (row, start, _stop), beyond in ((runs[0], range(-BESIDE, 0)), (runs[-1], range(1, BESIDE + 1)))
    )
    within = [(row, start) for row, start, _stop in runs]
    lines = [numbers[row, :start][::-1] for row, start in before + within + behind]
    listed = _across_text([_straight(line) for line in lines], lines)
    nearest = [int(numbers[row, start - 1]) if start else OUTSIDE for row, start in within]
    return _Arriving(runs, listed, len(before), nearest)


def _segments(listed: list[int]) -> list[tuple[int, int, int]]:
    """List what follows one another: the color, the first row, and the row behind the last one."""
    groups = [(color, len(list(group))) for color, group in groupby(listed)]
    ends = list(accumulate(length for _color, length in groups))
    return [(color, end - length, end) for (color, length), end in zip(groups, ends, strict=True)]


def _across_text(listed: list[int], lines: list[Ints]) -> list[int]:
    """Read text as what it is written on."""
    found = list(listed)
    segments = _segments(listed)
    for (first, _, _), (color, start, stop), (last, _, _) in zip(segments, segments[1:], segments[2:], strict=False):
        if color == NONE and first == last >= 0:
            for row in range(start, stop):
                if float((lines[row][:NEARBY] == first).mean()) >= SHARE:
                    found[row] = first
    return found


def _crooked(listed: list[int], counts: dict[int, int]) -> set[int]:
    """Find the colors of discs and slopes, which do not go straight on: the rarer ones beside edges that are not."""
    segments = _segments(listed)
    return {
        min(first, last, key=lambda each: counts.get(each, 0))
        for (first, _, _), (color, _, _), (last, _, _) in zip(segments, segments[1:], segments[2:], strict=False)
        if color == NONE and first != last and first >= 0 and last >= 0
    }


def _without(listed: list[int], crooked: set[int]) -> list[int]:
    """Take colors away, and with them the lines along them."""
    found = list(listed)
    segments = _segments(listed)
    for index, (color, start, stop) in enumerate(segments):
        beside = {each for each, _, _ in segments[max(0, index - 1) : index + 2]}
        if color in crooked or (stop - start < STRAIGHT and beside & crooked):
            found[start:stop] = [NONE] * (stop - start)
    return found


def _side(listed: list[int]) -> Side:
    colors = [color for color, _, _ in _segments(listed) if color >= 0]
    shares = {color: listed.count(color) / len(listed) for color in colors}
    return Side(shares, len(shares) < len(colors))


def _runs(hole: Bools) -> Iterator[tuple[int, int, int]]:
    """List the runs of a hole: row, first column, and the column behind the last one."""
    for row, line in enumerate(hole):
        changes = np.flatnonzero(np.diff(np.concatenate([[False], line, [False]])))
        for index, (start, stop) in enumerate(pairwise(changes.tolist())):
            if index % 2 == 0:
                yield row, start, stop


def _straight(outwards: Ints) -> int:
    if not len(outwards):
        return OUTSIDE
    run = outwards[:STRAIGHT]
    return int(run[0]) if len(run) == STRAIGHT and (run == run[0]).all() else NONE


def _chosen(claims: Claims, hole: Bools) -> Ints:
    """Choose a color for each pixel of a hole; `NONE` where areas contradict one another."""
    found = np.full(hole.shape, NONE, np.int32)
    both = np.concatenate([claims.colors[:, hole], claims.nearest[:, hole]])
    # Sorting single numbers takes a tenth of the time of sorting columns.
    keys = np.zeros(both.shape[1], np.uint64)
    for row in both:
        keys = keys * HASH + row.astype(np.uint64)
    _keys, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    arriving = both[:, first]
    chosen = [_choose(tuple(column[:4]), tuple(column[4:]), claims.sides) for column in arriving.T.tolist()]
    found[hole] = np.array(chosen, np.int32)[inverse.reshape(-1)]
    return found


def _agreed(claims: Claims) -> Ints:
    """Find where one color alone arrives, along rows and along columns."""
    across, along = claims.colors[:TOP].max(axis=0), claims.colors[TOP:].max(axis=0)
    sides = np.where(claims.colors == NONE, claims.nearest, claims.colors)
    others = (sides != across) & (sides != OUTSIDE)
    return np.where((across == along) & ~others.any(axis=0), across, NONE)


def _choose(arriving: tuple[int, ...], nearest: tuple[int, ...], sides: tuple[Side, ...]) -> int:
    """Choose among what arrives at a pixel from its four sides, and what is nearest there."""
    # What is no area may go on in the hole, too, unless it is only written on one.
    seen = tuple(here if each == NONE else each for each, here in zip(arriving, nearest, strict=True))
    possible = [
        color
        for color in sorted({each for each in arriving if each >= 0})
        if _is_supported(color, arriving) and _explains(color, arriving, seen, sides)
    ]
    if not possible or _is_corner_of_both(arriving, sides):
        return NONE
    if len(possible) == 1:
        return possible[0]
    last, first = sorted(possible, key=arriving.count)[-2:]
    if arriving.count(first) > arriving.count(last):
        return first
    wide = {
        color: max(sides[side].shares[color] for side, each in enumerate(arriving) if each == color)
        for color in possible
    }
    first, second = sorted(possible, key=lambda color: wide[color])[:2]
    return first if NARROWER * wide[first] <= wide[second] else NONE


def _is_supported(color: int, arriving: tuple[int, ...]) -> bool:
    """Tell whether an area goes through a hole, out of the canvas or around a corner: it does not end in the hole."""
    through = any(
        each == color and arriving[OPPOSITE[side]] in (color, OUTSIDE) for side, each in enumerate(arriving)
    )
    return through or (color in arriving[LEFT:TOP] and color in arriving[TOP:])


def _explains(color: int, arriving: tuple[int, ...], seen: tuple[int, ...], sides: tuple[Side, ...]) -> bool:
    """Tell whether what else is seen lies beside an area where that comes from: its edge then runs along the hole."""
    beside = {other for side, each in enumerate(arriving) if each == color for other in sides[side].shares}
    return all(each == OUTSIDE or each in beside for each in seen)


def _is_corner_of_both(arriving: tuple[int, ...], sides: tuple[Side, ...]) -> bool:
    """Tell whether different areas arrive at a corner of the canvas, of which one may end at the other, or both."""
    inside = [side for side, each in enumerate(arriving) if each >= 0]
    if len(inside) != 2 or arriving.count(OUTSIDE) != 2 or arriving[inside[0]] == arriving[inside[1]]:
        return False
    one, other = (sides[side] for side in inside)
    grid = one.repeats and other.repeats and one.shares.keys() == other.shares.keys()
    return min(len(one.shares), len(other.shares)) > 1 and not grid
