"""The pyramid: a picture at falling scales, with what is compared and what is known of it."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from engine.synthesis.matching.field import Bools, Floats

COLORS = 3
# Texture energy is a mean over so many pixels of the full size (Newson et al. 2017, ipol.2017.189).
ENERGY_SIDE = 9
ENERGY_WEIGHT = 3.0


@dataclass(frozen=True, eq=False)
class Level:
    """A picture at one scale.

    Attributes:
        channels: Colors and texture energies, float32 (height, width, channels), contiguous.
        known: Where they are known, boolean (height, width).
    """

    channels: Floats
    known: Bools

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, pixels."""
        height, width = self.known.shape
        return height, width


def make_level(colors: Floats, known: Bools, energy_weight: float = ENERGY_WEIGHT) -> Level:
    """Put colors and texture energies side by side.

    Fine grain is averaged away at coarse scales, and smooth patches would then pass for it; its energy is not.

    Args:
        colors: RGB in [0, 1], float32 (height, width, 3).
        known: Which pixels count, boolean (height, width).
        energy_weight: How much texture energies count in comparison to colors.

    Returns:
        The level of full size; 0 where nothing is known.
    """
    gray = colors.mean(axis=2)
    across = np.abs(np.diff(gray, axis=1, append=gray[:, -1:]))
    down = np.abs(np.diff(gray, axis=0, append=gray[-1:]))
    # A gradient looks at its right and lower neighbor.
    whole = known & np.roll(known, -1, 0) & np.roll(known, -1, 1)
    whole[-1], whole[:, -1] = known[-1], known[:, -1]
    share = np.maximum(ndimage.uniform_filter(whole.astype(np.float32), ENERGY_SIDE), 1e-3)
    energies = [ndimage.uniform_filter(each * whole, ENERGY_SIDE) / share for each in (across, down)]
    channels = np.dstack([colors, *(energy_weight * energy for energy in energies)])
    return Level(np.ascontiguousarray(channels * known[..., None], np.float32), known)


def halve(level: Level) -> Level:
    """Halve the scale; a pixel is known if at least two of the four below it are."""
    height, width = level.size
    rows, columns = (height + 1) // 2, (width + 1) // 2
    margin = ((0, 2 * rows - height), (0, 2 * columns - width))
    weight = np.pad(level.known.astype(np.float32), margin)
    total = np.pad(level.channels * level.known[..., None], (*margin, (0, 0)))
    weight = weight.reshape(rows, 2, columns, 2).sum((1, 3))
    total = total.reshape(rows, 2, columns, 2, -1).sum((1, 3))
    # At an odd border there are only two below, or one.
    most = np.pad(np.ones(level.size, np.float32), margin).reshape(rows, 2, columns, 2).sum((1, 3))
    return Level((total / np.maximum(weight, 1e-6)[..., None]).astype(np.float32), weight >= most / 2)
