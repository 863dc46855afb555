"""`texture-engine relay`: connects a client without ZeroMQ, such as GIMP's Python, to an engine.

It passes messages on and knows nothing of what they mean; only headers change between JSON and msgpack. The keys stay
here. See `protocol.relay_frames`.
"""

import json
import os
import sys
import threading
from contextlib import suppress
from typing import IO

import zmq

from protocol.codec import decode_header, encode_header
from protocol.errors import ProtocolError, UnsafeFileError
from protocol.keys import CLIENT_KEYS, KeyPair, own_keys
from protocol.limits import TRUSTED
from protocol.private_files import make_folder, state_folder
from protocol.raster import Buffer
from protocol.relay_frames import Kind, RelayFrame, pack_json, read_frame, write_frame
from protocol.socket_link import SocketLink

COMMANDS = "inproc://commands"
UNREAD_COMMANDS = 4


def run_relay() -> None:
    """Relay between stdin and stdout and an engine until stdin is closed."""
    commands, frames = own_streams()
    # The other side has ended, perhaps killed: nothing is left to do.
    with suppress(OSError):
        try:
            keys = own_keys(make_folder(state_folder()) / CLIENT_KEYS)
        except UnsafeFileError as error:
            write_frame(frames, RelayFrame(Kind.REFUSED, parts=[pack_json(str(error))]))
            return
        write_frame(frames, RelayFrame(Kind.READY))
        Relay(keys, commands, frames).run()
    # What is left in the buffer has no reader any more; Python would report it when it ends.
    os._exit(0)


def own_streams() -> tuple[IO[bytes], IO[bytes]]:
    """Take stdin and stdout for frames alone: what is printed meanwhile goes to stderr.

    Returns:
        The stream of commands, and that for frames.
    """
    taken = [os.dup(stream.fileno()) for stream in (sys.stdin, sys.stdout)]
    if sys.platform == "win32":
        import msvcrt

        # Text mode would change line ends.
        for descriptor in taken:
            msvcrt.setmode(descriptor, os.O_BINARY)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return os.fdopen(taken[0], "rb"), os.fdopen(taken[1], "wb")


class Relay:
    """Passes messages between a client's streams and an engine."""

    def __init__(self, keys: KeyPair, commands: IO[bytes], frames: IO[bytes]) -> None:
        self._link = SocketLink(keys)
        self._number = 0
        self._commands, self._frames = commands, frames
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._inbox = self._context.socket(zmq.PAIR)
        self._inbox.rcvhwm = UNREAD_COMMANDS
        self._inbox.bind(COMMANDS)

    def run(self) -> None:
        """Run until the client closes its stream.

        Raises:
            OSError: The client has ended.
        """
        # Windows cannot wait for pipes and sockets at once.
        threading.Thread(target=self._read, daemon=True).start()
        try:
            while self._turn():
                pass
        finally:
            # Sends what is left, perhaps `cancel`.
            self._link.end()

    def _read(self) -> None:
        """Pass what the client sends to the thread that has the sockets."""
        outbox = self._context.socket(zmq.PAIR)
        outbox.sndhwm = UNREAD_COMMANDS
        outbox.connect(COMMANDS)
        with suppress(EOFError, OSError, ValueError):
            while True:
                frame = read_frame(self._commands)
                outbox.send_multipart([bytes([frame.kind]), b"%d" % frame.number, *frame.parts], copy=False)
        outbox.send(b"")

    def _turn(self) -> bool:
        """Wait for something to pass on; return whether to go on."""
        poller = zmq.Poller()
        for source in (self._inbox, *self._link.sources):
            poller.register(source, zmq.POLLIN)
        if self._inbox in dict(poller.poll()):
            kind, *parts = self._inbox.recv_multipart(copy=False)
            if not kind.bytes:
                return False
            self._carry_out(Kind(kind.bytes[0]), int(parts[0].bytes), [part.buffer for part in parts[1:]])
        self._pass_on()
        if self._link.broken():
            # Messages from before the end come first, perhaps `shutdown`.
            self._pass_on()
            self._post(Kind.BROKEN)
        return True

    def _carry_out(self, kind: Kind, number: int, parts: list[memoryview]) -> None:
        if kind is Kind.CONNECT:
            engine = json.loads(bytes(parts[0]))
            self._number = number
            self._link.connect(str(engine["address"]), str(engine["public_key"]))
        elif kind is Kind.DISCONNECT:
            self._link.close(int(json.loads(bytes(parts[0]))))
        elif number == self._number and not self._link.send([encode_header(json.loads(bytes(parts[0]))), *parts[1:]]):
            # It hangs, or is overloaded.
            self._post(Kind.BROKEN)

    def _pass_on(self) -> None:
        for header, *pixels in self._link.receive(0.0):
            # A message without a valid header tells the client nothing.
            with suppress(ProtocolError):
                self._post(Kind.MESSAGE, pack_json(decode_header(header, TRUSTED)), *pixels)

    def _post(self, kind: Kind, *parts: Buffer) -> None:
        write_frame(self._frames, RelayFrame(kind, self._number, parts))
