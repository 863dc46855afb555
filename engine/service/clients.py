"""The connected clients, and the messages that wait for them."""

import errno
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

import zmq

from protocol.codec import encode
from protocol.raster import Buffer

# Limits of unread messages, after which a client counts as gone.
MOST_UNREAD_MESSAGES = 1000
MOST_UNREAD_BYTES = 2**30

Parts = list[Buffer] | list[zmq.Frame]


@dataclass(eq=False)
class Client:
    """One connection that has said hello.

    Attributes:
        name: The name that the client gave.
        since: Time of its hello, monotonic seconds.
        heard: Time of its last message.
        outbox: Messages that could not be sent yet; only the newest of each key.
    """

    name: str
    since: float = field(default_factory=time.monotonic)
    heard: float = field(default_factory=time.monotonic)
    outbox: OrderedDict[Hashable, Parts] = field(default_factory=OrderedDict)
    _counter: int = 0

    def put(self, parts: Parts, replaces: Hashable | None) -> None:
        """Add a message; it replaces an earlier one with the same key."""
        self._counter += 1
        key = self._counter if replaces is None else replaces
        self.outbox.pop(key, None)
        self.outbox[key] = parts

    def overdue(self) -> bool:
        """Return whether more messages are unread than allowed."""
        size = sum(len(part) for parts in self.outbox.values() for part in parts)
        return len(self.outbox) > MOST_UNREAD_MESSAGES or size > MOST_UNREAD_BYTES


class Clients:
    """The clients that have said hello, and their socket."""

    def __init__(self, socket: "zmq.Socket[bytes]") -> None:
        """Start without clients.

        Args:
            socket: A ROUTER with `ROUTER_MANDATORY`, so that sending to a client that is gone or full fails.
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
        """Add a client, or change the name of one."""
        self._known.setdefault(client, Client(name)).name = name

    def hear(self, client: bytes) -> None:
        """Note that a client has sent a message."""
        if client in self._known:
            self._known[client].heard = time.monotonic()

    def quiet(self, before: float) -> list[bytes]:
        """Return the clients that have sent nothing since a time."""
        return [client for client, found in self._known.items() if found.heard < before]

    def forget(self, client: bytes) -> None:
        """Remove a client."""
        self._known.pop(client, None)

    def name_of(self, client: bytes) -> str:
        """Return the name of a client, escaped for a log."""
        found = self._known.get(client)
        return ascii(found.name) if found else "a client that is gone"

    def post(self, client: bytes, message: object | Parts, replaces: Hashable | None = None) -> None:
        """Send a message as soon as the client can take it; ignore clients that are gone.

        Args:
            client: Routing id of the client.
            message: A message, encoded or not.
            replaces: Key of which only the newest message is kept, or None for a message that must arrive.
        """
        found = self._known.get(client)
        if found is not None:
            found.put(message if isinstance(message, list) else list(encode(message)), replaces)

    def withdraw(self, client: bytes, replaces: Hashable) -> None:
        """Drop the waiting message with a key."""
        found = self._known.get(client)
        if found is not None:
            found.outbox.pop(replaces, None)

    def flush(self) -> list[bytes]:
        """Send waiting messages.

        Returns:
            Clients that are gone, or do not read.
        """
        return [client for client, found in self._known.items() if not self._flush(client, found)]

    @property
    def waiting(self) -> bool:
        """Whether messages wait to be sent."""
        return any(found.outbox for found in self._known.values())

    def send_once(self, client: bytes, message: object) -> None:
        """Send a message to a connection that has not said hello, if possible at once."""
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
        """Return whether the message was sent; None if the client is gone."""
        try:
            self._socket.send_multipart([client, *parts], zmq.NOBLOCK, copy=False)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno != errno.EHOSTUNREACH:
                raise
            return None
        return True
