"""The pyramid: a picture at falling scales, with what is compared and what is known of it."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.synthesis.matching.field import Bools, Floats

Value = TypeVar("Value", bound=np.generic)

COLORS = 3
# Colors and texture energies; channels beyond these are places, which no vote changes.
FEATURES = COLORS + 2
# Texture energy is a mean over so many pixels of the full size (Newson et al. 2017, ipol.2017.189).
ENERGY_SIDE = 9
ENERGY_WEIGHT = 3.0


@dataclass(frozen=True, eq=False)
class Level:
    """A picture at one scale.

    Attributes:
        channels: Colors, texture energies and, in a picture that is extended, places, float32 (height, width,
            channels), contiguous.
        known: Where they are known, boolean (height, width).
        settled: Where texture energies are known wholly: beside a hole, part of what they are a mean of is missing.
            None for wherever colors are known.
    """

    channels: Floats
    known: Bools
    settled: Bools | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, pixels."""
        height, width = self.known.shape
        return height, width


def make_level(
    colors: Floats, known: Bools, energy_weight: float = ENERGY_WEIGHT, *, wrap: tuple[bool, bool] = (False, False)
) -> Level:
    """Put colors and texture energies side by side.

    Fine grain is averaged away at coarse scales, and smooth patches would then pass for it; its energy is not.

    Args:
        colors: RGB in [0, 1], float32 (height, width, 3).
        known: Which pixels count, boolean (height, width).
        energy_weight: How much texture energies count in comparison to colors.
        wrap: Whether rows, and columns, continue on the other side.

    Returns:
        The level of full size; 0 where nothing is known.
    """
    gray = colors @ np.full(COLORS, 1 / COLORS, np.float32)
    # A gradient looks at the lower neighbor, or at the right one.
    whole = known & _next(known, 0, wrap) & _next(known, 1, wrap)
    modes = ["wrap" if each else "reflect" for each in wrap]
    share = ndimage.uniform_filter(whole.astype(np.float32), ENERGY_SIDE, mode=modes)
    settled = known & (share > 1 - 0.5 / ENERGY_SIDE**2)
    share = np.maximum(share, 1e-3)
    channels = np.empty((*known.shape, FEATURES), np.float32)
    channels[..., :COLORS] = colors
    for number, axis in enumerate((1, 0), COLORS):
        steps = np.abs(_next(gray, axis, wrap) - gray) * whole
        channels[..., number] = energy_weight * ndimage.uniform_filter(steps, ENERGY_SIDE, mode=modes) / share
    channels[~known] = 0
    return Level(channels, known, settled)


def halve(level: Level, least: float = 0.5) -> Level:
    """Halve the scale.

    Args:
        level: A picture at one scale.
        least: Share of the pixels below a pixel that have to be known for it to be known. The mean of a part of them
            moves lines and edges beside a hole; but for a share of 1 what is known shrinks with each octave.

    Returns:
        The picture at half the scale; at an odd border there are fewer pixels below.
    """
    height, width = level.size
    rows, columns = (height + 1) // 2, (width + 1) // 2
    margin = ((0, 2 * rows - height), (0, 2 * columns - width))
    weight = _quartered(np.pad(level.known.astype(np.float32), margin))
    total = _quartered(np.pad(level.channels * level.known[..., None], (*margin, (0, 0))))
    most = _quartered(np.pad(np.ones(level.size, np.float32), margin))
    total /= np.maximum(weight, 1e-6)[..., None]
    settled = None if level.settled is None else _quartered(np.pad(level.settled.astype(np.float32), margin)) >= most
    return Level(total, weight >= least * most, settled)


def averaged(values: Floats, size: tuple[int, int]) -> Floats:
    """Reduce values (height, width, channels) to a smaller size, each the mean of the pixels below it."""
    found = values
    for axis, (side, whole) in enumerate(zip(size, values.shape, strict=False)):
        starts = np.arange(side) * whole // side
        counts = np.diff(starts, append=whole).astype(np.float32)
        found = np.add.reduceat(found, starts, axis=axis) / counts.reshape((-1, 1, 1) if axis == 0 else (-1, 1))
    return found


def _quartered(values: Floats) -> Floats:
    """Sum the values of four neighbors."""
    rows = values[0::2] + values[1::2]
    found: Floats = rows[:, 0::2] + rows[:, 1::2]
    return found


def _next(values: NDArray[Value], axis: int, wrap: tuple[bool, bool]) -> NDArray[Value]:
    """Shift values along an axis by one pixel; the last ones are followed by the first ones, or by themselves."""
    last = values.take([0 if wrap[axis] else -1], axis)
    return np.concatenate([values.take(range(1, values.shape[axis]), axis), last], axis)


def without_energies(channels: Floats) -> Floats:
    """Leave out texture energies: what is left are colors and maps, contiguous."""
    return np.ascontiguousarray(np.dstack([channels[..., :COLORS], channels[..., FEATURES:]]))
