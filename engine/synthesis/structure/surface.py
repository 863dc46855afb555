"""Surfaces: what changes smoothly and has no grain at all goes on as a thin plate does.

A trend leaves a smooth rest, and patches of that rest meet in steps, which nothing hides where there is no grain.
Where there is no trend, as in a blurred photograph, the plate is bent as the patches are.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse.linalg import splu

from engine.synthesis.matching.field import Bools, Floats
from engine.synthesis.structure.blending import border_correction
from engine.synthesis.structure.contrast import COARSEST
from engine.synthesis.structure.octave import RING, nearest

# Second differences of what has no grain, in steps between two levels: their spread is no larger than what rounding
# makes. Where colors are finer than 8 bits, it is no larger than this part of the colors' own either, as that of a
# blurred photograph. No pixel in a thousand differs by so many times more.
ROUNDED = 1.2
BLURRED = 0.03
LARGEST = 3.5 / ROUNDED
# The plate is solved for means of so many pixels a side, at least, which rounding does not disturb, and for so many
# of them at most.
BLOCK = 4
MOST_BLOCKS = 6000
# Known blocks around the hole that the plate is held by, and pixels that its border is corrected by.
HELD = 6
# Means of more pixels would blur what a plate is bent like. What is bent more than so many percent of the known
# surface is a step or a crease, and is bent less.
LARGEST_BENT = 8
MOST_BENT = 99
# A bent plate is pulled towards the values in the hole: beyond about five blocks its own bends count less than these.
PULL = 1 / 5**4
# Grain is what a Gaussian of this standard deviation, pixels, takes off: means of blocks have as little of it.
GRAIN = BLOCK / 2
TRUNCATED = 3.0
# Rounding leaves grain of 0.29 steps; dithering, film and faint patterns leave more. So does a photograph that was
# blurred by a Gaussian of 4 pixels or more, of a few hundredths of its colors' spread.
MOST_ROUNDED, MOST_GRAIN = 0.36, 0.045
# Colors with a larger standard deviation, in steps, are not faint.
MOST_STEPS = 3
# Second differences along rows, along columns and across, see `_second_differences`.
STENCILS = (
    ((0, 0, 1.0), (0, 1, -2.0), (0, 2, 1.0)),
    ((0, 0, 1.0), (1, 0, -2.0), (2, 0, 1.0)),
    ((0, 0, np.sqrt(2)), (0, 1, -np.sqrt(2)), (1, 0, -np.sqrt(2)), (1, 1, np.sqrt(2))),
)


def has_grain(colors: Floats, known: Bools, rounding: float = COARSEST) -> bool:
    """Find out whether colors change from pixel to pixel, and not by rounding alone.

    Args:
        colors: float32 (height, width, 3).
        known: Where they are known, boolean (height, width).
        rounding: The step between two levels, see `find_rounding`.

    Returns:
        Whether they do; so do those of which no three pixels in a row are known.
    """
    spread = float(colors[known].std(axis=0).max()) if known.any() else 0.0
    return _bends(colors, known, max(ROUNDED * rounding, min(ROUNDED * COARSEST, BLURRED * spread)))


def is_surface(colors: Floats, known: Bools, rounding: float) -> bool:
    """Find out whether colors change smoothly, but for grain that is fainter than what rounding to 8 bits makes.

    Args:
        colors: float32 (height, width, 3).
        known: Where they are known, boolean (height, width).
        rounding: The step between two levels, see `find_rounding`.

    Returns:
        Whether they do; faint colors of a fine pattern, which are no smoother than their grain, do not.
    """
    if has_grain(colors, known):
        return False
    coarse = rounding >= COARSEST
    if coarse:
        # Of a few steps, what rounding makes of second differences is as large as those of a pattern.
        spread = float(colors[known].std(axis=0).max())
        if _grain_spread(colors, known) > max(MOST_ROUNDED * rounding, MOST_GRAIN * spread):
            return False
        if spread > MOST_STEPS * rounding:
            return True
    means, whole = _means(colors, known, BLOCK)
    spread = float(means[whole].std(axis=0).max()) if whole.any() else 0.0
    # Of 8 bits a mean of many pixels has next to nothing.
    least = ROUNDED * rounding / (BLOCK if coarse else 1)
    return not _bends(means, whole, max(least, BLOCK**2 * BLURRED * spread))


def _grain_spread(colors: Floats, known: Bools) -> float:
    """Measure what a smooth surface has not, where enough around a pixel is known; 0 where it nowhere is."""
    reach = 2 * round(TRUNCATED * GRAIN)
    inside = ndimage.binary_erosion(known, np.ones((2 * reach + 1, 2 * reach + 1)), border_value=1)
    if not inside.any():
        return 0.0
    return float(_grain(colors)[inside].std(axis=0).max())


def _grain(colors: Floats) -> Floats:
    """Take off a surface; once would leave its bends."""
    for _ in range(2):
        colors = colors - ndimage.gaussian_filter(colors, (GRAIN, GRAIN, 0), mode="nearest", truncate=TRUNCATED)
    return colors


def _bends(colors: Floats, known: Bools, limit: float) -> bool:
    """Tell whether the second differences of known colors spread more than a limit, or some are much larger."""
    for axis in (0, 1):
        values, whole = np.moveaxis(colors, axis, 0), np.moveaxis(known, axis, 0)
        apart = np.diff(values, n=2, axis=0)[whole[2:] & whole[1:-1] & whole[:-2]]
        if not len(apart) or float(np.sqrt((apart**2).mean(axis=0)).max()) > limit:
            return True
        if float(np.percentile(np.abs(apart), 99.9)) > LARGEST * limit:
            return True
    return False


def _means(colors: Floats, known: Bools, block: int) -> tuple[Floats, Bools]:
    """Average blocks of so many pixels a side, and tell which are known as a whole."""
    margin = [(0, -side % block) for side in known.shape]
    inside = np.pad(known, margin)
    shape = (inside.shape[0] // block, block, inside.shape[1] // block, block)
    means = np.pad(colors, [*margin, (0, 0)], mode="edge").reshape(*shape, -1).mean(axis=(1, 3))
    return means, np.asarray(inside.reshape(shape).all(axis=(1, 3)))


def continue_surface(colors: Floats, free: Bools, *, bent: bool = False) -> Floats:
    """Continue a surface through a hole, as a thin plate that is held by what is known.

    Args:
        colors: The surface, float32 (height, width, channels); any value in the hole, unless it is bent.
        free: The hole, boolean (height, width); something beside it is known.
        bent: Whether the plate is bent as the values in the hole are, but for steps and creases in them.

    Returns:
        Likewise, equal to the surface where that is known; all as it was for a bent plate in a very large hole.
    """
    block = BLOCK
    while free.sum() > MOST_BLOCKS * block**2:
        block *= 2
    if bent and block > LARGEST_BENT:
        return colors
    rows, columns = (
        slice(max(0, (int(each[0]) // block - HELD) * block), int(each[-1]) + 1 + HELD * block)
        for each in (np.flatnonzero(free.any(axis=axis)) for axis in (1, 0))
    )
    here, hole = colors[rows, columns], free[rows, columns]
    plate = _plate(*_means(here, ~hole, block), bent=bent)
    places = np.meshgrid(*((np.arange(side) + 0.5) / block - 0.5 for side in hole.shape), indexing="ij")
    fine = np.stack(
        [ndimage.map_coordinates(each, places, order=3, mode="nearest") for each in np.moveaxis(plate, 2, 0)], axis=2
    )
    ring = ~hole & ndimage.binary_dilation(hole, RING)
    fine += border_correction(((here - fine) * ring[..., None]).astype(np.float32), ring, hole)
    found = colors.copy()
    found[rows, columns] = np.where(hole[..., None], fine, here)
    return found


def continue_grain(colors: Floats, free: Bools) -> Floats:
    """Continue what a surface has of grain into a hole, in which it has none, as a mirror image.

    Patches would follow the surface, and repeat the grain of one place all along a slope.

    Args:
        colors: float32 (height, width, channels).
        free: The hole, boolean (height, width); something beside it is known.

    Returns:
        Likewise, equal to the colors where those are known.
    """
    grain = _grain(colors)
    known, here = ~free, np.indices(free.shape)
    last = np.array(free.shape)[:, None, None] - 1
    while not known.all():
        places = 2 * np.stack(nearest(known, (False, False))) - here
        rows, columns = np.clip(places, 0, last)
        new = ~known & (places >= 0).all(axis=0) & (places <= last).all(axis=0) & known[rows, columns]
        if not new.any():
            break
        grain[new] = grain[rows, columns][new]
        known = known | new
    found: Floats = np.where((free & known)[..., None], colors + grain, colors)
    return found


def _plate(values: Floats, known: Bools, *, bent: bool) -> NDArray[np.float64]:
    """Solve for the values that are not known: their second differences are as small, or as wanted, as can be."""
    matrix = sparse.vstack([_second_differences(known.shape, each) for each in STENCILS]).tocsc()
    free = np.flatnonzero(~known)
    found = values.reshape(known.size, -1).astype(np.float64)
    wanted, pulled = np.zeros((matrix.shape[0], found.shape[1])), np.zeros((len(free), found.shape[1]))
    # Where too little is known to hold the plate, it lies flat.
    pull = 1e-9
    if bent:
        wanted, pulled, pull = matrix @ found, found[free], PULL
        own = wanted[np.asarray(abs(matrix)[:, free].sum(axis=1)).ravel() == 0]
        if len(own):
            most = np.percentile(np.abs(own), MOST_BENT, axis=0)
            wanted = np.clip(wanted, -most, most)
    found[free] = 0
    inner = matrix[:, free]
    normal = (inner.T @ inner + pull * sparse.identity(len(free))).tocsc()
    found[free] = splu(normal).solve(inner.T @ (wanted - matrix @ found) + pull * pulled)
    return found.reshape(values.shape)


def _second_differences(size: tuple[int, ...], stencil: tuple[tuple[int, int, float], ...]) -> sparse.csr_matrix:
    """Make the matrix of one kind of second differences at all places at which they lie within the size."""
    numbers = np.arange(size[0] * size[1]).reshape(size)
    down, across = (max(each[axis] for each in stencil) for axis in (0, 1))
    firsts = numbers[: size[0] - down, : size[1] - across].ravel()
    lines = np.tile(np.arange(len(firsts)), len(stencil))
    columns = np.concatenate([firsts + row * size[1] + column for row, column, _ in stencil])
    weights = np.repeat([weight for *_, weight in stencil], len(firsts))
    return sparse.csr_matrix((weights, (lines, columns)), shape=(len(firsts), numbers.size))
