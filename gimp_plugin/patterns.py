"""Files of GIMP's patterns. Knows nothing of GIMP."""

import itertools
import os
import re
import struct
from dataclasses import replace
from pathlib import Path

from gimp_plugin import samples
from protocol.raster import Raster

SUFFIX = ".pat"
# GIMP refuses longer sides, pixels, and longer names, bytes (app/core/gimppattern-header.h).
LONGEST_SIDE = 10000
LONGEST_NAME = 255
LONGEST_STEM = 100
_MAGIC, _VERSION = b"GPAT", 1
_HEADER = struct.Struct(">5I4s")
# What file names of Windows may not have.
_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"/\\|?*]')


def pattern_bytes(raster: Raster, name: str) -> bytes:
    """Encode a pattern (GIMP's devel-docs/pat.txt).

    Args:
        raster: 8 bits, with 1 to 4 channels, sRGB; sides of at most 10000 pixels.
        name: At most 255 bytes in UTF-8, without a null character.

    Returns:
        The file.
    """
    ended = name.encode() + b"\0"
    size = _HEADER.size + len(ended)
    header = _HEADER.pack(size, _VERSION, raster.width, raster.height, raster.channels, _MAGIC)
    return header + ended + bytes(raster.data)


def without_alpha(raster: Raster) -> Raster:
    """Leave out the alpha of a raster of 8 bits that is opaque all over."""
    if samples.alpha(raster).count(255) < raster.width * raster.height:
        return raster
    colors = raster.channels - 1
    data = bytearray(colors * raster.width * raster.height)
    for channel in range(colors):
        data[channel::colors] = bytes(raster.data)[channel :: raster.channels]
    return replace(raster, channels=colors, data=bytes(data))


def write_pattern(folder: Path, name: str, data: bytes) -> Path:
    """Write a pattern into a file of its own, named after it; no file is replaced.

    Args:
        folder: Where to; it is created if it does not exist.
        name: Of the pattern.
        data: The file.

    Returns:
        The file.

    Raises:
        OSError: It cannot be written; nothing is left of it then.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = _FORBIDDEN.sub("-", name)[:LONGEST_STEM].strip(" .") or "pattern"
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    path = next(path for path in (folder / f"{each}{SUFFIX}" for each in names) if not os.path.lexists(path))
    with path.open("xb") as file:
        try:
            file.write(data)
            file.flush()
        except OSError:
            path.unlink(missing_ok=True)
            raise
    return path
