"""Trends: what changes smoothly around a hole, such as a clear sky, goes on by itself and is not copied."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial.chebyshev import chebgrid2d, chebvander2d
from numpy.typing import NDArray

from engine.synthesis.matching.field import Bools, Floats
from engine.synthesis.structure.contrast import COARSEST

Vectors = NDArray[np.floating[Any]]
Numbers = NDArray[np.int64]

DEGREE = 4
# Beyond what is known, a higher degree swings.
DEGREE_BEYOND = 2
# How far colors go on there beyond the known ones, along their longest principal axis and along the others, as a
# share of their extent: brighter and darker, and of much the same hues.
WIDENED, WIDENED_ACROSS = 1.0, 0.5
# How far around a hole its trend is looked for: so many pixels, or this share of the hole's longer side. Where there
# is none, because something else lies so far around, it is looked for nearer, and in fewer pixels.
LEAST_REACH = 24
REACHES = (0.75, 0.35, 0.15)
# A trend explains so much of the variance around the hole, and leaves no edge: for all but one pixel in a hundred no
# more than this share of the range of the colors.
LEAST_EXPLAINED = 0.9
LARGEST_REST = 0.2
# Grain is judged by means of so many pixels, and so many means at least. An edge has longer tails than grain: of all
# but one pixel in a hundred, in standard deviations (2.6 for normal ones).
BLOCK, FEWEST_BLOCKS = 64, 30
LONGEST_TAILS = 3.2
# Below this spread, in steps between two levels, there is nothing to explain.
LEAST_SPREAD = 2
# Pixels that the polynomial is fitted to, at most.
SAMPLES, SAMPLES_NEARER = 20_000, 5_000
FEWEST = 200


@dataclass(frozen=True, eq=False)
class Trend:
    """A polynomial of rows and columns for each color.

    Attributes:
        weights: Of the products of Chebyshev polynomials of both, (rows, columns, colors).
        middle: Row and column that stand for 0.
        reach: Pixels that stand for 1.
        bounds: Principal axes of the colors, one a row, and the least and greatest coordinate along each; None where
            what is known surrounds the hole.
    """

    weights: Vectors
    middle: tuple[float, float]
    reach: float
    bounds: tuple[Vectors, Vectors, Vectors] | None = None

    def over(self, size: tuple[int, int], corner: tuple[int, int]) -> Floats:
        """Give the colors of a whole picture whose first pixel lies at a corner, float32 (height, width, colors)."""
        rows, columns = (
            (np.arange(side) + first - middle) / self.reach
            for side, first, middle in zip(size, corner, self.middle, strict=True)
        )
        found = np.moveaxis(chebgrid2d(rows, columns, self.weights), 0, -1)
        if self.bounds is not None:
            axes, low, high = self.bounds
            found = np.clip(found @ axes.T, low, high) @ axes
        colors: Floats = found.astype(np.float32)
        return colors


def find_trend(
    colors: Floats, valid: Bools, hole: tuple[slice, slice], rounding: float = COARSEST
) -> tuple[Trend, tuple[slice, slice]] | None:
    """Find out whether a trend explains nearly all that lies around a hole.

    Args:
        colors: The picture that the hole is in, float32 (height, width, colors).
        valid: What is known of it, boolean (height, width).
        hole: Bounds of the hole, within the picture or beyond its border.
        rounding: The step between two levels of the colors, see `find_rounding`.

    Returns:
        The trend, and the part of the picture that it holds for; None where it does not explain enough.
    """
    longer = max(each.stop - each.start for each in hole)
    reaches = sorted({max(LEAST_REACH, round(share * longer)) for share in REACHES}, reverse=True)
    for reach in reaches:
        found = _trend_within(reach, colors, valid, hole, LEAST_SPREAD * rounding, nearer=reach != reaches[0])
        if found is not None:
            return found
    return None


def _trend_within(
    reach: int, colors: Floats, valid: Bools, hole: tuple[slice, slice], least: float, *, nearer: bool
) -> tuple[Trend, tuple[slice, slice]] | None:
    """Find a trend so far around a hole; a `nearer` one only of what surrounds it."""
    part = tuple(
        slice(max(0, each.start - reach), max(0, min(side, each.stop + reach)))
        for each, side in zip(hole, valid.shape, strict=True)
    )
    known = valid[part]
    rows, columns = np.nonzero(known)
    if len(rows) < FEWEST:
        return None
    every = -(-len(rows) // (SAMPLES_NEARER if nearer else SAMPLES))
    thinned = slice(None, None, every)
    values = colors[part][rows[thinned], columns[thinned]].astype(np.float64)
    middle = (hole[0].start + hole[0].stop) / 2, (hole[1].start + hole[1].stop) / 2
    there = rows[thinned] + part[0].start, columns[thinned] + part[1].start
    scale = max(each.stop - each.start for each in hole) / 2 + reach
    beyond = any(
        each.start < axis.min() or each.stop > axis.max() + 1 for each, axis in zip(hole, there, strict=True)
    )
    if beyond and nearer:
        return None
    degree = DEGREE_BEYOND if beyond else DEGREE
    terms = chebvander2d((there[0] - middle[0]) / scale, (there[1] - middle[1]) / scale, [degree, degree])
    # Products of a higher degree than each polynomial swing where nothing holds them.
    weights = np.zeros((terms.shape[1], values.shape[1]))
    low = np.add.outer(np.arange(degree + 1), np.arange(degree + 1)).ravel() <= degree
    weights[low] = np.linalg.lstsq(terms[:, low], values, rcond=None)[0]
    rest = values - terms @ weights
    # Beyond what is known, what lies under grain is no more than a guess; a narrow ring may have one by chance.
    grainy = not (beyond or nearer) and _leaves_grain(there, every, values, rest, least)
    if not (grainy or _explains(values, rest, least)):
        return None
    bounds = _bounds(values) if beyond else None
    return Trend(weights.reshape(degree + 1, degree + 1, -1), middle, scale, bounds), (part[0], part[1])


def _explains(values: Vectors, rest: Vectors, least: float) -> bool:
    """Whether next to nothing is left of the colors of single pixels."""
    spread = float(values.var(axis=0).sum())
    if spread < least**2 or 1 - float((rest**2).mean(axis=0).sum()) / spread < LEAST_EXPLAINED:
        return False
    return float(np.percentile(np.abs(rest), 99)) <= LARGEST_REST * _extent(values)


def _leaves_grain(places: tuple[Numbers, Numbers], every: int, values: Vectors, rest: Vectors, least: float) -> bool:
    """Whether nothing but grain is left, as of film, of every so many pixels: means of many have nothing of it."""
    side = round(np.sqrt(BLOCK * every))
    numbers = (places[0] // side) * (int(places[1].max()) // side + 1) + places[1] // side
    counts = np.bincount(numbers)
    sums: Vectors = np.stack([np.bincount(numbers, each) for each in np.hstack([values, rest]).T], axis=1)
    full = counts >= BLOCK / 2
    means = sums[full] / counts[full, None]
    if len(means) < FEWEST_BLOCKS:
        return False
    whole, left = np.hsplit(means, 2)
    grain = float((rest**2).mean(axis=0).sum())
    if grain < (1 - LEAST_EXPLAINED) * float(values.var(axis=0).sum()):
        # Weak grain is explained with all else: these are edges.
        return False
    # What grain itself leaves of a mean does not count.
    more = float((left**2).mean(axis=0).sum()) - grain / BLOCK
    spread = float(whole.var(axis=0).sum()) - grain / BLOCK
    if spread < least**2 or 1 - more / spread < LEAST_EXPLAINED:
        return False
    tails = float(np.percentile(np.abs(rest), 99)) / max(float(rest.std()), 1e-9)
    return tails <= LONGEST_TAILS and float(np.percentile(np.abs(left), 99)) <= LARGEST_REST * _extent(whole)


def _extent(values: Vectors) -> float:
    return float((np.percentile(values, 99, axis=0) - np.percentile(values, 1, axis=0)).max())


def _bounds(values: Vectors) -> tuple[Vectors, Vectors, Vectors]:
    axes = np.linalg.svd(np.cov(values.T).reshape(values.shape[1], -1))[2]
    along = values @ axes.T
    low, high = along.min(axis=0), along.max(axis=0)
    longest = np.arange(len(axes)) == np.argmax(high - low)
    more = np.where(longest, WIDENED, WIDENED_ACROSS) * (high - low)
    return axes, low - more, high + more
