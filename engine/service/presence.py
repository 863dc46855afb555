"""The lock of the one engine, and its connection file."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from protocol.connection import CONNECTION_FILE, Connection, read_connection, write_connection
from protocol.errors import UnsafeFileError

LOCK_FILE = "engine.lock"
LOOK_SECONDS = 1.0
# Longer than a check for a running engine holds the lock.
LOCK_SECONDS = 0.3


class AlreadyRunningError(RuntimeError):
    """Another engine has the lock."""


def take_lock(folder: Path) -> FileLock:
    """Take the lock of this folder's engine. The system releases it when the process ends, even if killed.

    Args:
        folder: Folder of keys and connection file.

    Returns:
        The lock.

    Raises:
        AlreadyRunningError: An engine has it.
        UnsafeFileError: The folder cannot be written to.
    """
    lock = FileLock(folder / LOCK_FILE, mode=0o600)
    try:
        lock.acquire(timeout=LOCK_SECONDS, poll_interval=0.05)
    except Timeout:
        raise AlreadyRunningError from None
    except OSError as error:
        raise UnsafeFileError(
            f"{folder / LOCK_FILE} cannot be written ({error.strerror}): check its permissions"
        ) from None
    return lock


def is_locked(folder: Path) -> bool:
    """Return whether an engine of this folder holds the lock.

    Args:
        folder: Folder of keys and connection file.

    Returns:
        Whether one does; True if that cannot be found out.
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
        folder: Its folder.
        connection: Its content.
        looked: Time of the last check, monotonic seconds.
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
            OSError: Writing failed, for example on a full disk.
        """
        write_connection(self.path, self.connection)
        self.looked = time.monotonic()

    def look(self) -> None:
        """Write the file again if it was removed or changed."""
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
            logging.getLogger(__name__).warning("the connection file was missing or changed, and was written again")

    def hide(self) -> None:
        """Remove the file, unless it belongs to another engine."""
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
