"""The plug-in's connection to real engines, for the tests."""

import os
import signal
import stat
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from engines import ROOT
from forking import ONE_THREAD

from gimp_plugin.engine_link import EngineLink
from gimp_plugin.installation import Installation
from protocol.connection import CONNECTION_FILE, engine_state, read_connection
from protocol.errors import BrokenFileError
from protocol.processes import ProcessState

INSTALLER = "python3 install.py"
LINK_SECONDS = 120
POLL_SECONDS = 0.02


def installation_of(folder: Path, engine: Path | str | None = None) -> Installation:
    """An installation whose engine is in this folder; by default with a program that only relays to a running one."""
    if engine is None:
        engine = program(folder.with_name(f"{folder.name}-relay"), "exit 7")
    return Installation(str(engine), folder, INSTALLER, "0.1.0")


def program(path: Path, *lines: str) -> Path:
    """Write a program that a link can start as the engine: shell lines, `engine` among them being the real one.

    As a relay it is the real one.
    """
    start = f"import sys; sys.path[0] = '{ROOT}'; from engine.__main__ import start; start()"
    settings = " ".join(f"{name}={value}" for name, value in ONE_THREAD.items())
    python = f'{settings} "{sys.executable}" -c "{start}"'
    relay = f'if [ "$1" = relay ]; then {python} relay; exit; fi'
    path.write_text("\n".join(("#!/bin/sh", relay, f'engine() {{ {python} "$@" --device cpu; }}', *lines, "")))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@contextmanager
def linked(installation: Installation, *, wait_for_user=True):
    """A link that is left in the end."""
    link = EngineLink(installation, name="test", wait_for_user=wait_for_user)
    try:
        yield link
    finally:
        link.close()


def reach(link: EngineLink) -> list[str]:
    """Go on until there is a connection, or will be none; what was said meanwhile."""
    said = [link.message]
    until = time.monotonic() + LINK_SECONDS
    while link.client is None and not link.problem:
        assert time.monotonic() < until, said
        link.poll(POLL_SECONDS)
        said += [link.message] if link.message != said[-1] else []
    return said


def end_engine(folder: Path) -> None:
    """End the engine of a folder, if there is one."""
    with suppress(FileNotFoundError, BrokenFileError, ProcessLookupError):
        found = read_connection(folder / CONNECTION_FILE)
        # Its id may be another process's by now.
        if engine_state(found) is ProcessState.RUNNING:
            os.kill(found.process, signal.SIGKILL)
