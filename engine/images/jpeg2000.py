"""JPEG 2000 files of more than 8 bits per sample, which Pillow rounds to 8."""

import struct
from collections.abc import Iterator

import imagecodecs
import numpy as np

from engine.images.samples import unit_samples
from engine.images.stored import Stored, check_size

# The file format, and the bare codestream (ISO 15444-1, annexes I and A).
FILE_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
STREAM_SIGNATURE = b"\xff\x4f\xff\x51"
SIGNATURES = (FILE_SIGNATURE, STREAM_SIGNATURE)

_SIZE = struct.Struct(">8x4I16xH")
_CMYK, _YCC = 12, 18
_ENUMERATED, _PROFILED = 1, (2, 3)
_OPACITY = 1
_PALETTE = b"pclr"


def decode_deep_jpeg2000(data: bytes) -> Stored | None:
    """Decode a JPEG 2000 file of more than 8 bits per sample.

    Args:
        data: the file.

    Returns:
        Its samples, or None if they have 8 bits or fewer, or colors that a profile does not describe.
    """
    # Of several boxes of a kind, the first one counts.
    boxes = dict([*_boxes(data)][::-1]) if data.startswith(FILE_SIGNATURE) else {}
    stream = data.find(STREAM_SIGNATURE)
    if stream < 0:
        return None
    right, bottom, left, top, channels = _SIZE.unpack_from(data, stream)
    check_size(right - left, bottom - top)
    # Depth of each channel, and the distance of its samples along x and y.
    shapes = data[stream + _SIZE.size : stream + _SIZE.size + 3 * channels]
    depths = shapes[::3]
    # The highest bit marks signed samples.
    bits = max(depth & 127 for depth in depths) + 1
    space, profile = _color_of(boxes.get(b"colr", b""))
    uneven = len(set(depths)) > 1 or set(shapes[1::3] + shapes[2::3]) != {1}
    if bits <= 8 or uneven or space == _YCC or _PALETTE in boxes:
        return None
    samples = np.atleast_3d(imagecodecs.jpeg2k_decode(data))
    count = 4 if space == _CMYK else 3 if channels >= 3 else 1
    has_alpha = channels > count and _is_alpha(boxes.get(b"cdef"), count)
    found, notes = unit_samples(samples[..., : count + has_alpha], bits)
    return Stored(
        colors=found[..., :count],
        alpha=found[..., count] if has_alpha else None,
        bits=16,
        profile=profile,
        notes=notes,
    )


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the boxes of a file, including those in the image header."""
    places = [(0, len(data))]
    while places:
        start, end = places.pop()
        while start + 8 <= end:
            length, kind = struct.unpack_from(">I4s", data, start)
            head = 8
            if length == 1 and start + 16 <= end:
                (length,) = struct.unpack_from(">Q", data, start + 8)
                head = 16
            stop = end if length == 0 else min(end, start + max(length, head))
            if kind == b"jp2h":
                places.append((start + head, stop))
            elif kind != b"jp2c":
                yield kind, data[start + head : stop]
            start = stop


def _color_of(box: bytes) -> tuple[int | None, bytes | None]:
    if box[:1] == bytes([_ENUMERATED]) and len(box) >= 7:
        return int.from_bytes(box[3:7], "big"), None
    return None, box[3:] if box and box[0] in _PROFILED else None


def _is_alpha(definitions: bytes | None, channel: int) -> bool:
    """Return whether an extra channel is alpha; it is if the file does not say."""
    if definitions is None:
        return True
    entries = struct.iter_unpack(">3H", definitions[2 : 2 + 6 * ((len(definitions) - 2) // 6)])
    return any(number == channel and kind == _OPACITY for number, kind, _ in entries)
