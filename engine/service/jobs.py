"""Schedule jobs: from clients through the queue to workers, and their messages back."""

import logging
import time
from collections.abc import Sequence

from zmq import Frame as ZmqFrame

from engine.counting import counted
from engine.device_names import RESTART
from engine.fitting import unfit
from engine.service.clients import Clients
from engine.service.internal import Alive, FromWorker, Ready, Unusable
from engine.service.supervisor import ENDING, READY, RESTING, STARTING, WORKING, Worker, exit_reason
from engine.service.waiting import FairQueue, Job
from engine.service.workers import Workers
from protocol.codec import decode, encode
from protocol.errors import ProtocolError
from protocol.limits import TRUSTED, Limits
from protocol.messages import Accepted, Cancel, Cancelled, Done, Failed, Frame, Prepared, Progress, Synthesize

# A cancelled job gets this long to finish its step; then the worker's process is killed.
CANCEL_SECONDS = 10.0
REMEDY = f"`texture-engine doctor` shows what is wrong; {RESTART}"

log = logging.getLogger(__name__)


class Jobs:
    """The jobs that wait or run.

    Attributes:
        done: Number of jobs done so far.
        failed: Number of failed jobs.
        cancelled: Number of cancelled jobs.
    """

    def __init__(self, clients: Clients, workers: Workers, limits: Limits) -> None:
        self.done = self.failed = self.cancelled = 0
        self._clients = clients
        self._workers = workers
        self._limits = limits
        self._queue = FairQueue()

    @property
    def waiting(self) -> int:
        """Number of waiting jobs."""
        return len(self._queue)

    @property
    def count(self) -> int:
        """Number of jobs that wait or run."""
        return len(self._queue) + len(self._running())

    def count_of(self, client: bytes) -> int:
        """Return the number of a client's jobs that wait or run."""
        return len(self._of(client))

    def has(self, client: bytes, name: str) -> bool:
        """Return whether a client has a job with this name."""
        return any(job.name == name for job in self._of(client))

    def accept(self, client: bytes, request: Synthesize, parts: list[ZmqFrame]) -> None:
        """Accept or refuse a job."""
        size = sum(len(part) for part in parts)
        refusal = self._refusal(client, request, size)
        if refusal is not None:
            self._clients.post(client, refusal)
            return
        self._queue.put(Job(client, request.job, request.settings.device, parts, size))
        self._workers.wake()
        self._fail_without_worker()
        self.assign()

    def cancel(self, client: bytes, cancel: Cancel) -> None:
        """Cancel a job, unless it has ended."""
        self._stop([job for job in self._of(client) if job.name == cancel.job], keep=cancel.keep)

    def forget(self, client: bytes) -> None:
        """Cancel the jobs of a client that is gone."""
        self._stop(self._of(client), keep=False)

    def fail_all(self, code: str, message: str, hint: str) -> None:
        """End every job with a failure."""
        for job in [*self._queue, *(job for _, job in self._running())]:
            self._end(job, Failed(code, message[:4000], hint, job.name))

    def assign(self) -> None:
        """Give jobs to idle workers, and report their places to waiting clients."""
        for worker in self._workers:
            if worker.state != READY:
                continue
            job = self._queue.take(lambda job, worker=worker: worker.serves(job.device) is True)  # type: ignore[misc]
            if job is not None:
                self._place(job, 0)
                worker.job, worker.state = job, WORKING
                # If the worker is gone, its watcher reports that, and the job fails then.
                worker.send([part.buffer for part in job.parts])
        for place, job in enumerate(self._queue, len(self._running())):
            self._place(job, place)

    def enforce_cancels(self, now: float) -> None:
        """Kill workers that take too long to end a cancelled job."""
        for worker, job in self._running():
            if job.unwanted is not None and not job.keep and now - job.unwanted > CANCEL_SECONDS:
                log.warning("worker %s takes too long to end a cancelled job", worker.name)
                worker.stop()

    def take_from_worker(self, name: str, parts: Sequence[ZmqFrame]) -> None:
        """Handle a message of a worker."""
        worker = self._workers.named(name)
        if worker is None:
            return
        try:
            message: FromWorker = decode([part.buffer for part in parts], FromWorker, TRUSTED)  # type: ignore[arg-type]
        except ProtocolError:
            log.exception("worker %s sent an invalid message", name)
            worker.stop()
            return
        match message:
            case Ready():
                worker.device, worker.description, worker.state = message.device, message.description, READY
                worker.reason, worker.passed_over = message.reason, message.passed_over
                worker.failure = ""
                worker.idle_since = time.monotonic()
                log.info("worker %s computes on %s", name, message.description)
                self._fail_unservable()
                self.assign()
            case Unusable():
                worker.trouble = message.message
            case Alive():
                worker.memory = message.memory_bytes
            case _:
                if worker.job is not None and message.job == worker.job.name:
                    self._pass_on(worker, worker.job, message, list(parts))

    def worker_ended(self, name: str, status: int) -> None:
        """Fail the job of a process that has ended, and waiting jobs if it could not start.

        Args:
            name: Name of the process.
            status: Its exit status, as `subprocess` gives it.
        """
        worker = self._workers.named(name)
        if worker is None:
            return
        job, was, words = worker.job, worker.state, worker.last_message()
        worker.ended()
        if job is not None:
            log.warning("worker %s %s during a job", name, exit_reason(status))
            self._end(job, _death(job, status))
        if was == STARTING:
            log.error("worker %s %s before it was ready: %s", name, exit_reason(status), words)
            worker.trouble = worker.failure = words
            self._fail_without_worker()
        # A worker that cannot start is started again with the next job, and so is one that rests.
        elif was != ENDING or len(self._queue):
            self._workers.wake()

    def _refusal(self, client: bytes, request: Synthesize, size: int) -> Failed | None:
        mine, limits = self.count_of(client), self._limits
        if self.has(client, request.job):
            # Without the job's name, as that would end the other job.
            said = f"job {request.job!r} has not ended yet"
            return Failed("duplicate-job", said, "use another name")
        if mine >= limits.jobs_per_client:
            said = f"this client already has {counted(mine, 'job')}, the maximum"
            return Failed("busy", said, "wait until one of them has ended", request.job)
        if self.count >= limits.jobs or self._queue.size + size > limits.waiting_bytes:
            said = f"the engine already has {counted(self.count, 'job')}, and accepts no more"
            return Failed("busy", said, "try again later", request.job)
        if all(worker.serves(request.settings.device) is False for worker in self._workers):
            return self._no_device(request.job, request.settings.device)
        return unfit(request)

    def _no_device(self, job: str, device: str) -> Failed:
        said = f"this engine does not compute on {device!r}"
        return Failed("no-device", said, f"choose auto or {' or '.join(self._workers.devices())}", job)

    def _stop(self, jobs: Sequence[Job], *, keep: bool) -> None:
        for job in jobs:
            worker = next((each for each in self._workers if each.job is job), None)
            if worker is None:
                self._queue.remove(job)
                self._end(job, Cancelled(job.name))
            else:
                job.unwanted = job.unwanted or time.monotonic()
                job.keep = keep
                worker.send(encode(Cancel(job.name, keep)))

    def _pass_on(
        self,
        worker: Worker,
        job: Job,
        message: Prepared | Progress | Frame | Done | Failed | Cancelled,
        parts: list[ZmqFrame],
    ) -> None:
        if isinstance(message, Prepared):
            self._clients.post(job.client, parts)
            return
        if isinstance(message, Progress | Frame):
            if isinstance(message, Frame) or message.stage == "synthesis":
                job.step, job.steps = message.step, message.steps
            self._clients.post(job.client, parts, replaces=(message.type, job.name))
            return
        worker.job, worker.state, worker.idle_since = None, READY, time.monotonic()
        self._end(job, message, parts)
        self.assign()

    def _end(self, job: Job, end: Done | Failed | Cancelled, parts: list[ZmqFrame] | None = None) -> None:
        for kind in (Progress.type, Frame.type):
            self._clients.withdraw(job.client, (kind, job.name))
        self.done += isinstance(end, Done)
        self.failed += isinstance(end, Failed)
        self.cancelled += isinstance(end, Cancelled)
        log.info("job %s of %s: %s", job.name, self._clients.name_of(job.client), end.type)
        self._clients.post(job.client, parts or end)

    def _fail_unservable(self) -> None:
        for job in list(self._queue):
            if all(worker.serves(job.device) is False for worker in self._workers):
                self._queue.remove(job)
                self._end(job, self._no_device(job.name, job.device))

    def _fail_without_worker(self) -> None:
        able = [worker for worker in self._workers if worker.state != RESTING]
        for job in list(self._queue):
            if all(worker.serves(job.device) is False for worker in able):
                words = next(
                    (worker.trouble for worker in self._workers if worker.serves(job.device) is not False), ""
                )
                said = f"the engine cannot compute: {words}"[:4000]
                self._queue.remove(job)
                self._end(job, Failed("no-worker", said, REMEDY, job.name))

    def _place(self, job: Job, place: int) -> None:
        if place != job.place:
            job.place = place
            self._clients.post(job.client, Accepted(job.name, place), replaces=(Accepted.type, job.name))

    def _running(self) -> list[tuple[Worker, Job]]:
        return [(worker, worker.job) for worker in self._workers if worker.job is not None]

    def _of(self, client: bytes) -> list[Job]:
        return [*self._queue.of(client), *(job for _, job in self._running() if job.client == client)]


def _death(job: Job, status: int) -> Failed | Cancelled:
    if job.unwanted is not None:
        return Cancelled(job.name, step=job.step)
    where = f" at step {job.step} of {job.steps}" if job.steps else ""
    said = f"the worker process {exit_reason(status)}{where}"
    hint = "if the computer ran out of memory, choose a smaller size or a lower quality; otherwise repeat the job"
    return Failed("worker-died", said, hint, job.name)
