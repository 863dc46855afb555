"""Likeness: what a hole is filled with looks like what lies around it.

Patches that fit at the border of a hole continue with whatever follows them: the dark beside a lamp with the lamp.
"""

import math

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from engine.synthesis.matching.field import Floats
from engine.synthesis.structure.octave import RING, SIDE, Wrap, dilated
from engine.synthesis.structure.pyramid import FEATURES, Level

# How much it costs to be unlike the ring, in comparison to fitting badly. With 0.3, blots stayed in grass.
WEIGHT = 1.0
# Likewise beyond a border of the picture, where more belongs than what ends there, but no copy of all else.
WEIGHT_BEYOND = 0.4
# Pixels of the exemplar that are compared at most: of a larger one those of every second row and column, or fewer.
MOST_COMPARED = 2**15


def unlikeness(canvas: Level, source: Level, wrap: Wrap, *, beyond: bool = False) -> Floats | None:
    """Tell what it costs to fill a hole with what is unlike the ring of pixels around it.

    A structure that runs into the hole is in the ring, and costs nothing. The cost of a patch is the sum of its
    pixels' squared distances to the nearest pixels of the ring: less the logarithm of its likelihood, but for a
    factor, where the ring tells how likely colors and texture energies are (Boiman et al. 2008, "In Defense of
    Nearest-Neighbor Based Image Classification").

    Args:
        canvas: What lies around the hole.
        source: The exemplar, at the same scale.
        wrap: Whether rows, and columns, of the canvas go on at the other side.
        beyond: Whether the hole lies beyond a border of the picture.

    Returns:
        The cost of each place of the exemplar, float32 (height, width); None where nothing lies around the hole.
    """
    ring = dilated(~canvas.known, RING, wrap) & canvas.known
    if not ring.any():
        return None
    height, width = source.size
    step = math.ceil(math.sqrt(height * width / MOST_COMPARED))
    compared = source.channels[::step, ::step, :FEATURES]
    apart, _ = cKDTree(canvas.channels[ring][:, :FEATURES]).query(compared.reshape(-1, FEATURES))
    squared = (apart**2).reshape(compared.shape[:2]).astype(np.float32)
    # An odd number of those pixels, about as wide as a patch.
    weight = WEIGHT_BEYOND if beyond else WEIGHT
    costs = weight * SIDE**2 * ndimage.uniform_filter(squared, SIDE // step | 1, mode="nearest")
    found: Floats = costs.repeat(step, axis=0).repeat(step, axis=1)[:height, :width]
    return np.ascontiguousarray(found, np.float32)
