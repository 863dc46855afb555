"""Contrast: what is faint is enlarged before a hole is filled, so that it is compared and kept like what is strong.

Limits below which nothing is seen hold for the contrast of a photograph, of 8 bits. A height map of 16 bits, or a
plaster, may show all that it has within a few of those levels.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.synthesis.matching.field import Floats

# A level of 8 bits differs by so much from the next one, and one of 16 bits.
COARSEST, FINEST = 1 / 255, 1 / 65535
# So many values tell how they were rounded. They were to 8 bits if this part of them is that near to their levels, in
# steps between two: the rest may lie under something half transparent.
VALUES = 2**16
ROUNDED, NEAR = 0.9, 1e-3
# A color profile moves colors off the levels, and they differ by a level or so all the same. Those that are finer
# differ by less than this part of one here and there; in dark parts, those of 8 bits do so, too.
LESS, HERE_AND_THERE = 0.3, 0.02
DARK = 0.06
FEWEST = 2
# Colors are faint if nearly all of them, %, lie within less than this, in values of [0, 1].
FAINT = 0.5
NEARLY_ALL = (1, 99)
HALF = np.float32(0.5)


@dataclass(frozen=True, eq=False)
class Contrast:
    """An enlarged contrast.

    Attributes:
        gain: How many times it is as large.
        middle: The color that becomes medium gray, float32 (3,).
        rounding: The step between two levels of the colors when they are enlarged, in [0, 1/255].
    """

    gain: float
    middle: Floats
    rounding: float

    def enlarge(self, colors: Floats) -> Floats:
        """Enlarge the contrast of colors (…, 3); those that are far off the middle leave [0, 1]."""
        if self.gain == 1:
            return colors
        found: Floats = (colors - self.middle) * np.float32(self.gain) + HALF
        return found

    def reduce(self, colors: Floats) -> Floats:
        """Undo `enlarge`."""
        if self.gain == 1:
            return colors
        found: Floats = (colors - HALF) / np.float32(self.gain) + self.middle
        return found


def find_contrast(colors: Floats, rounding: float) -> Contrast:
    """Find out how much the contrast of colors is to be enlarged: as far as their rounding is not seen then.

    Args:
        colors: RGB, float32 (count, 3).
        rounding: The step between two of their levels, see `find_rounding`.

    Returns:
        The contrast, of gain 1 for strong colors, for a single one, and for those of 8 bits.
    """
    low, high = np.percentile(_some(colors), NEARLY_ALL, axis=0) if len(colors) else np.zeros((2, 3))
    extent = float((high - low).max())
    gain = max(1.0, min(FAINT / extent, COARSEST / rounding)) if extent > 0 else 1.0
    return Contrast(gain, ((low + high) / 2).astype(np.float32), gain * rounding)


def find_rounding(colors: Floats) -> float:
    """Find the step between two levels of colors.

    Args:
        colors: RGB in [0, 1], float32 (count, 3); most are followed by their neighbor.

    Returns:
        1/65535 for colors that are finer than 8 bits; 1/255 for those of 8 bits, also if they are stored in more or
        have another profile, for colors that all differ much or not at all, and for none.
    """
    if len(colors) < FEWEST:
        return COARSEST
    values = _some(colors) / COARSEST
    if np.mean(np.abs(values - np.rint(values)) < NEAR) >= ROUNDED:
        return COARSEST
    some = np.arange(0, len(colors) - 1, max(1, colors.size // VALUES))
    bright = some[colors[some].max(axis=1) > DARK]
    listed = bright if len(bright) else some
    steps = np.abs(colors[listed + 1] - colors[listed]).max(axis=1)
    return FINEST if np.mean((steps > 0) & (steps < LESS * COARSEST)) >= HERE_AND_THERE else COARSEST


def _some(colors: Floats) -> NDArray[np.floating[Any]]:
    """Take evenly some of many colors."""
    return colors[:: max(1, colors.size // VALUES)]
