"""Labels: for each place of a hole the offset at which the exemplar fits best to all that lies around it."""

from collections.abc import Generator

import numpy as np
from numba import prange
from scipy import ndimage

from engine.synthesis.compiling import compiled
from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.offsets import View
from engine.synthesis.structure.seams import cut_seams

# Radii of what a place is compared by, in depths of the hole: from all around it to its nearest neighbors.
WINDOWS = (0.75, 0.5, 0.33, 0.2, 0.12)
NARROWEST = 3
# A squared difference beyond this is another structure, however large it is.
WORST = 0.3
# What is known counts for more than what has been filled in.
KNOWN = 2.0
UNSEEN = 0.1
OVERALL = 0.5
VOTES = 2


@compiled
def _window_costs(
    canvas: Floats,
    trust: Floats,
    source: Floats,
    usable: Bools,
    offsets: Places,
    radius: int,
    certain: Bools,
    found: Floats,
) -> None:
    height, width = trust.shape
    high, wide = usable.shape
    for number in prange(len(offsets)):
        cost, weight = np.zeros((height + 1, width + 1)), np.zeros((height + 1, width + 1))
        all_cost, all_weight = 0.0, 1e-6
        for row in range(height):
            line_cost, line_weight = 0.0, 0.0
            other_row = row + offsets[number, 0]
            for column in range(width):
                other_column = column + offsets[number, 1]
                counts = trust[row, column]
                if (
                    counts > 0
                    and 0 <= other_row < high
                    and 0 <= other_column < wide
                    and usable[other_row, other_column]
                ):
                    apart = 0.0
                    for k in range(canvas.shape[2]):
                        apart += (canvas[row, column, k] - source[other_row, other_column, k]) ** 2
                    apart = min(apart, WORST) * counts
                    line_cost += apart
                    line_weight += counts
                    if certain[row, column]:
                        all_cost += apart
                        all_weight += counts
                cost[row + 1, column + 1] = cost[row, column + 1] + line_cost
                weight[row + 1, column + 1] = weight[row, column + 1] + line_weight
        overall = OVERALL * all_cost / all_weight
        for row in range(height):
            top, bottom = max(0, row - radius), min(height, row + radius + 1)
            for column in range(width):
                left, right = max(0, column - radius), min(width, column + radius + 1)
                seen = weight[bottom, right] - weight[top, right] - weight[bottom, left] + weight[top, left]
                apart = cost[bottom, right] - cost[top, right] - cost[bottom, left] + cost[top, left]
                found[number, row, column] = apart / max(seen, 1e-6) + overall
                # Windows are compared by what they see of what is known: less of it tells less.
                found[number, row, column] -= UNSEEN * seen / ((2 * radius + 1) ** 2 * (KNOWN + 1))


def choose_offsets(
    canvas: View, hole: Bools, source: View, usable: Bools, offsets: Places
) -> Generator[None, None, Places]:
    """Give every place of a hole one of the offsets.

    The window within which canvas and exemplar are compared begins as wide as the hole, so that the border alone
    decides, and ends at a few pixels. Between two windows the hole is filled with what its places' offsets bring,
    averaged where they meet (Wexler et al. 2007). Departs from that paper in that the windows shrink in place of the
    picture: regular structures finer than a coarse scale can show would be lost there. At last the seams between
    copies are moved to where they are least seen.

    Args:
        canvas: What lies around the hole.
        hole: The missing pixels, boolean, of the canvas's size.
        source: The exemplar.
        usable: Where the exemplar may be sampled, boolean.
        offsets: As `find_offsets` returns them, one at least.

    Yields:
        Nothing, between two pieces of the work.

    Returns:
        For each place the exemplar's place, int32 (height, width, 2); −1 where no offset reaches a usable one.
    """
    depth = float(ndimage.distance_transform_cdt(np.pad(hole, 1), "chessboard").max())
    filled = np.where(hole[..., None], 0, canvas.features).astype(np.float32)
    height, width = hole.shape
    grid = np.moveaxis(np.indices((height, width), np.int32), 0, -1)
    within = np.stack([_laid(usable, offset, (height, width)) for offset in offsets])
    costs = np.empty((len(offsets), height, width), np.float32)
    trust = (KNOWN * canvas.trusted).astype(np.float32)
    for share in WINDOWS:
        yield
        radius = max(NARROWEST, round(share * depth))
        _window_costs(filled, trust, source.features, source.trusted, offsets, radius, canvas.trusted, costs)
        costs[~within] = np.inf
        labels = costs.argmin(axis=0)
        places: Places = grid + offsets[labels]
        reached = within.any(axis=0)
        places[~reached] = -1
        if share == WINDOWS[-1]:
            break
        filled = _filled(canvas, hole & reached, source, labels, offsets, within)
        trust = (KNOWN * (canvas.trusted & ~hole) + (hole & reached)).astype(np.float32)
    yield
    # A window sees how much differs in it, and not where: its seams run straight through bricks.
    labels = cut_seams(canvas, hole & reached, source, offsets, within, costs)
    return np.where((labels >= 0)[..., None], grid + offsets[labels], places)


def _laid(usable: Bools, offset: Places, size: tuple[int, int]) -> Bools:
    found = np.zeros(size, bool)
    (row, column), (high, wide) = offset.tolist(), usable.shape
    top, bottom = max(0, -row), min(size[0], high - row)
    left, right = max(0, -column), min(size[1], wide - column)
    if top < bottom and left < right:
        found[top:bottom, left:right] = usable[top + row : bottom + row, left + column : right + column]
    return found


def _filled(canvas: View, hole: Bools, source: View, labels: Places, offsets: Places, within: Bools) -> Floats:
    """Average what the offsets of the places around each one bring."""
    size = 2 * VOTES + 1
    total, weight = np.zeros_like(canvas.features), np.zeros(hole.shape, np.float32)
    near = ndimage.binary_dilation(hole, np.ones((size, size)))
    for number in np.unique(labels[near]):
        votes = ndimage.uniform_filter((near & (labels == number)).astype(np.float32), size) * (within[number])
        rows, columns = np.nonzero(votes > 1e-4)
        row, column = offsets[number]
        there = source.features[rows + row, columns + column]
        total[rows, columns] += votes[rows, columns, None] * there
        weight[rows, columns] += votes[rows, columns]
    made = total / np.maximum(weight, 1e-6)[..., None]
    return np.where(hole[..., None], made, canvas.features).astype(np.float32)
