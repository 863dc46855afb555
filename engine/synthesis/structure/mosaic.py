"""Several sources in one picture, so that patches are searched in all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.synthesis.matching import MatchSource, join
from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.shares import weighted

# Sources begin at multiples of this, pixels, and so much lies between them at least: also at the coarsest scale, no
# pixel belongs to two of them, and no patch.
GRID = 64


@dataclass(frozen=True, eq=False)
class MosaicSource:
    """One source.

    Attributes:
        colors: RGB in [0, 1], float32 (height, width, channels).
        valid: Where it may be sampled, boolean (height, width).
        share: Of the canvas that is to come from it, relative to the other sources'.
        labels: Numbers of the labels that a guide of the canvas tells apart, int32 (height, width); None where that
            is the number of the source.
        maps: What is compared of further maps, float32 (height, width, channels), see `compared_channels`; None where
            there are none.
    """

    colors: Floats
    valid: Bools
    share: float = 1.0
    labels: Places | None = None
    maps: Floats | None = None


@dataclass(frozen=True, eq=False)
class Mosaic:
    """Sources below each other.

    Attributes:
        colors: All of them, float32 (height, width, channels); 0 between them.
        valid: Where they may be sampled, boolean (height, width); nowhere between them.
        labels: Which source each place belongs to or, where sources have labels, which of them, int32 (height,
            width).
        parts: Part of the canvas that is to come from each source; they add up to 1.
        starts: First row of each source.
    """

    colors: Floats
    valid: Bools
    labels: Places
    parts: tuple[float, ...]
    starts: tuple[int, ...] = (0,)

    def labels_at(self, index: int) -> Places:
        """Give the labels at the scale of so many halvings, contiguous."""
        step = 2**index
        return np.ascontiguousarray(self.labels[::step, ::step])


def lay_mosaic(pieces: Sequence[MosaicSource]) -> Mosaic:
    """Lay sources below each other."""
    laid = pieces if len(pieces) == 1 else [_apart(each) for each in pieces]
    whole, starts = join([MatchSource(each.colors, each.valid) for each in laid])
    labels = np.zeros(whole.usable.shape, np.int32)
    for number, (start, each) in enumerate(zip(starts, laid, strict=True)):
        height, width = each.valid.shape
        labels[start : start + height] = number
        if each.labels is not None:
            labels[start : start + height, :width] = each.labels
    return Mosaic(whole.channels, whole.usable, labels, tuple(part for _, part in weighted(pieces)), tuple(starts))


def _apart(piece: MosaicSource) -> MosaicSource:
    """Add rows that may not be sampled, up to where the next source may begin."""
    rows = -len(piece.valid) % GRID + GRID
    labels = None if piece.labels is None else np.pad(piece.labels, ((0, rows), (0, 0)))
    return replace(
        piece,
        colors=np.pad(piece.colors, ((0, rows), (0, 0), (0, 0))),
        valid=np.pad(piece.valid, ((0, rows), (0, 0))),
        labels=labels,
    )
