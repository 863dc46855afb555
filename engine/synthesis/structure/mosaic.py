"""Several sources in one picture, so that patches are searched in all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.synthesis.matching import Source, join
from engine.synthesis.matching.field import Bools, Floats, Places

# Sources begin at multiples of this, pixels, and so much lies between them at least: also at the coarsest scale, no
# pixel belongs to two of them, and no patch.
GRID = 64


@dataclass(frozen=True, eq=False)
class Piece:
    """One source.

    Attributes:
        colors: RGB in [0, 1], float32 (height, width, channels).
        valid: Where it may be sampled, boolean (height, width).
        share: Of the canvas that is to come from it, relative to the other sources'.
    """

    colors: Floats
    valid: Bools
    share: float = 1.0


@dataclass(frozen=True, eq=False)
class Mosaic:
    """Sources below each other.

    Attributes:
        colors: All of them, float32 (height, width, channels); 0 between them.
        valid: Where they may be sampled, boolean (height, width); nowhere between them.
        starts: First row of each, multiples of `GRID`.
        parts: Part of the canvas that is to come from each; they add up to 1.
    """

    colors: Floats
    valid: Bools
    starts: tuple[int, ...]
    parts: tuple[float, ...]

    def owners(self, rows: Places, index: int) -> Places:
        """Tell which source each row belongs to at the scale of so many halvings."""
        starts = [start >> index for start in self.starts]
        return (np.searchsorted(starts, rows, side="right") - 1).astype(np.int32)


def lay_mosaic(pieces: Sequence[Piece]) -> Mosaic:
    """Lay sources below each other.

    Args:
        pieces: One or several.

    Returns:
        The mosaic; of a single source, that source itself.
    """
    total = sum(each.share for each in pieces)
    parts = tuple(each.share / total for each in pieces)
    whole, starts = join(
        [Source(each.colors, each.valid) for each in (pieces if len(pieces) == 1 else map(_apart, pieces))]
    )
    return Mosaic(whole.channels, whole.usable, tuple(starts.tolist()), parts)


def _apart(piece: Piece) -> Piece:
    """Add rows that may not be sampled, up to where the next source may begin."""
    rows = -len(piece.valid) % GRID + GRID
    return replace(
        piece,
        colors=np.pad(piece.colors, ((0, rows), (0, 0), (0, 0))),
        valid=np.pad(piece.valid, ((0, rows), (0, 0))),
    )
