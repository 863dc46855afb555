"""The working set: how much is held in memory at once, and how it is reduced."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import torch

from engine.synthesis.encoder import Encoder
from engine.synthesis.octaves import Size
from engine.synthesis.settings import SettingsError

SMALLEST_CHUNK = 4 * 2**20
FEWEST_POSITIONS = 4096
# Seen on a CPU with `compact` at 2048²: 930 bytes a pixel, four times its activations (padded input, convolution,
# ReLU, gradient).
COPIES = 4
# The picture, its gradient, the solver's two means and what lies between are about twelve pictures of three floats.
PICTURE_BYTES = 12 * 3 * 4


@dataclass(frozen=True)
class WorkingSet:
    """What one step may hold.

    Attributes:
        checkpointing: Recompute activations in the backward pass.
        chunk: Bytes for the similarities of one chunk of the patch search.
        positions: The most positions that the sliced critic sorts per layer.
    """

    checkpointing: bool
    chunk: int
    positions: int


def activation_bytes(encoder: Encoder, layers: Collection[str], size: Size) -> int:
    """Estimate what one forward and backward pass holds."""
    total = 0
    deepest = max((encoder.layers[name].block for name in layers if name in encoder.layers), default=0)
    for layer in encoder.layers.values():
        if layer.block <= deepest:
            total += layer.channels * (size[0] // layer.stride) * (size[1] // layer.stride)
    return COPIES * torch.float32.itemsize * total


def check_budget(encoder: Encoder, size: Size, budget: int) -> None:
    """Refuse, before any work, a canvas that cannot fit even when nothing but one block's activations is held.

    Args:
        encoder: Gives the widths of the layers.
        size: Height and width of the canvas, pixels.
        budget: Bytes that synthesis may take in all.

    Raises:
        SettingsError: It cannot.
    """
    height, width = size
    least = least_bytes(encoder, size)
    if least > budget:
        raise SettingsError(
            f"a canvas of {width}x{height} takes {least / 2**30:.1f} GiB at least, more than the "
            f"{budget / 2**30:.1f} GiB that synthesis may take: choose a smaller size, or allow it more memory"
        )


def least_bytes(encoder: Encoder, size: Size) -> int:
    """Estimate what a canvas takes when nothing but one block's activations is held."""
    first = sum(layer.channels for layer in encoder.layers.values() if layer.block == 1)
    return size[0] * size[1] * (4 * COPIES * first + PICTURE_BYTES)


def working_set(encoder: Encoder, layers: Collection[str], size: Size, *, budget: int, positions: int) -> WorkingSet:
    """Plan the largest working set that stays within the budget.

    Args:
        encoder: Gives the widths of the layers.
        layers: Layers in use.
        size: Height and width of the canvas, pixels.
        budget: Bytes that synthesis may take in all.
        positions: The most positions that the recipe wants sorted; a quarter of the pixels at the least.

    Returns:
        The plan; `smaller` is there for the case that the estimate was wrong.
    """
    needed = activation_bytes(encoder, layers, size)
    return WorkingSet(
        checkpointing=needed > 0.6 * budget,
        chunk=max(SMALLEST_CHUNK, min(256 * 2**20, budget // 16)),
        # On a lattice wider than every other pixel, what lies between is hardly ever looked at and fills with noise.
        positions=max(positions, size[0] * size[1] // 4) if positions else 0,
    )


def smaller(current: WorkingSet) -> WorkingSet | None:
    """Shrink a working set that did not fit; None when it cannot shrink any further."""
    if not current.checkpointing:
        return replace(current, checkpointing=True)
    if current.chunk <= SMALLEST_CHUNK and current.positions <= FEWEST_POSITIONS:
        return None
    return replace(
        current,
        chunk=max(SMALLEST_CHUNK, current.chunk // 4),
        positions=min(current.positions, max(FEWEST_POSITIONS, current.positions // 4)),
    )


class MemoryExhaustedError(RuntimeError):
    """The smallest working set does not fit.

    Attributes:
        device: The device.
    """

    def __init__(self, size: Size, device: torch.device) -> None:
        self.device = device
        height, width = size
        super().__init__(
            f"{device} has not enough memory for a canvas of {width}x{height}, even in the smallest parts"
        )


def is_out_of_memory(error: RuntimeError) -> bool:
    """Return whether torch ran out of memory.

    CUDA and XPU raise one type, whatever the text. For the CPU and MPS, torch raises a plain RuntimeError: there only
    the text tells, which torch does not translate.
    """
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return True
    text = str(error).lower()
    return any(part in text for part in ("not enough memory", "can't allocate memory", "out of memory"))
