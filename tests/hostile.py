"""Clients that mean harm, and what they cost the engine."""

import re
import socket
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import zmq

from protocol.codec import decode, encode
from protocol.connection import split_address
from protocol.limits import TRUSTED
from protocol.messages import EngineMessage, Hello, Welcome
from protocol.version import PROTOCOL

ANSWER_MILLISECONDS = 60_000
LISTENING = "0A"


class Stranger:
    """A bare ZeroMQ socket that says what it likes."""

    def __init__(self, context, connection, keys=None, *, server=None, address=None, **options):
        self.socket = context.socket(zmq.DEALER)
        self.socket.linger = 0
        # To a peer that has hung up, a send would otherwise wait for ever.
        self.socket.sndtimeo = ANSWER_MILLISECONDS
        if keys is not None:
            self.socket.curve_serverkey = (server or connection.public_key).encode()
            self.socket.curve_publickey = keys.public.encode()
            self.socket.curve_secretkey = keys.secret.encode()
        for name, value in options.items():
            setattr(self.socket, name, value)
        self._address = address or connection.address
        self.socket.connect(self._address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Vanish."""
        self.socket.close(0)

    def let_in(self, milliseconds=500):
        """Whether the door opens in time when it knocks again."""
        events = self.socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        try:
            self.socket.disconnect(self._address)
            self.socket.connect(self._address)
            return bool(events.poll(milliseconds))
        finally:
            self.socket.disable_monitor()
            events.close(0)

    def say(self, *messages):
        """Send messages, or the frames of some."""
        for message in messages:
            self.socket.send_multipart(message if isinstance(message, list) else encode(message), copy=False)

    def greet(self, name="stranger"):
        """Say hello and wait until it is answered."""
        self.say(Hello(PROTOCOL, name))
        answer = self.hear()
        assert isinstance(answer, Welcome), answer
        return self

    def hear(self, milliseconds=ANSWER_MILLISECONDS):
        """Wait for the next message that is no mere sign of life; None if none comes."""
        until = time.monotonic() + milliseconds / 1000
        while (left := until - time.monotonic()) > 0 and self.socket.poll(int(1000 * left) + 1):
            message = decode(self.socket.recv_multipart(), EngineMessage, TRUSTED)
            if message.type != "pong" or message.number:
                return message
        return None

    def answers(self, count):
        """Wait for so many of them."""
        return [self.hear() for _ in range(count)]


class Pinger:
    """Asks for a sign of life all the time, from a thread of its own, and notes how long it takes.

    Attributes:
        longest: The longest that one took, seconds.
        count: How many there were.
    """

    def __init__(self, engine):
        self.longest, self.count = 0.0, 0
        self._engine = engine
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join(60)

    def _run(self):
        with self._engine.client("pinger") as client:
            while not self._over.wait(0.01):
                began, self.count = time.monotonic(), self.count + 1
                client.ping(self.count)
                answered = False
                while not answered and time.monotonic() - began < ANSWER_MILLISECONDS / 1000:
                    answered = any(event.type == "pong" for event in client.poll(0.05))
                self.longest = max(self.longest, time.monotonic() - began)


def memory(process):
    """Bytes that a process has in memory."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) * 1024


def descriptors(process):
    """How many files and sockets a process has open."""
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


def listening(process):
    """The ports of this computer's own address that a process listens at."""
    own = set()
    for entry in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):
            own |= set(re.findall(r"socket:\[(\d+)\]", str(entry.readlink())))
    rows = [line.split() for line in Path(f"/proc/{process}/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].split(":")[1], 16) for row in rows if row[3] == LISTENING and row[9] in own}


@contextmanager
def plain_sockets(connection, count, data=b""):
    """Connect without ZeroMQ, and send something."""
    made = []
    try:
        for _ in range(count):
            made.append(socket.create_connection(split_address(connection.address), 5))
            made[-1].sendall(data)
        yield made
    finally:
        for each in made:
            each.close()


def hung_up(plain, seconds):
    """Whether the other side ends a connection in time; what it says before does not count."""
    until = time.monotonic() + seconds
    try:
        while (left := until - time.monotonic()) > 0:
            plain.settimeout(left)
            if not plain.recv(4096):
                return True
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return False
