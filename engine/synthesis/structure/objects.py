"""Objects: letters, buttons or leaves that lie apart on a plain background, and are to stay whole in a new texture.

Patches are smaller than such things, and a seam may run through one of them. So the last picture keeps those of which
most is there, completes them, and leaves only background of the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.octave import Wrap

Numbers = NDArray[np.int64]

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
# An object is completed if so much of it is there.
LEAST_THERE = 0.3
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
    """

    numbers: Places
    shapes: Sequence[Shape]
    ground: Bools


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
    areas = np.bincount(found.ravel())
    found = np.where(areas[found] < SPECK, 0, found)
    whole = _with_parts(_filled(found))
    beyond = np.pad(~valid, EDGE, constant_values=True)
    at_border = ndimage.binary_dilation(beyond, np.ones((2 * EDGE + 1, 2 * EDGE + 1)))[EDGE:-EDGE, EDGE:-EDGE]
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
    return Objects(numbers, [_shape(numbers, number, boxes[old - 1]) for number, old in enumerate(left, 1)], ground)


def _most_frequent(listed: Floats) -> Floats:
    """Find the color that most pixels have, about, (3,)."""
    cells = np.rint(listed / CELL).astype(np.int64)
    side = round(1 / CELL) + 2
    counts = np.bincount(cells @ np.array([side**2, side, 1]))
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


def keep_whole(origins: Places, objects: Objects, wrap: Wrap) -> Places:
    """Complete the objects of which most is there, and remove the others.

    Args:
        origins: Row and column in the exemplar that each pixel is taken from, int32 (height, width, 2).
        objects: Those of the exemplar.
        wrap: Whether rows, and columns, of the canvas go on at the other side.

    Returns:
        Origins, likewise. An object that meets a fuller one is removed. Only the borders of a canvas that does not go
        on there cut objects.
    """
    size = (origins.shape[0], origins.shape[1])
    found, covered, owners = origins.copy(), np.zeros(size, bool), np.zeros(size, np.int32)
    names: dict[tuple[int, int], int] = {}
    for number, shift in _candidates(origins, objects, wrap):
        shape = objects.shapes[number - 1]
        here, seen = _target(shape, shift, size, wrap)
        core, cover, there = shape.core[seen], shape.cover[seen], owners[here]
        # Neighbors in the exemplar are as near to each other as they may be.
        name = names.setdefault(shift, len(names) + 1)
        if (ndimage.binary_dilation(core, AROUND) & (there != 0) & (there != name)).any():
            continue
        laid = cover & ((there == 0) | core)
        places = np.moveaxis(np.indices(shape.core.shape, np.int32), 0, -1)[seen] + np.array(shape.corner, np.int32)
        found[here] = np.where(laid[..., None], places, found[here])
        owners[here] = np.where(core, name, there)
        covered[here] |= laid
    return _with_ground(found, objects.ground, covered)


def _candidates(origins: Places, objects: Objects, wrap: Wrap) -> list[tuple[int, tuple[int, int]]]:
    """List numbers of objects with where they would lie, the fullest first."""
    size = (origins.shape[0], origins.shape[1])
    there = objects.numbers[origins[..., 0], origins[..., 1]]
    rows, columns = np.nonzero(there > 0)
    shifts = np.stack([rows, columns], axis=1) - origins[rows, columns]
    for axis in (0, 1):
        if wrap[axis]:
            shifts[:, axis] %= size[axis]
    listed, counts = np.unique(np.column_stack([there[rows, columns], shifts]), axis=0, return_counts=True)
    shares = []
    for (number, *shift), count in zip(listed.tolist(), counts.tolist(), strict=True):
        shape = objects.shapes[number - 1]
        _, seen = _target(shape, (shift[0], shift[1]), size, wrap)
        shares.append(count / max(1, int(shape.core[seen].sum())))
    order = np.argsort(-np.array(shares), kind="stable")
    return [
        (int(listed[each, 0]), (int(listed[each, 1]), int(listed[each, 2])))
        for each in order.tolist()
        if shares[each] >= LEAST_THERE
    ]


def _target(
    shape: Shape, shift: tuple[int, int], size: tuple[int, int], wrap: Wrap
) -> tuple[tuple[Numbers, Numbers], tuple[slice, slice]]:
    """Find where on a canvas an object lies, and which part of it does."""
    at, seen = [], []
    for axis in (0, 1):
        first, length, side = shape.corner[axis] + shift[axis], shape.core.shape[axis], size[axis]
        part = slice(0, min(length, side)) if wrap[axis] else slice(max(0, -first), max(0, min(length, side - first)))
        seen.append(part)
        at.append((first + np.arange(length)[part]) % side)
    return (at[0][:, None], at[1][None, :]), (seen[0], seen[1])


def _with_ground(origins: Places, ground: Bools, covered: Bools) -> Places:
    """Give what is no object, but was taken from one or its edge, background from nearby."""
    good = ~covered & ground[origins[..., 0], origins[..., 1]]
    if good.all():
        return origins
    spare = np.argwhere(ground).astype(np.int32)
    if not good.any():
        good = ~covered
        origins = np.where(good[..., None], spare[len(spare) // 2], origins)
    rows, columns = ndimage.distance_transform_edt(~good, return_distances=False, return_indices=True)
    here = np.indices(good.shape)
    height, width = good.shape
    # The mirror image keeps the grain; where that is no background either, the nearest pixel does.
    across, along = (2 * rows - here[0]).clip(0, height - 1), (2 * columns - here[1]).clip(0, width - 1)
    mirrored = good[across, along]
    taken = np.where(mirrored[..., None], origins[across, along], origins[rows, columns])
    found: Places = np.where((good | covered)[..., None], origins, taken).astype(np.int32)
    return found
