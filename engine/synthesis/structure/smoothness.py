"""Smooth exemplars, such as height maps and soft gradients, which have no detail that critics could make."""

import numpy as np

from engine.synthesis.matching.field import Bools, Floats

# An exemplar is smooth if so little of its spread is lost where it is halved and enlarged again.
LOST = 0.045


def is_smooth(colors: Floats, valid: Bools) -> bool:
    """Find out whether an exemplar has no fine detail at all: any grain would be seen.

    Args:
        colors: RGB in [0, 1], float32 (height, width, 3).
        valid: Where it may be sampled, boolean (height, width).

    Returns:
        Whether it has none; a single color does not count.
    """
    spread = float(colors[valid].std(axis=0).max()) if valid.any() else 0.0
    # What lies halfway between the next ones but one is what linear interpolation makes of half the size.
    middle = (slice(2, -2), slice(2, -2))
    low: Floats = colors.copy()
    for axis in (0, 1):
        low = ((np.roll(low, 1, axis) + 2 * low + np.roll(low, -1, axis)) / 4).astype(np.float32)
    whole = valid.copy()
    for axis in (0, 1):
        whole &= np.roll(valid, 1, axis) & np.roll(valid, -1, axis)
    apart = (colors - low)[middle][whole[middle]]
    return spread > 0 and len(apart) > 0 and float(apart.std(axis=0).max()) < LOST * spread
