"""The engine that is running."""

import json
import os
import re
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from installation.folders import FOLDER_VARIABLE
from installation.problems import InstallationError

CONNECTION_FILE = "engine.json"
LOCK_FILE = "engine.lock"
CONNECT_SECONDS = 1.0
STOP_SECONDS = 60


@dataclass(frozen=True)
class Running:
    """An engine.

    Attributes:
        software: Its version.
        process: Its process id.
    """

    software: str
    process: int


def find_running(state: Path) -> Running | None:
    """Look for an engine; its file alone means nothing, since a killed one leaves it behind, and its port to others.

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
    # A host that cannot be one is a UnicodeError, which is a ValueError.
    except (OSError, ValueError, TypeError, KeyError, OverflowError):
        return None


def stop(python: Path, state: Path, running: Running) -> None:
    """End an engine, and wait until it is gone.

    Args:
        python: A Python that has the engine's packages.
        state: The folder of its connection file.
        running: The engine.

    Raises:
        InstallationError: It does not end.
    """
    words = "the environment that could ask it is broken"
    try:
        told = subprocess.run(  # noqa: S603
            [python, "-I", "-m", "engine", "stop"],
            env={**os.environ, FOLDER_VARIABLE: str(state)},
            capture_output=True,
            text=True,
            timeout=STOP_SECONDS,
            check=False,
        )
        if told.returncode == 0:
            return
        words = (told.stderr.strip().splitlines() or [words])[-1]
    except (OSError, subprocess.TimeoutExpired):
        pass
    # It may have ended by itself meanwhile.
    if find_running(state):
        raise InstallationError(f"the engine that is running does not end ({words}): end process {running.process}")


def _is_locked(path: Path) -> bool:
    """Tell whether an engine holds its lock; the system gives it back when its process ends, however it does."""
    try:
        with path.open("rb") as file:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
            else:
                import fcntl

                # Shared, so that two who look at the same time do not take each other for an engine.
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    # Held by another process, or not to be looked at.
    except OSError:
        return True
    return False
