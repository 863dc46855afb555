"""Messages between front and worker, other than those of clients."""

import json
from dataclasses import asdict, dataclass
from typing import ClassVar

from protocol.fields import Bytes, Sentence, Word
from protocol.messages import Cancel, Cancelled, Done, Failed, Frame, Progress, Synthesize

WORKER_DOMAIN = "worker"


@dataclass(frozen=True)
class WorkerStart:
    """The data that a worker reads from its standard input when it starts; it ends when that is closed.

    Attributes:
        name: The worker's name, not used before.
        device: The device, as `find_device` takes it.
        address: The front's address for workers.
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
        """Encode it as one line."""
        return json.dumps(asdict(self)).encode() + b"\n"


@dataclass(frozen=True)
class Ready:
    """The worker has loaded what it needs and waits for a job.

    Attributes:
        device: The device, such as `cuda:0`.
        description: Its name, for people.
    """

    type: ClassVar[str] = "ready"
    device: Word
    description: Word


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


FromWorker = Ready | Unusable | Alive | Progress | Frame | Done | Failed | Cancelled
ToWorker = Synthesize | Cancel
