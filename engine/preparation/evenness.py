"""Alpha that is the same all around a hole, and so within it, too."""

import numpy as np
from scipy import ndimage

from engine.preparation.alpha import CLEAR, NEIGHBORS, Mask

# Alpha that differs by no more is one level.
SAME_ALPHA = 1.5 / 255
# So many pixels around a hole tell.
AROUND = 3


def even_within(alpha: Mask, changed: Mask) -> Mask:
    """Find the holes that lie within one level of alpha, such as the opaque middle of a cut-out.

    Args:
        alpha: float32 (height, width), in [0, 1].
        changed: How much of each pixel is to be new, (height, width).

    Returns:
        That level in each such hole, and NaN elsewhere, float32 (height, width). What is clear all around is no
        level: who fills a hole there wants to see something.
    """
    inside = changed > 0
    holes, count = ndimage.label(ndimage.binary_dilation(inside, NEIGHBORS, iterations=AROUND), NEIGHBORS)
    ring = np.where(inside, 0, holes)
    numbers = np.arange(1, count + 1)
    low, high = (np.full(count + 1, np.nan, np.float32) for _ in range(2))
    if count:
        low[1:], high[1:] = ndimage.minimum(alpha, ring, numbers), ndimage.maximum(alpha, ring, numbers)
        low[1:][np.bincount(ring.ravel(), minlength=count + 1)[1:] == 0] = np.nan
    level = np.where((high - low <= SAME_ALPHA) & (low >= CLEAR), high, np.nan)
    return np.where(inside, level[holes], np.nan).astype(np.float32)
