"""A worker as the front sees it: a process that is started, watched and ended."""

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

Zontext = zmq.Context[zmq.Socket[bytes]]


class Worker:
    """One device's worker; there is a process only while there is something to do, and some time after.

    Attributes:
        asked: The device as the engine was told, such as `auto`.
        device: The device that it turned out to be, once a process has looked.
        state: `resting` (no process), `starting`, `ready`, `working` or `ending`.
        keys: What the process proves with who it is.
        job: What it works on.
        idle_since: Since when it has had nothing to do, seconds of the monotonic clock.
        memory: Bytes that it takes.
        trouble: What the process said about why it cannot work.
        failure: Why the last process could not compute; empty as soon as one can.
    """

    def __init__(self, context: Zontext, number: int, asked: str) -> None:
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
        """Name of the process; the next one has another."""
        return f"{self._number}.{self._generation}"

    @property
    def process(self) -> int | None:
        """Process id, or None."""
        return None if self._process is None else self._process.pid

    def start(self, address: str, server_key: str) -> None:
        """Start a process, unless there is one.

        Args:
            address: Where the front listens for workers.
            server_key: The front's public key.

        Raises:
            OSError: The system starts no more processes.
            zmq.ZMQError: It opens no more descriptors.
        """
        if self.state != RESTING:
            return
        self._generation += 1
        self._words.clear()
        self.trouble = ""
        # Made before there is anything to tell: later there may be no descriptor left for it.
        told = self._context.socket(zmq.PUSH)
        told.connect(EXITS)
        try:
            self._process = subprocess.Popen(  # noqa: S603
                own_python("engine.service.worker"),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        except OSError:
            told.close(0)
            raise
        start = WorkerStart(self.name, self.asked, address, server_key, self.keys.public, self.keys.secret)
        self.state = STARTING
        watched = (self._process, self.name, self._words, told)
        self._watcher = threading.Thread(target=_watch, args=watched, daemon=True)
        self._watcher.start()
        # If it has died already, its watch tells of it.
        with suppress(BrokenPipeError):
            _pipe(self._process.stdin).write(start.line())
            _pipe(self._process.stdin).flush()

    def stop(self) -> None:
        """End the process now; it holds nothing that would have to be saved."""
        if self._process is not None:
            self._process.kill()

    def wait(self) -> None:
        """Wait until the process is gone, and its watch with it."""
        if self._process is not None:
            self._process.wait(END_SECONDS)
        if self._watcher is not None:
            self._watcher.join(END_SECONDS)

    def ended(self) -> None:
        """Note that the process is gone."""
        if self._process is not None and self._process.stdin is not None:
            # One that died at once has not taken its hand-over, which closing tries to write once more.
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process = None
        self.state = RESTING
        self.job = None
        self.memory = 0
        self.idle_since = time.monotonic()

    def last_words(self) -> str:
        """The last line that the process wrote, or what it said about why it cannot work."""
        return self.trouble or (self._words[-1] if self._words else "it said nothing")

    def serves(self, wanted: str) -> bool | None:
        """Tell whether it computes on a device; None where that is not known before it has started."""
        if wanted in {"auto", self.asked, self.device}:
            return True
        if self.device is None:
            return None
        # `cuda` is the first of them.
        return self.device.split(":")[0] == wanted

    def status(self) -> WorkerStatus:
        """Describe it for `status`."""
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
    """Say in words how a process ended.

    Args:
        status: As `subprocess` gives it: the negated number of a signal, or an exit status.

    Returns:
        The end of a sentence.
    """
    if status < 0:
        try:
            return f"was killed by signal {-status} ({signal.Signals(-status).name})"
        except ValueError:
            return f"was killed by signal {-status}"
    return f"ended with status {status}"


def _watch(process: "subprocess.Popen[bytes]", name: str, words: "deque[str]", told: "zmq.Socket[bytes]") -> None:
    log = logging.getLogger(f"{__name__}.{name}")
    for line in _pipe(process.stderr):
        said = line.decode(errors="replace").rstrip()
        if said:
            words.append(said)
            log.info("worker %s: %s", name, said)
    status = process.wait()
    _pipe(process.stderr).close()
    told.send_multipart([name.encode(), str(status).encode()])
    told.close(1000)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None  # noqa: S101  # asked for when the process was started
    return stream
