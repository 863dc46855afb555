"""A client's socket."""

import time
from collections.abc import Iterator, Sequence

import zmq

from protocol.connection import Connection
from protocol.errors import EngineLostError
from protocol.keys import KeyPair
from protocol.raster import Buffer

UNREAD_MESSAGES = 4
"""Maximum number of unread messages here; beyond it, the engine keeps only the newest frame."""
RECEIVE_BYTES = 2**18
LINGER_MILLISECONDS = 1000
MESSAGES_AT_ONCE = 64
"""Maximum number of messages per call, so that a program with a window stays responsive."""


class Link:
    """A socket to one engine at a time, for use by one thread."""

    def __init__(self, keys: KeyPair) -> None:
        self._keys = keys
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket: zmq.Socket[bytes] | None = None
        self._monitor: zmq.Socket[bytes] | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a socket; an engine need not answer."""
        return self._socket is not None

    def open(self, engine: Connection) -> None:
        """Connect to an engine, and disconnect from the one before."""
        self.close(0)
        made = self._context.socket(zmq.DEALER)
        made.curve_serverkey = engine.public_key.encode()
        made.curve_publickey = self._keys.public.encode()
        made.curve_secretkey = self._keys.secret.encode()
        made.ipv6 = "[" in engine.address
        made.linger = LINGER_MILLISECONDS
        made.rcvhwm = UNREAD_MESSAGES
        made.rcvbuf = RECEIVE_BYTES
        # No heartbeats of ZeroMQ's own: they end a connection that is read slowly, and libzmq aborts the process when
        # it is read again (https://github.com/zeromq/libzmq/issues/3937).
        self._monitor = made.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        made.connect(engine.address)
        self._socket = made

    def broken(self) -> bool:
        """Return whether the connection has broken off since the last call; ZeroMQ reconnects by itself."""
        found = False
        while self._monitor is not None and self._monitor.poll(0):
            self._monitor.recv_multipart()
            found = True
        return found

    def send(self, parts: Sequence[Buffer]) -> bool:
        """Send a message without waiting.

        Args:
            parts: Its ZeroMQ frames.

        Returns:
            Whether it was sent.
        """
        if self._socket is None:
            return False
        try:
            self._socket.send_multipart(parts, zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return False
        return True

    def receive(self, timeout: float) -> Iterator[list[Buffer]]:
        """Receive messages.

        Args:
            timeout: Seconds to wait for a message.

        Yields:
            The ZeroMQ frames of a message.
        """
        if self._socket is None:
            time.sleep(timeout)
        elif self._socket.poll(int(1000 * timeout)):
            for _ in range(MESSAGES_AT_ONCE):
                parts = self._next()
                if parts is None:
                    return
                yield parts

    def fileno(self) -> int:
        """Return the socket's descriptor.

        Returns:
            A file descriptor, or a socket's handle on Windows.

        Raises:
            EngineLostError: There is no socket.
        """
        if self._socket is None:
            raise EngineLostError("there is no connection to the engine: it has ended, or was never there")
        return int(self._socket.getsockopt(zmq.FD))

    def close(self, linger: int = LINGER_MILLISECONDS) -> None:
        """Close the socket.

        Args:
            linger: Milliseconds to wait for messages that are being sent.
        """
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
