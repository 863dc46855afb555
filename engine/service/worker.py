"""The worker: a process that owns a device and runs one job at a time.

The main thread exchanges messages with the front; another thread computes, so that a long step delays no message.
"""

import json
import logging
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import TYPE_CHECKING

import zmq

from engine.service.internal import Alive, Ready, ToWorker, Unusable, WorkerStart
from engine.service.sockets import arrived
from protocol.codec import decode, encode
from protocol.limits import TRUSTED
from protocol.messages import Cancel, Frame, Progress, Synthesize

if TYPE_CHECKING:
    from engine.service.computing import Computer
    from engine.service.runner import Stop

ZmqSocket = zmq.Socket[bytes]

PROGRESS_SECONDS = 0.3
ALIVE_SECONDS = 1.0
TURN_MILLISECONDS = 100
UNSENT_FRAMES = 4
INBOX = "inproc://computed"
FRAME, END = b"frame", b"end"


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
    stop: "Stop"
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


def main() -> None:
    """Read the start data from standard input, and run until standard input is closed."""
    # Ctrl+C in a terminal reaches every process of the group; the front handles it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(message)s")
    start = WorkerStart(**json.loads(sys.stdin.buffer.readline()))
    threading.Thread(target=_end_with_front, daemon=True).start()
    context: zmq.Context[ZmqSocket] = zmq.Context()
    link = _connect(context, start)
    from engine.service.computing import Computer, UnusableDeviceError

    try:
        computer = Computer(start.device)
    except UnusableDeviceError as error:
        link.send_multipart(encode(Unusable(str(error)[:4000])))
        link.close(1000)
        context.term()
        return
    from engine.synthesis.compiling import unwritable_folder

    if (folder := unwritable_folder()) is not None:
        logging.getLogger(__name__).warning("compiled code cannot be kept in %s: every start compiles again", folder)
    link.send_multipart(encode(Ready(str(computer.device), computer.description[:200])))
    inbox = context.socket(zmq.PULL)
    inbox.bind(INBOX)
    tasks: SimpleQueue[RunningJob] = SimpleQueue()
    threading.Thread(target=_compute, args=(context, computer, tasks), daemon=True).start()
    _talk(link, inbox, tasks, computer)


def _end_with_front() -> None:
    # Standard input is closed when the front ends, even if killed. It is not read through `sys.stdin`: while a thread
    # waits in there, the interpreter cannot exit, and aborts.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


def _connect(context: "zmq.Context[ZmqSocket]", start: WorkerStart) -> ZmqSocket:
    link = context.socket(zmq.DEALER)
    link.routing_id = start.name.encode()
    link.curve_serverkey = start.server_key.encode()
    link.curve_publickey = start.public.encode()
    link.curve_secretkey = start.secret.encode()
    link.connect(start.address)
    return link


def _compute(context: "zmq.Context[ZmqSocket]", computer: "Computer", tasks: "SimpleQueue[RunningJob]") -> None:
    from engine.service.runner import Hooks

    outbox = context.socket(zmq.PUSH)
    outbox.sndhwm = UNSENT_FRAMES
    outbox.connect(INBOX)

    def show(frame: Frame) -> None:
        try:
            outbox.send_multipart([FRAME, *encode(frame)], zmq.NOBLOCK, copy=False)
        except zmq.Again:
            logging.getLogger(__name__).debug("a frame was dropped")

    while True:
        task = tasks.get()
        end = computer.run(task.request, Hooks(task.note, show), task.stop)
        outbox.send_multipart([END, *encode(end)], copy=False)


def _talk(link: ZmqSocket, inbox: ZmqSocket, tasks: "SimpleQueue[RunningJob]", computer: "Computer") -> None:
    poller = zmq.Poller()
    poller.register(link, zmq.POLLIN)
    poller.register(inbox, zmq.POLLIN)
    task: RunningJob | None = None
    sent_progress = sent_alive = -1e9
    while True:
        poller.poll(TURN_MILLISECONDS)
        for kind, *parts in arrived(inbox):
            link.send_multipart(parts, copy=False)
            if kind.bytes == END:
                task = None
        for parts in arrived(link):
            message: ToWorker = decode([p.buffer for p in parts], ToWorker, TRUSTED)  # type: ignore[arg-type]
            if isinstance(message, Synthesize):
                task = RunningJob(message, computer.new_stop())
                tasks.put(task)
            elif isinstance(message, Cancel) and task is not None and task.request.job == message.job:
                task.stop.ask(keep=message.keep)
        now = time.monotonic()
        if task is not None and now - sent_progress >= PROGRESS_SECONDS:
            sent_progress = now
            link.send_multipart(encode(task.now()))
        if now - sent_alive >= ALIVE_SECONDS:
            sent_alive = now
            link.send_multipart(encode(Alive(computer.memory_in_use())))


if __name__ == "__main__":
    main()
