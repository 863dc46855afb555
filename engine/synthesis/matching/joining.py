"""Several sources in one, so that a field finds the nearest patch among all of them."""

from collections.abc import Sequence

import numpy as np

from engine.synthesis.matching.field import MatchSource, Places


def join(sources: Sequence[MatchSource]) -> tuple[MatchSource, Places]:
    """Join sources below each other.

    Args:
        sources: One or several, of the same number of channels and any sizes; centers are usable only where whole
            patches lie inside their own source.

    Returns:
        All of them, of a single one that itself, and the first row of each, int32 (sources,). What fills up the
            narrower ones is never usable.
    """
    heights = [each.usable.shape[0] for each in sources]
    starts = np.concatenate([[0], np.cumsum(heights)[:-1]]).astype(np.int32)
    if len(sources) == 1:
        return sources[0], starts
    width = max(each.usable.shape[1] for each in sources)
    channels = np.zeros((sum(heights), width, sources[0].channels.shape[2]), np.float32)
    usable = np.zeros(channels.shape[:2], bool)
    for start, each in zip(starts, sources, strict=True):
        height, wide = each.usable.shape
        channels[start : start + height, :wide] = each.channels
        usable[start : start + height, :wide] = each.usable
    return MatchSource(channels, usable), starts
