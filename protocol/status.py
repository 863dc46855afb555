"""The message `status`, and its parts; `protocol/README.md` explains the fields."""

from dataclasses import dataclass
from typing import ClassVar

from protocol.fields import Bytes, Count, Seconds, Sentence, Word
from protocol.version import Version


@dataclass(frozen=True)
class ClientStatus:
    """One client, in `status`."""

    client: Word
    jobs: Count
    seconds: Seconds


@dataclass(frozen=True)
class WorkerStatus:
    """One worker, in `status`."""

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
    """The status of the engine."""

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
