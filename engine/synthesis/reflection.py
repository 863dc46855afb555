"""Reflection at the border, with a gradient that is always added in one order."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


class _Reflection(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, maps: Tensor) -> Tensor:  # noqa: ANN401, ARG004
        return F.pad(maps, (1, 1, 1, 1), mode="reflect")

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # noqa: ANN401, ARG004
        rows = gradient[:, :, 1:-1].clone(memory_format=torch.channels_last)
        rows[:, :, 1] += gradient[:, :, 0]
        rows[:, :, -2] += gradient[:, :, -1]
        found = rows[:, :, :, 1:-1].clone(memory_format=torch.channels_last)
        found[:, :, :, 1] += rows[:, :, :, 0]
        found[:, :, :, -2] += rows[:, :, :, -1]
        return found


def reflected(maps: Tensor) -> Tensor:
    """Pad maps by one reflected pixel.

    On CUDA, torch adds the gradients of what it reflected in any order, so that a seed does not give the same bytes
    twice.

    Args:
        maps: Shape (batch, channels, height, width), height and width at least 2.

    Returns:
        Shape (batch, channels, height + 2, width + 2).
    """
    found: Tensor = _Reflection.apply(maps)
    return found
