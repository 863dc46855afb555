"""One attempt at a texture: jobs for the engine, and the layers that show their frames and results."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gi.repository import Gimp

from gimp_plugin import plans
from gimp_plugin.engine_link import EngineLink
from gimp_plugin.job_sequence import JobSequence, Listener, State
from gimp_plugin.outcome import Outcome
from gimp_plugin.repeating import keep_options
from gimp_plugin.tasks import Task
from gimp_plugin.texture_layers import GoneError, TextureLayers
from gimp_plugin.translation import _
from gimp_plugin.user_options import Options
from protocol.messages import Frame
from protocol.raster import Raster

LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Appearance:
    """Which frames of an attempt are shown and kept.

    Attributes:
        frames: Whether the engine sends frames.
        keep_frames: Whether they stay as layers.
        earlier: Layers of earlier attempts; the new result hides them.
    """

    frames: bool
    keep_frames: bool
    earlier: Sequence[Gimp.Layer] = ()


class Attempt:
    """A running task; each `poll` takes one step.

    Attributes:
        layers: The layers of the results, at the end.
        problem: What failed, for the user.
        remark: A limitation of the result, for the user.
        result: The picture of the last of these layers, as it came from the engine.
    """

    def __init__(self, task: Task, link: EngineLink, listener: Listener, appearance: Appearance) -> None:
        self.layers: list[Gimp.Layer] = []
        self.problem = self.remark = ""
        self.result: Raster | None = None
        plan = task.plan
        self._growth = TextureLayers(
            task.place, keep=appearance.keep_frames, earlier=appearance.earlier, maps=plan.maps, name=plan.name
        )
        self._listener = listener
        jobs = plans.with_frames(plan.jobs, frames=appearance.frames or appearance.keep_frames)
        self._work = JobSequence(link, jobs, self)
        # Where the engine blends, its result is the whole picture.
        self._narrowed = plan.jobs[0].blend
        self._covered = task.covered
        self._looked = 0.0
        self._ended = False

    @property
    def state(self) -> State:
        """The state of its jobs."""
        return self._work.state

    def poll(self, timeout: float = 0.0) -> bool:
        """Take the next step.

        Args:
            timeout: Seconds to wait for something to happen.

        Returns:
            Whether the attempt is still running.
        """
        try:
            now = time.monotonic()
            if now - self._looked > LOOK_SECONDS:
                self._looked = now
                self._growth.check()
            if self._work.poll(timeout):
                return True
            self._end()
        except Exception as fault:
            gone = self._how_gone(fault)
            if not gone:
                logging.getLogger(__name__).exception("an attempt failed")
            # Frames and an open undo group must be removed after any error.
            self._abort(gone or f"{type(fault).__name__}: {fault}")
            if not gone:
                raise
        return False

    def _how_gone(self, fault: Exception) -> str:
        """Say how the image or a layer went, if something failed because of that."""
        if not isinstance(fault, GoneError):
            try:
                self._growth.check()
            except Exception as again:  # noqa: BLE001
                fault = again
        if self._growth.is_gone():
            return _("The image was closed.")
        return str(fault) if isinstance(fault, GoneError) else ""

    def stop(self, *, keep: bool) -> None:
        """End early."""
        self._work.stop(keep=keep)

    def on_message(self, sentence: str) -> None:
        """Pass on a message."""
        self._listener.on_message(sentence)

    def on_progress(self, fraction: float, seconds_left: float | None) -> None:
        """Pass on the progress."""
        self._listener.on_progress(fraction, seconds_left)

    def on_frame(self, frame: Frame, number: int) -> None:
        """Show a frame in GIMP, and pass it on."""
        self._narrow()
        self._growth.show(frame, number)
        self._listener.on_frame(frame, number)

    def _narrow(self) -> None:
        """Limit the layers to what the engine fills."""
        if not self._narrowed and self._work.prepared is not None:
            self._narrowed = True
            self._growth.narrow(self._work.prepared)

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self.problem = self._work.problem
        if self._covered and self._work.code == "tiles-already":
            hide = _("To replace the earlier texture above the layer, hide that texture first.")
            self.problem = f"{self.problem} {hide}"
        if self._work.state is not State.CANCELLED and self._work.textures:
            self._narrow()
            self.layers = self._growth.finish(self._work.textures)
            self.remark = " ".join(filter(None, (self._growth.remark, self._repeats())))
            self.result = self._work.textures[-1].raster
        else:
            self._growth.abandon()

    def _repeats(self) -> str:
        """Say that the same parts may repeat, if the engine finds that little may be sampled."""
        if self._work.prepared is None or not self._work.prepared.may_repeat:
            return ""
        return _("The same parts may repeat, because little can be sampled: choose another exemplar, or fill less.")

    def _abort(self, why: str) -> None:
        self._ended = True
        self._work.stop(keep=False)
        self.problem = why
        self._growth.abandon()


def finish_attempt(options: Options, task: Task, attempt: Attempt, folder: Path) -> Outcome:
    """Keep the options of a successful attempt in a folder, and return its outcome."""
    if attempt.layers:
        keep_options(options, folder)
        return Outcome(image=task.place.image, layers=tuple(attempt.layers))
    if task.fresh and task.place.image.is_valid():
        task.place.image.delete()
    return Outcome(problem=attempt.problem, cancelled=attempt.state is State.CANCELLED and not attempt.problem)
