"""The relay of the plug-in: GIMP's Python has no ZeroMQ, the engine's has."""

import io
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import IO

from gimp_plugin.engine_program import last_line, sandboxed, start_program
from gimp_plugin.installation import Installation
from protocol.errors import StaleFileError
from protocol.relay_socket import connect_socket
from protocol.relayed_link import RelayedLink

END_SECONDS = 2.0
# Frames of a megapixel in few pieces; Linux lets every user have this much.
PIPE_BYTES = 2**20


def relayed(installation: Installation) -> RelayedLink:
    """Start a relay or, where GIMP may start no programs, have the engine start one.

    Args:
        installation: Where things are.

    Returns:
        A link through it, which may still be starting.

    Raises:
        EngineError: There is no relay to be had.
        UnsafeFileError: The folder of the engine cannot be created, or others can write to it.
    """
    start = SocketRelay if sandboxed() else ProcessRelay
    return RelayedLink(start(installation))


class ProcessRelay:
    """A relay at the other end of two pipes."""

    def __init__(self, installation: Installation) -> None:
        """Start it.

        Args:
            installation: Where the engine's program is.

        Raises:
            EngineError: It is not there.
            UnsafeFileError: The folder of the engine cannot be created, or others can write to it.
        """
        self._output = tempfile.TemporaryFile()  # noqa: SIM115
        self._line = ""
        try:
            pipe = subprocess.PIPE
            self._process = start_program(installation, ["relay"], pipe, pipe, self._output)
        except BaseException:
            self._output.close()
            raise
        assert self._process.stdin is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        widen(self._process.stdout)
        widen(self._process.stdin)
        self.frames: IO[bytes] = self._process.stdout
        # A pipe without a buffer may take a part of what is written.
        self.commands: IO[bytes] = io.BufferedWriter(self._process.stdin)

    def end(self) -> str:
        """Wait until it has ended; return the last line that it printed."""
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if not self._output.closed:
            self._line = last_line(self._output)
            self._output.close()
        return self._line


class SocketRelay:
    """A relay that the engine has started for a sandboxed GIMP, at the other end of a socket."""

    def __init__(self, installation: Installation) -> None:
        """Ask the engine for it.

        Args:
            installation: Where the engine's folder is.

        Raises:
            StaleFileError: No engine answers.
        """
        try:
            self._socket = connect_socket(installation.folder)
        except OSError as error:
            raise StaleFileError(f"no engine is running (it starts no relay: {error.strerror})") from None
        self.frames: IO[bytes] = self._socket.makefile("rb", buffering=0)  # type: ignore[assignment]
        self.commands: IO[bytes] = self._socket.makefile("wb")

    def end(self) -> str:
        """Tell it that nothing more comes."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        self._socket.close()
        return ""


def widen(pipe: IO[bytes]) -> None:
    """Let a pipe hold more, so that pictures pass in few pieces; only Linux can, within limits."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
