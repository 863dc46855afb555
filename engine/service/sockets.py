"""The engine's socket, with CURVE, and what arrives at sockets."""

from collections.abc import Iterator
from contextlib import suppress

import zmq

from protocol.keys import KeyPair
from protocol.limits import Limits

HANDSHAKE_MILLISECONDS = 5000
# ZeroMQ also counts the overhead of encryption; frames above the limit itself are refused with an answer.
MARGIN_BYTES = 2**20
# A computer that disappears is noticed after 11 s. No heartbeats of ZeroMQ's own: they end a connection
# that is read slowly, and libzmq may abort the process then (https://github.com/zeromq/libzmq/issues/3937).
KEEPALIVE_IDLE_SECONDS, KEEPALIVE_SECONDS, KEEPALIVES = 5, 2, 3
# Small, so that few outdated messages wait before a new frame if a client reads slowly.
UNSENT_MESSAGES = 2
SEND_BYTES = 2**18
BACKLOG = 1024
MESSAGES_AT_ONCE = 64

ZmqContext = zmq.Context[zmq.Socket[bytes]]


def client_socket(context: ZmqContext, keys: KeyPair, limits: Limits, *, ipv6: bool) -> "zmq.Socket[bytes]":
    """Create the socket for clients, not bound yet.

    Args:
        context: Context of the authenticator.
        keys: The engine's keys.
        limits: Frames larger than these end the connection.
        ipv6: Whether the address is one of IPv6.

    Returns:
        A ROUTER on which sending to a client that is gone or does not read fails.
    """
    made = context.socket(zmq.ROUTER)
    made.curve_server = True
    made.curve_secretkey = keys.secret.encode()
    made.zap_domain = b"client"
    made.router_mandatory = True
    made.handshake_ivl = HANDSHAKE_MILLISECONDS
    made.linger = 0
    made.maxmsgsize = max(limits.message_bytes, limits.header_bytes) + MARGIN_BYTES
    # With a bound, libzmq may abort this process, by the same assertion, when a client with such heartbeats dies
    # behind a backlog. The front reads fast, and refuses what it does not take.
    made.rcvhwm = 0
    made.sndhwm = UNSENT_MESSAGES
    made.sndbuf = SEND_BYTES
    made.tcp_keepalive = 1
    made.tcp_keepalive_idle = KEEPALIVE_IDLE_SECONDS
    made.tcp_keepalive_intvl = KEEPALIVE_SECONDS
    made.tcp_keepalive_cnt = KEEPALIVES
    made.backlog = BACKLOG
    made.ipv6 = ipv6
    return made


def address_of(socket: "zmq.Socket[bytes]") -> str:
    """Return the address that a socket is bound to."""
    return socket.getsockopt_string(zmq.LAST_ENDPOINT).rstrip("\0")


def arrived(socket: "zmq.Socket[bytes]") -> Iterator[list[zmq.Frame]]:
    """Yield the ZeroMQ frames of each message that has arrived; only some, so that other sockets get their turn."""
    with suppress(zmq.Again):
        for _ in range(MESSAGES_AT_ONCE):
            yield socket.recv_multipart(zmq.NOBLOCK, copy=False)
