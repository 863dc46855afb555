"""Copies of one exemplar, rotated and scaled: what lies where in all of them is the same place of the exemplar."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.synthesis.matching import Matcher, MatchField, MatchSource, Query
from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.octave import SIDE

Vectors = NDArray[np.float64]

# Side of the blocks that a layout begins with, pixels of the full size: what is in one bends as a whole.
BLOCK = 64
# Neighbors whose places are carried over to a copy, rows and columns.
NEIGHBORS = ((-1, 0), (1, 0), (0, -1), (0, 1))


@dataclass(frozen=True, eq=False)
class Copies:
    """The copies in a mosaic, at one scale.

    Attributes:
        matrices: What a step in each copy is in the exemplar, float64 (copies, 2, 2).
        offsets: Place in the exemplar of the first pixel of the mosaic, if it were of that copy, float64 (copies, 2).
        origins: Place in the exemplar of each place in the mosaic, float32 (height, width, 2); it may lie beyond the
            exemplar's borders.
    """

    matrices: Vectors
    offsets: Vectors
    origins: Floats

    def places(self, labels: Places, origins: Vectors) -> Places:
        """Find places of the exemplar in its copies.

        Args:
            labels: Number of the copy, int32 (…).
            origins: Places of the exemplar, (…, 2).

        Returns:
            The nearest places in the mosaic, int32 (…, 2), which may lie beyond the borders of the copy.
        """
        inverse = np.linalg.inv(self.matrices)
        found: Places = np.rint(_turned(inverse[labels], origins - self.offsets[labels])).astype(np.int32)
        return found

    def moved(self, labels: Places, origins: Vectors, steps: Vectors) -> Vectors:
        """Go from places of the exemplar by steps of copies, each (…, 2)."""
        found: Vectors = origins + _turned(self.matrices[labels], steps)
        return found


def copies_at(
    affines: Sequence[Vectors], starts: Sequence[int], margins: Sequence[int], labels: Places, index: int
) -> Copies:
    """Scale copies down.

    Args:
        affines: Of each copy, see `Guide`.
        starts: First row of each in the mosaic, at full size.
        margins: By how many pixels each is wider on every side there.
        labels: Label of each place of the mosaic at this scale, int32 (height, width).
        index: Number of halvings.

    Returns:
        The copies.
    """
    scale = 2**index
    matrices = np.array([each[:, :2] for each in affines])
    # Of a pixel of this scale, the middle counts.
    half = np.full(2, (scale - 1) / 2)
    tops = np.array([(start + margin, margin) for start, margin in zip(starts, margins, strict=True)], np.float64)
    offsets = np.array([each[:, 2] for each in affines]) + _turned(matrices, half - tops) - half
    offsets /= scale
    grid = np.moveaxis(np.indices(labels.shape), 0, -1)
    origins = _turned(matrices[labels], grid) + offsets[labels]
    return Copies(matrices, offsets, origins.astype(np.float32))


def bending(affines: Sequence[Vectors], labels: Places, distance: int) -> float:
    """Measure how much what is wanted of copies changes over a distance.

    Args:
        affines: Of each copy, see `Guide`.
        labels: Number of the copy that is wanted at each place of the canvas, int32 (height, width).
        distance: Pixels, along rows and along columns.

    Returns:
        By how much a step of one pixel differs on average, in pixels of the canvas.
    """
    matrices = np.array([each[:, :2] for each in affines])
    # From what one copy lays a step away to what another one lays there.
    apart = np.linalg.norm(np.linalg.inv(matrices)[:, None] @ matrices - np.eye(2), axis=(2, 3)) / np.sqrt(2)
    pairs = [
        (labels[:-distance].ravel(), labels[distance:].ravel()),
        (labels[:, :-distance].ravel(), labels[:, distance:].ravel()),
    ]
    # A map that changes along one axis only bends patches as much as they are long along it.
    return max(float(apart[one, other].mean()) if len(one) else 0.0 for one, other in pairs)


def bent_blocks(copies: Copies | None, wanted: Places, places: Places, index: int) -> Places:
    """Let blocks go on from copy to copy, so that what is in them bends.

    Args:
        copies: Of the exemplar; None leaves blocks as they are.
        wanted: Label of each place of the canvas, int32 (height, width).
        places: Blocks of the mosaic, each from the copy that is wanted there, int32 (height, width, 2).
        index: Number of halvings.

    Returns:
        Each block as what lies around the place in its middle, int32 (height, width, 2); places may lie beyond the
        borders of copies.
    """
    if copies is None:
        return places
    block = max(1, BLOCK >> index)
    rows, columns = np.indices(wanted.shape)
    middles = [
        np.minimum(each // block * block + block // 2, side - 1)
        for each, side in zip((rows, columns), wanted.shape, strict=True)
    ]
    middle = places[middles[0], middles[1]]
    begun = copies.origins[middle[..., 0], middle[..., 1]].astype(np.float64)
    steps = np.stack([rows - middles[0], columns - middles[1]], axis=-1).astype(np.float64)
    return copies.places(wanted, copies.moved(wanted, begun, steps))


def carry_over(
    copies: Copies | None,
    labels: Places,
    wanted: Places,
    field: MatchField,
    query: Query,
    exemplar: MatchSource,
    penalty: Floats,
    matcher: Matcher,
) -> None:
    """Propagate places between neighbors that want different copies (Barnes et al. 2010, "Generalized PatchMatch").

    Args:
        copies: Of the exemplar; None does nothing.
        labels: Label of each place of the mosaic, int32 (height, width).
        wanted: Label of each place of the canvas, int32 (height, width).
        field: Is changed; its costs are right.
        query: The canvas.
        exemplar: The mosaic.
        penalty: Added to the cost of each place of it.
        matcher: Measures.
    """
    if copies is None:
        return
    size = wanted.shape
    down, across = np.indices(size)
    for step in NEIGHBORS:
        rows, columns = (
            np.asarray((each + by) % side if wraps else np.clip(each + by, 0, side - 1))
            for each, by, side, wraps in zip((down, across), step, size, query.wrap, strict=True)
        )
        here = query.wanted & (wanted != wanted[rows, columns])
        if not here.any():
            continue
        next_to = field.places[rows[here], columns[here]]
        begun = copies.origins[next_to[:, 0], next_to[:, 1]].astype(np.float64)
        back = np.broadcast_to(-np.array(step, np.float64), begun.shape)
        own = wanted[here]
        found = copies.places(own, copies.moved(own, begun, back))
        height, width = exemplar.usable.shape
        inside = (found >= 0).all(axis=1) & (found[:, 0] < height) & (found[:, 1] < width)
        found = np.where(inside[:, None], found, 0)
        inside &= exemplar.usable[found[:, 0], found[:, 1]] & (labels[found[:, 0], found[:, 1]] == own)
        tried = MatchField(field.places.copy(), field.costs.copy())
        tried.places[here] = np.where(inside[:, None], found, field.places[here])
        matcher.measure(tried, query, exemplar, penalty)
        better = query.wanted & (tried.costs < field.costs)
        field.places[better], field.costs[better] = tried.places[better], tried.costs[better]


def excess_uses(copies: Copies, field: MatchField, labels: Places, usable: Bools, least: float) -> Floats:
    """Count how often each place of the exemplar is used beyond its even share, in all copies together.

    Args:
        copies: Of the exemplar.
        field: The patches.
        labels: Label of each place of the mosaic, int32 (height, width).
        usable: Where patches may lie in it, boolean (height, width).
        least: Fewer uses than these are never too many.

    Returns:
        For each place of the mosaic the excess uses of its place in the exemplar, in shares, float32 (height, width).
    """
    places = np.rint(copies.origins).astype(np.int64)
    listed = places[usable]
    low = listed.min(axis=0)
    high, wide = (int(side) for side in listed.max(axis=0) + 1 - low)
    places = (places - low).clip(0, (high - 1, wide - 1))
    # A pixel of a copy is so many of the exemplar: of a smaller copy, fewer patches use more.
    areas = np.abs(np.linalg.det(copies.matrices))[labels]
    used, there = np.zeros((high, wide)), np.zeros((high, wide), bool)
    taken = field.places[..., 0], field.places[..., 1]
    at = places[taken]
    np.add.at(used, (at[..., 0], at[..., 1]), areas[taken])
    listed = places[usable]
    there[listed[:, 0], listed[:, 1]] = True
    due = max(used.sum() / there.sum(), least)
    over = np.maximum(ndimage.uniform_filter(used, SIDE, mode="nearest") / due - 1, 0)
    found: Floats = over[places[..., 0], places[..., 1]].astype(np.float32)
    return found


def _turned(matrices: NDArray[np.floating], vectors: NDArray[np.number]) -> Vectors:
    found: Vectors = np.einsum("...ij,...j->...i", matrices, vectors)
    return found
