"""What a client needs of its connection to an engine."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from protocol.connection import Connection
from protocol.raster import Buffer

MESSAGES_AT_ONCE = 64
"""Maximum number of messages per call, so that a program with a window stays responsive."""


class Link(Protocol):
    """A connection to one engine at a time, for use by one thread."""

    @property
    def is_open(self) -> bool:
        """Whether there is a connection; an engine need not answer."""

    @property
    def is_usable(self) -> bool:
        """Whether it can be opened; not if it needs a relay, and that has ended."""

    def open(self, engine: Connection) -> None:
        """Connect to an engine, and disconnect from the one before.

        Args:
            engine: The engine.
        """

    def broken(self) -> bool:
        """Return whether the connection has broken off since the last call."""

    def pack(self, header: Mapping[str, Any]) -> bytes:
        """Pack a header in the format of this link.

        Args:
            header: Texts, numbers, lists and maps by name.

        Returns:
            The first part of a message.
        """

    def unpack(self, part: Buffer) -> Mapping[Any, Any]:
        """Unpack a header.

        Args:
            part: The first part of a message.

        Returns:
            The header.

        Raises:
            ProtocolError: It is not a header.
        """

    def send(self, parts: Sequence[Buffer]) -> bool:
        """Send a message without waiting.

        Args:
            parts: The packed header, and the pixels if there are any, which must not change any more.

        Returns:
            Whether it was sent.
        """

    def receive(self, timeout: float) -> Iterator[list[Buffer]]:
        """Receive messages.

        Args:
            timeout: Seconds to wait for a message.

        Yields:
            The parts of a message.
        """

    def fileno(self) -> int:
        """Return a descriptor that signals that messages may have arrived.

        Returns:
            A file descriptor, or a socket's handle on Windows.

        Raises:
            EngineLostError: There is no connection.
            io.UnsupportedOperation: It goes through a relay.
        """

    def close(self, linger: int) -> None:
        """Disconnect.

        Args:
            linger: Milliseconds to wait for messages that are being sent.
        """

    def end(self) -> None:
        """Disconnect for good."""
