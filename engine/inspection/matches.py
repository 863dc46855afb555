"""Find where each patch of a texture comes from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from engine.inspection.limits import LARGEST_STRIDE, UnsuitableError

PATCH = 11
MOST_WORK = 10**12
"""Maximum multiplications of a search; beyond it, fewer patches of the texture are searched. Some ten seconds."""
MEMORY = 256 * 2**20
# Number of candidates of the fast search that are compared exactly, so that rounding cannot hide the nearest.
CANDIDATES = 4
# A place is overused from this multiple of the even use, or this share of all patches, and from this many uses.
OVERUSED = 32
LARGEST_SHARE = 0.1
FEWEST_USES = 16
TOGETHER = 5 / 8
"""Minimum share of neighbors with the same offset in a copied piece."""

Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Matches:
    """The nearest patch of the exemplar for the patches of a texture.

    Attributes:
        patch: Side of the patches, pixels.
        stride: Distance between the patches of the texture, pixels; all patches of the exemplar are searched.
        places: Row and column of the nearest patch's upper left pixel, (rows, columns, 2).
        distances: Root mean square difference of the two patches, samples in [0, 1], (rows, columns).
        uses: How often each patch of the exemplar is the nearest, by its upper left pixel.
        allowed: The patches of the exemplar that may be used, of the same shape.
    """

    patch: int
    stride: int
    places: Places
    distances: NDArray[np.float64]
    uses: Places
    allowed: NDArray[np.bool_]

    @property
    def even(self) -> float:
        """Uses of each place if all were used evenly."""
        return float(self.uses.sum() / self.allowed.sum()) * self.stride**2

    @property
    def overused_from(self) -> float:
        """Minimum uses of an overused place."""
        return max(FEWEST_USES, min(OVERUSED * self.even, LARGEST_SHARE * float(self.uses.sum())))

    def place_uses(self) -> NDArray[np.float64]:
        """Count the uses of places, which are squares of patches with the stride as their side."""
        padded = np.pad(self.uses, ((0, self.stride - 1), (0, self.stride - 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (self.stride, self.stride))
        counts: NDArray[np.float64] = windows.sum(axis=(2, 3)).astype(np.float64)
        return counts

    def most_used(self) -> tuple[int, int, int]:
        """Return row, column and uses of the most used place."""
        uses = self.place_uses()
        row, column = (int(n) for n in np.unravel_index(uses.argmax(), uses.shape))
        return row, column, int(uses[row, column])

    def from_place(self, row: int, column: int) -> NDArray[np.bool_]:
        """Return which patches of the texture come from a place, (rows, columns)."""
        rows, columns = self.places[..., 0] - row, self.places[..., 1] - column
        return (rows >= 0) & (rows < self.stride) & (columns >= 0) & (columns < self.stride)

    def is_overused(self) -> bool:
        """Return whether a place is overused."""
        return self.most_used()[2] >= self.overused_from

    def copied_pieces(self) -> NDArray[np.bool_]:
        """Return which patches are in a copied piece: most neighbors have nearly the same offset."""
        rows, columns = self.places.shape[:2]
        grid = np.stack(np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"), axis=-1) * self.stride
        # Patches outside do not count.
        offsets = np.pad((self.places - grid).astype(np.float64), ((1, 1), (1, 1), (0, 0)), constant_values=np.nan)
        agreeing, there = np.zeros((rows, columns)), np.zeros((rows, columns))
        for down, across in ((y, x) for y in range(3) for x in range(3) if (y, x) != (1, 1)):
            beside = offsets[down : down + rows, across : across + columns]
            there += np.isfinite(beside[..., 0])
            agreeing += (np.abs(beside - offsets[1:-1, 1:-1]) <= 1).all(axis=-1)
        share: NDArray[np.float64] = agreeing / np.maximum(1, there)
        return share >= TOGETHER


def affordable_stride(exemplar: tuple[int, int], texture: tuple[int, int], patch: int) -> int:
    """Choose the distance of the texture's patches.

    Args:
        exemplar: Height and width, pixels.
        texture: Likewise.
        patch: Side of the patches, pixels.

    Returns:
        A power of two: the least with which the search takes seconds on a CPU.
    """
    stride = 1
    keys = (exemplar[0] - patch + 1) * (exemplar[1] - patch + 1)
    while (
        stride < LARGEST_STRIDE and keys * 3 * patch**2 * (texture[0] // stride) * (texture[1] // stride) > MOST_WORK
    ):
        stride *= 2
    return stride


@torch.no_grad()
def find_matches(
    exemplar: Tensor,
    texture: Tensor,
    *,
    patch: int = PATCH,
    stride: int = 1,
    valid: Tensor | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Matches:
    """Find the nearest patch of the exemplar for each patch of the texture, by trying all of them.

    Args:
        exemplar: RGB in [0, 1], shape (1, 3, height, width).
        texture: Likewise, of any size, on the same device.
        patch: Side of the patches, pixels.
        stride: Distance between the patches of the texture, pixels.
        valid: Pixels of the exemplar that may be used, above 0.5, shape (1, 1, height, width); None for all.
        on_progress: Called with the patches done and the patches in total.

    Returns:
        The matches. Of equally near patches, the uppermost, then leftmost one counts.

    Raises:
        UnsuitableError: A picture is smaller than a patch, or no patch of the exemplar may be used.
    """
    for picture, name in ((exemplar, "exemplar"), (texture, "texture")):
        height, width = picture.shape[2:]
        if min(height, width) < patch:
            raise UnsuitableError(
                f"the {name} is {width} × {height} pixels, smaller than a patch of {patch}: choose a smaller patch"
            )
    rows, columns = ((side - patch) // stride + 1 for side in texture.shape[2:])
    key_rows, key_columns = (side - patch + 1 for side in exemplar.shape[2:])
    # About the mean the numbers are small, and so is what rounding takes from them.
    mean = exemplar.mean(dim=(2, 3), keepdim=True)
    keys = F.unfold(exemplar - mean, patch)[0].t().contiguous()
    allowed = torch.ones(len(keys), dtype=torch.bool, device=keys.device)
    if valid is not None:
        allowed = F.unfold((valid > 0.5).float(), patch)[0].amin(dim=0) > 0
    if not allowed.any():
        raise UnsuitableError(f"the exemplar has no opaque patch of {patch} × {patch} pixels: choose a smaller patch")
    norms = (keys**2).sum(dim=1).masked_fill(~allowed, torch.inf)
    candidates = min(CANDIDATES, int(allowed.sum()))
    nearest, squares = [], []
    for block in _blocks(rows, columns, len(keys), keys.shape[1]):
        queries = _patches(texture - mean, block, patch, stride)
        found = torch.addmm(norms, queries, keys.t(), alpha=-2).topk(candidates, largest=False).indices
        # In order of place, so that the first of several equally near ones wins.
        found = found.sort(dim=1).values
        exact = ((keys[found].double() - queries[:, None].double()) ** 2).mean(dim=2)
        best = exact.argmin(dim=1, keepdim=True)
        nearest.append(found.gather(1, best)[:, 0])
        squares.append(exact.gather(1, best)[:, 0])
        if on_progress is not None:
            on_progress(block.stop * columns, rows * columns)
    index = torch.cat(nearest)
    uses = torch.bincount(index, minlength=len(keys)).reshape(key_rows, key_columns)
    places = torch.stack([index // key_columns, index % key_columns], dim=1).reshape(rows, columns, 2)
    return Matches(
        patch,
        stride,
        places.cpu().numpy(),
        torch.cat(squares).sqrt().reshape(rows, columns).cpu().numpy(),
        uses.cpu().numpy(),
        allowed.reshape(key_rows, key_columns).cpu().numpy(),
    )


def _blocks(rows: int, columns: int, keys: int, samples: int) -> list[range]:
    """Divide the rows of the texture's patches into blocks that fit into memory, distances and candidates."""
    row_bytes = columns * (4 * keys + (16 * CANDIDATES + 8) * samples)
    count = max(1, MEMORY // row_bytes)
    return [range(top, min(rows, top + count)) for top in range(0, rows, count)]


def _patches(picture: Tensor, block: range, patch: int, stride: int) -> Tensor:
    strip = picture[..., block.start * stride : (block.stop - 1) * stride + patch, :]
    return F.unfold(strip, patch, stride=stride)[0].t()
