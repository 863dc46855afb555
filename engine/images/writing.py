"""Write picture files."""

import io
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.file_errors import is_folder
from engine.images.color import from_srgb
from engine.images.exif import exif_block
from engine.images.metadata import COMMENT, Metadata
from engine.images.picture import FloatArray, ImageError, Picture
from engine.images.png import encode_png
from engine.images.replacing import check_target, replacing
from engine.images.tiff import encode_tiff

Samples = NDArray[np.uint8] | NDArray[np.uint16]

JPEG_SUFFIXES = frozenset({".jpg", ".jpeg"})
DEFAULT_QUALITY = 95
EXIF_START, XMP_START = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
# Maximum content of a JPEG segment.
EXIF_LIMIT, XMP_LIMIT, COMMENT_LIMIT = 65533 - len(EXIF_START), 65533 - len(XMP_START), 65533

_Encode = Callable[[Samples, bytes | None, Metadata], bytes]
_DEEP: Mapping[str, _Encode] = MappingProxyType({".png": encode_png, ".tif": encode_tiff, ".tiff": encode_tiff})
DEEP_SUFFIXES = frozenset(_DEEP)
"""Suffixes of formats with 16 bits."""

# Maximum side in pixels of the format, or for PNG of the library.
_SIDE_LIMITS = {".png": 1_000_000, ".jpg": 65500, ".jpeg": 65500, ".webp": 16383}

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
"""The suffixes that choose a format, in lower case."""


def check_writable(path: Path) -> None:
    """Check, before a long computation, that a path can be written.

    Args:
        path: the path.

    Raises:
        ImageError: the suffix is unknown, the path is a folder, or its folder is missing or cannot be written to.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ImageError(_suffix_refusal(path))
    check_target(path)


def write_picture(path: Path, picture: Picture, *, quality: int | None = None) -> None:
    """Write a picture in the format that the suffix names, in the colors of its profile.

    PNG and TIFF keep 16 bits, JPEG and WebP have 8; JPEG drops alpha and WebP has no gray.

    Args:
        path: the file; an existing one is replaced once the new one is complete.
        picture: the picture.
        quality: see `encoded`.

    Raises:
        ImageError: the suffix, the quality, the pixels or the folder do not allow it.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ImageError(_suffix_refusal(path))
    data = encoded(picture, suffix, quality=quality)
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def encoded(picture: Picture, suffix: str, *, quality: int | None = None) -> bytes:
    """Encode a picture as a file.

    Args:
        picture: the picture.
        suffix: the format, one of `SUFFIXES`.
        quality: quality of JPEG and WebP, 1 to 100. If None, JPEG uses the quality of the picture's own JPEG file, or
            95, and WebP is lossless unless the picture's own file was lossy.

    Returns:
        The contents of the file.

    Raises:
        ImageError: the quality or the pixels do not allow it.
    """
    if quality is not None and not 1 <= quality <= 100:
        raise ImageError(f"--jpeg-quality is {quality}: give 1 to 100")
    _check_side(suffix, picture)
    # A profile that describes one channel does not fit the three that WebP writes.
    gray = picture.gray and suffix != ".webp"
    colors, profile = from_srgb(_finite(picture.pixels), picture.profile, gray=gray)
    if picture.kept is not None and picture.stored is not None and profile is not None:
        colors = np.where(picture.kept[..., None], picture.stored, colors)
    if picture.alpha is not None:
        alpha = _finite(picture.alpha)[..., None]
        if suffix in JPEG_SUFFIXES:
            # Colors of transparent pixels are arbitrary, so without alpha they become white, like paper.
            colors = np.where(alpha < 1, colors * alpha + (1 - alpha), colors)
        else:
            colors = np.concatenate([colors, alpha], axis=2)
    if suffix in _DEEP:
        return _DEEP[suffix](quantized(colors, picture.bits), profile, picture.metadata)
    return _encoded_by_pillow(suffix, quantized(colors, 8), profile, picture, quality)


def is_lossy(picture: Picture, suffix: str, quality: int | None) -> bool:
    """Return whether a file of this format is lossy, see `encoded`."""
    return suffix in JPEG_SUFFIXES or (suffix == ".webp" and (quality is not None or picture.compression.lossy))


def _suffix_refusal(path: Path) -> str:
    if is_folder(path):
        return f"{path} is a folder; name a file in it"
    return (
        f"{path.name} does not end in the suffix of a format that can be written; choose one of {', '.join(SUFFIXES)}"
    )


def _check_side(suffix: str, picture: Picture) -> None:
    height, width = picture.pixels.shape[:2]
    limit = _SIDE_LIMITS.get(suffix)
    if limit is not None and max(height, width) > limit:
        raise ImageError(
            f"a {suffix} file cannot have {width} × {height} pixels, as its sides are limited to {limit}; choose .tif"
        )


def _finite(samples: FloatArray) -> FloatArray:
    if not np.isfinite(samples).all():
        raise ImageError("the picture has values that are not finite; give values from 0 to 1")
    return samples


def quantized(samples: FloatArray, bits: int) -> Samples:
    """Round samples in [0, 1] to so many bits."""
    # The maximum is exact in float32 for both depths, so that reading and writing are inverse for every value.
    levels = np.rint(samples.clip(0, 1) * np.float32(2**bits - 1))
    return levels.astype(np.uint8) if bits == 8 else levels.astype(np.uint16)


def _encoded_by_pillow(
    suffix: str, samples: Samples, profile: bytes | None, picture: Picture, quality: int | None
) -> bytes:
    image = Image.fromarray(samples[..., 0] if samples.shape[2] == 1 else samples)
    exif, xmp = block_of(picture), picture.metadata.xmp or b""
    options: dict[str, Any] = {"icc_profile": profile}
    if suffix in JPEG_SUFFIXES:
        # By default, color has full resolution: subsampling would blur the fine grain of a texture.
        options["subsampling"] = picture.compression.subsampling
        if quality is None and picture.compression.tables is not None:
            options["qtables"] = picture.compression.tables
        else:
            options["quality"] = DEFAULT_QUALITY if quality is None else quality
        if exif and len(exif) <= EXIF_LIMIT:
            options["exif"] = EXIF_START + exif
        # Pillow before version 13 cannot write a long comment by itself.
        options["extra"] = b""
        if xmp and len(xmp) <= XMP_LIMIT:
            options["extra"] += _segment(0xE1, XMP_START + xmp)
        if comment := dict(picture.metadata.texts).get(COMMENT):
            # Cut between characters.
            cut = comment.encode()[:COMMENT_LIMIT].decode(errors="ignore").encode()
            options["extra"] += _segment(0xFE, cut)
        if picture.metadata.dpi is not None:
            options["dpi"] = picture.metadata.dpi
        kind = "JPEG"
    else:
        lossy = is_lossy(picture, suffix, quality)
        options["exact"] = True
        options |= {"quality": quality or DEFAULT_QUALITY} if lossy else {"lossless": True}
        options |= {"exif": exif, "xmp": xmp}
        kind = "WEBP"
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _segment(marker: int, content: bytes) -> bytes:
    """Make a segment of a JPEG file."""
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def block_of(picture: Picture) -> bytes:
    """Return a picture's block of EXIF data, empty if there is none."""
    height, width = picture.pixels.shape[:2]
    return exif_block(picture.metadata, width, height)
