"""Find and stop the running engine."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from installation.problems import InstallationError
from protocol.connection import CONNECTION_FILE, Connection, engine_state, is_listening, read_connection
from protocol.errors import UnsafeFileError
from protocol.private_files import FOLDER_VARIABLE
from protocol.processes import ProcessState

LOCK_FILE = "engine.lock"
STOP_SECONDS = 60
TERMINATE_SECONDS = 15.0


def find_running(state: Path) -> Connection | None:
    """Return the running engine, if any.

    The connection file alone is no proof: an engine that was killed leaves it behind, and another program may use its
    port.

    Args:
        state: The folder of its connection file.

    Returns:
        Its connection, or None.
    """
    try:
        found = read_connection(state / CONNECTION_FILE)
    except (OSError, UnsafeFileError):
        return None
    return found if _is_locked(state / LOCK_FILE) and is_listening(found) else None


def stop(python: Path, state: Path, running: Connection) -> None:
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
    found = find_running(state)
    if found and not (found.process == running.process and _terminated(found)):
        raise InstallationError(f"the running engine does not stop ({words}): end process {running.process}")


def _terminated(running: Connection) -> bool:
    """Ask the process of an engine to end, and return whether it has; another process with its id is left alone."""
    if engine_state(running) is not ProcessState.RUNNING:
        return False
    try:
        os.kill(running.process, signal.SIGTERM)
    except OSError:
        return False
    until = time.monotonic() + TERMINATE_SECONDS
    while time.monotonic() < until:
        if engine_state(running) is ProcessState.ENDED:
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
