"""Quilting: blocks of an exemplar, cut where each fits the ones before it (Efros & Freeman 2001, "Image Quilting").

Scattered little pieces have no coarser scale to lay out, and patches that vote melt into a mean of all pieces. Blocks
that come from one piece each stay sharp.
"""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.blending import blend_seams
from engine.synthesis.structure.copied import Copied
from engine.synthesis.structure.finishing import WIDTH, differences, usual_step
from engine.synthesis.structure.octave import Wrap, continued
from engine.synthesis.structure.shifting import bounds

# Pieces whose shorter side is no longer than this, pixels, have little left at the scales that lay out a texture.
LARGEST_PIECE = 80
# So much of what may be sampled lies in such pieces, and all of it is so many times as wide and high as any of them.
SHARE = 0.9
APART = 2
# Blocks have this part of the side of the largest squares of which there are so many, and this side at least, pixels.
PART = 0.65
FEWEST_BLOCKS = 9
SMALLEST_BLOCK = 5
# Of more blocks than this, some are drawn by chance: so many are compared each time.
MOST_COMPARED = 1024
# A block is chosen among those that cost up to so many times as much as the best one.
TOLERANCE = 1.1
# Cost of a piece that is used beyond its even share, in mean costs per share (Kaspar et al. 2015).
EVENNESS = 1.0
# Height of the relief in which a cut follows the ridges.
HEIGHT = 2**15


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks of an exemplar, each within one piece of it.

    Attributes:
        corners: Row and column of the first pixel of each, int32 (count, 2).
        side: Height and width of each, pixels.
        pieces: Number of the piece that each is from, int32 (count).
    """

    corners: Places
    side: int
    pieces: Places


def is_scattered(valid: Bools) -> bool:
    """Tell whether what may be sampled, boolean (height, width), consists of little pieces far apart."""
    if valid.all():
        return False
    labels, _ = ndimage.label(valid)
    parts = ndimage.find_objects(labels)
    short = np.array([min(rows.stop - rows.start, columns.stop - columns.start) for rows, columns in parts])
    sizes = np.bincount(labels.ravel())[1:]
    small = short <= LARGEST_PIECE
    if sizes[small].sum() < SHARE * sizes.sum():
        return False
    rows, columns = bounds(valid)
    return bool(min(rows.stop - rows.start, columns.stop - columns.start) > APART * short[small].max())


def find_blocks(valid: Bools, generator: np.random.Generator) -> Blocks:
    """Find the blocks of an exemplar.

    Args:
        valid: Where it may be sampled, boolean (height, width); whole blocks of the smallest side somewhere.
        generator: Draws some of too many.

    Returns:
        The blocks.
    """
    sides = range(min(LARGEST_PIECE, *valid.shape), SMALLEST_BLOCK, -1)
    largest = next((side for side in sides if _whole(valid, side).sum() >= FEWEST_BLOCKS), SMALLEST_BLOCK)
    side = max(SMALLEST_BLOCK, round(PART * largest))
    corners = generator.permutation(np.argwhere(_whole(valid, side)))[:MOST_COMPARED].astype(np.int32)
    labels, _ = ndimage.label(valid)
    _, pieces = np.unique(labels[corners[:, 0], corners[:, 1]], return_inverse=True)
    return Blocks(corners, side, pieces.astype(np.int32))


def _whole(valid: Bools, side: int) -> Bools:
    """Mark the corners of the squares that may be sampled wholly."""
    sums = np.pad(valid.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    counts = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    return np.asarray(counts == side**2)


def quilt(
    source: Floats, blocks: Blocks, canvas: Floats, free: Bools, wrap: Wrap, generator: np.random.Generator
) -> Generator[None, None, Places]:
    """Fill a canvas with blocks, row by row.

    Args:
        source: What is compared of the exemplar, float32 (height, width, channels).
        blocks: Its blocks.
        canvas: What blocks are to fit where it is known, float32 (rows, columns, channels).
        free: Where it is not, boolean (rows, columns).
        wrap: Whether rows, and columns, of the canvas go on at the other side.
        generator: Of what is drawn by chance.

    Yields:
        Nothing, after each row of blocks.

    Returns:
        Row and column in the exemplar of each pixel that was free, int32 (rows, columns, 2).
    """
    side, (height, width) = blocks.side, free.shape
    pictures = np.stack([source[row : row + side, column : column + side] for row, column in blocks.corners])
    listed = pictures.reshape(len(pictures), -1)
    squares = (pictures**2).sum(axis=3).reshape(len(pictures), -1)
    shares = np.bincount(blocks.pieces) / len(blocks.pieces)
    uses = np.zeros(len(shares))
    origins, made, picture = np.zeros((height, width, 2), np.int32), ~free, canvas.copy()
    inner = np.moveaxis(np.indices((side, side), np.int32), 0, -1)
    step = (side + 1) // 2
    for top in range(0, height, step):
        for left in range(0, width, step):
            # Beyond a border that does not go on there is nothing.
            down, across = (np.arange(first, first + side) for first in (top, left))
            down, across = (
                each % length if wraps else each[each < length]
                for each, length, wraps in zip((down, across), (height, width), wrap, strict=True)
            )
            here = np.ix_(down, across)
            if made[here].all():
                continue
            known, there = np.zeros((side, side), bool), np.zeros((side, side, source.shape[2]), np.float32)
            part = (slice(len(down)), slice(len(across)))
            known[part] = made[here]
            there[part] = picture[here] * made[here][..., None]
            costs = squares @ known.ravel().astype(np.float32) - 2 * listed @ there.ravel() + (there**2).sum()
            over = np.maximum(uses / np.maximum(shares * uses.sum(), 1) - 1, 0)
            costs = np.maximum(costs, 0) + EVENNESS * costs.mean() * over[blocks.pieces]
            number = int(generator.choice(np.flatnonzero(costs <= TOLERANCE * costs.min() + 1e-6)))
            uses[blocks.pieces[number]] += 1
            chosen = pictures[number][part]
            new = _taken_over(((chosen - there[part]) ** 2).sum(axis=2), known[part]) & free[here]
            origins[here] = np.where(new[..., None], (blocks.corners[number] + inner)[part], origins[here])
            picture[here] = np.where(new[..., None], chosen, picture[here])
            made[here] = True
        yield
    return origins


def _taken_over(apart: Floats, known: Bools) -> Bools:
    """Mark what a block takes over of what is known, cut where both differ least."""
    if not known.any():
        return np.ones_like(known)
    rim = np.ones_like(known)
    rim[1:-1, 1:-1] = False
    markers = np.where(~known, 2, np.where(rim, 1, 0)).astype(np.int16)
    # The relief is highest where both differ least: there the floods of either side meet.
    relief = HEIGHT * (1 - np.sqrt(apart / max(float(apart.max()), 1e-9)))
    flooded = ndimage.watershed_ift(np.where(known, relief, 0).astype(np.uint16), markers, np.ones((3, 3)))
    found: Bools = flooded == 2
    return found


def stitched(source: Floats, origins: Places, canvas: Floats, free: Bools, wrap: Wrap) -> Floats:
    """Take each pixel from its place in an exemplar, and spread the steps at seams.

    Args:
        source: RGB of the exemplar, float32 (height, width, 3).
        origins: Row and column in it of each pixel, int32 (rows, columns, 2).
        canvas: What is kept, float32 (rows, columns, 3).
        free: What is not, boolean (rows, columns).
        wrap: Whether rows, and columns, of the canvas go on at the other side.

    Returns:
        RGB, float32 (rows, columns, 3).
    """
    reach = (8 * round(WIDTH), 8 * round(WIDTH))
    _, inside = continued(free, reach, wrap)
    canvas, _ = continued(canvas, reach, wrap)
    origins, _ = continued(origins, reach, wrap)
    free, _ = continued(free, reach, wrap)
    copied = Copied(source, np.ones(source.shape[:2], bool), origins)
    own = copied.colors()
    picture = np.where(free[..., None], own, canvas)
    right, down = (
        differences(picture, copied, own, free, free, axis, usual_step(source, axis), cuts=False) for axis in (1, 0)
    )
    return np.ascontiguousarray(blend_seams(picture, right, down, free, width=WIDTH)[inside])
