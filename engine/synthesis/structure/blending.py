"""Blending: seams between patches, and the step across the border of a hole, spread out until nobody sees them."""

import numpy as np
from numba import prange
from numpy.typing import NDArray
from scipy import ndimage

from engine.synthesis.compiling import compiled
from engine.synthesis.matching.field import Bools, Floats

# Of the smooth correction, in values of [0, 1]: what differs more is another thing, and not another light.
LARGEST = 0.08
NEAR = 6.0


@compiled
def _relax(
    picture: Floats, first: Floats, right: Floats, down: Floats, free: Bools, screen: np.float32, parity: int
) -> None:
    """One half of a red-black step of Gauss-Seidel on the screened Poisson equation."""
    height, width = free.shape
    for row in prange(height):
        for column in range((row + parity) % 2, width, 2):
            if not free[row, column]:
                continue
            count = screen
            for k in range(picture.shape[2]):
                total = screen * first[row, column, k]
                count = screen
                if row > 0:
                    total += picture[row - 1, column, k] + down[row - 1, column, k]
                    count += 1
                if row + 1 < height:
                    total += picture[row + 1, column, k] - down[row, column, k]
                    count += 1
                if column > 0:
                    total += picture[row, column - 1, k] + right[row, column - 1, k]
                    count += 1
                if column + 1 < width:
                    total += picture[row, column + 1, k] - right[row, column, k]
                    count += 1
                picture[row, column, k] = total / count


def blend_seams(
    picture: Floats, right: Floats, down: Floats, free: Bools, *, width: float, steps: int = 24
) -> Floats:
    """Spread steps at seams over some pixels (Pérez et al. 2003, "Poisson Image Editing").

    Departs from the paper in the screen: the picture stays near to what it was, so that no color bleeds far.

    Args:
        picture: float32 (height, width, channels).
        right: Difference to the right neighbor that is wanted, of the picture's shape.
        down: Likewise to the lower one.
        free: What may change, boolean (height, width).
        width: Over how many pixels a step is spread.
        steps: Of the iteration.

    Returns:
        The picture with soft seams.
    """
    found = picture.copy()
    for _ in range(steps):
        for parity in (0, 1):
            _relax(found, picture, right, down, free, np.float32(1 / width**2), parity)
    return found


def border_correction(
    apart: Floats, ring: Bools, free: Bools, wrap: tuple[bool, bool] = (False, False), expected: Floats | None = None
) -> Floats:
    """Continue the smooth part of the differences along the border of a hole into it.

    Args:
        apart: What is known less what the patches say, float32 (height, width, channels).
        ring: Where that is known, boolean (height, width): some pixels around the hole.
        free: The hole.
        wrap: Whether rows, and columns, continue on the other side.
        expected: The variance that grain and texture give the differences, float32 (height, width, channels); None
            for any. Where they vary more, another thing is cut, and not another light.

    Returns:
        What to add in the hole, float32 (height, width, channels); 0 elsewhere.
    """
    mean, noise, weight = _around(apart, ring, wrap)
    # So many pixels of the ring lie in the window; their mean is only as sure as that.
    count = weight * (2 * np.pi * NEAR**2) * 2
    doubt = noise / np.maximum(count, 1)[..., None]
    if expected is not None:
        doubt += np.maximum(noise - expected, 0)
    sure = mean**2 / (mean**2 + 4 * doubt + 1e-9)
    wanted = np.clip(mean * sure, -LARGEST, LARGEST)
    found: Floats = _spread(np.where(ring[..., None], wanted, 0).astype(np.float32), ring, wrap) * free[..., None]
    return found


def variance_around(values: Floats, known: Bools, wrap: tuple[bool, bool]) -> Floats:
    """Measure how much known values vary around each pixel, float32 (height, width, channels)."""
    return _around(values, known, wrap)[1]


def _around(values: Floats, known: Bools, wrap: tuple[bool, bool]) -> tuple[Floats, Floats, Floats]:
    """Give the mean and the variance of known values around each pixel, and the share of what is known there."""
    modes = ["wrap" if each else "reflect" for each in wrap]
    weight = np.maximum(ndimage.gaussian_filter(known.astype(np.float32), NEAR, mode=modes), 1e-6)

    def local(several: Floats) -> Floats:
        near = ndimage.gaussian_filter(several * known[..., None], (NEAR, NEAR, 0), mode=[*modes, "reflect"])
        found: Floats = near / weight[..., None]
        return found

    mean = local(values)
    return mean, np.maximum(local(values**2) - mean**2, 0), weight


def _spread(values: Floats, known: Bools, wrap: tuple[bool, bool]) -> Floats:
    """Fill what is not known smoothly from what is, by falling scales (push-pull; Gortler et al. 1996)."""
    if known.all() or min(known.shape) < 2:
        return values
    height, width = known.shape
    rows, columns = (height + 1) // 2, (width + 1) // 2
    margin = ((0, 2 * rows - height), (0, 2 * columns - width))
    weight = np.pad(known.astype(np.float32), margin).reshape(rows, 2, columns, 2).sum((1, 3))
    total = np.pad(values * known[..., None], (*margin, (0, 0))).reshape(rows, 2, columns, 2, -1).sum((1, 3))
    if not (weight > 0).any():
        return values
    small = _spread((total / np.maximum(weight, 1)[..., None]).astype(np.float32), weight > 0, wrap)
    (r0, r1, fr), (c0, c1, fc) = (_between(side, wraps) for side, wraps in zip((height, width), wrap, strict=True))
    fr, fc = fr[:, None, None], fc[None, :, None]
    upper = small[r0][:, c0] * (1 - fc) + small[r0][:, c1] * fc
    lower = small[r1][:, c0] * (1 - fc) + small[r1][:, c1] * fc
    return np.where(known[..., None], values, upper * (1 - fr) + lower * fr).astype(np.float32)


def _between(side: int, wraps: bool) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Find for each pixel of an axis the two of half the scale that it lies between, and how near the second is."""
    half = (side + 1) // 2
    place = (np.arange(side) - 0.5) / 2
    if not wraps:
        place = place.clip(0, half - 1)
    first = np.floor(place).astype(np.int64)
    share = (place - first).astype(np.float32)
    return (first % half, (first + 1) % half, share) if wraps else (first, np.minimum(first + 1, half - 1), share)
