"""Several processes that share the tests of one run (pytest-xdist): what they share, and how some tests run alone."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

try:
    import fcntl
except ImportError:
    fcntl = None

MOST_PROCESSES = 4
"""Each has engines and a GIMP of its own, which take a gigabyte and more."""
WINDOWS = "test_window"
"""How the names of files with tests of GIMP's window begin."""


def cores() -> int:
    """How many cores these tests may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processes() -> int:
    """How many processes share the tests; 0 for this one alone, where tests could not run alone among several.

    One more than there are cores: now and then tests wait for a window, an engine or a bound of time, and one more
    process would only load and collect all tests once more.
    """
    return min(cores() + 1, MOST_PROCESSES) if fcntl else 0


def scheduler(config, log):
    """What gives each process its tests: those of a file in one process, and those of GIMP's window in one.

    They share a GIMP with its window, and wait for it more than they compute: the other processes have both cores.
    """
    from xdist.scheduler import LoadFileScheduling

    class Scheduler(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return WINDOWS if Path(file).name.startswith(WINDOWS) else file

    return Scheduler(config, log)


@contextmanager
def turn(folder: Path, *, alone: bool):
    """Wait until a test may run: beside others, or when no other runs.

    Args:
        folder: A folder that all processes of the run share.
        alone: Whether no other test is to run meanwhile.
    """
    with (folder / "queue").open("w") as queue, (folder / "tests").open("w") as tests:
        # Who waits to run alone keeps the queue, so that no other test begins before it.
        fcntl.flock(queue, fcntl.LOCK_EX)
        fcntl.flock(tests, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(queue, fcntl.LOCK_UN)
        try:
            yield
        finally:
            # Closing is not enough: a child of the test may still have the file.
            fcntl.flock(tests, fcntl.LOCK_UN)


def made_once(folder: Path, make) -> Path:
    """Make something in a folder, unless another process has made it already.

    Args:
        folder: The folder, which is there afterwards.
        make: Fills the folder, which is empty.
    """
    whole = folder.with_name(f"{folder.name}.whole")
    with FileLock(folder.with_name(f"{folder.name}.lock")):
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            make(folder)
            whole.touch()
    return folder
