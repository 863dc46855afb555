"""A hole filled with shifted copies of the exemplar (He & Sun 2012, "Statistics of Patch Offsets")."""

import itertools
from collections.abc import Generator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.synthesis.matching.field import Bools, Places
from engine.synthesis.structure.labels import choose_offsets
from engine.synthesis.structure.octave import PatchOctave, Value, Wrap
from engine.synthesis.structure.offsets import find_offsets, view
from engine.synthesis.structure.pyramid import Level

# Pixels around a hole that are compared with the exemplar.
MARGIN = 40
# Side of the part of the exemplar where offsets are looked for, pixels: what lies further away only costs time.
LARGEST_PART = 512


def shifted_copies(
    octave: PatchOctave, source: Level, offset: tuple[int, int] | None
) -> Generator[None, None, tuple[Places, Places]]:
    """Choose offsets for the hole of an octave.

    Args:
        octave: The canvas.
        source: The exemplar.
        offset: Row and column of the canvas's first pixel in it, where both are of one picture.

    Yields:
        Nothing, between two pieces of the work.

    Returns:
        For each place of the canvas the exemplar's place, int32 (height, width, 2), -1 for none; and all offsets
        that were found, int32 (count, 2).
    """
    begins, size = cuts(octave.free, octave.wrap), octave.free.shape
    free, known = (opened(each, begins) for each in (octave.free, octave.level.known))
    hole = bounds(free)
    rows, columns = (
        slice(max(0, each.start - MARGIN), min(side, each.stop + MARGIN))
        for each, side in zip(hole, size, strict=True)
    )
    channels = np.ascontiguousarray(opened(octave.level.channels, begins)[rows, columns])
    middle = [(each.start + each.stop) // 2 + begin for each, begin in zip(hole, begins, strict=True)]
    part = _near(source.size, middle, offset)
    here = view(Level(channels, known[rows, columns]))
    there = view(Level(np.ascontiguousarray(source.channels[part]), source.known[part]))
    missing = np.ascontiguousarray(free[rows, columns])
    offsets = yield from find_offsets(here, missing, there)
    places = np.full((*size, 2), -1, np.int32)
    corner = np.array([each.start for each in part], np.int32)
    if len(offsets):
        usable = np.ascontiguousarray(octave.source.usable[part])
        chosen = yield from choose_offsets(here, missing, there, usable, offsets)
        places[rows, columns] = np.where(chosen >= 0, chosen + corner, -1)
    # What lies before the first row or column is reached from the other side.
    first = np.array([rows.start + begins[0], columns.start + begins[1]])
    turns = itertools.product(*((0, side) if begin else (0,) for side, begin in zip(size, begins, strict=True)))
    proposals = np.concatenate([offsets + corner - first + turn for turn in turns])
    return np.roll(places, begins, (0, 1)), proposals.astype(np.int32)


def cuts(free: Bools, wrap: Wrap) -> tuple[int, int]:
    """Choose the row and the column to begin with, as far from the hole as can be; 0 where an axis does not wrap."""
    rows, columns = (_farthest(free.sum(axis=1 - axis)) if wraps else 0 for axis, wraps in enumerate(wrap))
    return rows, columns


def opened(values: NDArray[Value], begins: tuple[int, int]) -> NDArray[Value]:
    """Begin a picture that wraps with another row and column."""
    return np.roll(values, (-begins[0], -begins[1]), (0, 1)) if any(begins) else values


def bounds(marked: Bools) -> tuple[slice, slice]:
    """Bound what is marked, of which there is one pixel at least: rows, and columns."""
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _farthest(counts: NDArray[np.int64]) -> int:
    """Find the middle of the longest run of the lowest counts around a ring."""
    least = counts == counts.min()
    if least.all():
        return 0
    depth = ndimage.distance_transform_cdt(np.tile(least, 3)[None])[0]
    return int(depth[len(least) : 2 * len(least)].argmax())


def _near(size: tuple[int, int], middle: Sequence[int], offset: tuple[int, int] | None) -> tuple[slice, slice]:
    """Choose the part of the exemplar that is nearest to a place of the canvas."""
    if offset is None:
        place = [side // 2 for side in size]
    else:
        place = [here + shift for here, shift in zip(middle, offset, strict=True)]
    starts = [max(0, min(p - LARGEST_PART // 2, side - LARGEST_PART)) for p, side in zip(place, size, strict=True)]
    rows, columns = (slice(start, start + LARGEST_PART) for start in starts)
    return rows, columns
