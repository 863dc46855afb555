"""Uneven light of a canvas that is to tile, evened out within its band."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
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
# Light on an exemplar is looked for in means of so many cells a side, each of so many pixels a side at least; half of
# them may be sampled. It explains so much of their variance, and more than rounding: a texture's differ by chance.
CELLS, LEAST_CELL, LEAST_FULL = 8, 6, 0.5
LEAST_EXPLAINED = 0.9
LEAST_SPREAD = 1 / 255


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


def without_trend(picture: FloatArray, sampled: NDArray[np.bool_]) -> FloatArray:
    """Take off light that falls unevenly on an exemplar: pieces of it would be blotches in a new texture.

    Args:
        picture: float32 (height, width, 3), in [0, 1].
        sampled: Where it may be sampled, boolean (height, width).

    Returns:
        The picture in its mean light; itself where large parts of it differ by anything else, or hardly at all.
    """
    if min(sampled.shape) < CELLS * LEAST_CELL:
        return picture
    bounds = [np.linspace(0, side, CELLS + 1).round().astype(int)[:-1] for side in sampled.shape]
    counts = _summed(sampled.astype(np.float64), bounds)
    full = counts >= LEAST_CELL**2
    if np.count_nonzero(full) < LEAST_FULL * full.size:
        return picture
    means = (_summed(np.where(sampled[..., None], picture, 0), bounds)[full].T / counts[full]).T
    middle = (np.arange(CELLS) + 0.5) / CELLS
    rows, columns = (each[full] for each in np.meshgrid(middle, middle, indexing="ij"))
    # The terms of a polynomial of the second degree.
    terms = np.stack([np.ones_like(rows), rows, columns, rows**2, columns**2, rows * columns], axis=1)
    weights = np.linalg.lstsq(terms, means, rcond=None)[0]
    spread = ((means - means.mean(axis=0)) ** 2).sum()
    left = ((means - terms @ weights) ** 2).sum()
    if spread < LEAST_SPREAD**2 * len(means) or left > (1 - LEAST_EXPLAINED) * spread:
        return picture
    from engine.synthesis.structure.flatness import has_flat_colors

    if has_flat_colors(picture, sampled):
        return picture
    of, down, across, down2, across2, both = weights.astype(np.float32)
    row, column = ((np.arange(side, dtype=np.float32)[:, None] + 0.5) / side for side in sampled.shape)
    trend = (of + down * row + down2 * row**2)[:, None] + (across * column + across2 * column**2)[None]
    trend += (row * column.T)[..., None] * both
    mean = trend[sampled].mean(axis=0, dtype=np.float64).astype(np.float32)
    return in_colors_of(picture, np.clip(picture - trend + mean, 0, 1))


def _summed(values: NDArray[np.floating[Any]], bounds: Sequence[NDArray[np.int64]]) -> NDArray[np.floating[Any]]:
    """Sum up the values of each cell, (CELLS, CELLS, …)."""
    return np.add.reduceat(np.add.reduceat(values, bounds[0], axis=0, dtype=np.float64), bounds[1], axis=1)


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
