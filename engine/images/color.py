"""Conversion between sRGB and the colors of an ICC profile."""

import imagecodecs
import numpy as np

from engine.images.picture import FloatArray

# Position of the color space in an ICC profile, and the names of color spaces in lcms.
_SPACE = slice(16, 20)
_GRAY, _RGB, _CMYK = b"GRAY", b"RGB ", b"CMYK"
_LCMS_NAMES = {_GRAY: "gray", _RGB: "rgb", _CMYK: "cmyk"}
_CHANNELS = {1: _GRAY, 3: _RGB, 4: _CMYK}

# lcms takes floating-point ink in percent.
_INK_SCALE = np.float32(100)

# Rec. 709, the primaries of sRGB.
_LUMA = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)


def to_srgb(colors: FloatArray, profile: bytes | None) -> tuple[FloatArray, bytes | None]:
    """Convert the samples of a file to sRGB.

    Args:
        colors: float32 (height, width, channels) in [0, 1]; one channel is gray, three are RGB, four are CMYK ink.
        profile: the ICC profile of the samples, or None.

    Returns:
        float32 (height, width, 3) in [0, 1], and the profile. It is None if it is damaged or made for other samples,
        which then count as sRGB.
    """
    if profile is not None:
        fitting = _three_channels(colors) if colors.shape[2] == 1 and profile[_SPACE] == _RGB else colors
        space = _CHANNELS[fitting.shape[2]]
        converted = _transform(fitting, profile, _srgb(), space, _RGB) if profile[_SPACE] == space else None
        if converted is not None:
            return converted, profile
    return _three_channels(colors), None


def is_gray(colors: FloatArray, profile: bytes | None) -> bool:
    """Tell whether samples are gray, and their profile, if they have one, can describe gray."""
    return colors.shape[2] == 1 and (profile is None or profile[_SPACE] == _GRAY)


def from_srgb(pixels: FloatArray, profile: bytes | None, *, gray: bool) -> tuple[FloatArray, bytes | None]:
    """Convert sRGB to the samples of a file.

    Args:
        pixels: float32 (height, width, 3), sRGB in [0, 1].
        profile: the ICC profile wanted for the samples, or None.
        gray: whether the file holds one channel instead of three.

    Returns:
        float32 (height, width, 1 or 3) in [0, 1], and the profile. It is None if it cannot describe such samples,
        which are then sRGB.
    """
    space = _GRAY if gray else _RGB
    if profile is not None and profile[_SPACE] == space:
        converted = _transform(pixels, _srgb(), profile, _RGB, space)
        if converted is not None:
            return converted.reshape(*pixels.shape[:2], -1), profile
    return ((pixels @ _LUMA)[..., None] if gray else pixels), None


def _srgb() -> bytes:
    return bytes(imagecodecs.cms_profile("srgb"))


def _three_channels(colors: FloatArray) -> FloatArray:
    if colors.shape[2] == 4:
        return (1 - colors[..., :3]) * (1 - colors[..., 3:])
    return np.repeat(colors, 3, axis=2) if colors.shape[2] == 1 else colors


def _transform(
    colors: FloatArray, source: bytes, target: bytes, source_space: bytes, target_space: bytes
) -> FloatArray | None:
    samples = np.ascontiguousarray(colors[..., 0] if source_space == _GRAY else colors)
    if source_space == _CMYK:
        samples = samples * _INK_SCALE
    try:
        # Floating point, because lcms loses up to a sixteenth of the range on 16-bit integers. Perceptual intent and
        # no black point compensation, because conversion there and back must give the same values.
        converted = imagecodecs.cms_transform(
            samples,
            source,
            target,
            colorspace=_LCMS_NAMES[source_space],
            outcolorspace=_LCMS_NAMES[target_space],
            intent=imagecodecs.CMS.INTENT.PERCEPTUAL,
        )
    except (RuntimeError, ValueError):
        return None
    unit: FloatArray = np.clip(converted, 0, 1).astype(np.float32, copy=False)
    return unit if np.isfinite(unit).all() else None
