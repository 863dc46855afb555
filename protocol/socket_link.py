"""A client's socket."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import zmq

from protocol.codec import decode_header, encode_header
from protocol.connection import Connection
from protocol.errors import EngineLostError
from protocol.keys import KeyPair
from protocol.limits import TRUSTED
from protocol.link import MESSAGES_AT_ONCE
from protocol.raster import Buffer

UNREAD_MESSAGES = 4
"""Maximum number of unread messages here; beyond it, the engine keeps only the newest frame."""
RECEIVE_BYTES = 2**18
LINGER_MILLISECONDS = 1000


class SocketLink:
    """A socket to one engine at a time, a `Link`."""

    def __init__(self, keys: KeyPair) -> None:
        self._keys = keys
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket: zmq.Socket[bytes] | None = None
        self._monitor: zmq.Socket[bytes] | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a socket; an engine need not answer."""
        return self._socket is not None

    @property
    def is_usable(self) -> bool:
        """Whether it can be opened: always."""
        return True

    def open(self, engine: Connection) -> None:
        """Connect to an engine, and disconnect from the one before."""
        self.connect(engine.address, engine.public_key)

    def connect(self, address: str, public_key: str) -> None:
        """Connect to an address, and disconnect from the one before."""
        self.close(0)
        made = self._context.socket(zmq.DEALER)
        made.curve_serverkey = public_key.encode()
        made.curve_publickey = self._keys.public.encode()
        made.curve_secretkey = self._keys.secret.encode()
        made.ipv6 = "[" in address
        made.linger = LINGER_MILLISECONDS
        made.rcvhwm = UNREAD_MESSAGES
        made.rcvbuf = RECEIVE_BYTES
        # No heartbeats of ZeroMQ's own: they end a connection that is read slowly, and libzmq aborts the process when
        # it is read again (https://github.com/zeromq/libzmq/issues/3937).
        self._monitor = made.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        made.connect(address)
        self._socket = made

    @property
    def sources(self) -> tuple[zmq.Socket[bytes], ...]:
        """What becomes readable when messages have arrived, or the connection has broken off."""
        return tuple(source for source in (self._socket, self._monitor) if source is not None)

    def pack(self, header: Mapping[str, Any]) -> bytes:
        """Pack a header as msgpack."""
        return encode_header(header)

    def unpack(self, part: Buffer) -> Mapping[Any, Any]:
        """Unpack a header of msgpack."""
        return decode_header(part, TRUSTED)

    def broken(self) -> bool:
        """Return whether the connection has broken off since the last call; ZeroMQ reconnects by itself."""
        found = False
        while self._monitor is not None and self._monitor.poll(0):
            self._monitor.recv_multipart()
            found = True
        return found

    def send(self, parts: Sequence[Buffer]) -> bool:
        """Send the ZeroMQ frames of a message without waiting; return whether they were sent."""
        if self._socket is None:
            return False
        try:
            self._socket.send_multipart(parts, zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return False
        return True

    def receive(self, timeout: float) -> Iterator[list[Buffer]]:
        """Yield the ZeroMQ frames of each message."""
        if self._socket is None:
            time.sleep(timeout)
        elif self._socket.poll(int(1000 * timeout)):
            for _ in range(MESSAGES_AT_ONCE):
                parts = self._next()
                if parts is None:
                    return
                yield parts

    def fileno(self) -> int:
        """Return the socket's descriptor."""
        if self._socket is None:
            raise EngineLostError("there is no connection to the engine: it has ended, or was never there")
        return int(self._socket.getsockopt(zmq.FD))

    def close(self, linger: int = LINGER_MILLISECONDS) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.disable_monitor()
            self._socket.close(linger)
            self._socket = None
        if self._monitor is not None:
            self._monitor.close(0)
            self._monitor = None

    def end(self) -> None:
        """Close the socket for good."""
        self.close()
        self._context.destroy(linger=LINGER_MILLISECONDS)

    def _next(self) -> list[Buffer] | None:
        # Handling a message may have closed the link.
        if self._socket is None:
            return None
        try:
            return [part.buffer for part in self._socket.recv_multipart(zmq.NOBLOCK, copy=False)]
        except zmq.Again:
            return None
