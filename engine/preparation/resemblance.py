"""Whether what lies around a hole looks like an exemplar of its own: only then its texture can go on from there."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.images.picture import FloatArray
from engine.preparation.alpha import Mask
from engine.preparation.areas import bounds_of, whole_of

# What lies so near to the hole is looked at, pixels.
RING = 12
# Colors and roughness are compared over so many pixels (standard deviation of a Gaussian).
WIDTH = 3.0
# The largest difference of another light and not another thing, in values of [0, 1]: it can be hidden at the border.
LARGEST = 0.08
# Part of the ring that has to be like the exemplar.
LEAST_ALIKE = 0.5
# Looked at of each picture, chosen by chance.
SAMPLES = 4000


def resembles(
    picture: FloatArray, known: NDArray[np.bool_], free: Mask, exemplar: FloatArray, valid: Mask | None
) -> bool:
    """Tell whether what lies around a hole looks like an exemplar.

    Args:
        picture: The canvas, RGB in [0, 1], float32 (height, width, 3).
        known: Where it can be seen and is kept, boolean (height, width).
        free: Above 0 in the hole, which is not empty, (height, width).
        exemplar: RGB in [0, 1], float32 (height, width, 3).
        valid: Where it may be sampled; None for everywhere.

    Returns:
        Whether half of what lies around the hole has colors and roughness of the exemplar. False if nothing does.
    """
    # Here, as it takes a sixth of a second to load, and few jobs need it.
    from scipy.spatial import cKDTree

    box = bounds_of(free > 0).grown(2 * RING).common(whole_of(free))
    hole, there = box.cut(free) > 0, box.cut(known)
    ring = there & (ndimage.distance_transform_edt(~hole) <= RING)
    if not ring.any():
        return False
    everywhere = np.ones(exemplar.shape[:2], bool) if valid is None else valid > 0
    around, own = _looks(box.cut(picture), there, ring), _looks(exemplar, everywhere, everywhere)
    apart, _ = cKDTree(own).query(around)
    return bool((apart <= LARGEST).mean() >= LEAST_ALIKE)


def _looks(picture: FloatArray, known: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Give smooth colors and their roughness at some of the pixels that are wanted, (pixels, 4)."""
    weight = ndimage.gaussian_filter(known.astype(np.float32), WIDTH)

    def smooth(values: FloatArray) -> FloatArray:
        blurred = ndimage.gaussian_filter(values * known[..., None], (WIDTH, WIDTH, 0))
        found: FloatArray = blurred / np.maximum(weight, 1e-6)[..., None]
        return found

    colors = smooth(picture)
    rough = np.sqrt(np.maximum(smooth((picture**2).astype(np.float32)) - colors**2, 0).mean(axis=2))
    found = np.dstack([colors, rough])[wanted]
    chosen = np.random.default_rng(0).permutation(len(found))[:SAMPLES]
    return found[chosen].astype(np.float64)
