"""Pair the values of two rows by rank without sorting them, on the CPU.

Both rows are counted in bins. The cumulative count at a bin is the rank of its values, and the other row's cumulative
counts say which values have that rank. A bin whose ranks span more than a small part of the other row's spread, as in
long tails, is wide: it is divided, and its values are put in order.

Rows are shared out among threads and each is computed by one, so the result does not depend on their number.
"""

import numpy as np
from numba import prange
from numpy.typing import NDArray

from engine.synthesis.compiling import compiled, inlined

Floats = NDArray[np.float32]
Numbers = NDArray[np.int32]

# In standard deviations of a row: how wide a bin is, and by how much what its values are paired with may differ.
WIDTH = np.float32(0.00125)
SPAN = np.float32(0.005)
MOST_BINS = 1 << 17
BINS_PER_VALUE = 4
# Values of divided bins are put in order by moving each a few places, or sorted if that would be more than this.
MOVES_PER_VALUE = 16
TINY = np.float32(1e-30)


@inlined
def _bins(x: Floats, most: int) -> tuple[np.float32, int, np.float32, np.float32]:
    """Divide the range of a row into bins: lowest value, number of bins, bins per unit, standard deviation."""
    low, high = x[0], x[0]
    for k in range(len(x)):
        low, high = min(low, x[k]), max(high, x[k])
    total, squares = np.float64(0), np.float64(0)
    for k in range(len(x)):
        above = np.float64(x[k] - low)
        total += above
        squares += above * above
    mean = total / len(x)
    spread = np.float32(np.sqrt(max(squares / len(x) - mean * mean, np.float64(0))))
    # Limited as an integer too: a number that is not finite becomes any integer.
    count = max(int(min((high - low) / max(WIDTH * spread, TINY), np.float32(most))), 0)
    return low, min(count, most) + 1, np.float32(count) / max(high - low, TINY), spread


@inlined
def _bin(value: np.float32, low: np.float32, scale: np.float32, bins: int) -> np.int32:
    return min(max(np.int32((value - low) * scale), np.int32(0)), np.int32(bins - 1))


@inlined
def _tabulate(y: Floats, low: np.float32, bins: int, scale: np.float32) -> tuple[Floats, Numbers]:
    """Compute the mean of each bin that is not empty, and the number of values up to its end."""
    means, ends = np.zeros(bins, np.float32), np.zeros(bins, np.int32)
    width = np.float32(1) / max(scale, TINY)
    for k in range(len(y)):
        here = _bin(y[k], low, scale, bins)
        # From the bin's lower end, so that sums stay small and exact.
        means[here] += y[k] - (low + np.float32(here) * width)
        ends[here] += 1
    used, end = 0, 0
    for i in range(bins):
        if ends[i] > 0:
            means[used] = low + np.float32(i) * width + means[i] / np.float32(ends[i])
            end += ends[i]
            ends[used] = end
            used += 1
    return means[:used], ends[:used]


@inlined
def _read(means: Floats, ends: Numbers, i: int, rank: float) -> np.float32:
    """Read the value at a rank within bin i, linear between whole ranks."""
    below = np.int64(rank)
    found: np.float32 = means[i]
    if ends[i] == below + 1 and i + 1 < len(ends):
        found += np.float32(rank - below) * (means[i + 1] - found)
    return found


@inlined
def _aims(counts: Numbers, means: Floats, ends: Numbers, step: float, span: np.float32) -> tuple[Floats, int]:
    """Pair the lowest and the highest value of each bin; make the counts of wide bins negative.

    Returns:
        What the lowest is paired with and how much more the highest is, shape (2, bins); the number of wide values.
    """
    aims = np.empty((2, len(counts)), np.float32)
    first, i, wide = 0, 0, 0
    for j in range(len(counts)):
        count = counts[j]
        if count == 0:
            continue
        while ends[i] <= first * step:
            i += 1
        lowest = _read(means, ends, i, first * step)
        first += count
        while ends[i] <= (first - 1) * step:
            i += 1
        highest = _read(means, ends, i, (first - 1) * step)
        aims[0, j], aims[1, j] = lowest, highest - lowest
        if highest - lowest > span:
            counts[j] = -count
            wide += count
    return aims, wide


@inlined
def _wide_aims(counts: Numbers, means: Floats, ends: Numbers, step: float, wide: int) -> Floats:
    """List what the ranks in wide bins are paired with."""
    aims = np.empty(wide, np.float32)
    first, i, found = 0, 0, 0
    for j in range(len(counts)):
        last = first + abs(counts[j])
        if counts[j] < 0:
            for rank in range(first, last):
                while ends[i] <= rank * step:
                    i += 1
                aims[found] = _read(means, ends, i, rank * step)
                found += 1
        first = last
    return aims


@inlined
def _divided(
    x: Floats, low: np.float32, scale: np.float32, places: Numbers, counts: Numbers, wide: int
) -> tuple[Numbers, Numbers, Numbers]:
    """List positions of values in wide bins, the part of its bin each lies in, and the first ranks of the parts."""
    starts, parts = np.empty(len(counts), np.int32), 0
    for j in range(len(counts)):
        if counts[j] < 0:
            starts[j] = parts
            parts += 2 - 2 * counts[j]
    listed, inner, ranks = np.empty(wide, np.int32), np.empty(wide, np.int32), np.zeros(parts + 1, np.int32)
    found = 0
    for k in range(len(x)):
        j = places[k]
        if counts[j] < 0:
            size = 2 - 2 * counts[j]
            within = (np.float64(x[k]) - low) * scale - j
            listed[found] = k
            inner[found] = starts[j] + min(max(np.int64(within * size), 0), size - 1)
            ranks[inner[found] + 1] += 1
            found += 1
    for part in range(parts):
        ranks[part + 1] += ranks[part]
    return listed, inner, ranks


@inlined
def _ordered(x: Floats, listed: Numbers, inner: Numbers, ranks: Numbers) -> Numbers:
    """Put the listed positions in the order of their values; in their own where these are equal."""
    order = np.empty(len(listed), np.int32)
    for found in range(len(listed)):
        part = inner[found]
        order[ranks[part]] = listed[found]
        ranks[part] += 1
    left = MOVES_PER_VALUE * len(listed)
    for rank in range(1, len(order)):
        k, to = order[rank], rank
        while to > 0 and left > 0 and x[order[to - 1]] > x[k]:
            order[to] = order[to - 1]
            to -= 1
            left -= 1
        order[to] = k
    if left == 0:
        order = listed[np.argsort(x[listed], kind="mergesort")]
    return order


@compiled
def pair_rows(values: Floats, others: Floats, found: Floats) -> None:
    """Find for each value the other row's value of the same rank.

    It is off by less than 1 % of the other row's standard deviation.

    Args:
        values: Finite, shape (rows, count), contiguous, count at least 1.
        others: Finite, shape (rows, other count), likewise.
        found: Is written to, shape (rows, count), contiguous.
    """
    count = values.shape[1]
    step = (others.shape[1] - 1) / max(count - 1, 1)
    for row in prange(len(values)):
        x, y, paired = values[row], others[row], found[row]
        low, bins, scale, spread = _bins(y, MOST_BINS)
        means, ends = _tabulate(y, low, bins, scale)
        span = SPAN * spread
        low, bins, scale, spread = _bins(x, min(MOST_BINS, BINS_PER_VALUE * count))
        places, counts = np.empty(count, np.int32), np.zeros(bins, np.int32)
        for k in range(count):
            places[k] = _bin(x[k], low, scale, bins)
        for k in range(count):
            counts[places[k]] += 1
        aims, wide = _aims(counts, means, ends, step, span)
        for k in range(count):
            j = places[k]
            paired[k] = aims[0, j] + ((x[k] - low) * scale - np.float32(j)) * aims[1, j]
        if wide > 0:
            listed, inner, ranks = _divided(x, low, scale, places, counts, wide)
            order = _ordered(x, listed, inner, ranks)
            aims = _wide_aims(counts, means, ends, step, wide)
            for rank in range(wide):
                paired[order[rank]] = aims[rank]
