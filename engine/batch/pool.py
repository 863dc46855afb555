"""Make textures in processes of this computer."""

import os
import signal
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from threading import Thread

from engine.batch.executors import Making
from engine.batch.work import Made, Work, make

WAITING = 2
"""Textures for each process, of which one waits, so that none is idle."""
MEMORY = 2 * 2**30
"""Of the computer's memory for each process, if their number is not given."""


class Pool:
    """Makes textures in processes, which end with this one, however that ends.

    Attributes:
        capacity: See `Executor`.
    """

    def __init__(self, processes: int | None, threads: int) -> None:
        """Prepare processes; they start with the first textures.

        Args:
            processes: Their number; None for as many as suit the cores, or one where a GPU computes.
            threads: Threads of each.
        """
        self._most = processes or default_processes(threads)
        # The first texture tells what device there is: to ask torch here would load it, and occupy a GPU.
        self.capacity = 1 if processes is None else WAITING * processes
        self._executor = self._started()

    def submit(self, work: Work) -> Making:
        """Begin with a texture, in new processes if one of the others has died."""
        try:
            return self._executor.submit(make, work)
        except BrokenProcessPool:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = self._started()
            return self._executor.submit(make, work)

    def wait(self, making: Iterable[Making]) -> set[Making]:
        """Wait until a texture has ended."""
        ended = wait(making, return_when=FIRST_COMPLETED).done
        if self.capacity == 1 and any(_is_on_cpu(each) for each in ended):
            self.capacity = WAITING * self._most
        return ended

    def close(self) -> None:
        """End the processes."""
        for process in [*(self._executor._processes or {}).values()]:  # noqa: SLF001 - from 3.14: `kill_workers`
            process.kill()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _started(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._most, get_context("spawn"), _begin)


def default_processes(threads: int) -> int:
    """Return how many processes suit the cores and the memory of this computer, each with so many threads."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        # Windows has no sysconf.
        memory = 8 * 2**30
    return max(1, min(cores // threads, memory // MEMORY))


def _is_on_cpu(making: Making) -> bool:
    if making.exception() is not None:
        return False
    found = making.result()
    return isinstance(found, Made) and found.device == "cpu"


def _begin() -> None:
    # Ctrl+C is for the batch, which ends its processes itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
