"""Find and stop the running engine."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from installation.folders import FOLDER_VARIABLE
from installation.problems import InstallationError
from protocol.connection import CONNECTION_FILE, engine_state, read_connection
from protocol.errors import UnsafeFileError
from protocol.processes import ProcessState

LOCK_FILE = "engine.lock"
CONNECT_SECONDS = 1.0
STOP_SECONDS = 60
TERMINATE_SECONDS = 15.0


@dataclass(frozen=True)
class Running:
    """A running engine.

    Attributes:
        software: Its version.
        process: Its process id.
    """

    software: str
    process: int


def find_running(state: Path) -> Running | None:
    """Return the running engine, if any.

    The connection file alone is no proof: an engine that was killed leaves it behind, and another program may use its
    port.

    Args:
        state: The folder of its connection file.

    Returns:
        The engine, or None.
    """
    try:
        found = json.loads((state / CONNECTION_FILE).read_text("utf-8"))
        address = re.fullmatch(r"tcp://\[?(.+?)\]?:(\d+)", found["address"])
        if address is None or not _is_locked(state / LOCK_FILE):
            return None
        with socket.create_connection((address[1], int(address[2])), CONNECT_SECONDS):
            return Running(str(found["software"]), int(found["process"]))
    # An impossible host name raises a UnicodeError, which is a ValueError.
    except (OSError, ValueError, TypeError, KeyError, OverflowError):
        return None


def stop(python: Path, state: Path, running: Running) -> None:
    """Stop an engine, and wait until it has ended.

    Args:
        python: A Python that has the engine's packages, or had them: without them, the process is asked to end.
        state: The folder of the engine's connection file.
        running: The engine.

    Raises:
        InstallationError: It does not stop.
    """
    words = "the environment is broken"
    try:
        result = subprocess.run(  # noqa: S603
            [python, "-I", "-m", "engine", "stop"],
            env={**os.environ, FOLDER_VARIABLE: str(state)},
            capture_output=True,
            text=True,
            timeout=STOP_SECONDS,
            check=False,
        )
        if result.returncode == 0:
            return
        words = (result.stderr.strip().splitlines() or [words])[-1]
    except (OSError, subprocess.TimeoutExpired):
        pass
    # It may have ended by itself in the meantime.
    if find_running(state) and not _terminated(state, running):
        raise InstallationError(f"the running engine does not stop ({words}): end process {running.process}")


def _terminated(state: Path, running: Running) -> bool:
    """Ask the process of an engine to end, and return whether it has; another process with its id is left alone."""
    try:
        found = read_connection(state / CONNECTION_FILE)
        if found.process != running.process or engine_state(found) is not ProcessState.RUNNING:
            return False
        os.kill(found.process, signal.SIGTERM)
    except (OSError, UnsafeFileError):
        return False
    until = time.monotonic() + TERMINATE_SECONDS
    while time.monotonic() < until:
        if engine_state(found) is ProcessState.ENDED:
            return True
        time.sleep(0.1)
    return False


def _is_locked(path: Path) -> bool:
    """Return whether an engine holds its lock; the system releases it when the process ends, even if killed."""
    try:
        with path.open("rb") as file:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
            else:
                import fcntl

                # Shared, so that two checks at the same time do not take each other for an engine.
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    # Held by another process, or not readable.
    except OSError:
        return True
    return False
