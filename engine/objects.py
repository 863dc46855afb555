"""Objects: letters, buttons or leaves that lie apart on a plain background, and are to stay whole."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]
Places = NDArray[np.int32]

# Background is what lies within this distance of the most frequent color, in values of [0, 1]. It has this share.
WITHIN = 24 / 255
CELL = 8 / 255
LEAST_BACKGROUND = 0.4
# So many objects are whole, and none is longer than this part of the exemplar's shorter side.
FEWEST = 6
LONGEST = 1 / 3
# Smaller ones are grain, pixels. One smaller than this part of the usual size, and no further from a larger one than
# it is long itself, belongs to that: the dot of an i.
SPECK = 4
SMALL = 0.35
NEAR = 1.5
# Soft edges reach so far around an object, pixels.
EDGE = 2
AROUND = np.ones((3, 3), bool)


@dataclass(frozen=True, eq=False)
class Shape:
    """One object.

    Attributes:
        corner: Row and column in the exemplar of the first pixel of its bounds, which its soft edge is part of.
        core: The object in them, boolean (height, width).
        cover: The object and its soft edge.
    """

    corner: tuple[int, int]
    core: Bools
    cover: Bools


@dataclass(frozen=True, eq=False)
class Objects:
    """The objects of an exemplar.

    Attributes:
        numbers: Which one each pixel belongs to, from 1 on, int32 (height, width); 0 for background, and −1 for what
            the border of the exemplar has cut.
        shapes: Each of those that are whole, by number less 1.
        ground: What is background, and no soft edge either, boolean (height, width).
        known: Where it may be sampled, boolean (height, width).
    """

    numbers: Places
    shapes: Sequence[Shape]
    ground: Bools
    known: Bools


def find_objects(colors: Floats, valid: Bools) -> Objects | None:
    """Find small objects that lie apart from each other on a plain background.

    Args:
        colors: RGB in [0, 1], float32 (height, width, 3).
        valid: Where it may be sampled, boolean (height, width).

    Returns:
        The objects; None where there are few, or large ones, or they cover most of the exemplar.
    """
    plain = np.abs(colors - _most_frequent(colors[valid])).max(axis=2) <= WITHIN
    if plain[valid].mean() < LEAST_BACKGROUND:
        return None
    found, _ = ndimage.label(valid & ~plain, AROUND)
    beyond = np.pad(~valid, EDGE, constant_values=True)
    at_border = ndimage.binary_dilation(beyond, np.ones((2 * EDGE + 1, 2 * EDGE + 1)))[EDGE:-EDGE, EDGE:-EDGE]
    grain = np.bincount(found.ravel()) < SPECK
    # However small, it may be what the border has left of an object.
    grain[found[at_border]] = False
    found = np.where(grain[found], 0, found)
    whole = _with_parts(_filled(found))
    boxes = ndimage.find_objects(whole)
    sides = [max(each.stop - each.start for each in box) for box in boxes if box is not None]
    if not sides or max(sides) > LONGEST * min(valid.shape):
        return None
    cut = np.unique(whole[at_border])
    left = [number for number, box in enumerate(boxes, 1) if box is not None and number not in cut]
    if len(left) < FEWEST:
        return None
    renumbered = np.full(len(boxes) + 1, -1, np.int32)
    renumbered[0] = 0
    renumbered[left] = np.arange(1, len(left) + 1)
    numbers = renumbered[whole]
    ground = valid & ~ndimage.binary_dilation(numbers != 0, np.ones((2 * EDGE - 1, 2 * EDGE - 1)))
    if not ground.any():
        return None
    shapes = [_shape(numbers, number, boxes[old - 1]) for number, old in enumerate(left, 1)]
    return Objects(numbers, shapes, ground, valid)


def _most_frequent(listed: Floats) -> Floats:
    """Find the color that most pixels have, about, (3,)."""
    cells = np.rint(np.clip(listed, 0, 1) / CELL).astype(np.int32)
    side = round(1 / CELL) + 2
    counts = np.bincount((cells[:, 0] * side + cells[:, 1]) * side + cells[:, 2])
    most = int(counts.argmax())
    middle = np.array([most // side**2, most // side % side, most % side]) * CELL
    near = np.abs(listed - middle).max(axis=1) <= CELL
    found: Floats = np.median(listed[near], axis=0).astype(np.float32)
    return found


def _filled(numbers: Places) -> Places:
    """Give each object what it encloses, unless that is another one."""
    found = numbers.copy()
    for number, box in enumerate(ndimage.find_objects(numbers), 1):
        if box is not None:
            part = found[box]
            part[ndimage.binary_fill_holes(numbers[box] == number) & (part == 0)] = number
    return found


def _with_parts(numbers: Places) -> Places:
    """Join what is small to the larger object beside it."""
    areas = np.bincount(numbers.ravel())[1:]
    if not areas.any():
        return numbers
    small = np.append(False, areas < SMALL * np.median(areas[areas > 0]))[numbers] & (numbers > 0)
    large = (numbers > 0) & ~small
    apart, (rows, columns) = ndimage.distance_transform_edt(~large, return_indices=True)
    found = numbers.copy()
    for number, box in enumerate(ndimage.find_objects(np.where(small, numbers, 0)), 1):
        if box is None:
            continue
        own = numbers[box] == number
        there = np.flatnonzero(own)[apart[box][own].argmin()]
        long = max(own.shape)
        if apart[box].flat[there] <= NEAR * long + 1:
            found[box][own] = numbers[rows[box].flat[there], columns[box].flat[there]]
    return found


def _shape(numbers: Places, number: int, box: tuple[slice, slice]) -> Shape:
    rows, columns = (slice(each.start - EDGE, each.stop + EDGE) for each in box)
    part = numbers[rows, columns]
    core = part == number
    cover = ndimage.binary_dilation(core, np.ones((2 * EDGE + 1, 2 * EDGE + 1))) & ((part == 0) | core)
    return Shape((rows.start, columns.start), core, cover)
