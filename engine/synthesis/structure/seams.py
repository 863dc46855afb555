"""Seams: copies of the exemplar meet where nobody sees it (Kwatra et al. 2003, "Graphcut Textures")."""

import numpy as np
from numba import prange
from scipy import ndimage

from engine.synthesis.compiling import compiled, compiled_serially
from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.offsets import View

# Copies between which is chosen: those of most places. Time grows with their square.
MOST = 16
# Pixels around a hole with which copies are to fit as with each other.
RING = 3
# What a window says of a copy, in comparison to what is seen at a seam: of 0.03 to 1, this one made fills fit better
# in seven pictures of eight. With more of it, seams stay straight.
FIDELITY = np.float32(0.05)
SWEEPS = 6
# A squared difference beyond this is another structure, however large it is.
WORST = np.float32(0.3)
NEVER = np.float32(1e6)


@compiled
def _measure(brought: Floats, within: Bools, found: Floats) -> None:
    """Measure for each place how much what two copies bring there differs."""
    labels, count, channels = brought.shape
    for place in prange(count):
        for a in range(labels):
            found[place, a, a] = 0
            for b in range(a):
                apart = WORST
                if within[a, place] and within[b, place]:
                    total = np.float32(0)
                    for k in range(channels):
                        total += (brought[a, place, k] - brought[b, place, k]) ** 2
                    apart = min(total, WORST)
                found[place, a, b] = apart
                found[place, b, a] = apart


@compiled_serially
def _pass_on(costs: Floats, apart: Floats, neighbors: Places, messages: Floats, first: int) -> None:
    """Tell two neighbors of each place, from the `first` on, what its labels cost: those behind it in its order."""
    count, labels = costs.shape
    total = np.empty(labels, np.float32)
    for step in range(count):
        place = step if first else count - 1 - step
        for a in range(labels):
            total[a] = costs[place, a]
            for side in range(4):
                total[a] += messages[place, side, a]
        for side in range(first, first + 2):
            other = neighbors[place, side]
            if other < 0:
                continue
            least = np.float32(1e30)
            passed = messages[other, (side + 2) % 4]
            for b in range(labels):
                cost = np.float32(1e30)
                for a in range(labels):
                    here = np.float32(0.5) * total[a] - messages[place, side, a]
                    cost = min(cost, here + apart[place, a, b] + apart[other, a, b])
                passed[b] = cost
                least = min(least, cost)
            for b in range(labels):
                passed[b] -= least


@compiled_serially
def _settle(costs: Floats, apart: Floats, neighbors: Places, messages: Floats, found: Places, chosen: int) -> None:
    """Choose labels in the order of rows, by those of the first `chosen` neighbors and by what the others tell."""
    count, labels = costs.shape
    for place in range(count):
        least = np.float32(1e30)
        best = found[place]
        for a in range(labels):
            cost = costs[place, a]
            for side in range(4):
                other = neighbors[place, side]
                if side >= chosen:
                    cost += messages[place, side, a]
                elif other >= 0:
                    cost += apart[place, a, found[other]] + apart[other, a, found[other]]
            if cost < least:
                least = cost
                best = a
        found[place] = best


def cut_seams(canvas: View, hole: Bools, source: View, offsets: Places, within: Bools, costs: Floats) -> Places:
    """Choose one of several offsets for each place of a hole, so that little is seen where two of them meet.

    Costs of seams are those of graph cuts (Kwatra et al. 2003). Departs from the paper in that neighbors pass
    messages (sequential tree-reweighted; Kolmogorov 2006), since many offsets are chosen from at once.

    Args:
        canvas: What lies around the hole.
        hole: The places, boolean (height, width), each reached by an offset.
        source: The exemplar.
        offsets: Rows and columns to add to a place for its place in the exemplar, int32 (count, 2).
        within: Where each of them reaches what may be sampled, boolean (count, height, width).
        costs: What each costs there, float32 of the same shape; those that are lowest somewhere are chosen from.

    Returns:
        The number of an offset for each place of the hole and of a thin ring around it, int32 (height, width); −1
        elsewhere.
    """
    found = np.full(hole.shape, -1, np.int32)
    if not hole.any():
        return found
    counts = np.bincount(costs.argmin(axis=0)[hole], minlength=len(offsets))
    used = np.argsort(-counts, kind="stable")[:MOST]
    used = used[counts[used] > 0]
    ring = ndimage.binary_dilation(hole, np.ones((2 * RING + 1, 2 * RING + 1))) & canvas.trusted & ~hole
    # No place is left to an offset that does not reach it.
    hole = hole & within[used].any(axis=0)
    ring &= within[used].any(axis=0)
    rows, columns = np.nonzero(hole | ring)
    inside = np.ascontiguousarray(within[used][:, rows, columns])
    brought = np.zeros((*inside.shape, source.features.shape[2]), np.float32)
    for number, (row, column) in enumerate(offsets[used].tolist()):
        here = inside[number]
        brought[number, here] = source.features[rows[here] + row, columns[here] + column]
    misfit = np.minimum(((brought - canvas.features[rows, columns]) ** 2).sum(axis=2), WORST)
    said = FIDELITY * costs[used][:, rows, columns]
    price = np.where(inside, np.where(ring[rows, columns], misfit, said), NEVER).T
    apart = np.empty((len(rows), len(used), len(used)), np.float32)
    _measure(brought, inside, apart)
    found[rows, columns] = used[_least_seen(np.ascontiguousarray(price, np.float32), apart, _neighbors(hole | ring))]
    return found


def _least_seen(costs: Floats, apart: Floats, neighbors: Places) -> Places:
    messages = np.zeros((len(costs), 4, costs.shape[1]), np.float32)
    for _ in range(SWEEPS):
        for first in (2, 0):
            _pass_on(costs, apart, neighbors, messages, first)
    found = np.zeros(len(costs), np.int32)
    # Those behind a place are not chosen yet in the first turn.
    for chosen in (2, 4, 4):
        _settle(costs, apart, neighbors, messages, found, chosen)
    return found


def _neighbors(marked: Bools) -> Places:
    """Number what is marked, and list the neighbors above, left, below and right, −1 for none, int32 (count, 4)."""
    numbers = np.pad(np.full(marked.shape, -1, np.int32), 1, constant_values=-1)
    numbers[1:-1, 1:-1][marked] = np.arange(int(marked.sum()), dtype=np.int32)
    around = numbers[:-2, 1:-1], numbers[1:-1, :-2], numbers[2:, 1:-1], numbers[1:-1, 2:]
    return np.stack([each[marked] for each in around], axis=1)
