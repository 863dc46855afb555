"""Samples as a file holds them, before orientation and colour are applied."""

import contextlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.images.picture import PIXEL_LIMIT, FloatArray, ImageError

ORIENTATION_TAG = 0x0112
UPRIGHT = 1


@dataclass(frozen=True, eq=False)
class Stored:
    """Samples as a file holds them.

    Args:
        colors: float32 (height, width, channels) in [0, 1]; one channel is gray, three are RGB, four are CMYK ink.
        alpha: float32 (height, width) in [0, 1], or None.
        bits: bits per sample of the file, 8 or 16.
        profile: the embedded ICC profile, unchecked, or None.
        orientation: the EXIF orientation, 1 to 8.
    """

    colors: FloatArray
    alpha: FloatArray | None
    bits: int
    profile: bytes | None
    orientation: int


def check_size(width: int, height: int) -> None:
    """Refuse a header whose pixels are none or too many to decode.

    Args:
        width: pixels per row.
        height: number of rows.

    Raises:
        ImageError: the size is outside the limits.
    """
    if width < 1 or height < 1:
        raise ImageError(f"holds no pixels ({width} × {height}); choose a picture with at least one")
    if width * height > PIXEL_LIMIT:
        raise ImageError(f"has {width} × {height} pixels, more than the {PIXEL_LIMIT} allowed; crop or scale it")


def unit_samples(samples: NDArray[np.generic]) -> FloatArray:
    """Bring samples of any accepted type to [0, 1].

    Args:
        samples: uint8, uint16, integers within the range of uint16, or floats within [0, 1]; any shape.

    Returns:
        float32, the same shape, in [0, 1].

    Raises:
        ImageError: integers or floats lie outside their range.
    """
    if samples.dtype == np.uint8:
        return samples.astype(np.float32) / np.float32(255)
    low, high = float(samples.min()), float(samples.max())
    top = 1 if np.issubdtype(samples.dtype, np.floating) else 65535
    if not 0 <= low <= high <= top:
        raise ImageError(f"has values from {low:g} to {high:g} where 0 to {top} are read; rescale it to that range")
    return samples.astype(np.float32) / np.float32(top)


def orientation_of(exif: Image.Exif) -> int:
    """Give the orientation that EXIF data ask for.

    Args:
        exif: the EXIF data of a file.

    Returns:
        1 to 8; 1, upright, where the data say nothing usable.
    """
    value = exif.get(ORIENTATION_TAG, UPRIGHT)
    return value if isinstance(value, int) and 1 <= value <= 8 else UPRIGHT


def exif_orientation(data: bytes) -> int:
    """Give the orientation that a block of EXIF data asks for.

    Args:
        data: the block, possibly damaged.

    Returns:
        1 to 8; 1, upright, where the block says nothing usable.
    """
    # A damaged EXIF block is no reason to refuse sound pixels, and its parser raises nearly anything.
    with contextlib.suppress(Exception):
        exif = Image.Exif()
        exif.load(data)
        return orientation_of(exif)
    return UPRIGHT


def oriented(samples: FloatArray, orientation: int) -> FloatArray:
    """Turn stored rows and columns into the upright picture.

    Args:
        samples: float32 (height, width) or (height, width, channels).
        orientation: the EXIF orientation, 1 to 8.

    Returns:
        A view of the samples, upright; width and height are swapped for 5 to 8.
    """
    if orientation >= 5:
        samples = samples.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        samples = samples[::-1]
    if orientation in {2, 3, 6, 7}:
        samples = samples[:, ::-1]
    return samples
