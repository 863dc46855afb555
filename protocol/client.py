"""A client of the engine, for programs with or without a main loop."""

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from protocol.connection import Connection, connection_path, engine_state, find_engine, read_connection
from protocol.errors import EngineLostError, EngineRefusedError, ProtocolError, UnsafeFileError
from protocol.limits import TRUSTED
from protocol.link import Link
from protocol.messages import (
    Cancel,
    Cancelled,
    ClientMessage,
    Done,
    EngineMessage,
    Failed,
    Hello,
    JobEnd,
    JobEvent,
    Ping,
    Pong,
    Shutdown,
    StatusRequest,
    Synthesize,
    Welcome,
)
from protocol.private_files import make_folder, state_folder
from protocol.processes import ProcessState
from protocol.raster import Buffer
from protocol.records import UNKNOWN_TYPE, job_of, message_of, record_of
from protocol.status import Status
from protocol.version import PROTOCOL, software_version

if TYPE_CHECKING:
    from protocol.keys import KeyPair

Event = JobEvent | Welcome | Status | Pong
E = TypeVar("E")

LOST = "engine-lost"
RELAY_LOST = "relay-lost"
PING_SECONDS = 1.0
RETRY_SECONDS = 1.0
GREETING_SECONDS = 5.0
TURN_SECONDS = 0.2


class EngineClient:
    """A connection to an engine, for use by one thread; a context manager.

    `events` waits for the events of a job. A program with a main loop watches `fileno()` for input and calls `poll()`
    then, and also five times a second, as that descriptor only signals changes.

    If the engine is lost, every job ends with `Failed`, code `engine-lost`, or `relay-lost` if its relay has ended.
    From then on `poll` looks for an engine, and reports it by a `Welcome`; `fileno()` changes then.

    Attributes:
        welcome: The engine's answer to `hello`.
    """

    welcome: Welcome

    def __init__(self, path: Path, link: Link, *, name: str, software: str = "") -> None:
        """Prepare a client; `greet` connects it.

        Args:
            path: The engine's connection file, read now and whenever the engine is lost.
            link: What connects it; closed with the client.
            name: Its name, for people.
            software: Its version; looked up among the installed packages if empty.
        """
        self.welcome = Welcome(PROTOCOL, "")
        self._path = path
        self._hello = Hello(PROTOCOL, name, software or software_version())
        self._link = link
        self._greeted = False
        self._jobs: set[str] = set()
        self._held: deque[Event] = deque()
        self._engine: Connection | None = None
        self._heard = self._pinged = self._tried = self._opened = time.monotonic()

    @classmethod
    def connect(
        cls, path: Path | None = None, *, name: str, timeout: float = 5.0, keys: "KeyPair | None" = None
    ) -> "EngineClient":
        """Connect to an engine through a socket and say hello, as `through` does.

        Args:
            path: Its connection file; None for this user's own on this computer.
            name: Name of the client, for people, such as `gimp 3.0.4`.
            timeout: Seconds to wait for the answer.
            keys: The keys of the client; None for this user's own, which are created if there are none.

        Returns:
            The client.

        Raises:
            UnsafeFileError: The connection file or the keys are broken or open to others.
        """
        # Not at the top: a client through a relay works without pyzmq and msgpack.
        from protocol.keys import CLIENT_KEYS, own_keys
        from protocol.socket_link import SocketLink

        link = SocketLink(keys or own_keys(make_folder(state_folder()) / CLIENT_KEYS))
        return cls.through(link, path or connection_path(), name=name, timeout=timeout)

    @classmethod
    def through(
        cls, link: Link, path: Path, *, name: str, timeout: float = 5.0, software: str = ""
    ) -> "EngineClient":
        """Connect to an engine through a link and say hello.

        Args:
            link: What connects it; closed if there is no connection.
            path: The connection file of the engine.
            name: Name of the client, for people.
            timeout: Seconds to wait for the answer.
            software: Version of the client; looked up among the installed packages if empty.

        Returns:
            The client.

        Raises:
            NoEngineError: No engine is running.
            EngineLostError: It does not answer.
            EngineRefusedError: It has another version of the protocol, or accepts no more clients.
        """
        client = cls(path, link, name=name, software=software)
        try:
            client.greet(timeout)
        except BaseException:
            client.close()
            raise
        return client

    def __enter__(self) -> "EngineClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def greet(self, timeout: float = 5.0) -> Welcome:
        """Connect, again if needed, and return the engine's answer; see `through` for the errors."""
        self._open(find_engine(self._path))
        return self._await(Welcome, timeout)

    @property
    def connected(self) -> bool:
        """Whether the engine has answered, and is not lost."""
        return self._greeted

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when messages may have arrived; see `Link.fileno`."""
        return self._link.fileno()

    def submit(self, request: Synthesize) -> None:
        """Submit a job.

        Args:
            request: The request; no other job may have its name.

        Raises:
            ProtocolError: It is larger than the engine accepts, or the name is in use.
            EngineLostError: There is no connection.
        """
        if request.job in self._jobs:
            raise ProtocolError(f"job {request.job!r} has not ended yet: use another name", "duplicate-job")
        self._send(request)
        self._jobs.add(request.job)

    def cancel(self, job: str, *, keep: bool = False) -> None:
        """Cancel a job; `Cancelled` reports its end.

        Args:
            job: Name of the job.
            keep: Whether to get the picture so far.

        Raises:
            EngineLostError: There is no connection.
        """
        self._send(Cancel(job, keep))

    def events(self, job: str, timeout: float | None = None) -> Iterator[JobEvent]:
        """Wait for the events of a job, up to its end.

        Args:
            job: Name of the job.
            timeout: Seconds to wait for the next event; None for no limit while the engine answers.

        Yields:
            The events; the last one is `Done`, `Failed` or `Cancelled`.

        Raises:
            EngineLostError: No event came in time, or there is no such job.
        """
        last = time.monotonic()
        others: list[Event] = []
        try:
            while True:
                if not self._held:
                    if job not in self._jobs:
                        raise EngineLostError(f"job {job!r} is not running: it has ended, or was never submitted")
                    self._held.extend(self.poll(TURN_SECONDS))
                while self._held:
                    event = self._held.popleft()
                    if isinstance(event, Welcome | Status | Pong) or event.job != job:
                        others.append(event)
                        continue
                    last = time.monotonic()
                    yield event
                    if isinstance(event, JobEnd):
                        return
                if timeout is not None and time.monotonic() - last > timeout:
                    raise EngineLostError(f"job {job!r} had no event for {timeout:g} s")
        finally:
            self._held.extendleft(reversed(others))

    def status(self, timeout: float = 5.0) -> Status:
        """Return the status of the engine; an `EngineLostError` if it does not answer for so many seconds."""
        self._send(StatusRequest())
        return self._await(Status, timeout)

    def ping(self, number: int = 0) -> None:
        """Request a `Pong` with this number, 0 or more; numbers above 0 come back as events."""
        self._send(Ping(number))

    def shutdown(self, reason: str = "", timeout: float = 0.0) -> None:
        """Shut the engine down.

        Args:
            reason: The reason, for people.
            timeout: Seconds to wait until it has disconnected.

        Raises:
            EngineLostError: There is no connection.
        """
        self._send(Shutdown(reason))
        until = time.monotonic() + timeout
        while self.connected and time.monotonic() < until:
            self.poll(0.1)

    def poll(self, timeout: float = 0.0) -> list[Event]:
        """Receive messages, and check whether the engine still answers.

        Args:
            timeout: Seconds to wait for a message.

        Returns:
            Events of all jobs, `Welcome` when an engine has been found again, and `Failed` without a job if the
            engine refuses a message of this client.
        """
        found = list(self._held)
        self._held.clear()
        found += self._receive(0.0 if found else timeout)
        now = time.monotonic()
        if self._greeted:
            if self._link.broken():
                # Messages from before the end are still to be read, perhaps `shutdown`.
                found += self._receive(0.0)
                return found + (self._lose("the connection to the engine broke off") if self._greeted else [])
            if now - self._heard > self.welcome.silence:
                return found + self._lose(f"the engine did not answer for {self.welcome.silence:g} s")
            if now - self._pinged > PING_SECONDS:
                self._pinged = now
                self._link.send(self._parts(Ping()))
        elif now - self._tried > RETRY_SECONDS:
            self._retry()
        return found

    def close(self) -> None:
        """Disconnect; the engine cancels the jobs of this client."""
        self._greeted = False
        self._link.end()

    def _open(self, engine: Connection) -> None:
        self._greeted = False
        self._tried = self._opened = time.monotonic()
        self._engine = engine
        self._link.open(engine)
        self._link.send(self._parts(self._hello))

    def _parts(self, message: ClientMessage) -> list[Buffer]:
        header, pixels = record_of(message)
        return [self._link.pack(header), *pixels]

    def _send(self, message: ClientMessage) -> None:
        parts = self._parts(message)
        limits = self.welcome.limits
        for part, most in zip(parts, (limits.header_bytes, limits.message_bytes), strict=False):
            size = memoryview(part).nbytes
            if size > most:
                raise ProtocolError(
                    f"a message has {size} bytes, and the engine accepts {most}: send less", "too-large"
                )
        if not self._greeted:
            raise EngineLostError("there is no connection to the engine: it has ended, or was never there")
        if not self._link.send(parts):
            raise EngineLostError("the engine accepts no messages: it hangs, or is overloaded")

    def _receive(self, timeout: float) -> list[Event]:
        found: list[Event] = []
        for parts in self._link.receive(timeout):
            self._heard = time.monotonic()
            found += self._understand(parts)
        return found

    def _understand(self, parts: Sequence[Buffer]) -> list[Event]:
        header: Mapping[Any, Any] = {}
        try:
            header = self._link.unpack(parts[0])
            return self._take(message_of(header, parts[1:], EngineMessage, TRUSTED))  # type: ignore[arg-type]
        except ProtocolError as error:
            job = job_of(header)
            # A newer engine may send messages that this client does not know.
            if error.code == UNKNOWN_TYPE or job not in self._jobs:
                return []
            self._jobs.discard(job)
            return [
                Failed(error.code, f"the engine sent an invalid message: {error}"[:4000], "upgrade this client", job)
            ]

    def _take(self, message: EngineMessage) -> list[Event]:
        match message:
            case Welcome():
                self.welcome = message
                self._greeted = True
            case Shutdown():
                return self._lose(f"the engine has ended{f': {message.reason}' if message.reason else ''}")
            case Failed(code="hello-first") if self._greeted:
                return self._lose("the engine was restarted, or has dropped this client")
            case Pong(number=0):
                return []
            case Done() | Failed() | Cancelled():
                self._jobs.discard(message.job or "")
        return [message]

    def _lose(self, why: str) -> list[Event]:
        self._greeted = False
        self._link.close(0)
        self._tried = time.monotonic()
        hint = "start the engine again with `texture-engine serve`, then repeat the job"
        usable = self._link.is_usable
        ended: list[Event] = [Failed(LOST if usable else RELAY_LOST, why, hint, job) for job in sorted(self._jobs)]
        self._jobs.clear()
        return ended

    def _retry(self) -> None:
        self._tried = time.monotonic()
        try:
            found = read_connection(self._path)
        except (FileNotFoundError, UnsafeFileError):
            return
        if engine_state(found) is ProcessState.ENDED:
            return
        # The socket reconnects by itself, and a busy engine may need some time to answer.
        if not self._link.is_open or found != self._engine or self._tried - self._opened > GREETING_SECONDS:
            self._open(found)

    def _await(self, kind: type[E], timeout: float) -> E:
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            arrived = self._receive(min(TURN_SECONDS, max(0.0, until - time.monotonic())))
            self._held.extend(event for event in arrived if not isinstance(event, kind))
            for event in arrived:
                if isinstance(event, kind):
                    return event
                if kind is Welcome and isinstance(event, Failed) and event.job is None:
                    raise EngineRefusedError(event.sentence, event.code)
            if not self._link.is_open or (kind is not Welcome and self._link.broken()):
                self._held.extend(self._lose("the connection to the engine broke off"))
                raise EngineLostError("the engine has ended")
        raise EngineLostError(
            f"the engine did not answer within {timeout:g} s: it hangs, or does not know this client's key"
        )
