"""Translucent pictures, and holes in them."""

import numpy as np
from engines import pixels, raster, short_job
from pictures import bricks, clouds
from runs import run

from engine.images import Picture

RED = np.array([1.0, 0.0, 0.0], np.float32)


def lace(height=96, width=96, period=12):
    """Threads around round holes, which are red where nobody sees it: colors and alpha."""
    rows, columns = np.mgrid[:height, :width] % period - (period - 1) / 2
    alpha = np.clip(np.hypot(rows, columns) - period / 3, 0, 1).astype(np.float32)
    colors = np.repeat(bricks(height, width)[..., :1], 3, axis=2)
    return np.where(alpha[..., None] > 0, colors, RED).astype(np.float32), alpha


def veil(height=96, width=96):
    """Clouds that are the more opaque the brighter they are, and nowhere opaque or gone."""
    colors = clouds(height, width)
    return colors, np.clip(colors[..., 0], 0.1, 0.9)


def hole_in(height, width, rows, columns):
    mask = np.zeros((height, width), np.float32)
    mask[rows, columns] = 1
    return mask


def as_mask(values):
    return Picture(np.repeat(values[..., None], 3, axis=2))


def filled(colors, alpha, mask, **wishes):
    asked = {"recipe": "photo", "quality": "draft", "steps": None, "width": None, "height": None, **wishes}
    canvas = raster(np.dstack([colors, alpha]))
    masked = None if mask is None else raster(mask)
    found = pixels(run(short_job(exemplar=None, canvas=canvas, mask=masked, **asked)).end.raster)
    return found[..., :-1], found[..., -1]
