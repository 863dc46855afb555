"""Start, watch and stop the process of a worker."""

import logging
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from queue import SimpleQueue
from typing import IO

import zmq

from engine.service.own_python import own_python
from engine.service.sockets import ZmqContext
from engine.service.waiting import Job
from protocol.pipes import read_message, write_message
from protocol.raster import Buffer
from protocol.status import WorkerStatus

RESTING, STARTING, READY, WORKING, ENDING = "resting", "starting", "ready", "working", "ending"
HEARD = "inproc://heard"
"""Address for what the watchers of the processes report: kind, name of the process, and frames or exit status."""
MESSAGE, ENDED = b"message", b"ended"
LAST_WORDS = 20
END_SECONDS = 3.0

Outbox = SimpleQueue[Sequence[Buffer] | None]


class Worker:
    """The worker of one device. Its process runs while there are jobs, and for some time after.

    Attributes:
        asked: The device that was requested, such as `auto`.
        device: The actual device, once a process has found it.
        state: `resting` (no process), `starting`, `ready`, `working` or `ending`.
        job: The job that runs.
        idle_since: Start of the idle time, monotonic seconds.
        memory: Memory in use, bytes.
        trouble: The reason that the process gave if it cannot compute.
        failure: Why the last process could not compute; empty once one can.
    """

    def __init__(self, context: ZmqContext, number: int, asked: str) -> None:
        self.asked = asked
        self.device: str | None = None
        self.description = self.reason = self.passed_over = ""
        self.state = RESTING
        self.job: Job | None = None
        self.idle_since = time.monotonic()
        self.memory = 0
        self.trouble = ""
        self.failure = ""
        self._context = context
        self._number = number
        self._generation = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: threading.Thread | None = None
        self._words: deque[str] = deque(maxlen=LAST_WORDS)
        self._outbox: Outbox = SimpleQueue()

    @property
    def name(self) -> str:
        """Name of the process; each has a new one."""
        return f"{self._number}.{self._generation}"

    @property
    def process(self) -> int | None:
        """Process id, or None."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start a process, unless there is one.

        Raises:
            OSError: The system cannot start the process.
            zmq.ZMQError: There are no more descriptors.
        """
        if self.state != RESTING:
            return
        self._generation += 1
        self._words.clear()
        self.trouble = ""
        # Created now, as there may be no descriptor left later.
        reports = self._context.socket(zmq.PUSH)
        reports.connect(HEARD)
        try:
            self._process = subprocess.Popen(  # noqa: S603
                [*own_python("engine.service.worker"), self.asked],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError:
            reports.close(0)
            raise
        self.state = STARTING
        self._outbox = SimpleQueue()
        # A process that computes or hangs may read late: the front must not wait for it.
        threading.Thread(target=_tell, args=(self._process.stdin, self._outbox), daemon=True).start()
        watched = (self._process, self.name, self._words, reports)
        self._watcher = threading.Thread(target=_watch, args=watched, daemon=True)
        self._watcher.start()

    def send(self, parts: Sequence[Buffer]) -> None:
        """Send the frames of a message; if the process is gone, its watcher reports that."""
        self._outbox.put(parts)

    def stop(self) -> None:
        """Kill the process; it has nothing to save."""
        if self._process is not None:
            self._process.kill()

    def wait(self) -> None:
        """Wait until the process and its watcher have ended."""
        if self._process is not None:
            self._process.wait(END_SECONDS)
        if self._watcher is not None:
            self._watcher.join(END_SECONDS)

    def ended(self) -> None:
        """Note that the process has ended."""
        self._outbox.put(None)
        self._process = None
        self.state = RESTING
        self.job = None
        self.memory = 0
        self.idle_since = time.monotonic()

    def last_message(self) -> str:
        """Return the reason that the process gave, or the last line that it wrote."""
        return self.trouble or (self._words[-1] if self._words else "no message")

    def serves(self, wanted: str) -> bool | None:
        """Return whether it computes on a device; None if that is not known before it has started."""
        if wanted in {"auto", self.asked, self.device}:
            return True
        if self.device is None:
            return None
        # `cuda` matches `cuda:1`, too.
        return self.device.split(":")[0] == wanted

    def status(self) -> WorkerStatus:
        """Return its entry for `status`."""
        job = self.job
        return WorkerStatus(
            self.device or self.asked,
            self.description,
            self.state,
            self.process,
            self.memory,
            job.step if job else 0,
            job.steps if job else 0,
            self.failure[:4000],
            self.reason,
            self.passed_over,
        )


def exit_reason(status: int) -> str:
    """Describe how a process ended.

    Args:
        status: Exit status, or the negated number of a signal, as `subprocess` gives it.

    Returns:
        The end of a sentence.
    """
    if status < 0:
        try:
            return f"was killed by signal {-status} ({signal.Signals(-status).name})"
        except ValueError:
            return f"was killed by signal {-status}"
    return f"ended with status {status}"


def _tell(pipe: IO[bytes], outbox: Outbox) -> None:
    # If the process has died, closing tries to write the rest again.
    with suppress(OSError), pipe:
        while (parts := outbox.get()) is not None:
            write_message(pipe, parts)


def _watch(process: "subprocess.Popen[bytes]", name: str, words: "deque[str]", reports: "zmq.Socket[bytes]") -> None:
    assert process.stdout is not None  # noqa: S101  # requested when the process was started
    listener = threading.Thread(target=_listen, args=(process.stderr, name, words), daemon=True)
    listener.start()
    with suppress(EOFError), process.stdout as pipe:
        while True:
            reports.send_multipart([MESSAGE, name.encode(), *read_message(pipe)])
    listener.join()
    reports.send_multipart([ENDED, name.encode(), str(process.wait()).encode()])
    reports.close(1000)


def _listen(pipe: IO[bytes], name: str, words: "deque[str]") -> None:
    log = logging.getLogger(f"{__name__}.{name}")
    with pipe:
        for line in pipe:
            said = line.decode(errors="replace").rstrip()
            if said:
                words.append(said)
                log.info("worker %s: %s", name, said)
