"""The queue of jobs."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from zmq import Frame


@dataclass(eq=False)
class Job:
    """A job in the engine.

    Attributes:
        client: Routing id of its client.
        name: Its name, given by the client.
        device: The device that it needs, or `auto`.
        parts: The message with the request.
        size: Size of the message, bytes.
        place: The place in the queue that was last reported to the client.
        step: Steps done.
        steps: Steps in total.
        unwanted: Time at which it was cancelled, monotonic seconds, or None.
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
    """A queue that is first in, first out for each client, and serves the clients in turn."""

    def __init__(self) -> None:
        self._lines: OrderedDict[bytes, deque[Job]] = OrderedDict()
        self._served = b""

    def __len__(self) -> int:
        return sum(len(line) for line in self._lines.values())

    def __iter__(self) -> Iterator[Job]:
        """Yield the jobs in the order in which they will run."""
        lines = [list(line) for line in self._lines.values()]
        for number in range(max(map(len, lines), default=0)):
            yield from (line[number] for line in lines if number < len(line))

    @property
    def size(self) -> int:
        """Size of all waiting messages, bytes."""
        return sum(job.size for job in self)

    def put(self, job: Job) -> None:
        """Add a job to its client's line; the client that was served last stays last."""
        self._lines.setdefault(job.client, deque()).append(job)
        if self._served in self._lines:
            self._lines.move_to_end(self._served)

    def take(self, fits: Callable[[Job], bool]) -> Job | None:
        """Remove and return the next job that fits, and make its client the last."""
        for client, line in self._lines.items():
            for job in line:
                if fits(job):
                    self._lines.move_to_end(client)
                    self._served = client
                    self.remove(job)
                    return job
        return None

    def remove(self, job: Job) -> None:
        """Remove a job."""
        line = self._lines[job.client]
        line.remove(job)
        if not line:
            del self._lines[job.client]

    def of(self, client: bytes) -> list[Job]:
        """Return the jobs of a client."""
        return list(self._lines.get(client, ()))
