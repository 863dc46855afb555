"""A connection that says what it is told to, without a client's manners."""

import time

from protocol.codec import decode, encode
from protocol.connection import read_connection
from protocol.keys import CLIENT_KEYS, own_keys
from protocol.limits import Limits
from protocol.messages import EngineMessage, Hello, Synthesize
from protocol.socket_link import SocketLink

ANSWER_SECONDS = 60


class Wire:
    """A connection to an engine; a context manager."""

    def __init__(self, engine) -> None:
        self._link = SocketLink(own_keys(engine.folder / CLIENT_KEYS))
        self._link.open(read_connection(engine.file))
        self._heard = []

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_) -> None:
        self._link.end()

    def say(self, message: Hello | Synthesize | object) -> None:
        """Send a message."""
        assert self._link.send(encode(message))

    def hear(self, kind, seconds=ANSWER_SECONDS):
        """Wait for the next message of a kind, past those of other kinds."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            while self._heard:
                message = self._heard.pop(0)
                if isinstance(message, kind):
                    return message
            self._heard += [decode(parts, EngineMessage, Limits()) for parts in self._link.receive(0.2)]
        raise AssertionError(f"no {kind.type} within {seconds} s")
