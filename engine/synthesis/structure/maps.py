"""Further maps of an exemplar, such as normals and heights: what of them is compared beside the colors."""

from collections.abc import Sequence

import numpy as np

from engine.synthesis.matching.field import Bools, Floats

# However many maps there are, so many channels hold most of what they show: time does not grow with their number.
MOST_CHANNELS = 3
# What all maps together count for, in comparison to the colors. These count for this at least: a set of one color
# and a height is laid out by its height.
WEIGHT = 1.0
LEAST_SPREAD = 0.1
# A map of one value, and of what rounding makes of it, says nothing.
ROUNDING = 1 / 255


def compared_channels(maps: Floats, counts: Sequence[int], colors: Floats, valid: Bools) -> Floats:
    """Reduce maps to a few channels, by principal components.

    Args:
        maps: Channels of all maps, float32 (height, width, channels).
        counts: How many channels each map has; maps count alike, whatever their contrast.
        colors: RGB, float32 (height, width, 3).
        valid: Where they may be sampled, boolean (height, width), somewhere at least.

    Returns:
        float32 (height, width, `MOST_CHANNELS` at most), of zero mean; no channels if no map shows anything.
    """
    seen = maps[valid].astype(np.float64)
    spreads = np.repeat(
        [np.sqrt(each.var(axis=0).sum()) for each in np.split(seen, np.cumsum(counts)[:-1], axis=1)], counts
    )
    shown = spreads > ROUNDING
    if not shown.any():
        return np.zeros((*valid.shape, 0), np.float32)
    scaled = seen[:, shown] / spreads[shown]
    values, vectors = np.linalg.eigh(np.atleast_2d(np.cov(scaled, rowvar=False)))
    kept = slice(-MOST_CHANNELS, None)
    spread = max(float(np.sqrt(colors[valid].var(axis=0).sum())), LEAST_SPREAD)
    axes = vectors[:, kept] * (WEIGHT * spread / np.sqrt(values[kept].sum())) / spreads[shown, None]
    found: Floats = ((maps[..., shown] - seen[:, shown].mean(axis=0)) @ axes).astype(np.float32)
    return found
