"""Placing: what fills a picture, or is added beyond its borders, comes from about the same height of it.

Without it, patches that fit at the border continue with whatever follows them: a sky with the ground, a house with
another. In a hole, the blur that coarse scales make between two things becomes a piece of sky.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.octave import SIDE
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
# Heights that are told apart where something fills a hole.
HEIGHTS = 32


@dataclass(frozen=True, eq=False)
class Heights:
    """What it costs at one scale to fill a hole from another height of the picture.

    Attributes:
        labels: Height of each place of the exemplar, from 0 on, int32 (height, width).
        costs: What a patch costs besides by that, float32 (height, width, heights).
    """

    labels: Places
    costs: Floats


def is_extended(free: Bools) -> bool:
    """Whether a hole has a whole border of the canvas, as that of a picture has that continues beyond it."""
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


def heights(
    canvas: Sequence[Level], source: Sequence[Level], offset: tuple[int, int], first: int
) -> list[Heights | None]:
    """Tell what it costs to fill a hole from other heights of a picture.

    Args:
        canvas: The canvas at each scale, finest first.
        source: The exemplar, likewise.
        offset: Row and column of the canvas's first pixel in the exemplar.
        first: The finest octave at which it costs anything: fine ones keep to what coarse ones have settled.

    Returns:
        For each scale the costs; None for nothing, as anywhere in a texture.
    """
    known = bounds(source[0].known)
    seen = source[min(first, len(source) - 1)]
    weight = WEIGHTS[0] * _layered(seen, bounds(seen.known), 0)
    if weight == 0:
        return [None] * len(canvas)
    middles = (np.arange(HEIGHTS) + 0.5) / HEIGHTS
    found: list[Heights | None] = [None] * first
    for index, (here, there) in enumerate(zip(canvas[first:], source[first:], strict=True), first):
        band = np.clip(_at(there.size[0], 0, known[0], 2**index) * HEIGHTS, 0, HEIGHTS - 1).astype(np.int32)
        apart = SIDE**2 * (weight * (_at(here.size[0], offset[0], known[0], 2**index)[:, None] - middles)) ** 2
        costs = np.repeat(apart[:, None].astype(np.float32), here.size[1], axis=1)
        found.append(Heights(np.repeat(band[:, None], there.size[1], axis=1), costs))
    return found


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
        places.append(weight * _folded(_at(side, first, part, scale)))
    grid: Floats = np.stack(np.meshgrid(*places, indexing="ij"), axis=-1).astype(np.float32)
    return Level(np.ascontiguousarray(np.concatenate([level.channels, grid], axis=2)), level.known)


def _at(side: int, first: int, part: slice, scale: int) -> Vector:
    """Give the pixels of an axis as shares of a part of the picture: 0 where that begins, 1 where it ends."""
    found: Vector = (first + scale * np.arange(side) + (scale - 1) / 2 - part.start) / (part.stop - part.start)
    return found


def _folded(at: Vector) -> Vector:
    """Fold places before 0 and beyond 1 back into the part along that border."""
    beyond = np.maximum(np.maximum(-at, at - 1), 0)
    inward = NEAR_BORDER - np.abs(beyond % (2 * NEAR_BORDER) - NEAR_BORDER)
    return np.where(at < 0, inward, np.where(at > 1, 1 - inward, at))
