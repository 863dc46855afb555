"""What is copied from an exemplar, from its pixels and from between them."""

from dataclasses import dataclass

import numpy as np
from numba import prange

from engine.synthesis.compiling import compiled
from engine.synthesis.matching.field import Bools, Floats, Places

# Of cubic interpolation: −0.5 follows curves most exactly, this one keeps the contrast of thin lines.
CUBIC = np.float32(-0.75)


@dataclass(frozen=True, eq=False)
class Copied:
    """What is copied from an exemplar.

    Attributes:
        source: RGB of the exemplar, float32 (height, width, 3), contiguous.
        known: Which of its pixels may be taken, boolean (height, width).
        origins: Row and column in it of each pixel, int32 (rows, columns, 2).
        bends: What to add to the origins, float32, likewise, 0 for most; None for nothing.
    """

    source: Floats
    known: Bools
    origins: Places
    bends: Floats | None = None

    def colors(self, axis: int = 0, step: int = 0) -> Floats:
        """Take the colors of each pixel, or of what lies a step along an axis beside it: (rows, columns, 3)."""
        places = [self.origins[..., 0], self.origins[..., 1]]
        places[axis] = places[axis] + step
        rows, columns = (np.clip(each, 0, side - 1) for each, side in zip(places, self.source.shape[:2], strict=True))
        found: Floats = self.source[rows, columns]
        if self.bends is not None:
            bent = (self.bends[..., 0] != 0) | (self.bends[..., 1] != 0)
            moved = found[bent]
            at = np.stack([each[bent] for each in places], axis=-1) + self.bends[bent]
            _interpolate(self.source, self.known, at.astype(np.float32), moved)
            found[bent] = moved
        return found


@compiled
def _interpolate(source: Floats, known: Bools, places: Floats, found: Floats) -> None:
    """Look a picture up at places between its pixels, by cubics of four of them (Keys 1981).

    Args:
        source: float32 (height, width, channels), contiguous; beyond its borders it continues with its last pixels.
        known: Which of its pixels count, boolean (height, width). Beside others, the nearest pixel is taken.
        places: Rows and columns, float32 (count, 2).
        found: Is changed, float32 (count, channels); where even the nearest pixel is not known it stays.
    """
    height, width, channels = source.shape
    for number in prange(len(places)):
        first_row, first_column = int(np.floor(places[number, 0])), int(np.floor(places[number, 1]))
        weights = np.empty((2, 4), np.float32)
        for axis in range(2):
            t = places[number, axis] - (first_row if axis == 0 else first_column)
            for side in range(2):
                near = t if side == 0 else 1 - t
                weights[axis, side + 1] = ((CUBIC + 2) * near - (CUBIC + 3)) * near * near + 1
                weights[axis, 3 * side] = CUBIC * near * (near - 1) ** 2
        whole = True
        total = np.zeros(channels, np.float32)
        for down in range(4):
            row = min(max(first_row + down - 1, 0), height - 1)
            for across in range(4):
                column = min(max(first_column + across - 1, 0), width - 1)
                whole &= known[row, column]
                for k in range(channels):
                    total[k] += weights[0, down] * weights[1, across] * source[row, column, k]
        if whole:
            found[number] = total
            continue
        row = min(max(int(np.rint(places[number, 0])), 0), height - 1)
        column = min(max(int(np.rint(places[number, 1])), 0), width - 1)
        if known[row, column]:
            found[number] = source[row, column]
