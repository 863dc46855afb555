"""The message `status`, and its parts."""

from dataclasses import dataclass
from typing import ClassVar

from protocol.fields import Bytes, Count, Seconds, Sentence, Word
from protocol.version import Version


@dataclass(frozen=True)
class ClientStatus:
    """One client, in `status`.

    Attributes:
        client: Its name.
        jobs: Number of its jobs that wait or run.
        seconds: Seconds since it connected.
    """

    client: Word
    jobs: Count
    seconds: Seconds


@dataclass(frozen=True)
class WorkerStatus:
    """One worker, in `status`.

    Attributes:
        device: The device, such as `cuda:0`; before the first start, as requested.
        description: Its name, for people, once the worker has started.
        state: `resting` (no process), `starting`, `ready`, `working` or `ending`.
        process: Its process id, or None.
        memory_bytes: Memory in use; 0 if unknown.
        step: Steps done of the running job.
        steps: Its steps in total.
        failure: Why its last process could not compute; empty once one can.
        reason: Why this device, once the worker has started: `asked` (the engine was started with it), `fastest`,
            `others-fail` (a faster one does not work), or for the CPU `no-gpu` and `no-gpu-support` (of PyTorch).
        passed_over: Faster devices that do not work, why, and what helps.
    """

    device: Word
    description: Word
    state: Word
    process: Bytes | None = None
    memory_bytes: Bytes = 0
    step: Bytes = 0
    steps: Bytes = 0
    failure: Sentence = ""
    reason: Word = ""
    passed_over: Sentence = ""


@dataclass(frozen=True)
class Status:
    """The status of the engine.

    Attributes:
        software: Its version.
        protocol: Its version of the protocol.
        process: Its process id.
        address: Its address.
        seconds: Seconds since its start.
        clients: The connected clients.
        waiting: Number of waiting jobs.
        workers: The workers, one for each device.
        done: Number of jobs done so far.
        failed: Number of failed jobs so far.
        cancelled: Number of cancelled jobs so far.
    """

    type: ClassVar[str] = "status"
    software: Word
    protocol: Version
    process: Bytes
    address: Word
    seconds: Seconds
    clients: tuple[ClientStatus, ...]
    waiting: Count
    workers: tuple[WorkerStatus, ...]
    done: Bytes
    failed: Bytes
    cancelled: Bytes
