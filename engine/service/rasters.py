"""Convert rasters to pictures and back."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from engine.images import ImageError, Picture
from engine.images.picture import FloatArray
from protocol.raster import Raster

_TYPES: Mapping[str, np.dtype[Any]] = MappingProxyType(
    {"u8": np.dtype("u1"), "u16": np.dtype("<u2"), "f32": np.dtype("<f4")}
)
BAND_ROWS = 16
_TOPS = MappingProxyType({"u8": 255, "u16": 65535})


def picture_of(raster: Raster, name: str) -> Picture:
    """Convert a raster to a picture.

    Args:
        raster: One to four channels.
        name: Its name in errors.

    Returns:
        The picture, sRGB.

    Raises:
        ImageError: It has samples outside 0 to 1.
    """
    samples = samples_of(raster)
    # In this form, NaN is refused, too.
    if not (samples.min() >= 0 and samples.max() <= 1):
        raise ImageError(f"the {name} has samples from {samples.min():g} to {samples.max():g}: send them from 0 to 1")
    colors = 1 if raster.channels <= 2 else 3
    pixels = np.repeat(samples, 3, axis=2) if raster.channels == 1 else samples[..., :colors]
    if raster.channels == 2:
        pixels = np.repeat(pixels, 3, axis=2)
    return Picture(
        pixels=np.ascontiguousarray(pixels, np.float32),
        alpha=np.ascontiguousarray(samples[..., colors], np.float32) if raster.channels in {2, 4} else None,
        bits=8 if raster.depth == "u8" else 16,
        gray=colors == 1,
    )


def samples_of(raster: Raster) -> FloatArray:
    """Return the samples of a raster as float32 (height, width, channels); integers are scaled to [0, 1]."""
    found = np.frombuffer(raster.data, _TYPES[raster.depth]).reshape(raster.height, raster.width, raster.channels)
    return found.astype(np.float32) / np.float32(_TOPS[raster.depth]) if raster.depth in _TOPS else found


def raster_of(picture: Picture, depth: str) -> Raster:
    """Convert a picture to a raster.

    Args:
        picture: The picture; a gray one gets one channel, and alpha is one more.
        depth: Kind of sample, `u8`, `u16` or `f32`.

    Returns:
        The raster.
    """
    # In double precision, so that the mean of three equal samples is that sample.
    colors = picture.pixels.mean(axis=2, keepdims=True, dtype=np.float64) if picture.gray else picture.pixels
    samples = colors.astype(np.float32, copy=False)
    if picture.alpha is not None:
        samples = np.concatenate([samples, picture.alpha[..., None]], axis=2)
    return array_raster(samples, depth)


def array_raster(samples: FloatArray, depth: str) -> Raster:
    """Convert samples (height, width, channels) in [0, 1] to a raster."""
    height, width, channels = samples.shape
    found = np.empty(samples.shape, _TYPES[depth])
    # In bands that stay in the processor's cache: three times as fast with 24 million pixels.
    for top in range(0, height, BAND_ROWS):
        band = samples[top : top + BAND_ROWS]
        if depth in _TOPS:
            band = np.rint(band.clip(0, 1) * np.float32(_TOPS[depth]))
        found[top : top + BAND_ROWS] = band
    return Raster(width, height, channels, depth, found.tobytes())
