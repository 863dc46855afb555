"""The socket at which an engine starts relays for sandboxed GIMPs, which may not start programs of their host.

Only Linux has such sandboxes. The socket is in the engine's folder, which only this user can enter.
"""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SOCKET_FILE = "relay.socket"


def connect_socket(folder: Path) -> socket.socket:
    """Connect to the socket of an engine.

    Args:
        folder: Folder of its connection file.

    Returns:
        The connection.

    Raises:
        OSError: No engine listens there.
    """
    made = _new()
    try:
        with _short(folder) as name:
            made.connect(name)
    except OSError:
        made.close()
        raise
    return made


def listen_socket(folder: Path) -> socket.socket:
    """Listen at the socket of an engine, in place of an earlier engine.

    Args:
        folder: Folder of its connection file; this engine has its lock.

    Returns:
        The socket.

    Raises:
        OSError: It cannot be created.
    """
    made = _new()
    try:
        (folder / SOCKET_FILE).unlink(missing_ok=True)
        with _short(folder) as name:
            made.bind(name)
        (folder / SOCKET_FILE).chmod(0o600)
        made.listen()
    except OSError:
        made.close()
        raise
    return made


def _new() -> socket.socket:
    if sys.platform != "linux":
        raise OSError("only Linux has sandboxed GIMPs")
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)


@contextmanager
def _short(folder: Path) -> Iterator[str]:
    """Give the path of the socket a form that fits into the 107 bytes that Linux allows."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET_FILE}"
    finally:
        os.close(descriptor)
