"""Trends: what changes smoothly around a hole, such as a clear sky, goes on by itself and is not copied."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial.chebyshev import chebgrid2d, chebvander2d
from numpy.typing import NDArray

from engine.synthesis.matching.field import Bools, Floats

Vectors = NDArray[np.floating[Any]]

DEGREE = 4
# How far around a hole its trend is looked for: so many pixels, or this share of the hole's longer side.
LEAST_REACH = 24
REACH = 0.75
# A trend explains so much of the variance around the hole, and leaves no edge: for all but one pixel in a hundred no
# more than this share of the range of the colors.
LEAST_EXPLAINED = 0.9
LARGEST_REST = 0.2
# Below this spread, colors in [0, 1], there is nothing to explain.
LEAST_SPREAD = 2 / 255
# Pixels that the polynomial is fitted to, at most.
SAMPLES = 20_000
FEWEST = 200


@dataclass(frozen=True, eq=False)
class Trend:
    """A polynomial of rows and columns for each color.

    Attributes:
        weights: Of the products of Chebyshev polynomials of both, (rows, columns, colors).
        middle: Row and column that stand for 0.
        reach: Pixels that stand for 1.
    """

    weights: Vectors
    middle: tuple[float, float]
    reach: float

    def over(self, size: tuple[int, int], corner: tuple[int, int]) -> Floats:
        """Give the colors of a whole picture whose first pixel lies at a corner, float32 (height, width, colors)."""
        rows, columns = (
            (np.arange(side) + first - middle) / self.reach
            for side, first, middle in zip(size, corner, self.middle, strict=True)
        )
        found: Floats = np.moveaxis(chebgrid2d(rows, columns, self.weights), 0, -1).astype(np.float32)
        return found


def find_trend(colors: Floats, valid: Bools, hole: tuple[slice, slice]) -> tuple[Trend, tuple[slice, slice]] | None:
    """Find out whether a trend explains nearly all that lies around a hole.

    Args:
        colors: The picture that the hole is in, float32 (height, width, colors).
        valid: What is known of it, boolean (height, width).
        hole: Bounds of the hole, within the picture or beyond its border.

    Returns:
        The trend, and the part of the picture that it holds for; None where it does not explain enough.
    """
    longer = max(each.stop - each.start for each in hole)
    reach = max(LEAST_REACH, round(REACH * longer))
    part = tuple(
        slice(max(0, each.start - reach), max(0, min(side, each.stop + reach)))
        for each, side in zip(hole, valid.shape, strict=True)
    )
    known = valid[part]
    rows, columns = np.nonzero(known)
    if len(rows) < FEWEST:
        return None
    thinned = slice(None, None, -(-len(rows) // SAMPLES))
    values = colors[part][rows[thinned], columns[thinned]].astype(np.float64)
    middle = (hole[0].start + hole[0].stop) / 2, (hole[1].start + hole[1].stop) / 2
    there = rows[thinned] + part[0].start, columns[thinned] + part[1].start
    scale = longer / 2 + reach
    terms = chebvander2d((there[0] - middle[0]) / scale, (there[1] - middle[1]) / scale, [DEGREE, DEGREE])
    # Products of a higher degree than each polynomial swing where nothing holds them.
    weights = np.zeros((terms.shape[1], values.shape[1]))
    low = np.add.outer(np.arange(DEGREE + 1), np.arange(DEGREE + 1)).ravel() <= DEGREE
    weights[low] = np.linalg.lstsq(terms[:, low], values, rcond=None)[0]
    rest = values - terms @ weights
    spread = float(values.var(axis=0).sum())
    extent = float((np.percentile(values, 99, axis=0) - np.percentile(values, 1, axis=0)).max())
    if spread < LEAST_SPREAD**2 or 1 - float((rest**2).mean(axis=0).sum()) / spread < LEAST_EXPLAINED:
        return None
    if float(np.percentile(np.abs(rest), 99)) > LARGEST_REST * extent:
        return None
    return Trend(weights.reshape(DEGREE + 1, DEGREE + 1, -1), middle, scale), (part[0], part[1])
