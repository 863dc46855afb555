"""A client of the engine, for programs with a loop of their own and for those without."""

import time
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TypeVar

from protocol.codec import decode, encode
from protocol.connection import Connection, connection_path, is_listening, read_connection
from protocol.errors import EngineLostError, EngineRefusedError, NoEngineError, ProtocolError
from protocol.keys import CLIENT_KEYS, KeyPair, own_keys
from protocol.limits import Limits
from protocol.link import Link
from protocol.messages import (
    Accepted,
    Cancel,
    Cancelled,
    ClientMessage,
    Done,
    EngineMessage,
    Failed,
    Frame,
    Hello,
    JobEnd,
    Ping,
    Pong,
    Progress,
    Shutdown,
    Status,
    StatusRequest,
    Synthesize,
    Welcome,
)
from protocol.private_files import make_folder, state_folder
from protocol.version import PROTOCOL

Event = Accepted | Progress | Frame | JobEnd | Welcome | Status | Pong
E = TypeVar("E")

LOST = "engine-lost"
PING_SECONDS = 1.0
RETRY_SECONDS = 1.0
TURN_SECONDS = 0.2
# What an engine sends is as large as it was asked for, and `status` may list many clients.
READING = Limits(header_bytes=2**24, message_bytes=2**40, raster_pixels=2**40)


class EngineClient:
    """A connection to an engine, to be used by one thread; a context manager.

    `events` follows a job and waits. A program with a main loop watches `fileno()` for input and calls `poll()`, and
    calls it five times a second besides: that descriptor only tells of changes.

    An engine that is gone ends every job with `Failed`, code `engine-lost`. From then on `poll` looks for an engine,
    and tells of it by a `Welcome`; `fileno()` is another one then.

    Attributes:
        welcome: What the engine said first.
    """

    welcome: Welcome

    def __init__(self, find: Callable[[], Connection], keys: KeyPair, *, name: str) -> None:
        """Prepare a client; `connect` also connects it.

        Args:
            find: Looks up where the engine listens, now and whenever it has been lost.
            keys: Who this client is.
            name: What it is, for people.
        """
        self.welcome = Welcome(PROTOCOL, "")
        self._find = find
        self._hello = Hello(PROTOCOL, name, software_version())
        self._link = Link(keys)
        self._greeted = False
        self._jobs: set[str] = set()
        self._held: list[Event] = []
        self._heard = self._pinged = self._tried = time.monotonic()

    @classmethod
    def connect(
        cls, path: Path | None = None, *, name: str, timeout: float = 5.0, keys: KeyPair | None = None
    ) -> "EngineClient":
        """Connect to an engine and greet it.

        Args:
            path: Its connection file; None for the one of this user on this computer.
            name: What the client is, for people, such as `gimp 3.0.4`.
            timeout: Seconds to wait for the answer.
            keys: Who this client is; None for this user's own keys, made where there are none.

        Returns:
            The client.

        Raises:
            NoEngineError: No engine is running.
            EngineLostError: There is one, and it does not answer.
            EngineRefusedError: It speaks another version of the protocol, or takes no more clients.
            UnsafeFileError: The connection file or the keys are broken or open to others.
        """
        found = path or connection_path()
        client = cls(
            lambda: find_engine(found), keys or own_keys(make_folder(state_folder()) / CLIENT_KEYS), name=name
        )
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
        """Connect, anew if need be, and wait for the engine's answer.

        Args:
            timeout: Seconds to wait for it.

        Returns:
            The answer.

        Raises:
            NoEngineError: No engine is running.
            EngineLostError: There is one, and it does not answer.
            EngineRefusedError: It said no.
        """
        self._open()
        return self._await(Welcome, timeout)

    @property
    def connected(self) -> bool:
        """Whether the engine has answered, and been heard of since."""
        return self._greeted

    def fileno(self) -> int:
        """Give the descriptor that becomes readable when something may have arrived; see `poll`.

        Returns:
            A file descriptor, or a socket's handle on Windows.

        Raises:
            EngineLostError: There is no connection now.
        """
        return self._link.fileno()

    def submit(self, request: Synthesize) -> None:
        """Hand in a job.

        Args:
            request: What is to be made; its name is in use by no other job.

        Raises:
            ProtocolError: It is larger than the engine takes, or the name is in use.
            EngineLostError: There is no engine now.
        """
        if request.job in self._jobs:
            raise ProtocolError(
                f"job {request.job!r} is not done yet: give the new one another name", "duplicate-job"
            )
        self._send(request)
        self._jobs.add(request.job)

    def cancel(self, job: str, *, keep: bool = False) -> None:
        """End a job early; `Cancelled` tells when it has.

        Args:
            job: Which.
            keep: Whether to get the picture so far.

        Raises:
            EngineLostError: There is no engine now.
        """
        self._send(Cancel(job, keep))

    def events(self, job: str, timeout: float | None = None) -> Iterator[Accepted | Progress | Frame | JobEnd]:
        """Follow a job to its end, waiting for whatever comes next.

        Args:
            job: Which.
            timeout: Seconds to wait for the next event; None for as long as the engine lives.

        Yields:
            Its events; the last one is `Done`, `Failed` or `Cancelled`.

        Raises:
            EngineLostError: Nothing came in time, though the engine lives, or there is no such job.
        """
        last = time.monotonic()
        held: list[Event] = []
        try:
            while True:
                if job not in self._jobs and not self._held:
                    raise EngineLostError(f"job {job!r} is not running: it has ended, or was never handed in")
                fresh = self._held or self.poll(TURN_SECONDS)
                self._held = []
                for number, event in enumerate(fresh):
                    if isinstance(event, Welcome | Status | Pong) or event.job != job:
                        held.append(event)
                        continue
                    last = time.monotonic()
                    if isinstance(event, JobEnd):
                        held += fresh[number + 1 :]
                        yield event
                        return
                    yield event
                if timeout is not None and time.monotonic() - last > timeout:
                    raise EngineLostError(f"nothing was heard of job {job!r} for {timeout:g} s")
        finally:
            self._held = held + self._held

    def status(self, timeout: float = 5.0) -> Status:
        """Ask what the engine is doing.

        Args:
            timeout: Seconds to wait for the answer.

        Returns:
            The answer.

        Raises:
            EngineLostError: It does not answer.
            EngineRefusedError: It said no.
        """
        self._send(StatusRequest())
        return self._await(Status, timeout)

    def ping(self, number: int = 0) -> None:
        """Ask for a `Pong` with this number; numbers above 0 come back as events."""
        self._send(Ping(number))

    def shutdown(self, reason: str = "") -> None:
        """Ask the engine to end."""
        self._send(Shutdown(reason))

    def poll(self, timeout: float = 0.0) -> list[Event]:
        """Take what has arrived, and see whether the engine still lives.

        Args:
            timeout: Seconds to wait for something to arrive.

        Returns:
            Events of all jobs, `Welcome` when an engine has been found again, and `Failed` without a job where the
            engine refuses what this client sent.
        """
        found, self._held = self._held, []
        found += self._receive(0.0 if found else timeout)
        now = time.monotonic()
        if self._greeted:
            if now - self._heard > self.welcome.silence:
                return found + self._lose(f"the engine has not been heard of for {self.welcome.silence:g} s")
            if now - self._pinged > PING_SECONDS:
                self._pinged = now
                self._link.send(encode(Ping()))
        elif now - self._tried > RETRY_SECONDS:
            self._retry()
        return found

    def close(self) -> None:
        """Leave; the engine cancels what this client has not waited for."""
        self._greeted = False
        self._link.end()

    def _open(self) -> None:
        self._greeted = False
        self._link.close(0)
        self._tried = time.monotonic()
        self._link.open(self._find())
        self._link.send(encode(self._hello))

    def _send(self, message: ClientMessage) -> None:
        parts = encode(message)
        limits = self.welcome.limits
        for part, most in zip(parts, (limits.header_bytes, limits.message_bytes), strict=False):
            size = memoryview(part).nbytes
            if size > most:
                raise ProtocolError(f"a message of {size} bytes: the engine takes {most}, send less", "too-large")
        if not self._greeted:
            raise EngineLostError("there is no connection to the engine: it has ended, or was never there")
        if not self._link.send(parts):
            raise EngineLostError("the engine takes no messages: it hangs, or is overloaded")

    def _receive(self, timeout: float) -> list[Event]:
        found: list[Event] = []
        for parts in self._link.receive(timeout):
            self._heard = time.monotonic()
            message: EngineMessage = decode(parts, EngineMessage, READING)  # type: ignore[arg-type]
            found += self._take(message)
        return found

    def _take(self, message: EngineMessage) -> list[Event]:
        match message:
            case Welcome():
                self.welcome = message
                self._greeted = True
            case Shutdown():
                return self._lose(f"the engine has ended{f': {message.reason}' if message.reason else ''}")
            case Failed(code="hello-first") if self._greeted:
                return self._lose("the engine was started anew")
            case Pong(number=0):
                return []
            case Done() | Failed() | Cancelled():
                self._jobs.discard(message.job or "")
        return [message]

    def _lose(self, why: str) -> list[Event]:
        self._greeted = False
        self._link.close(0)
        self._tried = time.monotonic()
        hint = "start the engine again if it does not come back, then repeat the job"
        ended: list[Event] = [Failed(LOST, why, hint, job) for job in sorted(self._jobs)]
        self._jobs.clear()
        return ended

    def _retry(self) -> None:
        try:
            self._open()
        except NoEngineError:
            self._link.close(0)

    def _await(self, kind: type[E], timeout: float) -> E:
        until = time.monotonic() + timeout
        kept: list[Event] = []
        try:
            while time.monotonic() < until:
                arrived = self._receive(min(TURN_SECONDS, max(0.0, until - time.monotonic())))
                kept += [event for event in arrived if not isinstance(event, kind)]
                for event in arrived:
                    if isinstance(event, kind):
                        return event
                    if isinstance(event, Failed) and event.job is None:
                        raise EngineRefusedError(f"{event.message}: {event.hint}" if event.hint else event.message)
                if not self._link.is_open:
                    raise EngineLostError("the engine has ended")
        finally:
            self._held += kept
        raise EngineLostError(
            f"the engine has not answered within {timeout:g} s: it hangs, or does not know this client's key"
        )


def find_engine(path: Path) -> Connection:
    """Look up where an engine listens.

    Args:
        path: Its connection file.

    Returns:
        What the file says; something listens there.

    Raises:
        NoEngineError: There is no file, or it was left behind by an engine that has ended.
        UnsafeFileError: The file is broken, or others can write to it.
    """
    remedy = "start one with `texture-engine serve`"
    try:
        found = read_connection(path)
    except FileNotFoundError:
        raise NoEngineError(f"no engine is running ({path} is not there): {remedy}") from None
    if not is_listening(found):
        raise NoEngineError(
            f"no engine is running (nothing listens at {found.address}, which {path} names): {remedy}"
        )
    return found


def software_version() -> str:
    """Look up the version of this package; `source` where it is run from its folder."""
    try:
        return version("gimp-texture-synthesis")
    except PackageNotFoundError:
        return "source"
