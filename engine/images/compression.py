"""The compression of a file, to write another file alike."""

import struct
from dataclasses import dataclass

from PIL import Image, JpegImagePlugin

_LOSSY_FORMATS = {"JPEG", "MPO", "AVIF", "HEIF"}
_NO_SUBSAMPLING = 0
_UNKNOWN_SUBSAMPLING = -1


@dataclass(frozen=True)
class Compression:
    """The compression of a file.

    Args:
        lossy: whether it is lossy.
        tables: the quantization tables of a JPEG file, 64 numbers each, or None.
        subsampling: how a JPEG file halves its color, by Pillow's numbers: 0 not at all (4:4:4), 1 along x (4:2:2),
            2 along both (4:2:0).
    """

    lossy: bool = False
    tables: tuple[tuple[int, ...], ...] | None = None
    subsampling: int = _NO_SUBSAMPLING


def compression_of(image: Image.Image, data: bytes) -> Compression:
    """Return the compression of a file."""
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        tables = tuple(tuple(table) for _, table in sorted(image.quantization.items()))
        found = JpegImagePlugin.get_sampling(image)
        subsampling = _NO_SUBSAMPLING if found == _UNKNOWN_SUBSAMPLING else found
        return Compression(lossy=True, tables=tables or None, subsampling=subsampling)
    if image.format == "WEBP":
        return Compression(lossy=not _is_lossless_webp(data))
    return Compression(lossy=image.format in _LOSSY_FORMATS)


def _is_lossless_webp(data: bytes) -> bool:
    """Return whether the first frame is lossless; https://developers.google.com/speed/webp/docs/riff_container."""
    start, end = 12, len(data)
    while start + 8 <= end:
        kind, length = struct.unpack("<4sI", data[start : start + 8])
        if kind in {b"VP8 ", b"VP8L"}:
            return bool(kind == b"VP8L")
        # In an animation, the chunks of a frame follow its position and duration.
        start += 24 if kind == b"ANMF" else 8 + length + length % 2
    return False
