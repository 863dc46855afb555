"""What the sliced critic draws by chance for each step: directions, and the positions that it looks at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

# Corners are remainders of numbers up to this one: no corner is more frequent that one could tell.
MOST = 2**30


class Grid(Protocol):
    """Positions of a map that one step looks at: a lattice somewhere on it."""

    @property
    def stride(self) -> int:
        """How far its positions lie apart."""

    def of(self, positions: Tensor) -> Tensor:
        """Give these positions of a tensor of shape (height, width, …)."""

    def put(self, whole: Tensor, values: Tensor) -> None:
        """Write values at these positions of a tensor of shape (height, width, …)."""

    def shifted(self, maps: Tensor) -> Tensor:
        """Give maps of shape (1, channels, height, width) from the lattice's corner on."""


@dataclass(frozen=True)
class SampleGrid:
    """Every `stride`-th position, from `top` and `left` on."""

    stride: int = 1
    top: int = 0
    left: int = 0

    def of(self, positions: Tensor) -> Tensor:
        """View these positions."""
        return positions[self.top :: self.stride, self.left :: self.stride]

    def put(self, whole: Tensor, values: Tensor) -> None:
        """Write values at these positions."""
        part = self.of(whole)
        part.copy_(values.reshape(part.shape))

    def shifted(self, maps: Tensor) -> Tensor:
        """View maps from the corner on."""
        return maps[:, :, self.top :, self.left :]


@dataclass(frozen=True, eq=False)
class MovableGrid:
    """A lattice whose corner is read on the device, so that what was captured can be replayed elsewhere.

    Attributes:
        stride: Of the lattice.
        corner: Row and column, int64 (2,), changed in place.
        reach: How far down and to the right corners are drawn, so that all lattices have as many positions.
    """

    stride: int
    corner: Tensor
    reach: tuple[int, int]

    def of(self, positions: Tensor) -> Tensor:
        """Copy these positions."""
        rows, columns = self._lines(positions.shape[:2], self.stride)
        return positions[rows[:, None], columns]

    def put(self, whole: Tensor, values: Tensor) -> None:
        """Write values at these positions."""
        rows, columns = self._lines(whole.shape[:2], self.stride)
        whole[rows[:, None], columns] = values.reshape(len(rows), len(columns), *whole.shape[2:])

    def shifted(self, maps: Tensor) -> Tensor:
        """Copy maps from the corner on."""
        rows, columns = self._lines(maps.shape[2:], 1)
        return maps.index_select(2, rows).index_select(3, columns)

    def _lines(self, size: Sequence[int], stride: int) -> tuple[Tensor, Tensor]:
        rows, columns = (
            torch.arange(0, side - reach + 1, stride, device=self.corner.device) + start
            for side, reach, start in zip(size, self.reach, self.corner, strict=True)
        )
        return rows, columns


def as_directions(drawn: Tensor, patch: int) -> Tensor:
    """Make unit vectors, (count, channels, patch, patch), of normally distributed numbers, (count, length)."""
    return F.normalize(drawn).reshape(len(drawn), -1, patch, patch)


def dense_stride(size: Sequence[int], most: int) -> int:
    """Return the stride of the densest lattice with at most `most` positions of a map."""
    stride = 1
    while -(-size[0] // stride) * -(-size[1] // stride) > most:
        stride += 1
    return stride


@dataclass(frozen=True)
class Wanted:
    """What is to be drawn for a layer.

    Attributes:
        count: Number of directions.
        channels: Of the layer.
        canvas: Height and width of the canvas's map, and the most of its positions.
        sources: The same of the exemplar's maps.
    """

    count: int
    channels: int
    canvas: tuple[int, int, int]
    sources: Sequence[tuple[int, int, int]]


@dataclass(frozen=True, eq=False)
class Drawn:
    """What was drawn for a layer.

    Attributes:
        numbers: Normally distributed, (directions, channels × patch²).
        here: Where the canvas is looked at.
        there: Where each map of the exemplar is.
    """

    numbers: Tensor
    here: Grid
    there: Sequence[Grid]


def draw_sample_grid(size: tuple[int, int, int], generator: torch.Generator, patch: int = 1) -> SampleGrid:
    """Choose the densest lattice on a map at a random offset, a whole patch in it.

    Args:
        size: Height and width of the map, and the most of its positions.
        generator: Source of chance.
        patch: Side of the patches that are looked at.

    Returns:
        The lattice.
    """
    height, width, most = size
    stride = dense_stride((height, width), most)
    top, left = torch.randint(stride, (2,), generator=generator).tolist()
    return SampleGrid(stride, top % (height - patch + 1), left % (width - patch + 1))


def draw(wanted: Wanted, patch: int, generator: torch.Generator) -> Drawn:
    """Draw for a layer, on the CPU."""
    numbers = torch.randn(wanted.count, wanted.channels * patch**2, generator=generator)
    here, *there = (draw_sample_grid(size, generator, patch) for size in (wanted.canvas, *wanted.sources))
    return Drawn(numbers, here, there)


class DrawsOnDevice:
    """Draws on a device, into the same memory each time.

    Args:
        wanted: What is drawn for each layer.
        patch: Side of the patches that are looked at.
        generator: Gives the seed.
        device: Where.

    Attributes:
        layers: What was drawn last for each layer.
    """

    def __init__(
        self, wanted: Mapping[str, Wanted], patch: int, generator: torch.Generator, device: torch.device
    ) -> None:
        seed = int(torch.randint(2**62, (), generator=generator))
        self._generator = torch.Generator(device).manual_seed(seed)
        lengths = [each.count * each.channels * patch**2 for each in wanted.values()]
        self._numbers = torch.empty(sum(lengths), device=device)
        sizes = [size for each in wanted.values() for size in (each.canvas, *each.sources)]
        strides = [dense_stride(size[:2], size[2]) for size in sizes]
        reaches = [
            (min(stride, height - patch + 1), min(stride, width - patch + 1))
            for stride, (height, width, _) in zip(strides, sizes, strict=True)
        ]
        self._reaches = torch.tensor(reaches, device=device)
        self._corners = torch.zeros_like(self._reaches)
        grids = iter(
            MovableGrid(stride, corner, reach) if stride > 1 else SampleGrid()
            for stride, corner, reach in zip(strides, self._corners, reaches, strict=True)
        )
        parts = zip(wanted.items(), self._numbers.split(lengths), strict=True)
        self.layers = {
            name: Drawn(numbers.view(each.count, -1), next(grids), [next(grids) for _ in each.sources])
            for (name, each), numbers in parts
        }

    def redraw(self) -> None:
        """Draw anew."""
        self._numbers.normal_(generator=self._generator)
        drawn = torch.randint(MOST, self._reaches.shape, generator=self._generator, device=self._reaches.device)
        torch.remainder(drawn, self._reaches, out=self._corners)
