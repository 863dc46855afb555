"""Messages between front and worker, other than those of clients."""

from dataclasses import dataclass
from typing import ClassVar

from protocol.fields import Bytes, Sentence, Word
from protocol.messages import Cancel, Cancelled, Done, Failed, Frame, Prepared, Progress, Synthesize


@dataclass(frozen=True)
class Ready:
    """The worker has loaded what it needs and waits for a job.

    Attributes:
        device: The device, such as `cuda:0`.
        description: Its name, for people.
        reason: Why it was taken; see `WorkerStatus`.
        passed_over: Faster ones that do not work; see `WorkerStatus`.
    """

    type: ClassVar[str] = "ready"
    device: Word
    description: Word
    reason: Word
    passed_over: Sentence


@dataclass(frozen=True)
class Unusable:
    """The worker cannot compute, and ends.

    Attributes:
        message: The reason, one sentence.
    """

    type: ClassVar[str] = "unusable"
    message: Sentence


@dataclass(frozen=True)
class Alive:
    """A heartbeat.

    Attributes:
        memory_bytes: Memory that the worker uses now.
    """

    type: ClassVar[str] = "alive"
    memory_bytes: Bytes


FromWorker = Ready | Unusable | Alive | Prepared | Progress | Frame | Done | Failed | Cancelled
ToWorker = Synthesize | Cancel
