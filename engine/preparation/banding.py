"""The band of a canvas that is made to tile, which cuts no object."""

import numpy as np
from scipy import ndimage

from engine.images import Picture
from engine.objects import AROUND, EDGE, find_objects
from engine.preparation.alpha import OPAQUE, Mask
from engine.preparation.areas import whole_of

# Parts of the shorter side, and of the band.
BAND = 1 / 6
BLEND = 1 / 5
WIDE = np.ones((2 * EDGE + 1, 2 * EDGE + 1))


def band_depth(height: int, width: int) -> int:
    """Return how far a band reaches from the borders into a canvas, pixels."""
    return max(1, round(BAND * min(height, width)))


def band_along(height: int, width: int, axes: tuple[bool, bool]) -> Mask:
    """Mark a band along the borders that meet, a share of the shorter side wide, that blends into the middle.

    Args:
        height: Of the canvas, pixels.
        width: Likewise.
        axes: Whether left and right meet, and whether top and bottom do; one of them at least.

    Returns:
        1 in the band, (height, width).
    """
    wide = band_depth(height, width)
    columns, rows = (
        np.minimum(np.arange(side), np.arange(side)[::-1]) + 0.5 if meets else np.full(side, np.inf)
        for side, meets in zip((width, height), axes, strict=True)
    )
    inward = np.minimum(rows[:, None], columns)
    # Structure that the band lays anew would break off along a straight line, which the eye finds at once.
    return np.clip((wide - inward) / (BLEND * wide), 0, 1).astype(np.float32)


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
