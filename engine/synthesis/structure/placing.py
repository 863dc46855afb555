"""Placing: what is added beyond the borders of a picture comes from about the same height and width of it.

Without it, patches that fit at the border continue with whatever follows them: a sky with the ground, a house with
another.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.synthesis.matching.field import Bools, Floats
from engine.synthesis.structure.pyramid import COLORS, Level
from engine.synthesis.structure.shifting import bounds

Vector = NDArray[np.float64]

# How much a place at the other end of the picture differs, in values of [0, 1]: by its row, and by its column. Most
# pictures differ more from top to bottom than from left to right.
WEIGHTS = (0.35, 0.1)
# What lies beyond a border comes from this part of the picture along it: a single row would only give stripes.
NEAR_BORDER = 0.25
# Share of the variance of colors that bands explain: of six photographs of ground and grass up to 0.02, of landscapes
# 0.15 and more from top to bottom. A texture is the same everywhere, and only repeats if its places are limited.
BANDS = 8
TEXTURE, LANDSCAPE = 0.02, 0.12


def is_extended(free: Bools) -> bool:
    """Whether a hole has a whole border of the canvas, as that of a picture has that goes on beyond it."""
    return not free.all() and any(bool(free.take(end, axis).all()) for axis in (0, 1) for end in (0, -1))


def with_places(
    canvas: Sequence[Level], source: Sequence[Level], offset: tuple[int, int]
) -> tuple[list[Level], list[Level]]:
    """Add to the channels of a pyramid where in the picture each pixel lies.

    Args:
        canvas: The canvas at each scale, finest first.
        source: The exemplar, likewise.
        offset: Row and column of the canvas's first pixel in the exemplar.

    Returns:
        Both with two more channels: rows, and columns. Those of what lies beyond the picture lead back into it.
    """
    known = bounds(source[0].known)
    weights = [weight * _layered(source[0], known, axis) for axis, weight in enumerate(WEIGHTS)]
    return (
        [_placed(level, known, weights, offset, 2**index) for index, level in enumerate(canvas)],
        [_placed(level, known, weights, (0, 0), 2**index) for index, level in enumerate(source)],
    )


def _layered(level: Level, part: tuple[slice, slice], axis: int) -> float:
    """Tell how much a picture differs from band to band along an axis: 0 for a texture, 1 for a landscape."""
    colors, known = level.channels[part][..., :COLORS], level.known[part]
    seen = colors[known]
    bands = zip(np.array_split(colors, BANDS, axis), np.array_split(known, BANDS, axis), strict=True)
    means = [band[where].mean(axis=0) for band, where in bands if where.any()]
    explained = float(np.var(means, axis=0).sum()) / max(float(seen.var(axis=0).sum()), 1e-6)
    return float(np.clip((explained - TEXTURE) / (LANDSCAPE - TEXTURE), 0, 1))


def _placed(
    level: Level, known: tuple[slice, slice], weights: Sequence[float], offset: tuple[int, int], scale: int
) -> Level:
    places = []
    for side, first, part, weight in zip(level.size, offset, known, weights, strict=True):
        at = first + scale * np.arange(side) + (scale - 1) / 2
        places.append(weight * _folded((at - part.start) / (part.stop - part.start)))
    grid: Floats = np.stack(np.meshgrid(*places, indexing="ij"), axis=-1).astype(np.float32)
    return Level(np.ascontiguousarray(np.concatenate([level.channels, grid], axis=2)), level.known)


def _folded(at: Vector) -> Vector:
    """Fold places before 0 and beyond 1 back into the part along that border."""
    beyond = np.maximum(np.maximum(-at, at - 1), 0)
    inward = NEAR_BORDER - np.abs(beyond % (2 * NEAR_BORDER) - NEAR_BORDER)
    return np.where(at < 0, inward, np.where(at > 1, 1 - inward, at))
