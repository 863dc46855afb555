"""Messages over a pipe between two processes."""

import struct
from collections.abc import Sequence
from typing import IO

from protocol.raster import Buffer

MOST_FRAMES = 1024


def write_message(pipe: IO[bytes], parts: Sequence[Buffer]) -> None:
    """Write the frames of a message: their number, their sizes, and they themselves.

    Args:
        pipe: The pipe.
        parts: The frames.

    Raises:
        OSError: The other process has ended.
    """
    views = [memoryview(part) for part in parts]
    pipe.write(struct.pack(f"<{len(views) + 1}Q", len(views), *(view.nbytes for view in views)))
    for view in views:
        pipe.write(view)
    pipe.flush()


def read_message(pipe: IO[bytes]) -> list[bytearray]:
    """Wait for a message.

    Args:
        pipe: The pipe.

    Returns:
        Its frames.

    Raises:
        EOFError: The other process has closed the pipe.
        ValueError: It is not a message.
    """
    (count,) = struct.unpack("<Q", _read(pipe, 8))
    # Of printed text, the number would be huge.
    if count > MOST_FRAMES:
        raise ValueError(f"a message of {count} frames")
    return [_read(pipe, size) for size in struct.unpack(f"<{count}Q", _read(pipe, 8 * count))]


def _read(pipe: IO[bytes], size: int) -> bytearray:
    found = bytearray(size)
    missing = memoryview(found)
    while missing:
        taken = pipe.readinto(missing)  # type: ignore[attr-defined]
        if not taken:
            raise EOFError
        missing = missing[taken:]
    return found
