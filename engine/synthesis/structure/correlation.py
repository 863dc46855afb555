"""How an exemplar correlates with itself: where it repeats itself, and how large the things in it are."""

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from engine.synthesis.matching.field import Bools, Floats

UNKNOWN = -1.0
"""The correlation at offsets at which too little overlaps to tell."""

# What changes over longer distances than this share of the shorter side is shade, not pattern.
SHADE = 1 / 8
LEAST_OVERLAP = 0.25
# Correlation below which two pixels have nothing to do with each other.
UNRELATED = 0.05

Vectors = NDArray[np.float64]


def correlate(colors: Floats, valid: Bools) -> Vectors:
    """Correlate an exemplar, without its shade, with itself.

    Args:
        colors: RGB in [0, 1], float32 (height, width, 3).
        valid: Where it may be sampled, boolean (height, width).

    Returns:
        For each offset the correlation, at most 1, or `UNKNOWN`; negative offsets from the ends backwards.
    """
    weights = valid.astype(np.float32)
    sigma = SHADE * min(valid.shape)
    shade = ndimage.gaussian_filter(colors * weights[..., None], (sigma, sigma, 0))
    shade /= np.maximum(ndimage.gaussian_filter(weights, sigma), 1e-3)[..., None]
    pattern = (colors - shade) * weights[..., None]
    size = tuple(fft.next_fast_len(2 * side, real=True) for side in valid.shape)
    seen, power = (fft.rfft2(each, s=size) for each in (weights, (pattern**2).sum(axis=2)))
    overlap = fft.irfft2(np.abs(seen) ** 2, s=size)
    common = fft.irfft2((np.abs(fft.rfft2(pattern, s=size, axes=(0, 1))) ** 2).sum(axis=2), s=size)
    energy = fft.irfft2((power * seen.conj()).real, s=size)
    fits = overlap >= LEAST_OVERLAP * weights.sum()
    found: Vectors = np.where(fits, common / np.maximum(energy, 1e-6), UNKNOWN)
    return found


def extent(correlation: Vectors) -> int:
    """Tell how far things in an exemplar reach: the distance, pixels, at which pixels are unrelated on average."""
    rows, columns = (np.fft.fftfreq(side, 1 / side) for side in correlation.shape)
    distances = np.rint(np.hypot(rows[:, None], columns)).astype(int)
    known = correlation > UNKNOWN
    counts = np.bincount(distances[known])
    means = np.bincount(distances[known], correlation[known]) / np.maximum(counts, 1)
    unrelated = np.flatnonzero((means < UNRELATED * means[0]) & (counts > 0))
    return int(unrelated[0]) if len(unrelated) else len(means)
