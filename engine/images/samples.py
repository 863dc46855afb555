"""Scale samples of any type to [0, 1]."""

import numpy as np
from numpy.typing import NDArray

from engine.images.picture import FloatArray, ImageError

_TOP16 = 65535


def unit_samples(samples: NDArray[np.generic], bits: int | None = None) -> tuple[FloatArray, tuple[str, ...]]:
    """Scale samples of any type to [0, 1].

    Unsigned samples of up to 16 bits are divided by their largest value, and so are wider ones that fit into 16 bits.
    Signed ones of up to 16 bits are raised by half of their range. These come back exactly. All others, and floats
    beyond 0 to 1, are mapped to it linearly: their smallest, or 0, to 0 and their largest, or 1, to 1.

    Args:
        samples: integers or floats, any shape.
        bits: used bits of an integer, if fewer than its type has.

    Returns:
        float32, the same shape, in [0, 1], and what was done to the values, nothing where they are as they were.

    Raises:
        ImageError: the samples are complex, or hold values that are not finite.
    """
    if not np.issubdtype(samples.dtype, np.integer):
        return _unit_floats(samples)
    bits = min(bits or 64, 8 * samples.dtype.itemsize)
    if bits <= 16:
        lowest = -(2 ** (bits - 1)) if np.issubdtype(samples.dtype, np.signedinteger) else 0
        # The maximum is exact in float32 for all depths, so that reading and writing are inverse for every value.
        unit = (samples.astype(np.float32) - np.float32(lowest)) / np.float32(2**bits - 1)
        return unit, (f"has signed samples, which are raised by {-lowest}",) if lowest else ()
    low, high = int(samples.min()), int(samples.max())
    if low >= 0 and high <= _TOP16:
        return samples.astype(np.float32) / np.float32(_TOP16), ()
    return _mapped(samples.astype(np.float64), low, high)


def _unit_floats(samples: NDArray[np.generic]) -> tuple[FloatArray, tuple[str, ...]]:
    if not np.issubdtype(samples.dtype, np.floating):
        raise ImageError(f"has samples of type {samples.dtype}; convert them to integers or floats")
    if not np.isfinite(samples).all():
        raise ImageError("has samples that are infinite or NaN; replace them by finite ones")
    low, high = float(samples.min()), float(samples.max())
    if low >= 0 and high <= 1:
        return samples.astype(np.float32), ("has floating-point samples, which become integers of 16 bits",)
    return _mapped(samples.astype(np.float64), min(low, 0.0), max(high, 1.0))


def _mapped(samples: NDArray[np.float64], low: float, high: float) -> tuple[FloatArray, tuple[str, ...]]:
    unit = ((samples - low) / max(high - low, 1)).astype(np.float32)
    return unit, (f"has values from {low:g} to {high:g}, which are scaled to the range of 16 bits",)
