"""Widening: an exemplar that is too thin for whole patches is continued by its mirror image."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.synthesis.matching.field import Bools
from engine.synthesis.structure.octave import PATCH, RADIUS, whole_patches

Value = TypeVar("Value", bound=np.generic)

# With fewer, nothing but copies can be made.
FEWEST_PATCHES = 16


def widened(colors: NDArray[Value], valid: Bools) -> tuple[NDArray[Value], Bools, int]:
    """Continue an exemplar by half a patch on every side, unless it has whole patches enough.

    Args:
        colors: RGB or anything else, (height, width, channels).
        valid: Where it may be sampled, boolean (height, width), somewhere at least.

    Returns:
        Colors, where they may be sampled, and by how many pixels both are larger on every side. A pixel that is new
        has the color of its mirror image across the nearest old one, or of that one.
    """
    if whole_patches(valid).sum() >= FEWEST_PATCHES:
        return colors, valid, 0
    wide = np.pad(valid, RADIUS)
    nearest = ndimage.distance_transform_edt(~wide, return_distances=False, return_indices=True)
    # Numbers of rows and columns before the margin was added.
    rows, columns = (each - RADIUS for each in nearest)
    here = np.indices(wide.shape) - RADIUS
    across, along = 2 * rows - here[0], 2 * columns - here[1]
    height, width = valid.shape
    inside = (across >= 0) & (along >= 0) & (across < height) & (along < width)
    inside &= valid[across.clip(0, height - 1), along.clip(0, width - 1)]
    found = colors[np.where(inside, across, rows), np.where(inside, along, columns)]
    return found, np.asarray(ndimage.binary_dilation(wide, PATCH)), RADIUS
