"""Processes of this computer: which one it is beyond its id, and whether it still runs."""

import enum
import hashlib
import os
import socket
import subprocess
import sys
from pathlib import Path

from protocol.windows import start_of_process

PS_SECONDS = 5.0
# Without its own meaning to a type checker, which would find the code of other systems unreachable.
SYSTEM: str = sys.platform


class ProcessState(enum.Enum):
    """What is known of a process.

    Attributes:
        RUNNING: It runs, or is stopped; either way it is still there.
        ENDED: It has ended, whatever has its id now.
        UNKNOWN: It cannot be seen from here: it is on another computer, or outside of this sandbox.
    """

    RUNNING = enum.auto()
    ENDED = enum.auto()
    UNKNOWN = enum.auto()


def process_mark(process: int) -> str:
    """Describe a process so that no later one with the same id is taken for it.

    Args:
        process: Its id.

    Returns:
        On Linux the computer, its boot, the PID namespace and the start in clock ticks since the boot; elsewhere when
        it started. Nothing where that cannot be found out.
    """
    try:
        start = _start_of(process)
        return f"{_scope()} {start}" if start else ""
    except OSError:
        return ""


def process_state(process: int, host: str, mark: str) -> ProcessState:
    """Tell whether a process still runs.

    Args:
        process: Its id.
        host: The name of its computer.
        mark: As `process_mark` has described it there.

    Returns:
        What is known of it. A process that was stopped runs; one that nobody has waited for yet has ended.
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
    """Describe where process ids and starts mean the same as here."""
    if SYSTEM != "linux":
        return SYSTEM
    try:
        # The id itself is not to be given away: https://man7.org/linux/man-pages/man5/machine-id.5.html
        found = Path("/etc/machine-id").read_bytes().strip()
    except OSError:
        found = b""
    machine = hashlib.sha256(b"gimp-texture-synthesis" + found).hexdigest()[:16] if found else "-"
    boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    return f"linux {machine} {boot} {Path('/proc/self/ns/pid').readlink()}"


def _space(scope: str) -> list[str]:
    """The part of a scope that ids and starts depend on; from within a chroot, the computer seems to be another."""
    return [word for place, word in enumerate(scope.split()) if place != 1]


def _is_earlier_boot(scope: str, here: str) -> bool:
    """Tell whether a scope is of this very computer before it was started the last time."""
    then, now = scope.split(), here.split()
    return len(then) == len(now) == 4 and then[:2] == now[:2] and now[1] != "-" and then[2] != now[2]


def _start_of(process: int) -> str | None:
    """Look up when a process started, in the system's own measure; None where it has ended."""
    if SYSTEM == "linux":
        return _start_in_proc(process)
    if SYSTEM == "win32":
        return start_of_process(process)
    return _start_by_ps(process)


def _start_in_proc(process: int) -> str | None:
    try:
        # The name of the program is in parentheses, and may have blanks and parentheses in it.
        words = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        # Where others' processes are hidden, this one may be another user's.
        if not Path("/proc/1").exists():
            raise
        return None
    # Fields 3 and 22 of https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    return None if words[0] in {b"Z", b"X"} else words[19].decode()


def _start_by_ps(process: int) -> str | None:
    """Ask `ps`, which every POSIX system has; `lstart` is known to Linux, macOS and the BSDs."""
    command = ["ps", "-o", "stat=", "-o", "lstart=", "-p", str(process)]
    # In words and a time zone that do not change.
    surroundings = {**os.environ, "LC_ALL": "C", "TZ": "UTC0"}
    try:
        told = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, timeout=PS_SECONDS, env=surroundings, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise OSError(str(error)) from None
    state, *start = told.stdout.split() or ["Z"]
    return None if state.startswith("Z") else "-".join(start)
