"""That there is one engine, and where: its lock and its connection file."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from protocol.connection import CONNECTION_FILE, Connection, read_connection, write_connection
from protocol.errors import UnsafeFileError

LOCK_FILE = "engine.lock"
LOOK_SECONDS = 1.0
# Longer than anybody holds the lock who only looks whether an engine does.
LOCK_SECONDS = 0.3


class AlreadyRunningError(RuntimeError):
    """Another engine has the lock."""


def take_lock(folder: Path) -> FileLock:
    """Become the one engine of this folder; the system gives the lock back when the process ends, however it ends.

    Args:
        folder: Where keys and the connection file are.

    Returns:
        The lock.

    Raises:
        AlreadyRunningError: There is one.
        UnsafeFileError: The folder cannot be written to.
    """
    lock = FileLock(folder / LOCK_FILE, mode=0o600)
    try:
        lock.acquire(timeout=LOCK_SECONDS, poll_interval=0.05)
    except Timeout:
        raise AlreadyRunningError from None
    except OSError as error:
        raise UnsafeFileError(f"{folder / LOCK_FILE} cannot be written ({error.strerror}): mend that") from None
    return lock


def is_locked(folder: Path) -> bool:
    """Tell whether an engine of this folder runs, which it does for as long as it holds the lock.

    Args:
        folder: Where keys and the connection file are.

    Returns:
        Whether one does; True where that cannot be found out.
    """
    if not (folder / LOCK_FILE).exists():
        return False
    try:
        take_lock(folder).release()
    except (AlreadyRunningError, UnsafeFileError):
        return True
    return False


@dataclass
class Presence:
    """The connection file of a running engine.

    Attributes:
        folder: Where it is.
        connection: What it says.
        looked: When it was last seen there, seconds of the monotonic clock.
    """

    folder: Path
    connection: Connection
    looked: float = 0.0

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / CONNECTION_FILE

    def show(self) -> None:
        """Write the file.

        Raises:
            OSError: The disk is full, or the like.
        """
        write_connection(self.path, self.connection)
        self.looked = time.monotonic()

    def look(self) -> None:
        """Write the file again where somebody has removed or changed it."""
        if time.monotonic() - self.looked < LOOK_SECONDS:
            return
        self.looked = time.monotonic()
        if self._is_ours():
            return
        try:
            self.show()
        except OSError as error:
            logging.getLogger(__name__).warning("the connection file cannot be written: %s", error)
        else:
            logging.getLogger(__name__).warning("the connection file was gone, and is written again")

    def hide(self) -> None:
        """Remove the file, unless it is another engine's."""
        if not self._is_ours():
            return
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            logging.getLogger(__name__).warning("the connection file cannot be removed: %s", error)

    def _is_ours(self) -> bool:
        try:
            return read_connection(self.path) == self.connection
        except (OSError, UnsafeFileError):
            return False
