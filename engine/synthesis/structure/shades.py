"""Shades: flat colors that are near to each other, as those of the rows of a table, are compared as if further apart.

The wrong one in a row is seen from afar, and differs less from the right one than a few pixels of a letter do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.synthesis.matching.field import Floats
from engine.synthesis.structure.flatness import FlatColors

Vector = NDArray[np.float64]

# Colors are near to each other whose channels differ by no more. Between their values there is then so much, or so
# many times as much as there was: noise grows, too.
NEAR = 48 / 255
APART = 0.4
MOST = 8.0
# Curves go on evenly from these values on.
ENDS = (-8.0, 9.0)


@dataclass(frozen=True, eq=False)
class Shades:
    """A rising curve for each channel.

    Attributes:
        values: Where each curve bends, three arrays.
        spread_values: What these values become, likewise.
    """

    values: Sequence[Vector]
    spread_values: Sequence[Vector]

    def spread(self, colors: Floats) -> Floats:
        """Draw near shades apart, float32 (..., 3)."""
        return _along(colors, self.values, self.spread_values)

    def restored(self, colors: Floats) -> Floats:
        """Give such colors their own values again."""
        return _along(colors, self.spread_values, self.values)


def find_shades(flat: FlatColors) -> Shades | None:
    """Find out by which curves flat colors are told apart; None where they are far enough apart."""
    first, second = np.nonzero(np.abs(flat.colors[:, None] - flat.colors).max(axis=2) <= NEAR)
    values, spread_values = [], []
    for channel in flat.colors.T.astype(np.float64):
        low, high = channel[first], channel[second]
        listed = _distinct(channel, flat.same)
        gaps = np.diff(listed)
        near = ((low <= listed[:-1, None]) & (high >= listed[1:, None])).any(axis=1)
        wider = np.where(near, np.maximum(gaps, np.minimum(APART, MOST * gaps)), gaps)
        grown = (wider - gaps).sum() / 2
        values.append(np.array([ENDS[0], *listed, ENDS[1]]))
        spread = listed[0] - grown + np.append(0, np.cumsum(wider))
        spread_values.append(np.array([ENDS[0] - grown, *spread, ENDS[1] + grown]))
    if all(np.array_equal(*each) for each in zip(values, spread_values, strict=True)):
        return None
    return Shades(values, spread_values)


def _distinct(channel: Vector, same: float) -> Vector:
    """List the values of a channel, of those that are one only the first."""
    listed = [channel.min()]
    for value in np.sort(channel):
        if value - listed[-1] > same:
            listed.append(value)
    return np.array(listed)


def _along(colors: Floats, before: Sequence[Vector], after: Sequence[Vector]) -> Floats:
    channels = [np.interp(colors[..., k], x, y) for k, (x, y) in enumerate(zip(before, after, strict=True))]
    return np.stack(channels, axis=-1).astype(np.float32)
