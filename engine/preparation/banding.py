"""The band of a canvas that is made to tile, which cuts no object."""

import numpy as np
from scipy import ndimage

from engine.images import Picture
from engine.objects import AROUND, EDGE, find_objects
from engine.preparation.areas import whole_of
from engine.preparation.masks import OPAQUE, Mask, band_along

WIDE = np.ones((2 * EDGE + 1, 2 * EDGE + 1))


def band_of(canvas: Picture, axes: tuple[bool, bool]) -> Mask:
    """Mark the band of a canvas; see `band_along`.

    Args:
        canvas: The canvas.
        axes: Whether left and right meet, and whether top and bottom do; one of them at least.

    Returns:
        1 in the band, (height, width). Of small objects on a plain background, those that the borders which meet have
        cut lie in it wholly, and all others outside of it.
    """
    band = band_along(*whole_of(canvas.pixels).size, axes)
    valid = np.ones(band.shape, bool) if canvas.alpha is None else canvas.alpha >= OPAQUE
    objects = find_objects(canvas.pixels, valid) if valid.any() else None
    if objects is None:
        return band
    meeting = np.zeros(band.shape, bool)
    for axis, meets in zip((1, 0), axes, strict=True):
        if meets:
            ends = np.moveaxis(meeting, axis, 0)
            ends[:EDGE], ends[-EDGE:] = True, True
    cut = objects.numbers < 0
    anew = ndimage.binary_propagation(cut & meeting, AROUND, cut)
    stays = (objects.numbers > 0) | (cut & ~anew)
    band = np.where(ndimage.binary_dilation(anew, WIDE), 1, band)
    return np.where(ndimage.binary_dilation(stays, WIDE), 0, band).astype(np.float32)
