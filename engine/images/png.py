"""Decode and encode PNG files of 16 bits, which Pillow cannot, and read their chunks."""

import struct
import zlib
from collections.abc import Iterator

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from engine.images.exif import UPRIGHT, exif_orientation
from engine.images.metadata import Metadata
from engine.images.picture import ImageError
from engine.images.png_metadata import is_for_decoder, metadata_chunks, png_metadata
from engine.images.samples import unit_samples
from engine.images.stored import Stored, check_size

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# The signature, then IHDR: length, kind, 13 bytes and checksum.
_HEADER_END = len(SIGNATURE) + 25
_PIXEL_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_PROFILE_LIMIT = 2**26
# A photograph is encoded in a third of the time that zlib's default of 6 takes, and is 8 % larger.
LEVEL = 4


def check_png(data: bytes) -> int:
    """Check that a PNG file is complete, and its size within the limits.

    Args:
        data: the file, from its signature on.

    Returns:
        Its bits per sample: 1, 2, 4, 8 or 16.

    Raises:
        ImageError: the file is damaged, cut short, empty or too large.
    """
    if len(data) < _HEADER_END or data[12:16] != b"IHDR":
        raise ImageError("is damaged or cut short (the PNG header is missing); get or export the file again")
    check_size(*struct.unpack(">II", data[16:24]))
    for _ in _chunks(data):
        pass
    return data[24]


def decode_png16(data: bytes) -> Stored:
    """Decode a PNG file of 16 bits per sample.

    Args:
        data: a file that `check_png` has passed.

    Returns:
        Its samples.
    """
    profile, orientation, pixel_chunks = None, UPRIGHT, [SIGNATURE]
    for kind, chunk in _chunks(data):
        if kind in _PIXEL_CHUNKS:
            # libpng would print warnings about other chunks, which it does not need.
            pixel_chunks.append(chunk)
        elif kind == b"iCCP":
            profile = _unpacked_profile(chunk[8:-4])
        elif kind == b"eXIf":
            orientation = exif_orientation(chunk[8:-4])
    samples, _ = unit_samples(np.atleast_3d(imagecodecs.png_decode(b"".join(pixel_chunks))))
    has_alpha = samples.shape[2] in {2, 4}
    return Stored(
        colors=samples[..., :-1] if has_alpha else samples,
        alpha=samples[..., -1] if has_alpha else None,
        bits=16,
        profile=profile,
        orientation=orientation,
    )


def read_png_metadata(data: bytes) -> tuple[Metadata, tuple[str, ...]]:
    """Read the metadata of a PNG file.

    Args:
        data: a file that `check_png` has passed.

    Returns:
        The metadata, and notes on what is left out of it.
    """
    return png_metadata((kind, _content(chunk)) for kind, chunk in _chunks(data) if kind not in _PIXEL_CHUNKS)


def without_texts(data: bytes) -> bytes:
    """Leave out the texts of a PNG file, which Pillow would read: damaged or huge, they are no reason to refuse it.

    Args:
        data: a file that `check_png` has passed.

    Returns:
        The file without them.
    """
    return SIGNATURE + b"".join(chunk for kind, chunk in _chunks(data) if is_for_decoder(kind, chunk[8:-4]))


def gamma_notes(data: bytes) -> tuple[str, ...]:
    """Return a note if the gamma of a PNG file is ignored: it differs from sRGB, and no profile overrides it."""
    found = {kind: chunk[8:-4] for kind, chunk in _chunks(data) if kind in {b"gAMA", b"sRGB", b"iCCP"}}
    if len(found.get(b"gAMA", b"")) != 4 or found.keys() != {b"gAMA"}:
        return ()
    gamma = struct.unpack(">I", found[b"gAMA"])[0] / 100_000
    return () if abs(gamma - 1 / 2.2) < 0.01 else (f"has a gamma of {gamma:g}, which is ignored; sRGB is assumed",)


def encode_png(
    samples: NDArray[np.uint8] | NDArray[np.uint16], profile: bytes | None, metadata: Metadata | None = None
) -> bytes:
    """Encode samples as PNG.

    Args:
        samples: uint8 or uint16 (height, width, channels); gray, gray and alpha, RGB, or RGB and alpha.
        profile: the ICC profile of the samples, or None.
        metadata: the metadata to write, or None.

    Returns:
        The file.
    """
    height, width, channels = samples.shape
    plain = np.ascontiguousarray(samples[..., 0] if channels == 1 else samples)
    data = bytes(imagecodecs.png_encode(plain, level=LEVEL))
    chunks = [] if profile is None else [(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile))]
    if metadata is not None:
        chunks += metadata_chunks(metadata, width, height)
    added = b"".join(map(_chunk, chunks))
    return data[:_HEADER_END] + added + data[_HEADER_END:]


def _chunk(kind_and_content: tuple[bytes, bytes]) -> bytes:
    kind, content = kind_and_content
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _content(chunk: bytes) -> bytes:
    """Return the content of a chunk; nothing if its checksum is wrong."""
    return chunk[8:-4] if zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big") else b""


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    start, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        length = int.from_bytes(data[start : start + 4], "big")
        kind, end = data[start + 4 : start + 8], start + 12 + length
        if end > len(data):
            raise ImageError("is cut short (the PNG end is missing); get or export the file again")
        yield kind, data[start:end]
        start = end


def _unpacked_profile(body: bytes) -> bytes | None:
    packed = body.partition(b"\0")[2][1:]
    try:
        return zlib.decompressobj().decompress(packed, _PROFILE_LIMIT)
    except zlib.error:
        return None
