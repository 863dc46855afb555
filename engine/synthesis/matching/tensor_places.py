"""Positions of a canvas as tensors on a device."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.synthesis.matching.field import Bools


def moved(values: NDArray[Any], device: torch.device) -> Tensor:
    """Move values to a device; on the CPU the tensor may share their memory."""
    whole = np.ascontiguousarray(values)
    return torch.from_numpy(whole if whole.flags.writeable else whole.copy()).to(device)


def pieces(count: int, length: int) -> Iterator[slice]:
    """Cut a row of things into pieces of a length, of one thing at least."""
    for start in range(0, count, max(1, length)):
        yield slice(start, min(count, start + max(1, length)))


def bounds(marked: Bools, wrap: tuple[bool, bool]) -> tuple[slice, slice]:
    """Bound what is marked, of which there is something; an axis that wraps is whole."""
    lines = (np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0)))
    rows, columns = (
        slice(0, side) if wraps else slice(int(each[0]), int(each[-1]) + 1)
        for each, side, wraps in zip(lines, marked.shape, wrap, strict=True)
    )
    return rows, columns


def numbered(wanted: Bools, margin: int, wrap: Sequence[bool]) -> NDArray[np.int32]:
    """Number the places that are wanted, row by row.

    Args:
        wanted: Boolean (height, width).
        margin: Pixels that are added on every side.
        wrap: Whether rows, and columns, continue on the other side.

    Returns:
        Numbers from 0 on, -1 for what is not wanted, int32 (height + 2 margin, width + 2 margin).
    """
    found = np.full(wanted.shape, -1, np.int32)
    found[wanted] = np.arange(np.count_nonzero(wanted), dtype=np.int32)
    for axis, wraps in enumerate(wrap):
        pads = [(0, 0), (0, 0)]
        pads[axis] = (margin, margin)
        found = np.pad(found, pads, mode="wrap") if wraps else np.pad(found, pads, constant_values=-1)
    return found
