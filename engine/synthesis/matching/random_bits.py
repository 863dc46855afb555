"""Random bits for positions, in tensors: the same on every device, whatever the size of the batches."""

from torch import Tensor


def _signed(bits: int) -> int:
    """Read 64 bits as a signed number: torch has no unsigned arithmetic."""
    return bits - 2**64 if bits >= 2**63 else bits


# As in `search.py`, of which the bits are the same: products of int64 wrap around.
FIRST, SECOND, THIRD = (_signed(each) for each in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))
MIXERS = (_signed(0xBF58476D1CE4E5B9), _signed(0x94D049BB133111EB))
LOW = 0xFFFFFFFF


def random_bits(seed: int, rows: Tensor, columns: Tensor, turns: Tensor) -> Tensor:
    """Mix numbers to 64 random bits (splitmix64; Steele et al. 2014).

    Args:
        seed: At most 63 bits.
        rows: Int64, shape (count,).
        columns: Likewise.
        turns: Int64, shape (turns,).

    Returns:
        Int64, shape (turns, count).
    """
    places = (rows * FIRST + seed) ^ (columns * SECOND)
    bits = places + (turns * THIRD)[:, None]
    bits = (bits ^ _shifted(bits, 30)) * MIXERS[0]
    bits = (bits ^ _shifted(bits, 27)) * MIXERS[1]
    return bits ^ _shifted(bits, 31)


def halves(bits: Tensor) -> tuple[Tensor, Tensor]:
    """Split 64 bits into the low and the high 32, as numbers from 0 on."""
    return bits & LOW, _shifted(bits, 32)


def _shifted(bits: Tensor, count: int) -> Tensor:
    """Shift to the right; zeros come in from the left."""
    return (bits >> count) & ((1 << (64 - count)) - 1)
