"""The worker: a process that owns a device and runs one job at a time.

Messages arrive at its standard input and leave by its standard output, each in a thread of its own; a third thread
computes, so that a long step delays no message.
"""

import logging
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from queue import Empty, Full, Queue, SimpleQueue
from typing import IO, TYPE_CHECKING

from engine.loading import loading
from engine.packages import import_fault
from engine.service.hooks import Hooks, Stop
from engine.service.internal import Alive, Ready, ToWorker, Unusable
from protocol.codec import decode, encode
from protocol.limits import TRUSTED
from protocol.messages import Frame, Prepared, Progress, Synthesize
from protocol.pipes import read_message, write_message
from protocol.raster import Buffer

if TYPE_CHECKING:
    from engine.service.device_runner import DeviceRunner

PROGRESS_SECONDS = 0.3
ALIVE_SECONDS = 1.0
TURN_SECONDS = 0.1
UNSENT_FRAMES = 4


@dataclass
class RunningJob:
    """A job that is being computed.

    Attributes:
        request: The request.
        stop: Ends it early.
        latest: Its latest progress.
        noted: Time of the latest progress, monotonic seconds.
    """

    request: Synthesize
    stop: Stop
    latest: Progress | None = None
    noted: float = field(default_factory=time.monotonic)

    def note(self, progress: Progress) -> None:
        """Store the latest progress."""
        self.latest, self.noted = progress, time.monotonic()

    def now(self) -> Progress:
        """Return the latest progress, with the time that has passed since."""
        latest = self.latest or Progress(self.request.job, "loading")
        waited = time.monotonic() - self.noted
        left = None if latest.seconds_left is None else max(0.0, latest.seconds_left - waited)
        return replace(latest, seconds=latest.seconds + waited, seconds_left=left)


@dataclass
class SharedState:
    """What the threads share.

    Attributes:
        jobs: Jobs to compute.
        outbox: What jobs will make, frames and ends of jobs, encoded.
        running: The job that is being computed.
    """

    jobs: SimpleQueue[RunningJob] = field(default_factory=SimpleQueue)
    outbox: Queue[list[Buffer]] = field(default_factory=lambda: Queue(UNSENT_FRAMES))
    running: RunningJob | None = None


def main() -> None:
    """Compute on the device that is named in the command, until standard input is closed."""
    # Ctrl+C in a terminal reaches every process of the group; the front handles it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    # What a library prints must not come between the messages.
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    shared = SharedState()
    threading.Thread(target=_receive, args=(shared,), daemon=True).start()
    runner = _device_runner(sys.argv[1])
    if isinstance(runner, str):
        write_message(pipe, encode(Unusable(runner[:4000])))
        return
    from engine.synthesis.compiling import unwritable_folder

    if (folder := unwritable_folder()) is not None:
        logging.getLogger(__name__).warning("compiled code cannot be kept in %s: every start compiles again", folder)
    found = (str(runner.device), runner.description[:200], runner.reason, runner.passed_over[:4000])
    write_message(pipe, encode(Ready(*found)))
    threading.Thread(target=_compute, args=(runner, shared), daemon=True).start()
    _send(pipe, shared, runner)


def _device_runner(device: str) -> "DeviceRunner | str":
    """Return what runs jobs on the device, or why it cannot compute."""
    try:
        with loading():
            from engine.service.device_runner import DeviceRunner, UnusableDeviceError

        try:
            return DeviceRunner(device)
        except UnusableDeviceError as error:
            return str(error)
    except ImportError as error:
        return import_fault(error)


def _receive(shared: SharedState) -> None:
    status = 1
    try:
        # Not through `sys.stdin`: while a thread waits in there, the interpreter cannot exit, and aborts.
        with open(0, "rb", buffering=0, closefd=False) as pipe:
            while True:
                message: ToWorker = decode(read_message(pipe), ToWorker, TRUSTED)  # type: ignore[arg-type]
                if isinstance(message, Synthesize):
                    shared.running = RunningJob(message, Stop())
                    shared.jobs.put(shared.running)
                elif shared.running is not None and shared.running.request.job == message.job:
                    shared.running.stop.ask(keep=message.keep)
    except EOFError:
        # It is closed when the front ends, even if killed.
        status = 0
    except Exception:
        logging.getLogger(__name__).exception("a message cannot be read")
    os._exit(status)


def _compute(runner: "DeviceRunner", shared: SharedState) -> None:
    def show(frame: Frame) -> None:
        try:
            shared.outbox.put_nowait(encode(frame))
        except Full:
            logging.getLogger(__name__).debug("a frame was dropped")

    def announce(prepared: Prepared) -> None:
        shared.outbox.put(encode(prepared))

    while True:
        job = shared.jobs.get()
        end = runner.run_checked(job.request, Hooks(job.note, show, announce), job.stop)
        shared.running = None
        shared.outbox.put(encode(end))


def _send(pipe: IO[bytes], shared: SharedState, runner: "DeviceRunner") -> None:
    sent_progress = sent_alive = -1e9
    while True:
        with suppress(Empty):
            write_message(pipe, shared.outbox.get(timeout=TURN_SECONDS))
        now, running = time.monotonic(), shared.running
        if running is not None and now - sent_progress >= PROGRESS_SECONDS:
            sent_progress = now
            write_message(pipe, encode(running.now()))
        if now - sent_alive >= ALIVE_SECONDS:
            sent_alive = now
            write_message(pipe, encode(Alive(runner.memory_in_use())))


if __name__ == "__main__":
    main()
