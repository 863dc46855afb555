"""Alpha that repeats around a hole, as that of lace does, and so goes on in it."""

import numpy as np
from scipy import fft, ndimage

from engine.preparation.alpha import NEIGHBORS, Mask
from engine.preparation.areas import bounds_of

# Half the mean squared difference of what repeats, in variances: 1 for what has nothing to do with each other.
LEAST_ALIKE = 0.1
# Halfway to where it repeats it does not: large things are like themselves at any small shift.
LEAST_APART = 0.4
# Share of what is known that is compared at a shift, and of its variance that is seen there, at least.
LEAST_OVERLAP = 1 / 3
LEAST_SHARE = 1 / 3
# Shifts nearer to each other than this are one, pixels, and there are so many at most.
APART = 2
MOST_SHIFTS = 64
# Alpha that varies less is one level.
LEAST_VARIANCE = 0.02**2


def repeated(alpha: Mask, changed: Mask) -> Mask | None:
    """Continue alpha that repeats around a hole.

    Args:
        alpha: float32 (height, width), in [0, 1].
        changed: How much of each pixel is to be new, (height, width).

    Returns:
        Alpha in the hole, and NaN elsewhere, float32 (height, width); None where alpha does not repeat, or not right
        around the hole, or where the hole is smaller than what repeats: who selects one dot may want it gone.
    """
    known, inside = changed == 0, changed > 0
    if not inside.any() or not known.any() or float(alpha[known].var()) < LEAST_VARIANCE:
        return None
    shifts = _shifts(alpha, known)
    if not len(shifts):
        return None
    # What lies as far around as it repeats has to be what it would be continued with.
    reach = int(np.abs(shifts).max(axis=1).min())
    if max(bounds_of(inside).size) < reach:
        return None
    ring = ndimage.binary_dilation(inside, NEIGHBORS, iterations=reach) & known
    found = _continued(alpha, known, inside | ring, shifts)
    while (left := inside & np.isnan(found)).any():
        reached = np.where(inside, found, alpha)
        found[left] = _continued(reached, ~np.isnan(reached), left, shifts)[left]
        if (left & np.isnan(found)).sum() == left.sum():
            return None
    told = ring & ~np.isnan(found)
    if not told.any() or ((found - alpha)[told] ** 2).mean() > LEAST_ALIKE * 2 * alpha[known].var():
        return None
    return np.where(inside, found, np.nan).astype(np.float32)


def _shifts(alpha: Mask, known: np.ndarray) -> np.ndarray:
    """Find the shifts at which alpha repeats: rows and columns, int (count, 2), best first."""
    height, width = alpha.shape
    size = tuple(fft.next_fast_len(2 * side, real=True) for side in alpha.shape)
    weight, first, second = (
        fft.rfft2(np.where(known, each, 0).astype(np.float32), s=size, workers=2)
        for each in (np.ones_like(alpha), alpha, alpha**2)
    )
    overlap = fft.irfft2(weight.conj() * weight, s=size, workers=2)
    sums, squares, products = (
        fft.irfft2(each, s=size, workers=2)
        for each in (
            first.conj() * weight + weight.conj() * first,
            second.conj() * weight + weight.conj() * second,
            first.conj() * first,
        )
    )
    # Where nothing but one level meets, a shift tells nothing.
    count = np.maximum(2 * overlap, 1)
    variance = squares / count - (sums / count) ** 2
    fits = (overlap >= LEAST_OVERLAP * known.sum()) & (variance >= LEAST_SHARE * alpha[known].var())
    unlike = np.where(fits, (squares - 2 * products) / count / np.maximum(variance, 1e-9), np.inf)
    lowest = ndimage.minimum_filter(unlike, 2 * APART + 1, mode="wrap")
    rows, columns = np.nonzero((unlike == lowest) & (unlike <= LEAST_ALIKE))
    rows = np.where(rows < height, rows, rows - size[0])
    columns = np.where(columns < width, columns, columns - size[1])
    far = unlike[rows // 2, columns // 2] >= LEAST_APART
    listed = np.stack([rows, columns], axis=1)[far]
    costs = unlike[listed[:, 0], listed[:, 1]]
    # Of what is as alike the nearest.
    order = np.lexsort([np.hypot(*listed.T), np.round(costs, 2)])[:MOST_SHIFTS]
    found: np.ndarray = listed[order]
    return found


def _continued(alpha: Mask, known: np.ndarray, wanted: np.ndarray, shifts: np.ndarray) -> Mask:
    """Give each pixel that is wanted the alpha at the first of some shifts that is known there; else NaN."""
    found = np.full(alpha.shape, np.nan, np.float32)
    rows, columns = np.nonzero(wanted)
    for down, across in shifts.tolist():
        there, beside = rows + down, columns + across
        fits = (there >= 0) & (there < alpha.shape[0]) & (beside >= 0) & (beside < alpha.shape[1])
        fits[fits] &= known[there[fits], beside[fits]]
        found[rows[fits], columns[fits]] = alpha[there[fits], beside[fits]]
        rows, columns = rows[~fits], columns[~fits]
    return found
