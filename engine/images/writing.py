"""Writing a picture file."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.images.color import from_srgb
from engine.images.picture import FloatArray, ImageError, Picture
from engine.images.png import encode_png
from engine.images.replacing import check_target, replacing
from engine.images.tiff import encode_tiff

Samples = NDArray[np.uint8] | NDArray[np.uint16]

_DEEP = {".png": encode_png, ".tif": encode_tiff, ".tiff": encode_tiff}
_JPEG_SUFFIXES = {".jpg", ".jpeg"}
# The most pixels per side that the format, or for PNG the library, can hold.
_SIDE_LIMITS = {".png": 1_000_000, ".jpg": 65500, ".jpeg": 65500, ".webp": 16383}

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
"""The suffixes that choose a format, in lower case."""


def check_writable(path: Path) -> None:
    """Refuse, before a long computation, a path that could not be written after it.

    Args:
        path: where a picture is to be written later.

    Raises:
        ImageError: the suffix is unknown, the path is a folder, or its folder is missing or cannot be written to.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ImageError(_suffix_refusal(path))
    check_target(path)


def write_picture(path: Path, picture: Picture, *, quality: int = 95) -> None:
    """Write a picture in the format that the suffix names, in the colours of its profile.

    PNG and TIFF keep 16 bits, JPEG and WebP have 8; JPEG drops alpha and WebP has no gray.

    Args:
        path: where to write; a file there is replaced once the new one is whole.
        picture: what to write.
        quality: of JPEG and WebP, 1 to 100.

    Raises:
        ImageError: the suffix, the quality, the pixels or the folder do not allow it.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ImageError(_suffix_refusal(path))
    if not 1 <= quality <= 100:
        raise ImageError(f"the quality {quality} is outside 1 to 100; choose one within")
    _check_side(suffix, picture)
    # A profile that describes one channel does not fit the three that WebP writes.
    gray = picture.gray and suffix != ".webp"
    colors, profile = from_srgb(_finite(picture.pixels), picture.profile, gray=gray)
    if picture.kept is not None and picture.stored is not None and profile is not None:
        colors = np.where(picture.kept[..., None], picture.stored, colors)
    alpha = None if suffix in _JPEG_SUFFIXES else picture.alpha
    if alpha is not None:
        colors = np.concatenate([colors, _finite(alpha)[..., None]], axis=2)
    encode = _DEEP.get(suffix) or _encoder_of_8_bits(suffix, quality)
    data = encode(_quantised(colors, picture.bits if suffix in _DEEP else 8), profile)
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def _suffix_refusal(path: Path) -> str:
    if path.is_dir():
        return f"{path} is a folder; name a file in it"
    return (
        f"{path.name} does not end in the name of a format that can be written; choose one of {', '.join(SUFFIXES)}"
    )


def _check_side(suffix: str, picture: Picture) -> None:
    height, width = picture.pixels.shape[:2]
    limit = _SIDE_LIMITS.get(suffix)
    if limit is not None and max(height, width) > limit:
        raise ImageError(
            f"a {suffix} file cannot hold {width} × {height} pixels, its sides end at {limit}; choose .tif"
        )


def _finite(samples: FloatArray) -> FloatArray:
    if not np.isfinite(samples).all():
        raise ImageError("the picture holds values that are not finite numbers; they must lie in 0 to 1")
    return samples


def _quantised(samples: FloatArray, bits: int) -> Samples:
    # The top is exact in float32 for both depths, so that reading and writing meet in every value.
    levels = np.rint(samples.clip(0, 1) * np.float32(2**bits - 1))
    return levels.astype(np.uint8) if bits == 8 else levels.astype(np.uint16)


def _encoder_of_8_bits(suffix: str, quality: int) -> Callable[[Samples, bytes | None], bytes]:
    def encode(samples: Samples, profile: bytes | None) -> bytes:
        image = Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)
        file = io.BytesIO()
        if suffix in _JPEG_SUFFIXES:
            # Colour at full resolution: halved, it blurs exactly the fine grain that a texture is made of.
            image.save(file, "JPEG", quality=quality, subsampling=0, icc_profile=profile)
        else:
            image.save(file, "WEBP", quality=quality, exact=True, icc_profile=profile)
        return file.getvalue()

    return encode
