"""Things that were cut out with a soft edge: their alpha is a single hill, and alpha that is texture has many."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.preparation.alpha import CLEAR, LEAST_CORE, SAME_LEVEL, Mask
from engine.preparation.areas import bounds_of

# The most opaque part of what can be seen but for a few pixels, percent, tells how opaque a thing is.
TOP = 99.9
# A soft edge falls to less than this share of it.
FOOT = 1 / 4
# Where a feather is wider than a thing, half its alpha is where the thing ended before.
HALF_WAY = 1 / 2
# Hills and hollows apart from the thing make up no more than this, at so many levels of a picture of so many pixels
# a side at most.
MOST_APART = 0.005
LEVELS = 8
LARGEST_SIDE = 192
# A cut-out consists of so few things, by their areas, and one of them holds a disc whose radius is this share of the
# shorter side of their bounds.
MOST_THINGS = 2.5
LEAST_RADIUS = 1 / 8


def solid_part(alpha: Mask, allowed: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], float] | None:
    """Find the most opaque part of a thing that was cut out with a soft edge, however wide.

    Args:
        alpha: float32 (height, width), in [0, 1].
        allowed: What of it is looked at, boolean (height, width).

    Returns:
        The plateau of its alpha, boolean (height, width), and the alpha of that; where the plateau is small, what is
        at least half as opaque. None where alpha belongs to the texture, as in lace, foliage and water.
    """
    lowest, alpha = alpha[allowed].min(initial=1), np.where(allowed, alpha, 0)
    seen = alpha >= CLEAR
    if not seen.any():
        return None
    level = float(np.percentile(alpha[seen], TOP))
    step = -(-max(alpha.shape) // LARGEST_SIDE)
    # Every so many pixels, and not their means: fine grain of alpha is to be seen.
    part = bounds_of(seen).cut(alpha)[::step, ::step]
    if lowest > FOOT * level or not _is_one_thing(part >= HALF_WAY * level) or not _is_hill(part, level):
        return None
    core = alpha >= level - SAME_LEVEL / 255
    solid = core if core.sum() >= LEAST_CORE * seen.sum() else alpha >= HALF_WAY * level
    return solid, level


def thing_within(alpha: Mask) -> tuple[NDArray[np.bool_], float] | None:
    """Find the most opaque part of a feathered thing that lies apart from the borders, as no fade does: `solid_part`.

    Args:
        alpha: float32 (height, width), in [0, 1].

    Returns:
        That part, boolean (height, width), and its alpha; None where there is no such thing.
    """
    found = solid_part(alpha, np.ones(alpha.shape, bool))
    if found is None or any(edge.any() for edge in (found[0][[0, -1]], found[0][:, [0, -1]])):
        return None
    return found


def _is_one_thing(seen: NDArray[np.bool_]) -> bool:
    """Whether one large thing is seen, or two, and no net, pattern or foliage."""
    areas = np.bincount(ndimage.label(seen)[0].ravel())[1:].astype(np.float64)
    if not len(areas) or areas.sum() ** 2 > MOST_THINGS * (areas**2).sum():
        return False
    depth = float(ndimage.distance_transform_edt(np.pad(seen, 1)).max())
    return bool(depth >= LEAST_RADIUS * min(seen.shape))


def _is_hill(alpha: Mask, level: float) -> bool:
    """Whether alpha rises to its top without hills and hollows on the way."""
    top, outside = alpha >= level - SAME_LEVEL / 255, np.zeros(alpha.shape, bool)
    # What is clear within is a hole of a texture, as in lace, and no outside.
    outside[[0, -1]] = outside[:, [0, -1]] = True
    outside = ndimage.binary_propagation(outside, mask=outside | (alpha < CLEAR))
    apart = total = 0
    for share in np.arange(1, LEVELS + 1) / (LEVELS + 1):
        above = alpha >= share * level
        apart += _not_touching(above, top) + _not_touching(~above, outside)
        total += int(above.sum())
    return apart <= MOST_APART * total


def _not_touching(marked: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> int:
    """Count the pixels of all areas in which nothing is wanted."""
    numbers, count = ndimage.label(marked)
    touching = np.zeros(count + 1, bool)
    touching[numbers[marked & wanted]] = True
    return int((marked & ~touching[numbers]).sum())
