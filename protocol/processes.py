"""Identify processes of this computer beyond their ids, and find out whether they still run."""

import enum
import hashlib
import os
import socket
import subprocess
import sys
from pathlib import Path

from protocol.windows import start_of_process

PS_SECONDS = 5.0
# A plain string, so that type checkers do not skip the code for other systems.
SYSTEM: str = sys.platform


class ProcessState(enum.Enum):
    """The state of a process.

    Attributes:
        RUNNING: It exists, running or stopped.
        ENDED: It has ended; another process may have its id.
        UNKNOWN: It is not visible from here: on another computer, or outside this sandbox.
    """

    RUNNING = enum.auto()
    ENDED = enum.auto()
    UNKNOWN = enum.auto()


def process_mark(process: int) -> str:
    """Return a mark that distinguishes a process from later ones with the same id.

    Args:
        process: Its id.

    Returns:
        On Linux the computer, its boot, the PID namespace and the start in clock ticks since the boot; elsewhere the
        time of its start. Empty if that cannot be found out.
    """
    try:
        start = _start_of(process)
        return f"{_scope()} {start}" if start else ""
    except OSError:
        return ""


def process_state(process: int, host: str, mark: str) -> ProcessState:
    """Return whether a process still runs.

    Args:
        process: Its id.
        host: The name of its computer.
        mark: Its mark, from `process_mark`.

    Returns:
        The state. A stopped process counts as running, a zombie as ended.
    """
    scope, _, start = mark.rpartition(" ")
    if not scope or host != socket.gethostname():
        return ProcessState.UNKNOWN
    try:
        here = _scope()
        if _space(scope) != _space(here):
            return ProcessState.ENDED if _is_earlier_boot(scope, here) else ProcessState.UNKNOWN
        return ProcessState.RUNNING if _start_of(process) == start else ProcessState.ENDED
    except OSError:
        return ProcessState.UNKNOWN


def _scope() -> str:
    """Return the scope within which process ids and starts are comparable."""
    if SYSTEM != "linux":
        return SYSTEM
    try:
        # The id itself should stay private: https://man7.org/linux/man-pages/man5/machine-id.5.html
        found = Path("/etc/machine-id").read_bytes().strip()
    except OSError:
        found = b""
    machine = hashlib.sha256(b"gimp-texture-synthesis" + found).hexdigest()[:16] if found else "-"
    boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    return f"linux {machine} {boot} {Path('/proc/self/ns/pid').readlink()}"


def _space(scope: str) -> list[str]:
    """Return the part of a scope that ids depend on, without the computer, which looks different in a chroot."""
    return [word for place, word in enumerate(scope.split()) if place != 1]


def _is_earlier_boot(scope: str, here: str) -> bool:
    """Return whether a scope is that of an earlier boot of this computer."""
    then, now = scope.split(), here.split()
    return len(then) == len(now) == 4 and then[:2] == now[:2] and now[1] != "-" and then[2] != now[2]


def _start_of(process: int) -> str | None:
    """Return the start of a process, in the system's own unit; None if it has ended."""
    if SYSTEM == "linux":
        return _start_in_proc(process)
    if SYSTEM == "win32":
        return start_of_process(process)
    return _start_by_ps(process)


def _start_in_proc(process: int) -> str | None:
    try:
        # The name of the program is in parentheses, and may contain spaces and parentheses.
        words = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        # If processes of other users are hidden, this may be one of them.
        if not Path("/proc/1").exists():
            raise
        return None
    # Fields 3 and 22 of https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    return None if words[0] in {b"Z", b"X"} else words[19].decode()


def _start_by_ps(process: int) -> str | None:
    """Return the start by `ps`, which every POSIX system has; Linux, macOS and the BSDs know `lstart`."""
    command = ["ps", "-o", "stat=", "-o", "lstart=", "-p", str(process)]
    # Fixed language and time zone.
    environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC0"}
    try:
        result = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=PS_SECONDS, env=environment, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise OSError(str(error)) from None
    state, *start = result.stdout.split() or ["Z"]
    return None if state.startswith("Z") else "-".join(start)
