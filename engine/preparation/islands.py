"""Islands: holes that are filled one after the other, each with what is looked at and what is sampled around it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.preparation.alpha import Mask
from engine.preparation.areas import Box, bounds_of, whole_of
from engine.preparation.reach import context_of, surroundings_of
from engine.preparation.sampling import FEWEST_PIXELS
from protocol.vocabulary import Margins

# Holes with fewer pixels between them than once to twice this are one.
APART = 64
# Windows that overlap so much that they cover more of the canvas than this cost more than one for all.
MOST_COVERED = 1.5


@dataclass(frozen=True, eq=False)
class Island:
    """One hole of several.

    Attributes:
        window: The part of the canvas that is looked at.
        hole: The hole in it, boolean; other holes that reach into the window are no part of it.
        sampled: The part of the exemplar that is sampled; None for all of it.
        follows: Whether it continues what the islands before it are filled with.
    """

    window: Box
    hole: NDArray[np.bool_]
    sampled: Box | None
    follows: bool = False


def find_islands(
    free: NDArray[np.bool_],
    valid: Mask | None,
    size: tuple[int, int],
    offset: tuple[int, int] | None,
    context: int | None = None,
) -> tuple[Island, ...]:
    """Find holes that lie far from each other.

    Args:
        free: What is synthesized, boolean (height, width).
        valid: Where the exemplar may be sampled; None for everywhere.
        size: Height and width of the exemplar, pixels.
        offset: Row and column of the canvas's first pixel in the exemplar, if each hole is filled from what lies near
            it; None to sample all of the exemplar.
        context: How far around each hole that is, pixels; None: by its size.

    Returns:
        The islands; none where the holes are one, or are best filled together.
    """
    parts, labels = _apart(free)
    windows = [surroundings_of(part).common(whole_of(free)) for part in parts]
    if len(parts) < 2 or sum(int(np.prod(window.size)) for window in windows) > MOST_COVERED * free.size:
        return ()
    return tuple(
        Island(window, _of_hole(free, labels, number, window), _sampled(part, valid, size, offset, context))
        for number, (part, window) in enumerate(zip(parts, windows, strict=True), 1)
    )


def sides_first(
    free: NDArray[np.bool_],
    extend: Margins,
    valid: Mask | None,
    size: tuple[int, int],
    offset: tuple[int, int] | None,
    context: int | None = None,
) -> tuple[Island, ...]:
    """Let a canvas that is extended beyond borders of both directions go on to the left and the right first.

    What lies above and below, corners included, then continues what lies beside the picture. All at once, a side
    would be as deep as the canvas for all that follows its depth, and corners would take what fits nothing.

    Args:
        free: What is synthesized, boolean (height, width).
        extend: What of the canvas lies beyond the picture's borders, pixels.
        valid: See `find_islands`, as what follows.
        size: Likewise.
        offset: Likewise.
        context: Likewise.

    Returns:
        The islands; none where it is not extended so.
    """
    rows = Box(extend.top, 0, free.shape[0] - extend.bottom, free.shape[1])
    if not ((extend.top or extend.bottom) and (extend.left or extend.right)):
        return ()
    beside, other = rows.cut(free), free.copy()
    rows.cut(other)[...] = False
    if not (beside.any() and other.any()):
        return ()
    found: list[Island] = []
    for window, hole, follows in ((rows, beside, False), (whole_of(free), other, True)):
        moved = None if offset is None else (offset[0] + window.top, offset[1])
        islands = find_islands(hole, valid, size, moved, context) or (_one(hole, valid, size, moved, context),)
        found += [replace(each, window=each.window.moved(window.top, 0), follows=follows) for each in islands]
    return tuple(found)


def _one(
    hole: NDArray[np.bool_],
    valid: Mask | None,
    size: tuple[int, int],
    offset: tuple[int, int] | None,
    context: int | None,
) -> Island:
    part = bounds_of(hole)
    window = surroundings_of(part).common(whole_of(hole))
    return Island(window, np.ascontiguousarray(window.cut(hole)), _sampled(part, valid, size, offset, context))


def _sampled(
    part: Box, valid: Mask | None, size: tuple[int, int], offset: tuple[int, int] | None, context: int | None
) -> Box | None:
    if offset is None:
        return None
    around = context_of(part.moved(*offset), context).common(Box(0, 0, *size))
    if around.top >= around.bottom or around.left >= around.right:
        return None
    left = int(np.prod(around.size)) if valid is None else int((around.cut(valid) > 0).sum())
    # Where little is left around a hole, what lies further away is better than nothing, if it was not ruled out.
    return around if left >= (APART**2 if context is None else FEWEST_PIXELS) else None


def _apart(free: NDArray[np.bool_]) -> tuple[list[Box], NDArray[np.int32]]:
    """Find the bounds of each hole, and which cell of the canvas belongs to which."""
    height, width = free.shape
    cells = (-(-height // APART), -(-width // APART))
    padded = np.zeros((cells[0] * APART, cells[1] * APART), bool)
    padded[:height, :width] = free
    marked = padded.reshape(cells[0], APART, cells[1], APART).any(axis=(1, 3))
    # Widened to one side only: one empty cell between two holes joins them, two do not.
    labels, _ = ndimage.label(ndimage.binary_dilation(marked, np.ones((2, 2))), np.ones((3, 3)))
    found = []
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        whole = Box(rows.start * APART, columns.start * APART, rows.stop * APART, columns.stop * APART)
        window = whole.common(whole_of(free))
        inner = bounds_of(_of_hole(free, labels, number, window))
        found.append(inner.moved(window.top, window.left))
    return found, labels


def _of_hole(free: NDArray[np.bool_], labels: NDArray[np.int32], number: int, window: Box) -> NDArray[np.bool_]:
    """Mark the pixels of one hole in a window."""
    rows, columns = np.arange(window.top, window.bottom), np.arange(window.left, window.right)
    marked: NDArray[np.bool_] = window.cut(free) & (labels[rows[:, None] // APART, columns // APART] == number)
    return marked
