"""A whole engine, from its lock to its end."""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import zmq

from engine.file_errors import writing_refusal
from engine.service.front import Front, Options
from engine.service.logs import start_log
from engine.service.presence import AlreadyRunningError, Presence, take_lock
from protocol.connection import Connection, connection_path, engine_state, read_connection, split_address
from protocol.errors import UnsafeFileError
from protocol.keys import CLIENT_KEYS, ENGINE_KEYS, own_keys, read_authorized
from protocol.limits import Limits
from protocol.private_files import make_folder, state_folder
from protocol.processes import ProcessState, process_mark
from protocol.version import PROTOCOL, software_version

LOOPBACK = ("127.0.0.1", "::1", "localhost")
ANY_ADDRESS = ("0.0.0.0", "*", "::")  # noqa: S104  # compared with, not bound to
# How long the connection file of an engine that has the lock may be missing.
SHOW_SECONDS = 5.0
OPEN_FILES = 4096

log = logging.getLogger(__name__)


class ServingError(RuntimeError):
    """An engine that cannot be started, told in one sentence."""


@dataclass(frozen=True)
class Service:
    """How to serve, as the terminal says it.

    Attributes:
        listen: Address for clients; port `*` for any that is free.
        devices: What to compute on, a worker for each.
        authorized: File with the public keys of other clients than this user's own, or None.
        idle_unload: Seconds without a job after which a worker's process ends; 0 for never.
        idle_exit: Seconds without clients and jobs after which the engine ends; 0 for never.
        log_file: Where to log, or None for stderr.
        verbose: Whether to log what is of interest for finding faults only.
        limits: What is taken from clients.
    """

    listen: str = "tcp://127.0.0.1:*"
    devices: tuple[str, ...] = ("auto",)
    authorized: Path | None = None
    idle_unload: float = 900.0
    idle_exit: float = 0.0
    log_file: Path | None = None
    verbose: bool = False
    limits: Limits = field(default_factory=Limits)


def serve(service: Service) -> None:
    """Be the engine until there is a reason to end.

    Args:
        service: How to serve.

    Raises:
        AlreadyRunningError: There is one.
        ServingError: The address cannot be listened at, or files cannot be written.
        UnsafeFileError: Keys are broken or open to others.
    """
    folder = make_folder(state_folder())
    if service.authorized is None and split_address(service.listen.replace(":*", ":1"))[0] not in LOOPBACK:
        raise ServingError(
            f"{service.listen} can be reached from other computers: "
            "say with --authorized-keys FILE which clients may come in"
        )
    own_keys(folder / CLIENT_KEYS)
    if service.authorized is not None:
        read_authorized(service.authorized)
    lock = take_lock(folder)
    try:
        start_log(service.log_file, verbose=service.verbose)
        raise_open_files()
        keys = own_keys(folder / ENGINE_KEYS)
        options = Options(
            listen=service.listen,
            devices=service.devices,
            keys=keys,
            known=lambda key: key in _known(folder, service.authorized),
            limits=service.limits,
            idle_unload=service.idle_unload,
            idle_exit=service.idle_exit,
        )
        with _signals() as stopping:
            _run(options, folder, stopping)
    except OSError as error:
        raise ServingError(writing_refusal(Path(error.filename or folder), error)) from None
    finally:
        lock.release()


def running_engine(folder: Path) -> Connection:
    """Read where the engine is that has the lock, and wait for it to say so if need be.

    Args:
        folder: Where keys and the connection file are.

    Returns:
        Where it is.

    Raises:
        AlreadyRunningError: It does not say where.
    """
    until = time.monotonic() + SHOW_SECONDS
    while time.monotonic() < until:
        with suppress(FileNotFoundError, UnsafeFileError):
            found = read_connection(connection_path())
            # The one before may have left its file behind.
            if engine_state(found) is not ProcessState.ENDED:
                return found
        time.sleep(0.1)
    raise AlreadyRunningError(f"an engine has locked {folder}, and does not say where it is")


def raise_open_files() -> None:
    """Allow this process as many connections as the system allows it."""
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _run(options: Options, folder: Path, stopping: Callable[[], str]) -> None:
    try:
        front = Front(options)
    except zmq.ZMQError as error:
        said = f"{options.listen} cannot be listened at ({os.strerror(error.errno or 0)}): choose another port"
        raise ServingError(said) from None
    reason = "it failed"
    presence = Presence(folder, _connection(front.address, options.keys.public))
    try:
        presence.show()
        log.info("listening at %s, process %d", front.address, os.getpid())
        if presence.connection.address != front.address:
            log.info("on other computers, put this one's name into the address of their copy of %s", presence.path)
        reason = front.run(stopping, presence.look)
        log.info("ending: %s", reason)
    finally:
        presence.hide()
        front.close(reason)
        log.info("ended")


def _connection(address: str, public_key: str) -> Connection:
    host, port = split_address(address)
    # Bound to every address: this computer's own clients find it at this one.
    shown = f"tcp://127.0.0.1:{port}" if host in ANY_ADDRESS else address
    return Connection(
        address=shown,
        public_key=public_key,
        process=os.getpid(),
        host=socket.gethostname(),
        software=software_version(),
        protocol=PROTOCOL,
        started=time.time(),
        process_mark=process_mark(os.getpid()),
    )


def _known(folder: Path, authorized: Path | None) -> set[str]:
    """Read the keys anew for every client: those that were added count at once, those removed no more."""
    found: set[str] = set()
    try:
        found.add(own_keys(folder / CLIENT_KEYS).public)
        if authorized is not None:
            found.update(read_authorized(authorized))
    except UnsafeFileError as error:
        log.warning("not everybody comes in who may: %s", error)
    return found


@contextmanager
def _signals() -> Iterator[Callable[[], str]]:
    """Turn SIGTERM and Ctrl+C into a reason to end.

    Yields:
        A function that gives the reason, or nothing.
    """
    heard: list[str] = []

    def hear(number: int, _: FrameType | None) -> None:
        heard.append(signal.Signals(number).name)

    kinds = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {kind: signal.signal(kind, hear) for kind in kinds}
    try:
        yield lambda: f"it received {heard[0]}" if heard else ""
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
