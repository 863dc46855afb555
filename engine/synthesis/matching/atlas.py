"""Atlas: several sources in one, so that a field finds the nearest patch among all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.synthesis.matching.field import Places, Source


@dataclass(frozen=True, eq=False)
class Atlas:
    """Sources joined below each other.

    Attributes:
        source: All of them; what fills up the narrower ones is never usable.
        starts: First row of each source in it, int32 (sources,).
    """

    source: Source
    starts: Places

    def owners(self, places: Places) -> Places:
        """Return the number of the source that each place lies in, int32 (…), for places int32 (…, 2)."""
        return (np.searchsorted(self.starts, places[..., 0], side="right") - 1).astype(np.int32)

    def local(self, places: Places) -> Places:
        """Return the places in their own sources, int32 (…, 2), see `owners`."""
        found = places.copy()
        found[..., 0] -= self.starts[self.owners(places)]
        return found


def join(sources: Sequence[Source]) -> Atlas:
    """Join sources below each other.

    Args:
        sources: One or several, of the same number of channels and any sizes; centers are usable only where whole
            patches lie inside their own source.

    Returns:
        The atlas; of a single source, that source itself.
    """
    heights = [each.usable.shape[0] for each in sources]
    starts = np.concatenate([[0], np.cumsum(heights)[:-1]]).astype(np.int32)
    if len(sources) == 1:
        return Atlas(sources[0], starts)
    width = max(each.usable.shape[1] for each in sources)
    channels = np.zeros((sum(heights), width, sources[0].channels.shape[2]), np.float32)
    usable = np.zeros(channels.shape[:2], bool)
    for start, each in zip(starts, sources, strict=True):
        height, wide = each.usable.shape
        channels[start : start + height, :wide] = each.channels
        usable[start : start + height, :wide] = each.usable
    return Atlas(Source(channels, usable), starts)
