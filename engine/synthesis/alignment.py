"""Alignments: ways to lay the exemplar over the canvas so that what is known of the canvas goes on in it."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.synthesis.octaves import Size

Offset = tuple[int, int]
"""Rows and columns to add to a place of the canvas for its place in the exemplar."""
Search = Callable[[Tensor, Tensor, int], Generator[None, None, list[Offset]]]

# Alignments nearer than this are one: what lies between them differs by less than a mortar line.
APART = 4
LEAST_OVERLAP = 0.5
LEAST_COVER = 0.25


@dataclass(frozen=True)
class Ground:
    """A picture with the part of it that is to be compared.

    Attributes:
        features: What is compared, shape (1, channels, height, width).
        usable: 1 where it is usable, else 0, shape (1, 1, height, width).
    """

    features: Tensor
    usable: Tensor

    @property
    def size(self) -> Size:
        """Height and width, pixels."""
        height, width = self.usable.shape[2:]
        return height, width


def find_alignments(
    canvas: Ground, exemplar: Ground, hole: Tensor, *, most: int, each: int
) -> Generator[None, None, list[Offset]]:
    """Find the offsets at which the surroundings of a hole are most like the exemplar.

    Regular textures repeat at few offsets, and at those structure goes on across the border of a hole (He & Sun 2012,
    "Statistics of Patch Offsets for Image Completion"). Departs from the paper in comparing the surroundings as a
    whole and tile by tile, at every offset, with Fourier transforms, in place of counting the offsets of patches.

    Args:
        canvas: What is known, around the hole.
        exemplar: Where to look.
        hole: 1 where something is missing, shape (1, 1, height, width) of the canvas.
        most: How many offsets to find for the surroundings as a whole.
        each: How many more for each tile.

    Yields:
        Nothing, between two pieces of the work.

    Returns:
        Offsets, each once.
    """
    height, width = canvas.size
    search = yield from _search(canvas, exemplar)
    found = dict.fromkeys((yield from search(canvas.usable, hole, most)))
    reach = max(16, round((height * width / 30) ** 0.5))
    for top in range(0, height, reach):
        for left in range(0, width, reach):
            tile, near = torch.zeros_like(hole), torch.zeros_like(hole)
            tile[..., top : top + reach, left : left + reach] = 1
            half = reach // 2
            near[..., max(0, top - half) : top + reach + half, max(0, left - half) : left + reach + half] = 1
            tile, near = tile * canvas.usable, near * hole
            if float(tile.sum()) >= 64 and float(near.sum()):
                found.update(dict.fromkeys((yield from search(tile, near, each))))
    return list(found)


def covering_alignments(exemplar: Tensor, missing: Tensor, *, most: int) -> list[Offset]:
    """Choose offsets that bring the usable part of the exemplar to where no other offset does.

    Args:
        exemplar: 1 where it may be sampled, shape (1, 1, height, width).
        missing: 1 where something is missing, shape (1, 1, height, width) of the canvas.
        most: How many, though some of what is missing may be left then.

    Returns:
        Offsets.
    """
    row, column = _deepest(exemplar)
    found: list[Offset] = []
    while bool(missing.any()) and len(found) < most:
        places = missing[0, 0].nonzero()
        top, left = places[len(places) // 2].tolist()
        found.append((row - top, column - left))
        size = (missing.shape[2], missing.shape[3])
        missing = missing * (laid_over(exemplar, found[-1], size) == 0)
    return found


def _deepest(usable: Tensor) -> tuple[int, int]:
    """Find a usable place far from all that is not: it brings the most along."""
    height, width = usable.shape[2:]
    cells = min(32, height), min(32, width)
    inside = 1 - F.adaptive_max_pool2d(1 - usable, cells)
    if not bool(inside.any()):
        row, column = usable[0, 0].nonzero()[0].tolist()
        return row, column
    deep = inside
    while bool(inside.any()):
        deep, inside = inside, -F.max_pool2d(-F.pad(inside, (1, 1, 1, 1)), 3, 1)
    row, column = deep[0, 0].nonzero()[0].tolist()
    return row * height // cells[0], column * width // cells[1]


def laid_over(picture: Tensor, offset: Offset, size: Size) -> Tensor:
    """Lay a picture over a canvas of a size, at an offset; 0 where it does not reach."""
    (rows, columns), (height, width) = offset, size
    found = picture.new_zeros(1, picture.shape[1], height, width)
    top, bottom = max(0, -rows), min(height, picture.shape[2] - rows)
    left, right = max(0, -columns), min(width, picture.shape[3] - columns)
    if top < bottom and left < right:
        found[..., top:bottom, left:right] = picture[
            ..., top + rows : bottom + rows, left + columns : right + columns
        ]
    return found


def _search(canvas: Ground, exemplar: Ground) -> Generator[None, None, Search]:
    """Prepare the search for offsets: the exemplar's transforms serve all parts of the canvas."""
    limits = exemplar.size
    size = (_fast(canvas.size[0] + limits[0]), _fast(canvas.size[1] + limits[1]))

    def forward(values: Tensor) -> Tensor:
        found: Tensor = torch.fft.rfft2(values, s=size)
        return found

    def backward(values: Tensor) -> Tensor:
        found: Tensor = torch.fft.irfft2(values, s=size)
        return found[0, 0]

    usable = forward(exemplar.usable)
    yield
    first = forward(exemplar.usable * exemplar.features)
    yield
    second = forward(exemplar.usable * (exemplar.features**2).sum(1, keepdim=True))
    squared = (canvas.features**2).sum(1, keepdim=True)

    def search(part: Tensor, hole: Tensor, most: int) -> Generator[None, None, list[Offset]]:
        weight = forward(part).conj()
        overlap = backward(weight * usable)
        yield
        cross = (forward(part * canvas.features).conj() * first).sum(1, keepdim=True)
        yield
        apart = backward(forward(part * squared).conj() * usable + weight * second - 2 * cross)
        yield
        cover = backward(forward(hole).conj() * usable)
        yield
        fits = (overlap >= LEAST_OVERLAP * part.sum()) & (cover >= LEAST_COVER * hole.sum())
        cost = torch.where(fits, apart / overlap.clamp_min(1), torch.inf)
        lowest = -F.max_pool2d(-cost[None], 2 * APART + 1, 1, APART)[0]
        places = torch.nonzero((cost == lowest) & fits)
        order = cost[places[:, 0], places[:, 1]].argsort(stable=True)[:most]
        yield
        # Behind the exemplar's end the negative offsets follow.
        return [
            (row if row < limits[0] else row - size[0], column if column < limits[1] else column - size[1])
            for row, column in places[order].tolist()
        ]

    return search


def _fast(length: int) -> int:
    """Round up to a length that has no prime factor above 5, for which Fourier transforms are fast."""
    while True:
        rest = length
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return length
        length += 1
