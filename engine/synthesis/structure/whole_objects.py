"""Whole objects: letters, buttons or leaves on a plain background are not cut.

Patches are smaller than such things, and a seam may run through one of them. So the last picture keeps those of which
most is there, completes them, and leaves only background of the others.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.objects import AROUND, EDGE, SMALL, Objects, Shape
from engine.synthesis.matching.field import Bools, Places
from engine.synthesis.structure.object_shifts import Shift, kept_around
from engine.synthesis.structure.octave import Wrap, continued, dilated

Numbers = NDArray[np.int64]

# An object is completed if so much of it is there.
LEAST_THERE = 0.3
# For so many shifts, those of the fullest ones first, a better one is looked for.
MOST_SHIFTS = 64
# Of one that is whole already, however many patches it comes from, no more than this share differs.
MOST_DIFFERENT = 0.05
# So many objects are tried where another one was removed.
TRIED = 8
# Owner of what a canvas keeps.
KEPT = -1


def keep_whole(
    origins: Places, objects: Objects, wrap: Wrap, free: Bools | None = None, offset: tuple[int, int] = (0, 0)
) -> Places:
    """Complete the objects of which most is there, and remove the others.

    Args:
        origins: Row and column in the exemplar that each pixel is taken from, int32 (height, width, 2).
        objects: Those of the exemplar.
        wrap: Whether rows, and columns, of the canvas go on at the other side.
        free: What is not kept of the canvas, boolean (height, width); None for all of it.
        offset: Row and column in the exemplar of the first pixel of a canvas that is kept in part.

    Returns:
        Origins, likewise. What continues an object that is kept in part stays as it is; any other object that meets
        one that is kept, or a fuller one, is removed. Only borders where the canvas does not wrap cut objects.
    """
    size = (origins.shape[0], origins.shape[1])
    found, covered, owners = origins.copy(), np.zeros(size, bool), np.zeros(size, np.int32)
    fixed = np.zeros(size, bool) if free is None else ~free
    if free is not None:
        kept = kept_objects(objects, free, offset)
        there = (objects.numbers[origins[..., 0], origins[..., 1]] != 0) & free
        joined = _joined(kept < 0, there, wrap)
        owners[joined | (fixed & (kept != 0))] = KEPT
        covered = dilated(joined, np.ones((2 * EDGE + 1, 2 * EDGE + 1), bool), wrap)
    around = None if free is None or any(wrap) else kept_around(objects, free, offset)
    moved: dict[Shift, Shift] = {}

    def better(shift: Shift) -> Shift:
        if around is not None and shift not in moved and len(moved) < MOST_SHIFTS:
            moved[shift] = around.repeating(shift)
        return moved.get(shift, shift)

    whole = _whole_already(objects.numbers[origins[..., 0], origins[..., 1]], objects, ~fixed & (owners == 0), better)
    owners[whole] = KEPT
    covered |= dilated(whole, np.ones((2 * EDGE + 1, 2 * EDGE + 1), bool), wrap)
    laid, names = _Laid(found, covered, owners, fixed), dict[Shift, int]()
    for number, shift in _candidates(origins, objects, wrap):
        # Neighbors in the exemplar are as near to each other as they may be.
        at = better(shift)
        _lay(laid, objects.shapes[number - 1], at, names.setdefault(at, len(names) + 1), wrap)
    if free is not None:
        _replace(laid, objects, wrap, len(names) + 1, better)
    return _with_ground(found, objects.ground, covered)


@dataclass(frozen=True, eq=False)
class _Laid:
    """What has been laid on a canvas, and changes with each object.

    Attributes:
        origins: Row and column in the exemplar that each pixel is taken from, int32 (height, width, 2).
        covered: Objects with their soft edges, boolean (height, width).
        owners: Numbers of objects that may touch each other, int32 (height, width); 0 beside them.
        fixed: What the canvas keeps, boolean (height, width); does not change.
    """

    origins: Places
    covered: Bools
    owners: Places
    fixed: Bools


def _lay(laid: _Laid, shape: Shape, shift: Shift, name: int, wrap: Wrap) -> bool:
    """Lay an object on a canvas, unless it meets one of another name; tell whether it was laid."""
    here, seen = _target(shape, shift, (laid.owners.shape[0], laid.owners.shape[1]), wrap)
    core, cover, there = shape.core[seen], shape.cover[seen], laid.owners[here]
    if (ndimage.binary_dilation(core, AROUND) & (there != 0) & (there != name)).any() or (
        core & laid.fixed[here]
    ).any():
        return False
    new = cover & ((there == 0) | core) & ~laid.fixed[here]
    places = np.moveaxis(np.indices(shape.core.shape, np.int32), 0, -1)[seen] + np.array(shape.corner, np.int32)
    laid.origins[here] = np.where(new[..., None], places, laid.origins[here])
    laid.owners[here] = np.where(core, name, there)
    laid.covered[here] |= new
    return True


def _replace(laid: _Laid, objects: Objects, wrap: Wrap, name: int, better: Callable[[Shift], Shift]) -> None:
    """Lay whole objects where those that fit nowhere would leave gaps, each one of about the same size."""
    areas = np.array([int(shape.core.sum()) for shape in objects.shapes])
    gone = (objects.numbers[laid.origins[..., 0], laid.origins[..., 1]] != 0) & ~laid.covered & (laid.owners == 0)
    # Nothing is gone of what is kept: its origins say nothing.
    gone &= ~laid.fixed
    labels, count = ndimage.label(gone, AROUND)
    left = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    uses = np.zeros(len(areas))
    middles = ndimage.center_of_mass(gone, labels, np.arange(1, count + 1)) if count else []
    for number in np.argsort(-left, kind="stable").tolist():
        if left[number] < LEAST_THERE * np.median(areas):
            return
        for each in np.argsort(np.abs(np.log(areas / left[number])) + uses, kind="stable")[:TRIED].tolist():
            shape = objects.shapes[each]
            row, column = (
                round(middle - side / 2 - first)
                for middle, side, first in zip(middles[number], shape.core.shape, shape.corner, strict=True)
            )
            if _lay(laid, shape, better((row, column)), name, wrap):
                uses[each] += 1
                name += 1
                break


def kept_objects(objects: Objects, free: Bools, offset: tuple[int, int]) -> Places:
    """Give the numbers of the objects that a canvas keeps of its exemplar, int32 (height, width).

    Args:
        objects: Those of the exemplar.
        free: What it does not keep, boolean (height, width).
        offset: Row and column of the canvas's first pixel in the exemplar.

    Returns:
        The numbers, −1 for objects that are kept in part and for what is kept but may not be sampled, which can be a
        part of any; 0 in what is free, and where the exemplar does not reach.
    """
    rows, columns = (np.arange(side) + first for side, first in zip(free.shape, offset, strict=True))
    inside = [(each >= 0) & (each < side) for each, side in zip((rows, columns), objects.numbers.shape, strict=True)]
    there = np.ix_(rows[inside[0]], columns[inside[1]])
    found = np.zeros(free.shape, np.int32)
    found[np.ix_(*inside)] = np.where(objects.known[there], objects.numbers[there], -1)
    parts = np.intersect1d(found[free], found[~free])
    return np.where(free, 0, np.where(np.isin(found, parts[parts > 0]), -1, found)).astype(np.int32)


def _whole_already(numbers: Places, objects: Objects, free: Bools, better: Callable[[Shift], Shift]) -> Bools:
    """Mark the objects that are whole and well placed; of what repeats, any patches make whole ones."""
    sizes: dict[tuple[int, ...], list[Shape]] = {}
    for shape in objects.shapes:
        alike = sizes.setdefault(tuple(side - 2 * EDGE for side in shape.core.shape), [])
        if len(alike) < TRIED:
            alike.append(shape)
    least = SMALL * np.median([shape.core.sum() for shape in objects.shapes])
    labels, _ = ndimage.label(free & (numbers != 0), AROUND)
    found = np.zeros(free.shape, bool)
    for each, box in enumerate(ndimage.find_objects(labels), 1):
        made = labels[box] == each
        named = int(np.bincount(np.maximum(numbers[box][made], 0)).argmax())
        if made.sum() < least or (named and objects.shapes[named - 1].core.sum() > (1 + MOST_DIFFERENT) * made.sum()):
            # It may be the dot of an i.
            continue
        for shape in sizes.get(made.shape, []):
            if (made ^ shape.core[EDGE:-EDGE, EDGE:-EDGE]).sum() <= MOST_DIFFERENT * made.sum():
                shift = (box[0].start - shape.corner[0] - EDGE, box[1].start - shape.corner[1] - EDGE)
                found[box] |= made & (better(shift) == shift)
                break
    return found


def _candidates(origins: Places, objects: Objects, wrap: Wrap) -> list[tuple[int, Shift]]:
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
    shape: Shape, shift: Shift, size: tuple[int, int], wrap: Wrap
) -> tuple[tuple[Numbers, Numbers], tuple[slice, slice]]:
    """Find where on a canvas an object lies, and which part of it does."""
    at, seen = [], []
    for axis in (0, 1):
        first, length, side = shape.corner[axis] + shift[axis], shape.core.shape[axis], size[axis]
        part = slice(0, min(length, side)) if wrap[axis] else slice(max(0, -first), max(0, min(length, side - first)))
        seen.append(part)
        at.append((first + np.arange(length)[part]) % side)
    return (at[0][:, None], at[1][None, :]), (seen[0], seen[1])


def _joined(begun: Bools, there: Bools, wrap: Wrap) -> Bools:
    """Mark what is connected to something, and that itself."""
    wide, inner = continued(np.stack([begun, begun | there], axis=2), begun.shape, wrap)
    found = ndimage.binary_propagation(wide[..., 0], AROUND, wide[..., 1])
    return np.ascontiguousarray(found[inner])


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
