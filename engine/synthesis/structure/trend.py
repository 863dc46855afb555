"""Trends: what changes smoothly around a hole, such as a clear sky, goes on by itself and is not copied."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.polynomial.chebyshev import chebgrid2d, chebvander2d
from numpy.typing import NDArray
from scipy import ndimage

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
# How far around a hole its trend is looked for: so many pixels, or this share of the hole's longer side.
LEAST_REACH, REACH = 24, 0.75
# Where something else lies there, too, a trend is that of the pixels so near the hole, nearly all of them, and of all
# that go on as they do: within so many standard deviations of what is left of them, or this share of their range.
# That is repeated so many times. Pixels so near to the something else count as that, too.
NEAR = 16
MOST_NEAR = 0.98
TOLERANCE, LEAST_TOLERANCE = 4, 0.05
ROUNDS = 12
BESIDE = 5
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
SAMPLES = 20_000
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


@dataclass(frozen=True, eq=False)
class _Pixels:
    """Known pixels around a hole.

    Attributes:
        rows: Of the picture.
        columns: Likewise.
        values: Their colors, (count, colors).
        middle: Row and column of the middle of the hole.
        reach: Pixels from there to the furthest.
    """

    rows: Numbers
    columns: Numbers
    values: Vectors
    middle: tuple[float, float]
    reach: float

    def fit(self, chosen: Bools, degree: int) -> tuple[Trend, Vectors]:
        """Fit a polynomial of a degree to some of the pixels, and tell what it leaves of all of them."""
        rows, columns = (
            (places - middle) / self.reach
            for places, middle in zip((self.rows, self.columns), self.middle, strict=True)
        )
        terms = chebvander2d(rows, columns, [degree, degree])
        # Products of a higher degree than each polynomial swing where nothing holds them.
        weights = np.zeros((terms.shape[1], self.values.shape[1]))
        low = np.add.outer(np.arange(degree + 1), np.arange(degree + 1)).ravel() <= degree
        weights[low] = np.linalg.lstsq(terms[np.ix_(chosen, low)], self.values[chosen], rcond=None)[0]
        trend = Trend(weights.reshape(degree + 1, degree + 1, -1), self.middle, self.reach)
        return trend, self.values - terms @ weights


def find_trend(
    colors: Floats, valid: Bools, hole: tuple[slice, slice], rounding: float = COARSEST
) -> tuple[Trend, tuple[slice, slice], Bools] | None:
    """Find out whether a trend explains nearly all that lies around a hole, or all that goes on as its border does.

    Args:
        colors: The picture that the hole is in, float32 (height, width, colors).
        valid: What is known of it, boolean (height, width).
        hole: Bounds of the hole, within the picture or beyond its border.
        rounding: The step between two levels of the colors, see `find_rounding`.

    Returns:
        The trend, the part of the picture that it was looked for in, and what of that is something else, boolean
        (rows, columns); None where it does not explain enough.
    """
    reach = max(LEAST_REACH, round(REACH * max(each.stop - each.start for each in hole)))
    part = _part(hole, reach, valid.shape)
    known = valid[part]
    rows, columns = np.nonzero(known)
    if len(rows) < FEWEST:
        return None
    every = -(-len(rows) // SAMPLES)
    rows, columns = rows[::every] + part[0].start, columns[::every] + part[1].start
    values = colors[rows, columns].astype(np.float64)
    middle = (hole[0].start + hole[0].stop) / 2, (hole[1].start + hole[1].stop) / 2
    scale = max(each.stop - each.start for each in hole) / 2 + reach
    pixels = _Pixels(rows, columns, values, middle, scale)
    beyond = _cuts_corner(hole, part, known) or any(
        each.start < axis.min() or each.stop > axis.max() + 1
        for each, axis in zip(hole, (rows, columns), strict=True)
    )
    degree, least = DEGREE_BEYOND if beyond else DEGREE, LEAST_SPREAD * rounding
    trend, rest = pixels.fit(np.ones(len(rows), bool), degree)
    # Beyond what is known, what lies under grain is no more than a guess.
    if _explains(values, rest, least) or (not beyond and _leaves_grain((rows, columns), every, values, rest, least)):
        return replace(trend, bounds=_bounds(values) if beyond else None), part, np.zeros_like(known)
    near = _near(hole, valid, part)[rows - part[0].start, columns - part[1].start]
    found = _continued(pixels, near, degree, least)
    if found is None:
        return None
    trend, chosen, limit = found
    apart = np.abs(colors[part] - trend.over(known.shape, (part[0].start, part[1].start))).max(axis=2) > limit
    other = ndimage.maximum_filter(ndimage.uniform_filter(apart.astype(np.float32), BESIDE) > 0.5, 2 * BESIDE + 1)
    return replace(trend, bounds=_bounds(values[chosen]) if beyond else None), part, other


def _part(hole: tuple[slice, slice], reach: int, size: tuple[int, ...]) -> tuple[slice, slice]:
    rows, columns = (
        slice(max(0, each.start - reach), max(0, min(side, each.stop + reach)))
        for each, side in zip(hole, size, strict=True)
    )
    return rows, columns


def _cuts_corner(hole: tuple[slice, slice], part: tuple[slice, slice], known: Bools) -> bool:
    """Tell whether a corner of a part is missing with the hole: nothing known lies on the other side of it."""
    rows, columns = (
        [end for end, at in ((0, side.start), (-1, side.stop - 1)) if each.start <= at < each.stop]
        for each, side in zip(hole, part, strict=True)
    )
    return any(not known[row, column] for row in rows for column in columns)


def _near(hole: tuple[slice, slice], valid: Bools, part: tuple[slice, slice]) -> Bools:
    """Tell what of a part lies near the hole."""
    missing = np.zeros([max(p.stop, h.stop) - min(p.start, h.start) for p, h in zip(part, hole, strict=True)], bool)
    first = [min(p.start, h.start) for p, h in zip(part, hole, strict=True)]
    missing[tuple(slice(h.start - at, h.stop - at) for h, at in zip(hole, first, strict=True))] = True
    inside = tuple(slice(p.start - at, p.stop - at) for p, at in zip(part, first, strict=True))
    missing[inside] &= ~valid[part]
    near: Bools = ndimage.maximum_filter(missing, 2 * NEAR + 1)[inside]
    return near


def _continued(pixels: _Pixels, near: Bools, degree: int, least: float) -> tuple[Trend, Bools, float] | None:
    """Find the trend of what lies near a hole and of all that goes on so; these; and what it leaves of them."""
    if near.sum() < FEWEST:
        return None
    chosen: Bools = near
    floor = max(least, LEAST_TOLERANCE * _extent(pixels.values[near]))
    trend, rest = pixels.fit(near, DEGREE_BEYOND)
    if not _explains(pixels.values[near], rest[near], least):
        return None
    limit = 0.0
    for _ in range(ROUNDS):
        limit = max(floor, TOLERANCE * float(rest[chosen].std()))
        like = np.asarray((np.abs(rest) <= limit).all(axis=1))
        if np.count_nonzero(like & near) < MOST_NEAR * np.count_nonzero(near):
            return None
        if (like == chosen).all():
            break
        chosen = like
        trend, rest = pixels.fit(chosen, degree)
    if not _explains(pixels.values[chosen], rest[chosen], least):
        return None
    return trend, chosen, limit


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
