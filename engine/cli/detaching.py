"""Start an engine in the background."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.engines import NOT_RUNNING, STOP_SECONDS, reach
from engine.cli.standard_output import say
from engine.options.failures import fail

if TYPE_CHECKING:
    from protocol.connection import Connection

DETACH_SECONDS = 20.0
# A worker loads PyTorch first, which takes long from a slow disk.
DEVICE_SECONDS = 60.0
ABLE = ("ready", "working")
# CREATE_NO_WINDOW, which workers inherit, and CREATE_NEW_PROCESS_GROUP; https://learn.microsoft.com/windows/win32/procthread/process-creation-flags
WINDOWS_FLAGS = 0x08000200
# A plain string, so that type checkers do not skip the code for other systems.
SYSTEM: str = sys.platform


def detach_engine(log_file: Path, devices: Sequence[str]) -> None:
    """Start the same command in the background, and wait until it listens.

    Args:
        log_file: Its log file.
        devices: Its devices. If one is named, other than `auto` and `cpu`, wait until it is known to work; an engine
            of which none works is ended.

    Raises:
        KeyboardInterrupt: Ctrl+C was pressed; the engine has been stopped.
        OSError: The log file cannot be written.
    """
    from engine.service.logs import for_this_user
    from engine.service.own_python import own_python
    from protocol.connection import connection_path
    from protocol.launching import bundles_of, engine_environment
    from protocol.windows import usual_library_folders

    given = [part for part in sys.argv[1:] if part != "--detach"]
    if not any(part.split("=")[0] == "--log-file" for part in given):
        given += ["--log-file", str(log_file)]
    own: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        own = {"creationflags": WINDOWS_FLAGS}
    environment = engine_environment(os.environ, connection_path().parent, bundles_of(os.environ))
    with (
        open(log_file, "ab", opener=for_this_user) as log,
        usual_library_folders(),
        _deferred_interrupt() as interrupts,
    ):
        begins, began = log.tell(), time.time()
        process = subprocess.Popen(  # noqa: S603
            [*own_python("engine"), *given],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=environment,
            **own,
        )
    # The engine has its own session, which Ctrl+C does not reach.
    if interrupts:
        process.terminate()
        raise KeyboardInterrupt
    try:
        _wait_until_ready(process, log_file, begins, devices, began)
    except KeyboardInterrupt:
        process.terminate()
        raise


def is_started(found: "Connection", process: int, began: float, system: str = SYSTEM) -> bool:
    """Return whether a connection is that of the engine that was just started.

    Args:
        found: The connection.
        process: Id of the process that was started.
        began: When, seconds since 1970.
        system: `sys.platform`.

    Returns:
        Whether it is. On Windows, the Python of a virtual environment runs another process, which has another id.
    """
    return found.process == process or (system == "win32" and found.started >= began)


@contextmanager
def _deferred_interrupt() -> Iterator[list[int]]:
    """Record Ctrl+C instead of raising it: while the process is being started, its id is not known yet."""
    interrupts: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: interrupts.append(number))
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)


def _wait_until_ready(
    process: "subprocess.Popen[bytes]", log_file: Path, begins: int, devices: Sequence[str], began: float
) -> None:
    from protocol.connection import connection_path, find_engine
    from protocol.errors import EngineError

    until = time.monotonic() + DETACH_SECONDS
    while process.poll() is None and time.monotonic() < until:
        found = None
        with suppress(EngineError, ValueError):
            found = find_engine(connection_path())
        if found is not None and is_started(found, process.pid, began):
            _check_devices(process, devices)
            say(f"the engine listens at {found.address}, process {found.process}; its log is {log_file}")
            return
        time.sleep(0.05)
    if process.returncode == 0:
        say(running_already())
        try:
            reach(None, name="texture-engine").close()
        except EngineError as error:
            # The caller would fail to connect as well.
            print(f"texture-engine: {error}", file=sys.stderr)
        return
    lines = log_file.read_bytes()[begins:].decode(errors="replace").strip().splitlines()
    silent = f"the engine ended without a message in {log_file}: check whether its disk is full"
    fail(lines[-1].removeprefix("texture-engine: ") if lines else silent)


def _check_devices(process: "subprocess.Popen[bytes]", devices: Sequence[str]) -> None:
    """Wait until the workers know whether they can compute; end an engine of which none can, and fail."""
    from protocol.errors import EngineError

    if all(name in {"auto", "cpu"} for name in devices):
        return
    until = time.monotonic() + DEVICE_SECONDS
    try:
        with reach(None, name="texture-engine") as client:
            workers = client.status().workers
            while time.monotonic() < until and not all(each.failure or each.state in ABLE for each in workers):
                time.sleep(0.2)
                workers = client.status().workers
    except EngineError as error:
        fail(f"the engine cannot compute: {error}", NOT_RUNNING)
    faults = [each.failure for each in workers if each.failure]
    if len(faults) == len(workers):
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        fail(f"the engine cannot compute, and has ended: {faults[0]}", NOT_RUNNING)
    for fault in faults:
        print(f"texture-engine: the engine computes without one of its devices: {fault}", file=sys.stderr)


def running_already() -> str:
    """Return a sentence about the engine that runs already; fail if it has no connection file."""
    from engine.service.presence import AlreadyRunningError
    from engine.service.serving import running_engine
    from protocol.private_files import state_folder

    try:
        found = running_engine(state_folder())
    except AlreadyRunningError as error:
        fail(str(error))
    return (
        f"an engine is already running, process {found.process} at {found.address}, with its own options; "
        "`texture-engine stop` ends it"
    )
