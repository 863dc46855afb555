"""Distances of patches in tensors.

All sums are made of whole tensors, half on half, in an order that depends on nothing: reductions of torch may add in
another order where a tensor has another size, and then the same seed would not give the same bytes.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class _Lines:
    """Some lines of a patch: where they begin in the canvas and in the source; how many pairs fit into memory."""

    down: Tensor
    other_down: Tensor
    together: int


class Comparison:
    """Squared distances of patches of two pictures.

    Args:
        canvas: float32 (height, width, channels), contiguous.
        source: Likewise, of any size.
        trust: How much each pixel of the canvas counts, float32 (height, width); None for all alike.
        radius: Patches are 2 radius + 1 pixels wide.
        memory: The most bytes for what is compared at once.
    """

    def __init__(self, canvas: Tensor, source: Tensor, trust: Tensor | None, radius: int, memory: int) -> None:
        side = 2 * radius + 1
        self._canvas, self._source = _lines(canvas, side), _lines(source, side)
        self._trust = None if trust is None else _lines(trust[..., None], side)
        self._channels = canvas.shape[2]
        # Many candidates differ so much that a part of their lines tells.
        first = sorted({1, side - 2}) if radius else [0]
        rest = [line for line in range(side) if line not in first]
        self._parts = list[_Lines]()
        for lines in (first, rest) if rest else (first,):
            numbers = torch.tensor(lines, device=canvas.device)
            each = 4 * side * len(lines) * (2 * self._channels + (trust is not None))
            together = max(1, memory // each)
            self._parts.append(_Lines(numbers * canvas.shape[1], numbers * source.shape[1], together))

    def whole(self, corners: Tensor, others: Tensor) -> Tensor:
        """Compare patches.

        Args:
            corners: Row-major numbers of the first pixels of patches of the canvas, int64 (count,).
            others: Of the source, likewise.

        Returns:
            Squared distances, float32 (count,).
        """
        found = self._summed(self._parts[0], corners, others)
        for part in self._parts[1:]:
            found += self._summed(part, corners, others)
        return found

    def nearer(self, corners: Tensor, others: Tensor, most: Tensor) -> tuple[Tensor, Tensor]:
        """Compare patches as long as they are nearer than something.

        Args:
            corners: See `whole`.
            others: Likewise.
            most: float32 (count,).

        Returns:
            Which pairs are nearer, int64, and their distances, float32.
        """
        found = self._summed(self._parts[0], corners, others)
        kept = (found < most).nonzero()[:, 0]
        found = found[kept]
        for part in self._parts[1:]:
            found += self._summed(part, corners[kept], others[kept])
            left = (found < most[kept]).nonzero()[:, 0]
            kept, found = kept[left], found[left]
        return kept, found

    def _summed(self, lines: _Lines, corners: Tensor, others: Tensor) -> Tensor:
        """Sum the squared differences of some lines of patches, so many patches at once as memory allows."""
        pairs = zip(corners.split(lines.together), others.split(lines.together), strict=True)
        return torch.cat([self._apart(lines, *each) for each in pairs])

    def _apart(self, lines: _Lines, corners: Tensor, others: Tensor) -> Tensor:
        here = corners[:, None] + lines.down
        apart = self._canvas[here]
        apart -= self._source[others[:, None] + lines.other_down]
        apart *= apart
        if self._trust is not None:
            apart.unflatten(2, (-1, self._channels)).mul_(self._trust[here][..., None])
        return halved(apart.flatten(1).t())


def halved(values: Tensor) -> Tensor:
    """Sum along the first axis, half on half; the values are changed."""
    while len(values) > 1:
        half = (len(values) + 1) // 2
        values[: len(values) - half].add_(values[half:])
        values = values[:half]
    # A view would keep all of them.
    return values[0].clone()


def _lines(picture: Tensor, side: int) -> Tensor:
    """View all stretches of `side` pixels of the rows as a table, by the number of the first one."""
    height, width, channels = picture.shape
    return picture.as_strided((height * width - side + 1, side * channels), (channels, 1))
