"""Start, watch and stop the process of a worker."""

import logging
import signal
import subprocess
import threading
import time
from collections import deque
from contextlib import suppress
from typing import IO

import zmq

from engine.service.internal import WorkerStart
from engine.service.own_python import own_python
from engine.service.waiting import Job
from protocol.keys import make_keys
from protocol.messages import WorkerStatus

RESTING, STARTING, READY, WORKING, ENDING = "resting", "starting", "ready", "working", "ending"
EXITS = "inproc://exits"
LAST_WORDS = 20
END_SECONDS = 3.0

ZmqContext = zmq.Context[zmq.Socket[bytes]]


class Worker:
    """The worker of one device. Its process runs while there are jobs, and for some time after.

    Attributes:
        asked: The device that was requested, such as `auto`.
        device: The actual device, once a process has found it.
        state: `resting` (no process), `starting`, `ready`, `working` or `ending`.
        keys: Keys that authenticate the process.
        job: The job that runs.
        idle_since: Start of the idle time, monotonic seconds.
        memory: Memory in use, bytes.
        trouble: The reason that the process gave if it cannot compute.
        failure: Why the last process could not compute; empty once one can.
    """

    def __init__(self, context: ZmqContext, number: int, asked: str) -> None:
        self.asked = asked
        self.device: str | None = None
        self.description = ""
        self.state = RESTING
        self.keys = make_keys()
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

    @property
    def name(self) -> str:
        """Name of the process; each has a new one."""
        return f"{self._number}.{self._generation}"

    @property
    def process(self) -> int | None:
        """Process id, or None."""
        return None if self._process is None else self._process.pid

    def start(self, address: str, server_key: str) -> None:
        """Start a process, unless there is one.

        Args:
            address: The front's address for workers.
            server_key: The front's public key.

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
        exits = self._context.socket(zmq.PUSH)
        exits.connect(EXITS)
        try:
            self._process = subprocess.Popen(  # noqa: S603
                own_python("engine.service.worker"),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        except OSError:
            exits.close(0)
            raise
        start = WorkerStart(self.name, self.asked, address, server_key, self.keys.public, self.keys.secret)
        self.state = STARTING
        watched = (self._process, self.name, self._words, exits)
        self._watcher = threading.Thread(target=_watch, args=watched, daemon=True)
        self._watcher.start()
        # If the process has already died, its watcher reports that.
        with suppress(BrokenPipeError):
            _pipe(self._process.stdin).write(start.line())
            _pipe(self._process.stdin).flush()

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
        if self._process is not None and self._process.stdin is not None:
            # If the process died at once, closing tries to write the unread input again.
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process = None
        self.state = RESTING
        self.job = None
        self.memory = 0
        self.idle_since = time.monotonic()

    def last_words(self) -> str:
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


def _watch(process: "subprocess.Popen[bytes]", name: str, words: "deque[str]", exits: "zmq.Socket[bytes]") -> None:
    log = logging.getLogger(f"{__name__}.{name}")
    for line in _pipe(process.stderr):
        said = line.decode(errors="replace").rstrip()
        if said:
            words.append(said)
            log.info("worker %s: %s", name, said)
    status = process.wait()
    _pipe(process.stderr).close()
    exits.send_multipart([name.encode(), str(status).encode()])
    exits.close(1000)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101  # requested when the process was started
    return stream
