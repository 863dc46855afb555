"""Wrap: the axes along which a canvas continues on its other side."""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Wrap:
    """The axes along which a canvas wraps around; true if there is one.

    Attributes:
        x: Whether the first column follows the last one, so that left fits right.
        y: Whether the first row follows the last one, so that top fits bottom.
    """

    x: bool = False
    y: bool = False

    def __bool__(self) -> bool:
        return self.x or self.y


NO_WRAP = Wrap()


def pad_after(maps: Tensor, wrap: Wrap, *, rows: int, columns: int) -> Tensor:
    """Repeat the first rows below the last one, and the first columns after the last one, along axes that wrap.

    Args:
        maps: Shape (batch, channels, height, width).
        wrap: The axes that wrap.
        rows: Number of rows.
        columns: Number of columns.

    Returns:
        Shape (batch, channels, height + rows, width + columns); unchanged along an axis that does not wrap.
    """
    return F.pad(maps, (0, columns * wrap.x, 0, rows * wrap.y), mode="circular") if wrap else maps
