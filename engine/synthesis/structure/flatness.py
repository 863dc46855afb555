"""Flat colors: drawings, maps, camouflage and enlarged pixel art, whose areas have one color each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.synthesis.matching.field import Bools, Floats
from engine.synthesis.structure.content import BRIGHTNESS

# Colors are counted in cells of this side, in values of [0, 1].
CELL = 8 / 255
# What JPEG or an edge makes of a color stays within this distance of it; another color is further off than that.
WITHIN = 16 / 255
APART = 48 / 255
MOST_COLORS = 8
# So many pixels have one of these colors.
SHARE = 0.795
# Shades of a table's rows, or of panels, are nearer to each other: then more pixels have one of the colors, more
# exactly, and all the more those of a file that has lost nothing.
WITHIN_SHADE = 8 / 255
SHADES_APART = 16 / 255
SHARE_OF_SHADES = 0.9
EXACT = 1 / 255
EXACT_APART = 6 / 255
# Values of a channel that differ by less are what JPEG makes of one; among colors that are only roughly met, any.
SAME, SAME_IF_EXACT, SAME_IF_ROUGH = 10 / 255, 5 / 255, 1.0
# What fewer pixels have lies between two colors, along the edges of letters.
LEAST_SHARE = 0.01
# Grain, unlike what JPEG makes of flat colors, seldom leaves pixels as near as this to the next ones in brightness,
# which JPEG keeps better than hue.
LEVEL = 8.01 / 255
LEVEL_SHARE = 0.4
# Steps larger than this are edges between two areas, and make so much of all that changes from pixel to pixel.
EDGE = 24 / 255
EDGE_SHARE = 0.75
# In areas of one color, blocks of so many pixels a side without an edge have few means: nearly each is within so much
# of one of so many. In a sky, or before the backdrop of a product, they have many: so many of all blocks have others.
BLOCK = 4
SHADE = 2.5 / 255
MOST_SHADES = 4
SOFT_SHARE = 0.05
# Of a large exemplar strips of so many rows are looked at, with so many pixels in all, about.
STRIP = 16
MOST_COMPARED = 2**16


@dataclass(frozen=True, eq=False)
class FlatColors:
    """The few colors of a picture's areas.

    Attributes:
        colors: RGB in [0, 1], float32 (count, 3).
        same: By how much values of a channel differ at most that are one value and what the file has made of it.
    """

    colors: Floats
    same: float


def has_flat_colors(colors: Floats, valid: Bools) -> bool:
    """Find out whether an exemplar consists of areas of a few colors, see `find_flat_colors`."""
    return find_flat_colors(colors, valid) is not None


def find_flat_colors(colors: Floats, valid: Bools) -> FlatColors | None:
    """Find the few colors that an exemplar's areas have, among which any mixture would be seen.

    Of 45 photographs and pictures of art, two count as flat: a cartoon and a drawing in ink.

    Args:
        colors: RGB in [0, 1], float32 (height, width, 3).
        valid: Where it may be sampled, boolean (height, width).

    Returns:
        The most frequent colors; None where there are too many others, and for a single color.
    """
    whole = colors, valid
    every = max(1, colors[..., 0].size // MOST_COMPARED)
    rows = np.flatnonzero(np.arange(len(colors)) // STRIP % every == 0)
    colors, valid = colors[rows], valid[rows]
    cells, _ = _cells(colors[valid], CELL)
    if 1 < len(cells) <= MOST_COLORS and _is_palette(listed := np.unique(colors[valid], axis=0)):
        return FlatColors(listed, SAME_IF_EXACT)
    here = (slice(None, -1), slice(None, -1))
    right, below = (slice(None, -1), slice(1, None)), (slice(1, None), slice(None, -1))
    known = valid[here] & valid[right] & valid[below] & (np.diff(rows) == 1)[:, None]
    steps = np.maximum(*(np.abs(colors[each] - colors[here]).max(axis=2) for each in (right, below)))[known]
    changes = steps**2
    brightness = colors @ BRIGHTNESS
    levels = np.maximum(*(np.abs(brightness[each] - brightness[here]) for each in (right, below)))[known]
    if not steps.any() or (levels <= LEVEL).mean() < LEVEL_SHARE:
        return None
    if changes[steps > EDGE].sum() < EDGE_SHARE * changes.sum():
        return None
    for cell, within, apart, share, same in (
        (EXACT, 0, EXACT_APART, SHARE_OF_SHADES, SAME_IF_EXACT),
        (CELL, WITHIN_SHADE, SHADES_APART, SHARE_OF_SHADES, SAME),
        (CELL, WITHIN, APART, SHARE, SAME_IF_ROUGH),
    ):
        middles, held = _most_frequent(*_cells(colors[valid], cell), cell, within, apart)
        if held.sum() >= share and not _is_soft(*whole, middles):
            return FlatColors(middles[held >= LEAST_SHARE], same)
    return None


def _most_frequent(
    cells: Floats, counts: NDArray[np.int64], cell: float, within: float, apart: float
) -> tuple[Floats, NDArray[np.float64]]:
    """Find the most frequent colors that are so far apart, and the share of the pixels that are near each."""
    left, held, middles = counts.copy(), list[float](), list[Floats]()
    while left.any() and len(held) < MOST_COLORS:
        middle = cells[left.argmax()]
        away = np.abs(cells - middle).max(axis=1) * cell
        middles.append(middle * np.float32(cell))
        held.append(left[away <= within].sum() / counts.sum())
        left[away <= apart] = 0
    return np.stack(middles), np.array(held)


def _is_soft(colors: Floats, valid: Bools, middles: Floats) -> bool:
    """Tell whether what is near some colors changes smoothly, and is not of these colors alone."""
    every = max(1, colors[..., 0].size // MOST_COMPARED)
    down, across = np.indices([side // BLOCK for side in valid.shape])
    # Blocks along diagonals lie in all rows and in all columns.
    some = (down + across) % every == 0
    inside = np.arange(BLOCK)
    rows, columns = (BLOCK * each[some][:, None] + inside for each in (down, across))
    places = rows[:, :, None], columns[:, None, :]
    known = valid[places].all(axis=(1, 2))
    blocks = colors[places][known]
    means = blocks.mean(axis=(1, 2))[(blocks.max(axis=(1, 2)) - blocks.min(axis=(1, 2))).max(axis=1) <= LEVEL]
    others = 0
    for middle in middles:
        apart = np.abs(means - middle).max(axis=1)
        others += _count_others(means[apart <= WITHIN])
        means = means[apart > APART]
    return others > SOFT_SHARE * len(blocks)


def _count_others(means: Floats) -> int:
    """Count the means that are none of the few most frequent ones."""
    for _ in range(MOST_SHADES):
        if len(means):
            listed, counts = np.unique(np.rint(means / SHADE), axis=0, return_counts=True)
            means = means[np.abs(means - listed[counts.argmax()] * SHADE).max(axis=1) > SHADE]
    return len(means)


def _cells(listed: Floats, cell: float) -> tuple[Floats, NDArray[np.int64]]:
    """Count the colors in each cell of the color cube: the middles of those that hold any, in cells, and how many."""
    side = round(1 / cell) + 2
    numbers = np.rint(np.clip(listed, 0, 1) / cell).astype(np.int32) @ np.array([side**2, side, 1], np.int32)
    held, counts = np.unique(numbers, return_counts=True)
    cells = np.stack([held // side**2, held // side % side, held % side], axis=1).astype(np.float32)
    return cells, counts


def _is_palette(listed: Floats) -> bool:
    """Tell whether all colors that there are were chosen, such as black and white: their dots make other shades."""
    if len(listed) > MOST_COLORS:
        return False
    apart = np.abs(listed[:, None] - listed[None]).max(axis=2) + np.eye(len(listed))
    return float(apart.min()) > LEVEL
