"""Cutting: one place of the exemplar for each pixel of the canvas, with cuts where nobody sees them.

A mean of two pixels of a normal map is no normal of unit length, and no mean of heights has the mean color: what is
made of several maps that belong together is picked, and never mixed.
"""

import numpy as np
from numba import prange

from engine.synthesis.compiling import compiled
from engine.synthesis.matching.field import Bools, Floats, Places

SWEEPS = 6
# What a pixel that differs from the mean of its patches costs, in comparison to what is seen at a cut.
FIDELITY = 0.1
# Cost of a cut beyond which there is no exemplar to look at: as much as two pixels can differ by.
UNSEEN = 3.0


@compiled
def _sweep(
    origins: Places,
    places: Places,
    source: Floats,
    known: Bools,
    wanted: Floats,
    wrap_rows: bool,
    wrap_columns: bool,
    radius: int,
    parity: int,
    fidelity: np.float32,
    unseen: np.float32,
) -> None:
    """Let each second pixel choose again, by what its neighbors have and its patches say; these stay meanwhile."""
    height, width = known.shape
    rows, columns, channels = wanted.shape
    for row in prange(rows):
        for column in range((row + parity) % 2, columns, 2):
            least = np.float32(1e30)
            best_row, best_column = origins[row, column, 0], origins[row, column, 1]
            # What it has, its four neighbors' patches continued, and the nine patches at a distance.
            for number in range(14):
                if number == 0:
                    down, across = 0, 0
                elif number < 5:
                    down = (0, -1, 1, 0, 0)[number]
                    across = (0, 0, 0, -1, 1)[number]
                else:
                    down = ((number - 5) // 3 - 1) * radius
                    across = ((number - 5) % 3 - 1) * radius
                other_row, other_column = row + down, column + across
                if wrap_rows:
                    other_row %= rows
                if wrap_columns:
                    other_column %= columns
                if other_row < 0 or other_row >= rows or other_column < 0 or other_column >= columns:
                    continue
                if number < 5:
                    here_row = origins[other_row, other_column, 0] - down
                    here_column = origins[other_row, other_column, 1] - across
                else:
                    here_row = places[other_row, other_column, 0] - down
                    here_column = places[other_row, other_column, 1] - across
                if here_row < 0 or here_row >= height or here_column < 0 or here_column >= width:
                    continue
                if not known[here_row, here_column]:
                    continue
                cost = np.float32(0)
                for k in range(channels):
                    apart = source[here_row, here_column, k] - wanted[row, column, k]
                    cost += fidelity * apart * apart
                for side in range(4):
                    down = (-1, 1, 0, 0)[side]
                    across = (0, 0, -1, 1)[side]
                    next_row, next_column = row + down, column + across
                    if wrap_rows:
                        next_row %= rows
                    if wrap_columns:
                        next_column %= columns
                    if next_row < 0 or next_row >= rows or next_column < 0 or next_column >= columns:
                        continue
                    there_row, there_column = origins[next_row, next_column, 0], origins[next_row, next_column, 1]
                    if there_row == here_row + down and there_column == here_column + across:
                        continue
                    # Both sides of a cut are compared with what would have gone on there (Kwatra et al. 2003).
                    for end in range(2):
                        if end == 0:
                            a_row, a_column = here_row, here_column
                            b_row, b_column = there_row - down, there_column - across
                        else:
                            a_row, a_column = there_row, there_column
                            b_row, b_column = here_row + down, here_column + across
                        inside = 0 <= b_row < height and 0 <= b_column < width
                        if not inside or not known[b_row, b_column]:
                            cost += unseen
                        else:
                            for k in range(channels):
                                apart = source[a_row, a_column, k] - source[b_row, b_column, k]
                                cost += apart * apart
                if cost < least:
                    least = cost
                    best_row, best_column = here_row, here_column
            origins[row, column, 0], origins[row, column, 1] = best_row, best_column


def cut(
    start: Places, places: Places, source: Floats, known: Bools, wanted: Floats, wrap: tuple[bool, bool], radius: int
) -> Places:
    """Choose the place of the exemplar that each pixel comes from, so that cuts lie where both sides fit.

    The costs are those of graph cuts (Kwatra et al. 2003, "Graphcut Textures"). Departs from the paper in that pixels
    choose in turn until few change (iterated conditional modes; Besag 1986), because there are hundreds of patches.

    Args:
        start: Row and column for each pixel to start with, int32 (height, width, 2).
        places: Of the center of the nearest patch, likewise.
        source: What is compared of the exemplar, float32 (rows, columns, channels), contiguous.
        known: Which of its pixels may be taken, boolean (rows, columns).
        wanted: The mean of the patches, float32 (height, width, channels), contiguous.
        wrap: Whether rows, and columns, of the canvas go on at the other side.
        radius: Patches are 2 radius + 1 pixels wide.

    Returns:
        Row and column for each pixel, int32 (height, width, 2); all known.
    """
    found = start.copy()
    for _ in range(SWEEPS):
        for parity in (0, 1):
            _sweep(
                found,
                places,
                source,
                known,
                wanted,
                *wrap,
                radius,
                parity,
                np.float32(FIDELITY),
                np.float32(UNSEEN),
            )
    return found
