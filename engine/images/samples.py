"""Scale samples of any type to [0, 1]."""

import numpy as np
from numpy.typing import NDArray

from engine.images.picture import FloatArray, ImageError

_TOP16 = 65535


def unit_samples(samples: NDArray[np.generic], bits: int | None = None) -> tuple[FloatArray, tuple[str, ...]]:
    """Scale samples of any type to [0, 1].

    Unsigned samples of up to 16 bits are divided by their largest value, and so are wider ones that fit into 16 bits.
    Signed ones of up to 16 bits are raised by half of their range. These come back exactly. Wider ones that use more
    than half of their type's range are treated alike. All others are mapped linearly, their smallest to 0 and their
    largest to 1; floats beyond 0 to 1 likewise, with 0 and 1 among them.

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
    lowest = -(2 ** (bits - 1)) if np.issubdtype(samples.dtype, np.signedinteger) else 0
    if bits <= 16:
        # The maximum is exact in float32 for all depths, so that reading and writing are inverse for every value.
        unit = (samples.astype(np.float32) - np.float32(lowest)) / np.float32(2**bits - 1)
        return unit, (f"has signed samples, which are raised by {-lowest}",) if lowest else ()
    low, high = int(samples.min()), int(samples.max())
    if low >= 0 and high <= _TOP16:
        return samples.astype(np.float32) / np.float32(_TOP16), ()
    # Black and white are those of the type where its range is used; a measurement in a corner of it would be black.
    if max(high, -low) > 2 ** (bits - 1 - (lowest < 0)):
        black, white = (lowest if low < 0 else 0), 2**bits - 1 + lowest
        unit = (samples.astype(np.float64) - black) / (white - black)
        return unit.astype(np.float32), (f"has samples of {bits} bits, of which 16 are kept",)
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
