"""Smooth exemplars, such as height maps and soft gradients, which have no detail that critics could make."""

from scipy import ndimage

from engine.synthesis.matching.field import Bools, Floats

# An exemplar is smooth if so little of its spread is lost where it is halved and enlarged again.
LOST = 0.045
# What is left of a pixel and its neighbors where a picture is halved and enlarged by linear interpolation.
BINOMIAL = (0.25, 0.5, 0.25)


def is_smooth(colors: Floats, valid: Bools) -> bool:
    """Find out whether an exemplar has no fine detail at all: any grain would be seen.

    Args:
        colors: RGB in [0, 1], float32 (height, width, 3).
        valid: Where it may be sampled, boolean (height, width).

    Returns:
        Whether it has none; a single color does not count.
    """
    if not valid.any():
        return False
    low, whole = colors, valid
    for axis in (0, 1):
        low = ndimage.correlate1d(low, BINOMIAL, axis=axis, mode="nearest")
        whole = ndimage.minimum_filter1d(whole, len(BINOMIAL), axis=axis, mode="nearest")
    lost = float((colors - low)[whole].std(axis=0).max()) if whole.any() else 0.0
    return lost < LOST * float(colors[valid].std(axis=0).max())
