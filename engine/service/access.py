"""Authentication of connections by their keys (ZAP, https://rfc.zeromq.org/spec/27/)."""

import logging
from collections.abc import Callable

import zmq
from zmq.utils import z85

from engine.service.sockets import arrived

ZAP_ADDRESS = "inproc://zeromq.zap.01"
_VERSION = b"1.0"
_FRAMES = 7


class Authenticator:
    """Accepts or refuses the keys of clients."""

    def __init__(self, context: "zmq.Context[zmq.Socket[bytes]]", known: Callable[[str], bool]) -> None:
        """Start to answer for every socket of the context.

        Args:
            context: Context of the sockets.
            known: Returns whether a public key, 40 characters of Z85, is authorized.
        """
        self.socket = context.socket(zmq.REP)
        self.socket.linger = 0
        self.socket.bind(ZAP_ADDRESS)
        self._known = known

    def answer(self) -> None:
        """Answer the pending requests."""
        for frames in arrived(self.socket):
            request = [frame.bytes for frame in frames]
            allowed = self._allowed(request)
            status = (b"200", b"OK") if allowed else (b"400", b"no")
            self.socket.send_multipart([_VERSION, request[1], *status, b"", b""])

    def close(self) -> None:
        """Stop answering."""
        self.socket.close()

    def _allowed(self, request: list[bytes]) -> bool:
        if len(request) != _FRAMES or request[0] != _VERSION or request[5] != b"CURVE":
            return False
        address, key = request[3], request[6]
        allowed = self._known(z85.encode(key).decode())
        if not allowed:
            logging.getLogger(__name__).warning("refused an unknown key, from %s", address.decode())
        return allowed
