"""Encode messages as ZeroMQ frames, and decode them."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgpack

from protocol.errors import ProtocolError
from protocol.limits import Limits
from protocol.raster import Buffer
from protocol.records import clipped, job_of, message_of, record_of

M = TypeVar("M")


def encode(message: object) -> list[Buffer]:
    """Encode a message as ZeroMQ frames: the header, and the pixels if there are any; see `record_of`."""
    header, pixels = record_of(message)
    return [encode_header(header), *pixels]


def decode(parts: Sequence[Buffer], kinds: type[M], limits: Limits) -> M:
    """Decode a message from ZeroMQ frames: the header, and the pixels if there are any; see `message_of`."""
    if len(parts) not in {1, 2}:
        raise ProtocolError(f"a message has {len(parts)} frames: send a header, or a header and pixels")
    return message_of(decode_header(parts[0], limits), parts[1:], kinds, limits)


def encode_header(header: Mapping[str, Any]) -> bytes:
    """Pack a header as a msgpack map."""
    # A path in an error message may not be valid text.
    packed: bytes = msgpack.packb(header, unicode_errors="replace")
    return packed


def decode_header(part: Buffer, limits: Limits) -> dict[Any, Any]:
    """Unpack a header without looking at its fields.

    Args:
        part: A msgpack map.
        limits: Limits of its size.

    Returns:
        The map.

    Raises:
        ProtocolError: It is not a map.
    """
    size = memoryview(part).nbytes
    if size > limits.header_bytes:
        raise ProtocolError(f"a header of {size} bytes: send no more than {limits.header_bytes}", "too-large")
    try:
        header = msgpack.unpackb(part, raw=False, strict_map_key=True, max_ext_len=0)
    # msgpack's errors, and those of its Python fallback for deep nesting and unhashable keys.
    except (ValueError, TypeError, RecursionError, OverflowError, msgpack.UnpackException) as error:
        raise ProtocolError(f"the header is not msgpack ({clipped(str(error) or type(error).__name__)})") from None
    if not isinstance(header, dict):
        raise ProtocolError(f"the header is a msgpack {type(header).__name__}: send a map")
    return header


def job_in(parts: Sequence[Buffer], limits: Limits) -> str | None:
    """Return the name of the job in a message that may be invalid, or None."""
    try:
        return job_of(decode_header(parts[0], limits))
    except (ProtocolError, IndexError):
        return None
