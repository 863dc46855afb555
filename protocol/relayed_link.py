"""A client's connection through a relay: a process of the engine's Python that has ZeroMQ.

The client needs the standard library alone. Threads read and write, because Windows cannot wait for several pipes.
"""

import io
import json
import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import IO, Any, Protocol

from protocol.connection import Connection
from protocol.errors import EngineError, ProtocolError, UnsafeFileError
from protocol.link import MESSAGES_AT_ONCE
from protocol.raster import Buffer
from protocol.relay_frames import Kind, RelayFrame, pack_json, read_frame, write_frame

UNREAD_FRAMES = 2
"""Maximum number of unread frames here; the relay and the pipe hold a few more."""
UNSENT_FRAMES = 1000
LINGER_SECONDS = 1.0


class RelayEndedError(EngineError):
    """The relay has ended before it was ready; the message is the last line that it printed, or empty."""


class RelayPipes(Protocol):
    """A running relay.

    Attributes:
        frames: What it sends.
        commands: What it receives.
    """

    frames: IO[bytes]
    commands: IO[bytes]

    def end(self) -> str:
        """Wait until it has ended, as nothing more is written, or end it; return the last line that it printed."""


class RelayedLink:
    """A connection through a relay, a `Link`."""

    def __init__(self, relay: RelayPipes) -> None:
        """Begin to read what the relay sends."""
        self._relay = relay
        self._number = 0
        self._open = self._broken = False
        self._ready = self._ended = False
        self._refusal = ""
        self._arrived: queue.Queue[RelayFrame | None] = queue.Queue(UNREAD_FRAMES)
        self._leaving: queue.Queue[RelayFrame | None] = queue.Queue(UNSENT_FRAMES)
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._writer = threading.Thread(target=self._write, daemon=True)
        self._reader.start()
        self._writer.start()

    @property
    def is_open(self) -> bool:
        """Whether the relay was requested to connect, and has not ended."""
        return self._open

    @property
    def is_usable(self) -> bool:
        """Whether the relay has not ended."""
        return not self._ended

    def is_ready(self) -> bool:
        """Return whether the relay has started.

        Returns:
            Whether it has.

        Raises:
            RelayEndedError: It has ended.
            UnsafeFileError: It refuses to work, as the keys are broken or open to others.
        """
        if not self._ready and not self._ended and not self._refusal:
            with suppress(queue.Empty):
                self._take(self._arrived.get_nowait())
        self._check()
        return self._ready

    def open(self, engine: Connection) -> None:
        """Have the relay connect to an engine, and disconnect from the one before."""
        self._check()
        if self._ended:
            return
        self._number += 1
        self._broken = False
        self._open = True
        self._post(Kind.CONNECT, [pack_json({"address": engine.address, "public_key": engine.public_key})])

    def broken(self) -> bool:
        """Return whether the relay has ended, or reported since the last call that the connection has broken off."""
        found, self._broken = self._broken, False
        return found

    def pack(self, header: Mapping[str, Any]) -> bytes:
        """Pack a header as JSON."""
        return pack_json(header)

    def unpack(self, part: Buffer) -> Mapping[Any, Any]:
        """Unpack a header of JSON."""
        try:
            header = json.loads(bytes(part))
        except (ValueError, RecursionError) as error:
            raise ProtocolError(f"the header is not JSON ({error})") from None
        if not isinstance(header, dict):
            raise ProtocolError("the header is not a map")
        return header

    def send(self, parts: Sequence[Buffer]) -> bool:
        """Send a message without waiting."""
        return self._open and self._post(Kind.MESSAGE, parts)

    def receive(self, timeout: float) -> Iterator[list[Buffer]]:
        """Receive messages."""
        until = time.monotonic() + timeout
        found = 0
        while found < MESSAGES_AT_ONCE:
            try:
                if found or timeout <= 0:
                    frame = self._arrived.get_nowait()
                else:
                    frame = self._arrived.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return
            if self._take(frame) and frame is not None:
                found += 1
                yield list(frame.parts)
            elif self._broken:
                break
        self._check()

    def fileno(self) -> int:
        """Raise an error: a relay has no descriptor to watch."""
        raise io.UnsupportedOperation("a connection through a relay has no descriptor: call `poll` often")

    def close(self, linger: int = int(1000 * LINGER_SECONDS)) -> None:
        """Have the relay disconnect."""
        if self._open:
            self._open = False
            self._post(Kind.DISCONNECT, [pack_json(linger)])

    def end(self) -> None:
        """Disconnect, and end the relay."""
        if self._closing.is_set():
            return
        self.close()
        # From now on what arrives is dropped, so that the relay is not kept from ending by a full pipe.
        self._closing.set()
        with suppress(queue.Empty):
            while True:
                self._arrived.get_nowait()
        with suppress(queue.Full):
            self._leaving.put_nowait(None)
        self._writer.join(LINGER_SECONDS)
        self._relay.end()
        self._reader.join(LINGER_SECONDS)
        if not self._reader.is_alive():
            self._relay.frames.close()

    def _post(self, kind: Kind, parts: Sequence[Buffer]) -> bool:
        try:
            self._leaving.put_nowait(RelayFrame(kind, self._number, parts))
        except queue.Full:
            return False
        return not self._ended

    def _check(self) -> None:
        if self._refusal:
            raise UnsafeFileError(self._refusal)
        if self._ended and not self._ready:
            raise RelayEndedError(self._relay.end())

    def _take(self, frame: RelayFrame | None) -> bool:
        """Note what a frame tells of the relay; return whether it is a message of this connection."""
        if frame is None:
            self._ended = self._broken = True
            self._open = False
        elif frame.kind is Kind.READY:
            self._ready = True
        elif frame.kind is Kind.REFUSED:
            self._refusal = str(json.loads(bytes(frame.parts[0])))
        elif frame.number != self._number or not self._open:
            return False
        elif frame.kind is Kind.BROKEN:
            self._broken = True
        else:
            return frame.kind is Kind.MESSAGE
        return False

    def _read(self) -> None:
        frame: RelayFrame | None = None
        while True:
            try:
                frame = read_frame(self._relay.frames)
            except (EOFError, OSError, ValueError):
                frame = None
            if not self._closing.is_set():
                self._arrived.put(frame)
            if frame is None:
                return

    def _write(self) -> None:
        try:
            while (frame := self._leaving.get()) is not None:
                write_frame(self._relay.commands, frame)
        except (OSError, ValueError):
            # It has ended; the thread that reads reports it.
            pass
        with suppress(OSError):
            self._relay.commands.close()
