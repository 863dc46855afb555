"""Who comes in: answers to ZeroMQ's questions about keys (ZAP, https://rfc.zeromq.org/spec/27/)."""

import logging
from collections.abc import Callable

import zmq
from zmq.utils import z85

from engine.service.sockets import arrived

ZAP_ADDRESS = "inproc://zeromq.zap.01"
_VERSION = b"1.0"
_FRAMES = 7


class Gate:
    """Knows, for every domain, whose keys are let in."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", known: dict[str, Callable[[str], bool]]) -> None:
        """Open the gate; from here on every socket of the context asks it.

        Args:
            context: Where the sockets are.
            known: By domain, tells of a public key, 40 characters of Z85, whether it may come in.
        """
        self.socket = context.socket(zmq.REP)
        self.socket.linger = 0
        self.socket.bind(ZAP_ADDRESS)
        self._known = known

    def answer(self) -> None:
        """Answer the questions that wait."""
        for frames in arrived(self.socket):
            question = [frame.bytes for frame in frames]
            allowed = self._allowed(question)
            status = (b"200", b"OK") if allowed else (b"400", b"no")
            self.socket.send_multipart([_VERSION, question[1], *status, b"", b""])

    def close(self) -> None:
        """Close the gate."""
        self.socket.close()

    def _allowed(self, question: list[bytes]) -> bool:
        if len(question) != _FRAMES or question[0] != _VERSION or question[5] != b"CURVE":
            return False
        _, _, domain, address, _, _, key = question
        known = self._known.get(domain.decode(errors="replace"))
        allowed = known is not None and known(z85.encode(key).decode())
        if not allowed:
            logging.getLogger(__name__).warning("turned away a key that is not known, from %s", address.decode())
        return allowed
