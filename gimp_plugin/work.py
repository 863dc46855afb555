"""Textures in the making: jobs handed to the engine one after the other."""

import enum
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from gimp_plugin.engine_link import EngineLink
from gimp_plugin.installation import Installation
from gimp_plugin.sentences import explain
from gimp_plugin.translation import _
from protocol.client import LOST, Event
from protocol.errors import EngineError, ProtocolError
from protocol.messages import Accepted, Cancelled, Done, Failed, Frame, Progress, Synthesize
from protocol.raster import Raster


class State(enum.Enum):
    """How far it has come."""

    WORKING = enum.auto()
    DONE = enum.auto()
    STOPPED = enum.auto()
    CANCELLED = enum.auto()
    FAILED = enum.auto()


@dataclass(frozen=True)
class Texture:
    """What one job has brought.

    Attributes:
        seed: Of the job.
        raster: The picture.
        finished: Whether it was not stopped early.
    """

    seed: int
    raster: Raster
    finished: bool


class Show(Protocol):
    """Whoever shows the work."""

    def say(self, sentence: str) -> None:
        """Tell what is being done."""

    def progress(self, fraction: float, seconds_left: float | None) -> None:
        """Tell how much is done, 0 to 1, and seconds until all is."""

    def frame(self, frame: Frame, number: int) -> None:
        """Show the picture so far of one of the jobs, counted from 0."""


class Work:
    """Jobs, one after the other.

    Nothing here waits: `turn` takes what has arrived, and is called often.

    Attributes:
        state: How far it has come.
        textures: What has been made so far.
        problem: What went wrong, for the user.
    """

    def __init__(self, link: EngineLink, jobs: Sequence[Synthesize], show: Show, installation: Installation) -> None:
        """Prepare the jobs.

        Args:
            link: The connection to the engine, there or on its way.
            jobs: At least one; their names are chosen here.
            show: Who shows them.
            installation: Where things are, for what is said when something goes wrong.
        """
        self.state = State.WORKING
        self.textures: list[Texture] = []
        self.problem = ""
        self._link = link
        # Names of their own: what an earlier work has left behind is nothing of ours.
        self._jobs = [replace(job, job=uuid.uuid4().hex) for job in jobs]
        self._show = show
        self._installation = installation
        self._running: Synthesize | None = None
        self._stopping = False
        self._done = 0.0

    def turn(self, timeout: float = 0.0) -> bool:
        """Take what has arrived.

        Args:
            timeout: Seconds to wait for it.

        Returns:
            Whether the work goes on.
        """
        if self.state is not State.WORKING:
            return False
        for event in self._link.poll(timeout):
            self._take(event)
        if self._link.problem:
            self._fail(self._link.problem)
        elif self._link.client is None:
            self._show.say(self._link.saying)
        elif self._running is None and self.state is State.WORKING:
            self._hand_in()
        return self.state is State.WORKING

    def stop(self, *, keep: bool) -> None:
        """End early.

        Args:
            keep: Whether the picture so far is wanted; it comes a moment later.
        """
        if self.state is not State.WORKING or (self._stopping and keep):
            return
        self._stopping = True
        client, running = self._link.client, self._running
        if running is not None and client is not None and client.connected:
            client.cancel(running.job, keep=keep)
        if not keep:
            self.state = State.CANCELLED
        elif running is None:
            self.state = self._stopped()

    def _hand_in(self) -> None:
        client = self._link.client
        self._running = self._jobs[len(self.textures)]
        try:
            if client is not None:
                client.submit(self._running)
        except ProtocolError as error:
            self._fail(explain(Failed(error.code, str(error)), self._installation))
        except EngineError as error:
            self._fail(explain(Failed(LOST, str(error)), self._installation))

    def _take(self, event: Event) -> None:
        if self._running is None or getattr(event, "job", None) != self._running.job:
            return
        match event:
            case Accepted(place=place):
                self._show.say(
                    _("Waiting; textures ahead in the queue: {count}").format(count=place)
                    if place
                    else _("Sent to the engine…")
                )
            case Progress():
                self._report(event)
            case Frame():
                self._show.frame(event, len(self.textures))
            case Done():
                self._bring(event.raster, finished=True)
            case Cancelled():
                if event.raster is not None:
                    self._bring(event.raster, finished=False)
                self.state = self._stopped()
            case Failed():
                self._fail(explain(event, self._installation))

    def _report(self, progress: Progress) -> None:
        if progress.stage == "weights":
            self._show.say(_("Downloading the network…"))
        elif progress.stage == "loading":
            self._show.say(_("Loading the network…"))
        else:
            left = progress.seconds_left
            # Seconds, because steps of the coarse octaves take less time.
            whole = progress.seconds + left if left is not None else 0.0
            done = progress.seconds / whole if whole else 0.0
            made, all_of_them = len(self.textures), len(self._jobs)
            more = whole * (all_of_them - made - 1)
            # Estimates grow, too; what has been seen to be done stays done.
            self._done = max(self._done, (made + done) / all_of_them)
            self._show.progress(self._done, None if left is None else left + more)

    def _bring(self, raster: Raster, *, finished: bool) -> None:
        if self._running is None:
            return
        self.textures.append(Texture(self._running.settings.seed, raster, finished))
        self._running = None
        if len(self.textures) == len(self._jobs):
            self.state = State.DONE

    def _stopped(self) -> State:
        return State.STOPPED if self.textures else State.CANCELLED

    def _fail(self, sentence: str) -> None:
        self.problem = sentence
        self.state = State.FAILED
        logging.getLogger(__name__).warning("failed: %s", sentence)
