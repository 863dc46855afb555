"""Offsets at which the exemplar continues what lies around a hole (He & Sun 2012, "Statistics of Patch Offsets")."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.pyramid import COLORS, Level

# Offsets nearer to each other than this are one: what lies between them differs by less than a mortar line.
APART = 4
LEAST_OVERLAP = 0.5
LEAST_COVER = 0.25
GRADIENTS = 3.0
OVERALL = 24
PER_TILE = 6
TILES = 3


@dataclass(frozen=True, eq=False)
class View:
    """What of a level is compared at an offset.

    Attributes:
        features: Colors and gradients of gray, float32 (height, width, 5).
        trusted: Where they are known, boolean (height, width).
    """

    features: Floats
    trusted: Bools


def view(level: Level) -> View:
    """Take colors and gradients of a level; gradients at the border of what is known are not trusted."""
    colors = level.channels[..., :COLORS]
    gray = colors.mean(axis=2)
    across = np.diff(gray, axis=1, append=gray[:, -1:])
    down = np.diff(gray, axis=0, append=gray[-1:])
    features = np.dstack([colors, GRADIENTS * across, GRADIENTS * down]).astype(np.float32)
    return View(features, ndimage.binary_erosion(level.known, np.ones((3, 3)), border_value=1))


def find_offsets(canvas: View, hole: Bools, source: View) -> Generator[None, None, Places]:
    """Find offsets at which the surroundings of a hole are most like the exemplar.

    Departs from the paper in comparing the surroundings as a whole and tile by tile, at every offset, with Fourier
    transforms, in place of counting the offsets of patches.

    Args:
        canvas: What lies around the hole, and little else.
        hole: The missing pixels, boolean, of the canvas's size.
        source: The exemplar.

    Yields:
        Nothing, between two pieces of the work.

    Returns:
        Rows and columns to add to a place of the canvas for its place in the exemplar, int32 (count, 2), each once.
    """
    size = tuple(fft.next_fast_len(a + b, real=True) for a, b in zip(hole.shape, source.trusted.shape, strict=True))

    def forward(values: NDArray[np.generic]) -> NDArray[np.complex64]:
        found: NDArray[np.complex64] = fft.rfft2(values.astype(np.float32), s=size, axes=(0, 1), workers=2)
        return found

    def backward(values: NDArray[np.complex64]) -> Floats:
        found: Floats = fft.irfft2(values, s=size, axes=(0, 1), workers=2)
        return found

    usable = forward(source.trusted)
    first = forward(source.features * source.trusted[..., None])
    second = forward((source.features**2).sum(axis=2) * source.trusted)
    squared = (canvas.features**2).sum(axis=2)

    def search(part: Bools, near: Bools, most: int) -> list[tuple[int, int]]:
        weight = forward(part)
        overlap = backward(weight.conj() * usable)
        cross = (forward(canvas.features * part[..., None]).conj() * first).sum(axis=2)
        apart = backward(forward(squared * part).conj() * usable + weight.conj() * second - 2 * cross)
        cover = backward(forward(near).conj() * usable)
        fits = (overlap >= LEAST_OVERLAP * part.sum()) & (cover >= LEAST_COVER * near.sum())
        cost = np.where(fits, apart / np.maximum(overlap, 1), np.inf)
        lowest = ndimage.minimum_filter(cost, 2 * APART + 1, mode="wrap")
        rows, columns = np.nonzero((cost == lowest) & fits)
        order = np.argsort(cost[rows, columns], kind="stable")[:most]
        # Behind the exemplar's end the negative offsets follow.
        return [
            (
                row if row < source.trusted.shape[0] else row - size[0],
                column if column < source.trusted.shape[1] else column - size[1],
            )
            for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True)
        ]

    yield
    found = dict.fromkeys(search(canvas.trusted, hole, OVERALL))
    height, width = hole.shape
    for top in range(TILES):
        for left in range(TILES):
            rows = slice(top * height // TILES, (top + 1) * height // TILES)
            columns = slice(left * width // TILES, (left + 1) * width // TILES)
            part, near = np.zeros_like(hole), np.zeros_like(hole)
            part[rows, columns] = canvas.trusted[rows, columns]
            margin = max(height, width) // (2 * TILES)
            rows, columns = (slice(max(0, each.start - margin), each.stop + margin) for each in (rows, columns))
            near[rows, columns] = hole[rows, columns]
            if part.sum() >= 64 and near.any():
                yield
                found.update(dict.fromkeys(search(part, near, PER_TILE)))
    return np.array(list(found), np.int32).reshape(-1, 2)
