"""Blocks of the exemplar, drawn by chance: what the coarsest octave of a new texture begins with."""

import math
from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.content import ContentBounds
from engine.synthesis.structure.pyramid import FEATURES
from engine.synthesis.structure.stages import Size

Value = TypeVar("Value", bound=np.generic)

# Blocks that the coarsest octave begins with. From smaller ones what is fine melts before it fits.
BLOCK = 16
# So many are drawn for each place where a picture is redrawn: the one most like it is taken.
DRAWN = 64


def list_places(labels: Places, usable: Bools, count: int) -> list[Places]:
    """List the places of each label that may be sampled, each int32 (count, 2); all places for one that has none."""
    places = np.argwhere(usable).astype(np.int32)
    own = look_up(labels, places)
    found = [places[own == number] for number in range(count)]
    return [each if len(each) else places for each in found]


def draw_blocks(
    listed: Sequence[Places],
    chosen: Places | None,
    size: Size,
    generator: np.random.Generator,
) -> tuple[Places, Places]:
    """Draw blocks of the exemplar by chance, evenly; one that goes over its border continues on the other side.

    Args:
        listed: Places of each label that may be sampled.
        chosen: Label of each place of the canvas at full size; None where there is one label only.
        size: Height and width of the canvas at this scale, pixels.
        generator: Of what is drawn by chance.

    Returns:
        Labels, int32 (height, width), and places, int32 (height, width, 2).
    """
    rows, columns = np.indices(size)
    cells = cells_of(size)
    cell = (rows // BLOCK * cells[1] + columns // BLOCK).astype(np.int32)
    wanted = wanted_labels(chosen, size)
    corners = np.stack([draw_corners(each, math.prod(cells), generator) for each in listed])
    first = np.array([each.min(axis=0) for each in listed])[wanted]
    span = np.array([np.ptp(each, axis=0) + 1 for each in listed])[wanted]
    inside = np.stack([rows % BLOCK, columns % BLOCK], axis=-1)
    found = first + (corners[wanted, cell] + inside - first) % span
    return wanted, found.astype(np.int32)


def cells_of(size: Size) -> Size:
    """Count the blocks of a canvas, rows and columns."""
    return -(-size[0] // BLOCK), -(-size[1] // BLOCK)


def draw_corners(listed: Places, count: int, generator: np.random.Generator) -> Places:
    """Draw so many corners of blocks, int32 (count, 2)."""
    found: Places = generator.permutation(np.resize(_evenly_drawn(listed, generator), (count, 2)))
    return found


def blocks_like_content(
    places: Places, source: Floats, content: ContentBounds | None, draw: Callable[[], tuple[Places, Places]]
) -> Places:
    """Take of many blocks for each place the one that is most like the content; without one, those that there are."""
    if content is None:
        return places
    return reduce(partial(_nearer, source, content), (draw()[1] for _ in range(DRAWN - 1)), places)


def _nearer(source: Floats, content: ContentBounds, first: Places, second: Places) -> Places:
    """Take of each two blocks of places the one that is more like the content."""
    apart = []
    for places in (first, second):
        there = source[places[..., 0], places[..., 1], FEATURES:]
        each = ((there - content.nearest(there)) ** 2).sum(axis=2)
        for axis in (0, 1):
            each = np.add.reduceat(each, np.arange(0, each.shape[axis], BLOCK), axis=axis)
        apart.append(each)
    rows, columns = np.indices(first.shape[:2]) // BLOCK
    found: Places = np.where((apart[1] < apart[0])[rows, columns, None], second, first)
    return found


def _evenly_drawn(listed: Places, generator: np.random.Generator) -> Places:
    """Shuffle places so that each block of them has its turn before any has its next one."""
    drawn = generator.permutation(listed)
    first = drawn.min(axis=0)
    span = drawn.max(axis=0) + 1 - first
    count = np.maximum(1, np.rint(span / BLOCK)).astype(np.int64)
    block = ((drawn - first) * count // span) @ np.array([count[1], 1])
    order = np.argsort(block, kind="stable")
    turns = np.empty(len(drawn), np.int64)
    begins = np.searchsorted(block[order], block[order])
    turns[order] = np.arange(len(drawn)) - begins
    found: Places = drawn[np.argsort(turns, kind="stable")]
    return found


def only_usable(
    places: Places, usable: Bools, wanted: Places, listed: Sequence[Places], generator: np.random.Generator
) -> Places:
    """Draw another place of the same label for those that may not be sampled."""
    height, width = usable.shape
    good = (places[..., 0] < height) & (places[..., 1] < width) & look_up(usable, places)
    found = places.copy()
    for number, each in enumerate(listed):
        bad = ~good & (wanted == number)
        found[bad] = each[generator.integers(len(each), size=int(bad.sum()))]
    return found


def look_up(values: NDArray[Value], places: Places) -> NDArray[Value]:
    """Look up values (height, width) at places (…, 2); beyond the border, those at it."""
    height, width = values.shape
    found: NDArray[Value] = values[places[..., 0].clip(0, height - 1), places[..., 1].clip(0, width - 1)]
    return found


def wanted_labels(chosen: Places | None, size: Size) -> Places:
    """Give the label of each place of a smaller canvas, int32 (height, width); 0 where there is one only."""
    if chosen is None:
        return np.zeros(size, np.int32)
    rows, columns = np.indices(size)
    found: Places = chosen[rows * chosen.shape[0] // size[0], columns * chosen.shape[1] // size[1]]
    return found
