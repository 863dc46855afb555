"""Frames between a client and its relay, over a pair of pipes or a socket.

The client sends `CONNECT` (with the address and public key of an engine), `MESSAGE` and `DISCONNECT` (with the
milliseconds to wait for messages that are being sent). The relay sends `READY` or `REFUSED` (with the reason) first,
then `MESSAGE` and `BROKEN`. It ends when the client closes its end. Headers are JSON, which every Python can read.
"""

import enum
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

from protocol.pipes import read_message, write_message
from protocol.raster import Buffer

_HEAD = struct.Struct("<BI")


class Kind(enum.IntEnum):
    """The kind of a frame."""

    CONNECT = 1
    MESSAGE = 2
    DISCONNECT = 3
    READY = 4
    REFUSED = 5
    BROKEN = 6


@dataclass(frozen=True)
class RelayFrame:
    """A frame.

    Attributes:
        kind: Its kind.
        number: Number of the connection that it belongs to: the client counts them.
        parts: The header, packed, and the pixels if there are any.
    """

    kind: Kind
    number: int = 0
    parts: Sequence[Buffer] = ()


def pack_json(values: Any) -> bytes:  # noqa: ANN401
    """Pack values as JSON; texts need not be valid, and what JSON cannot say becomes a text."""
    return json.dumps(values, separators=(",", ":"), default=str).encode("ascii")


def write_frame(stream: IO[bytes], frame: RelayFrame) -> None:
    """Write a frame.

    Args:
        stream: The stream.
        frame: The frame.

    Raises:
        OSError: The other side has ended.
    """
    write_message(stream, [_HEAD.pack(frame.kind, frame.number), *frame.parts])


def read_frame(stream: IO[bytes]) -> RelayFrame:
    """Wait for a frame.

    Args:
        stream: The stream.

    Returns:
        The frame.

    Raises:
        EOFError: The other side has closed the stream.
        OSError: Reading failed.
        ValueError: It is not a frame.
    """
    head, *parts = read_message(stream)
    try:
        kind, number = _HEAD.unpack(head)
    except struct.error as error:
        raise ValueError(str(error)) from None
    return RelayFrame(Kind(kind), number, parts)
