"""Jobs that are sent to the engine one after the other."""

import enum
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from gimp_plugin.engine_link import EngineLink
from gimp_plugin.error_messages import explain
from gimp_plugin.translation import _
from protocol.client import LOST, Event
from protocol.errors import EngineError, ProtocolError
from protocol.messages import Accepted, Cancelled, Done, Failed, Frame, Prepared, Progress, Synthesize
from protocol.raster import Raster


class State(enum.Enum):
    """State of a sequence of jobs."""

    WORKING = enum.auto()
    DONE = enum.auto()
    STOPPED = enum.auto()
    CANCELLED = enum.auto()
    FAILED = enum.auto()


@dataclass(frozen=True)
class Texture:
    """Result of one job.

    Attributes:
        seed: Seed of the job.
        raster: The picture.
        finished: False if the job was stopped early.
        origins: Where each pixel of it is in the exemplar, if that has maps and the texture is finished.
    """

    seed: int
    raster: Raster
    finished: bool
    origins: Raster | None = None


class Listener(Protocol):
    """Receives the progress of a sequence of jobs."""

    def on_message(self, sentence: str) -> None:
        """Receive a message about the current step."""

    def on_progress(self, fraction: float, seconds_left: float | None) -> None:
        """Receive the fraction that is done, 0 to 1, and the seconds left."""

    def on_frame(self, frame: Frame, number: int) -> None:
        """Receive the picture so far of the job with this number, from 0."""


class JobSequence:
    """Sends jobs to the engine one after the other.

    Nothing here blocks: `poll` handles what has arrived, and is called often.

    Attributes:
        state: Whether the jobs are running, and how they ended.
        textures: Results so far.
        problem: What failed, for the user.
        code: Code of that failure, if the engine has refused or failed a job.
        prepared: What the engine makes of the canvas; None until it has said so.
    """

    def __init__(self, link: EngineLink, jobs: Sequence[Synthesize], listener: Listener) -> None:
        """Prepare the jobs.

        Args:
            link: The connection to the engine, which may still be connecting.
            jobs: At least one; their names are chosen here.
            listener: Receives the progress.
        """
        self.state = State.WORKING
        self.textures: list[Texture] = []
        self.problem = self.code = ""
        self.prepared: Prepared | None = None
        self._link = link
        # New names, so that events of an earlier sequence are ignored.
        self._jobs = [replace(job, job=uuid.uuid4().hex) for job in jobs]
        self._listener = listener
        self._running: Synthesize | None = None
        self._stopping = False
        self._done = 0.0

    def poll(self, timeout: float = 0.0) -> bool:
        """Handle the events that have arrived.

        Args:
            timeout: Seconds to wait for events.

        Returns:
            Whether jobs are still running.
        """
        if self.state is not State.WORKING:
            return False
        for event in self._link.poll(timeout):
            self._handle(event)
        if self._link.problem:
            self._fail(self._link.problem)
        elif self._link.client is None:
            self._listener.on_message(self._link.message)
        elif self._running is None and self.state is State.WORKING:
            self._submit()
        return self.state is State.WORKING

    def stop(self, *, keep: bool) -> None:
        """End early; a picture that is kept arrives a moment later."""
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

    def _submit(self) -> None:
        client = self._link.client
        self._running = self._jobs[len(self.textures)]
        try:
            if client is not None:
                client.submit(self._running)
        except ProtocolError as error:
            self._fail(explain(Failed(error.code, str(error)), self._link.installation))
        except EngineError as error:
            self._fail(explain(Failed(LOST, str(error)), self._link.installation))

    def _handle(self, event: Event) -> None:
        if self._running is None or getattr(event, "job", None) != self._running.job:
            return
        match event:
            case Accepted(place=place):
                self._listener.on_message(
                    _("Waiting; textures ahead in the queue: {count}").format(count=place)
                    if place
                    else _("Sent to the engine…")
                )
            case Prepared():
                self.prepared = event
            case Progress():
                self._report_progress(event)
            case Frame():
                self._listener.on_frame(event, len(self.textures))
            case Done():
                self._add_texture(event.raster, finished=True, origins=event.origins)
            case Cancelled():
                # Before its end there is only one of the maps, and in it pixels are mixed.
                if event.raster is not None and not self._makes_maps(self._running):
                    self._add_texture(event.raster, finished=False)
                self.state = self._stopped()
            case Failed():
                self.code = event.code
                self._fail(explain(event, self._link.installation))

    def _report_progress(self, progress: Progress) -> None:
        if progress.stage == "weights":
            self._listener.on_message(_("Downloading the network…"))
        elif progress.stage == "loading":
            self._listener.on_message(_("Loading the network…"))
        else:
            left = progress.seconds_left
            # Measured in seconds, because steps of coarse octaves take less time.
            whole = progress.seconds + left if left is not None else 0.0
            done = progress.seconds / whole if whole else 0.0
            made, all_of_them = len(self.textures), len(self._jobs)
            more = whole * (all_of_them - made - 1)
            # Estimates can rise; the displayed progress must not fall.
            self._done = max(self._done, (made + done) / all_of_them)
            self._listener.on_progress(self._done, None if left is None else left + more)

    @staticmethod
    def _makes_maps(job: Synthesize) -> bool:
        return not job.settings.preview and any(source.maps for source in job.sources)

    def _add_texture(self, raster: Raster, *, finished: bool, origins: Raster | None = None) -> None:
        if self._running is None:
            return
        self.textures.append(Texture(self._running.settings.seed, raster, finished, origins))
        self._running = None
        if len(self.textures) == len(self._jobs):
            self.state = State.DONE

    def _stopped(self) -> State:
        return State.STOPPED if self.textures else State.CANCELLED

    def _fail(self, sentence: str) -> None:
        self.problem = sentence
        self.state = State.FAILED
        logging.getLogger(__name__).warning("failed: %s", sentence)
