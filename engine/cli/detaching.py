"""An engine in the background."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.cli.engines import reach
from engine.cli.failures import fail

DETACH_SECONDS = 20.0
# DETACHED_PROCESS and CREATE_NEW_PROCESS_GROUP; https://learn.microsoft.com/windows/win32/procthread/process-creation-flags
WINDOWS_FLAGS = 0x00000208


def detach_engine(log_file: Path) -> None:
    """Start this very command again in the background, and wait until it listens.

    Args:
        log_file: Where it is to log.

    Raises:
        OSError: The log file cannot be written.
    """
    from engine.service.logs import for_this_user
    from engine.service.own_python import own_python
    from protocol.connection import connection_path, find_engine
    from protocol.errors import EngineError
    from protocol.launching import bundles_of, engine_environment
    from protocol.windows import usual_library_folders

    given = [part for part in sys.argv[1:] if part != "--detach"]
    if not any(part.split("=")[0] == "--log-file" for part in given):
        given += ["--log-file", str(log_file)]
    own: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        own = {"creationflags": WINDOWS_FLAGS}
    environment = engine_environment(os.environ, connection_path().parent, bundles_of(os.environ))
    with open(log_file, "ab", opener=for_this_user) as log, usual_library_folders():
        begins = log.tell()
        process = subprocess.Popen(  # noqa: S603
            [*own_python("engine"), *given],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=environment,
            **own,
        )
    until = time.monotonic() + DETACH_SECONDS
    while process.poll() is None and time.monotonic() < until:
        found = None
        with suppress(EngineError, ValueError):
            found = find_engine(connection_path())
        if found is not None and found.process == process.pid:
            print(f"the engine listens at {found.address}, process {found.process}; its log is {log_file}")
            return
        time.sleep(0.05)
    if process.returncode == 0:
        print(running_already())
        return
    words = log_file.read_bytes()[begins:].decode(errors="replace").strip().splitlines()
    silent = f"the engine ended and left no word in {log_file}: see whether its disk is full"
    fail(words[-1].removeprefix("texture-engine: ") if words else silent)


def running_already() -> str:
    """Say where the engine is that runs already; fails where that one does not say so, or hangs."""
    from engine.service.presence import AlreadyRunningError
    from engine.service.serving import running_engine
    from protocol.errors import EngineError
    from protocol.private_files import state_folder

    try:
        found = running_engine(state_folder())
        reach(None, name="texture-engine").close()
    except (AlreadyRunningError, EngineError) as error:
        fail(str(error))
    return (
        f"an engine is running already, process {found.process} at {found.address}, with the options that it was "
        "started with; `texture-engine stop` ends it"
    )
