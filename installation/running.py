"""The engine that is running."""

import json
import os
import re
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from installation.folders import FOLDER_VARIABLE
from installation.problems import InstallationError

CONNECTION_FILE = "engine.json"
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
    """Look for an engine; its file alone means nothing, since a killed one leaves it behind.

    Args:
        state: The folder of its connection file.

    Returns:
        The engine, or None.
    """
    try:
        found = json.loads((state / CONNECTION_FILE).read_text("utf-8"))
        address = re.fullmatch(r"tcp://\[?(.+?)\]?:(\d+)", found["address"])
        if address is None:
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
