"""Run an engine, from taking the lock to the end."""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import zmq

from engine.file_errors import writing_refusal
from engine.service.front import Front, ServeOptions
from engine.service.logs import start_log
from engine.service.presence import AlreadyRunningError, Presence, take_lock
from engine.service.relays import relays
from protocol.connection import Connection, connection_path, engine_state, read_connection, split_address
from protocol.errors import UnsafeFileError
from protocol.keys import CLIENT_KEYS, ENGINE_KEYS, KeyPair, own_keys, read_authorized
from protocol.private_files import make_folder, state_folder
from protocol.processes import ProcessState, process_mark
from protocol.version import PROTOCOL, software_version

LOOPBACK = ("127.0.0.1", "::1", "localhost")
ANY_ADDRESS = ("0.0.0.0", "*", "::")  # noqa: S104  # compared with, not bound to
# Time within which an engine that has the lock writes its connection file.
SHOW_SECONDS = 5.0
OPEN_FILES = 4096

log = logging.getLogger(__name__)


class ServingError(RuntimeError):
    """An engine that cannot be started; the message is one sentence."""


def run_engine(options: ServeOptions) -> None:
    """Run until shutdown.

    Args:
        options: The options.

    Raises:
        AlreadyRunningError: Another engine runs.
        ServingError: Listening at the address failed, or files cannot be written.
        UnsafeFileError: Keys are broken or open to others.
    """
    folder = make_folder(state_folder())
    if options.authorized is None and split_address(options.listen.replace(":*", ":1"))[0] not in LOOPBACK:
        raise ServingError(
            f"{options.listen} can be reached from other computers: "
            "name the authorized clients with --authorized-keys FILE"
        )
    own_keys(folder / CLIENT_KEYS)
    if options.authorized is not None:
        read_authorized(options.authorized)
    lock = take_lock(folder)
    try:
        start_log(options.log_file, verbose=options.verbose)
        raise_open_files()
        keys = own_keys(folder / ENGINE_KEYS)
        with _signals() as stopping:
            _run(options, keys, folder, stopping)
    except OSError as error:
        raise ServingError(writing_refusal(Path(error.filename or folder), error)) from None
    finally:
        lock.release()


def running_engine(folder: Path) -> Connection:
    """Read the connection file of the engine that has the lock; wait for it if needed.

    Args:
        folder: Folder of keys and connection file.

    Returns:
        Its connection.

    Raises:
        AlreadyRunningError: It writes no connection file.
    """
    until = time.monotonic() + SHOW_SECONDS
    while time.monotonic() < until:
        with suppress(FileNotFoundError, UnsafeFileError):
            found = read_connection(connection_path())
            # The file may be that of an earlier engine.
            if engine_state(found) is not ProcessState.ENDED:
                return found
        time.sleep(0.1)
    raise AlreadyRunningError(
        f"an engine holds the lock in {folder}, but has written no connection file: end its process"
    )


def raise_open_files() -> None:
    """Raise the limit of open files of this process."""
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _run(options: ServeOptions, keys: KeyPair, folder: Path, stopping: Callable[[], str]) -> None:
    try:
        front = Front(options, keys, lambda key: key in _known(folder, options.authorized))
    except zmq.ZMQError as error:
        said = f"cannot listen at {options.listen} ({os.strerror(error.errno or 0)}): choose another port"
        raise ServingError(said) from None
    reason = "it failed"
    presence = Presence(folder, _connection(front.address, keys.public))
    try:
        presence.show()
        log.info("listening at %s, process %d", front.address, os.getpid())
        if presence.connection.address != front.address:
            log.info(
                "on other computers, replace the address in their copy of %s by this computer's name", presence.path
            )
        with relays(folder):
            reason = front.run(stopping, presence.look)
        log.info("ending: %s", reason)
    finally:
        presence.hide()
        front.close(reason)
        log.info("ended")


def _connection(address: str, public_key: str) -> Connection:
    host, port = split_address(address)
    # It listens at every address; clients on this computer use this one.
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
    """Read the authorized keys again for every client, so that changes take effect at once."""
    found: set[str] = set()
    try:
        found.add(own_keys(folder / CLIENT_KEYS).public)
        if authorized is not None:
            found.update(read_authorized(authorized))
    except UnsafeFileError as error:
        log.warning("some clients are refused: %s", error)
    return found


@contextmanager
def _signals() -> Iterator[Callable[[], str]]:
    """Turn SIGTERM and Ctrl+C into a reason to stop.

    Yields:
        A function that returns the reason, or an empty string.
    """
    received: list[str] = []

    def receive(number: int, _: FrameType | None) -> None:
        received.append(signal.Signals(number).name)

    kinds = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {kind: signal.signal(kind, receive) for kind in kinds}
    try:
        yield lambda: f"it received {received[0]}" if received else ""
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
