"""The clients, and what is on its way to them."""

import errno
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

import zmq

from protocol.codec import encode
from protocol.raster import Buffer

# What a client that reads nothing may leave lying here before it is taken for gone.
MOST_UNREAD_MESSAGES = 1000
MOST_UNREAD_BYTES = 2**30

Parts = list[Buffer] | list[zmq.Frame]


@dataclass(eq=False)
class Client:
    """One connection that has said hello.

    Attributes:
        name: What the client says it is.
        since: When it said hello, seconds of the monotonic clock.
        heard: When it last said anything.
        outbox: Messages that could not be sent yet; of those under one key, the newest.
    """

    name: str
    since: float = field(default_factory=time.monotonic)
    heard: float = field(default_factory=time.monotonic)
    outbox: OrderedDict[Hashable, Parts] = field(default_factory=OrderedDict)
    _counter: int = 0

    def put(self, parts: Parts, replaces: Hashable | None) -> None:
        """Add a message, in place of the one before under the same key, where there is a key."""
        self._counter += 1
        key = self._counter if replaces is None else replaces
        self.outbox.pop(key, None)
        self.outbox[key] = parts

    def overdue(self) -> bool:
        """Whether more lies here than a client may leave unread."""
        size = sum(len(part) for parts in self.outbox.values() for part in parts)
        return len(self.outbox) > MOST_UNREAD_MESSAGES or size > MOST_UNREAD_BYTES


class Clients:
    """Everybody who has said hello, and the socket that they are behind."""

    def __init__(self, socket: "zmq.Socket[bytes]") -> None:
        """Start without any.

        Args:
            socket: A ROUTER with `ROUTER_MANDATORY`, so that it tells of clients that are gone or full.
        """
        self._socket = socket
        self._known: dict[bytes, Client] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, client: object) -> bool:
        return client in self._known

    def __iter__(self) -> Iterator[tuple[bytes, Client]]:
        return iter(self._known.items())

    def greet(self, client: bytes, name: str) -> None:
        """Add a client, or hear another name of one."""
        self._known.setdefault(client, Client(name)).name = name

    def hear(self, client: bytes) -> None:
        """Note that a client has said something."""
        if client in self._known:
            self._known[client].heard = time.monotonic()

    def quiet(self, before: float) -> list[bytes]:
        """List the clients that have said nothing since a time."""
        return [client for client, found in self._known.items() if found.heard < before]

    def forget(self, client: bytes) -> None:
        """Leave a client out from here on."""
        self._known.pop(client, None)

    def name_of(self, client: bytes) -> str:
        """Look up what a client says it is, fit for a log."""
        found = self._known.get(client)
        return ascii(found.name) if found else "a client that is gone"

    def post(self, client: bytes, message: object | Parts, replaces: Hashable | None = None) -> None:
        """Send a message as soon as the client takes it; nothing is sent to those who are not here.

        Args:
            client: To whom.
            message: A message, or one that is encoded already.
            replaces: Key under which only the newest message is kept, or None for one that must arrive.
        """
        found = self._known.get(client)
        if found is not None:
            found.put(message if isinstance(message, list) else list(encode(message)), replaces)

    def withdraw(self, client: bytes, replaces: Hashable) -> None:
        """Take back what waits under a key."""
        found = self._known.get(client)
        if found is not None:
            found.outbox.pop(replaces, None)

    def flush(self) -> list[bytes]:
        """Send what can be sent.

        Returns:
            Clients that are gone, or that read nothing.
        """
        return [client for client, found in self._known.items() if not self._flush(client, found)]

    @property
    def waiting(self) -> bool:
        """Whether anything could not be sent yet."""
        return any(found.outbox for found in self._known.values())

    def send_once(self, client: bytes, message: object) -> None:
        """Send a message to somebody who has not said hello, if it can be sent at once."""
        self._send(client, list(encode(message)))

    def _flush(self, client: bytes, found: Client) -> bool:
        while found.outbox:
            key, parts = next(iter(found.outbox.items()))
            sent = self._send(client, parts)
            if sent is None:
                return False
            if not sent:
                return not found.overdue()
            del found.outbox[key]
        return True

    def _send(self, client: bytes, parts: Parts) -> bool | None:
        """Tell whether it was sent; None where the client is gone."""
        try:
            self._socket.send_multipart([client, *parts], zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno != errno.EHOSTUNREACH:
                raise
            return None
        return True
