"""The jobs that wait."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from zmq import Frame


@dataclass(eq=False)
class Job:
    """A job in the engine.

    Attributes:
        client: The routing id of its client's connection.
        name: The client's name for it.
        device: Where it may run, or `auto`.
        parts: The message that asked for it.
        size: Bytes of the message.
        place: What its client was last told of its place in the queue.
        step: Steps done.
        steps: Steps in all.
        unwanted: When its end was asked for, seconds of the monotonic clock, or None.
        keep: Whether the picture so far is wanted then.
    """

    client: bytes
    name: str
    device: str
    parts: list[Frame]
    size: int
    place: int = -1
    step: int = 0
    steps: int = 0
    unwanted: float | None = None
    keep: bool = False


class FairQueue:
    """First in, first out for each client, and the clients in turn."""

    def __init__(self) -> None:
        self._lines: OrderedDict[bytes, deque[Job]] = OrderedDict()
        self._served = b""

    def __len__(self) -> int:
        return sum(len(line) for line in self._lines.values())

    def __iter__(self) -> Iterator[Job]:
        """Go through the jobs in the order in which they will run.

        Yields:
            The jobs.
        """
        lines = [list(line) for line in self._lines.values()]
        for number in range(max(map(len, lines), default=0)):
            yield from (line[number] for line in lines if number < len(line))

    @property
    def size(self) -> int:
        """Bytes of all messages that wait."""
        return sum(job.size for job in self)

    def put(self, job: Job) -> None:
        """Add a job at the end of its client's line; who was served last stays the last in turn."""
        self._lines.setdefault(job.client, deque()).append(job)
        if self._served in self._lines:
            self._lines.move_to_end(self._served)

    def take(self, fits: Callable[[Job], bool]) -> Job | None:
        """Take the next job that fits, and let its client be the last in turn."""
        for client, line in self._lines.items():
            for job in line:
                if fits(job):
                    self._lines.move_to_end(client)
                    self._served = client
                    self.remove(job)
                    return job
        return None

    def remove(self, job: Job) -> None:
        """Take out a job."""
        line = self._lines[job.client]
        line.remove(job)
        if not line:
            del self._lines[job.client]

    def of(self, client: bytes) -> list[Job]:
        """List the jobs of a client."""
        return list(self._lines.get(client, ()))
