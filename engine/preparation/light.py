"""Uneven light of a canvas that is to tile, evened out within its band."""

import numpy as np
from scipy import ndimage

from engine.images.picture import FloatArray

# Opposite borders are compared in strips of this share of the band's depth, and smoothed along them over that one.
STRIP, SMOOTH = 0.5, 0.75
FEWEST_CELLS = 4
# So much is added to a side at most, colors in [0, 1]: what differs more is another thing, and not another light.
LARGEST = 0.1
# Steps as small as those within the picture are partly its own texture: of one as large as the root of this share of
# the mean of their squares, half remains.
USUAL = 0.25


def even_light(picture: FloatArray, depth: int, axes: tuple[bool, bool]) -> FloatArray:
    """Let the smooth part of the colors meet at opposite borders, and leave all beyond a band along them as it is.

    Args:
        picture: float32 (height, width, channels), in [0, 1].
        depth: Of the band, pixels.
        axes: Whether left and right meet, and whether top and bottom do.

    Returns:
        The picture with half of each step added to either side, less and less up to the inner edge of the band.
    """
    found = picture
    for axis, meets in zip((1, 0), axes, strict=True):
        if meets:
            # An axis that meets is smoothed around, so that what the other one adds meets there, too.
            turned = np.moveaxis(found, axis, 1)
            found = np.moveaxis(_met(turned, depth, wraps=axes[axis]), 1, axis)
    return np.ascontiguousarray(found, np.float32)


def in_colors_of(picture: FloatArray, changed: FloatArray) -> FloatArray:
    """Bring what light has changed of a picture back onto the bent line that its colors lie on, if they do."""
    from engine.synthesis.color_curve import color_curve
    from engine.tensors import to_pixels, to_tensor

    curve = color_curve(to_tensor(picture, "cpu")[0].flatten(1).t())
    return changed if curve is None else to_pixels(curve.bring(to_tensor(changed, "cpu")))


def _met(picture: FloatArray, depth: int, *, wraps: bool) -> FloatArray:
    """Let left and right meet; `wraps` says whether top and bottom do, too."""
    width = picture.shape[1]
    if width < FEWEST_CELLS:
        return picture
    # Two cells make a strip.
    count = min(width, max(FEWEST_CELLS, round(2 * width / (STRIP * depth))))
    bounds = np.linspace(0, width, count + 1).round().astype(int)
    cells = np.add.reduceat(picture, bounds[:-1], axis=1) / np.diff(bounds)[:, None]
    cells = ndimage.gaussian_filter1d(cells, SMOOTH * depth, axis=0, mode="wrap" if wraps else "reflect")
    means = (cells[:, 1:] + cells[:, :-1]) / 2
    step = means[:, 0] - means[:, -1]
    usual = ((means[:, 2:] - means[:, :-2]) ** 2).mean(axis=(0, 1))
    half = np.clip(step * step**2 / (step**2 + USUAL * usual + 1e-9) / 2, -LARGEST, LARGEST)
    share = np.clip(1 - (np.arange(width) + 0.5) / depth, 0, 1)
    share = share**2 * (3 - 2 * share)
    change = half[:, None] * (share[::-1] - share)[:, None]
    met: FloatArray = np.clip(picture + change, 0, 1).astype(np.float32)
    return met
