"""What front and worker tell each other, besides the messages of clients."""

import json
from dataclasses import asdict, dataclass
from typing import ClassVar

from protocol.fields import Bytes, Sentence, Word
from protocol.messages import Cancel, Cancelled, Done, Failed, Frame, Progress, Synthesize

WORKER_DOMAIN = "worker"


@dataclass(frozen=True)
class WorkerStart:
    """What a worker is told on its standard input when it starts; its end there is the worker's end.

    Attributes:
        name: The worker's, not used before.
        device: What to compute on, as `find_device` takes it.
        address: Where the front listens for workers.
        server_key: The front's public key.
        public: The worker's public key.
        secret: The worker's secret key.
    """

    name: str
    device: str
    address: str
    server_key: str
    public: str
    secret: str

    def line(self) -> bytes:
        """Write it as one line."""
        return json.dumps(asdict(self)).encode() + b"\n"


@dataclass(frozen=True)
class Ready:
    """The worker has loaded what it needs and waits for a job.

    Attributes:
        device: Where it computes, such as `cuda:0`.
        description: The same for people.
    """

    type: ClassVar[str] = "ready"
    device: Word
    description: Word


@dataclass(frozen=True)
class Unusable:
    """The worker cannot work, and ends.

    Attributes:
        message: Why, one sentence.
    """

    type: ClassVar[str] = "unusable"
    message: Sentence


@dataclass(frozen=True)
class Alive:
    """A sign of life.

    Attributes:
        memory_bytes: What the worker takes now.
    """

    type: ClassVar[str] = "alive"
    memory_bytes: Bytes


FromWorker = Ready | Unusable | Alive | Progress | Frame | Done | Failed | Cancelled
ToWorker = Synthesize | Cancel
