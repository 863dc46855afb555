"""The trend of the colors of lace: taken off what is sampled and kept, and added to what is made."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from engine.images.picture import FloatArray
from engine.preparation.alpha import OPAQUE, Mask
from engine.preparation.areas import Box, bounds_of
from engine.preparation.sampling import Sample

# Patches of this side are to be left where a trend holds, and so many of them.
PATCH = 5
FEWEST_PATCHES = 200


@dataclass(frozen=True, eq=False)
class LaceLight:
    """A trend of colors around a hole in lace.

    Attributes:
        sample: What is sampled without it, where it holds.
        light: What it adds to the colors of the part that is worked on, float32 (height, width, 3).
    """

    sample: Sample
    light: FloatArray


def lace_light(sample: Sample, free: Mask, box: Box) -> LaceLight | None:
    """Find the trend of what is opaque around a hole, as of a dyed cloth, whose holes hide it from patches.

    Args:
        sample: What is sampled of the canvas, with alpha.
        free: 1 where the canvas is synthesized, (height, width).
        box: The part of it that is worked on.

    Returns:
        The trend; None where there is none.
    """
    from engine.synthesis.structure.trend import find_trend

    if sample.alpha is None:
        return None
    top, left = sample.corner
    hole = bounds_of(free).moved(-top, -left)
    valid = np.ones(sample.alpha.shape, bool) if sample.valid is None else sample.valid > 0
    rows, columns = slice(hole.top, hole.bottom), slice(hole.left, hole.right)
    found = find_trend(sample.pixels, valid & (sample.alpha >= OPAQUE), (rows, columns))
    if found is None:
        return None
    trend, part, other = found
    left_over = np.zeros_like(valid)
    left_over[part] = valid[part] & ~other
    if np.count_nonzero(ndimage.binary_erosion(left_over, np.ones((PATCH, PATCH)))) < FEWEST_PATCHES:
        return None
    here, there = trend.over(box.size, (box.top - top, box.left - left)), trend.over(valid.shape, (0, 0))
    mean = there[left_over].mean(axis=0, dtype=np.float32)
    pixels = np.where(left_over[..., None], (sample.pixels - there + mean).clip(0, 1), sample.pixels)
    return LaceLight(replace(sample, pixels=pixels, valid=left_over.astype(np.float32)), here - mean)
