"""One attempt at a texture: work at the engine, and the layers in which it grows."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from gi.repository import Gimp

from gimp_plugin import plans
from gimp_plugin.engine_link import EngineLink
from gimp_plugin.growth import GoneError, Growth
from gimp_plugin.installation import Installation
from gimp_plugin.tasks import Task
from gimp_plugin.translation import _
from gimp_plugin.work import Show, State, Work
from protocol.messages import Frame

LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Appearance:
    """How an attempt is shown.

    Attributes:
        frames: Whether frames are asked for.
        keep_frames: Whether they stay as layers.
        earlier: Layers of earlier attempts, which the new one takes the place of.
    """

    frames: bool
    keep_frames: bool
    earlier: Sequence[Gimp.Layer] = ()


class Attempt:
    """A task on its way, one step with each `turn`.

    Attributes:
        layers: What it has brought, in the end.
        problem: What went wrong, for the user.
        remark: What of the layers is not as it should be, for the user.
    """

    def __init__(
        self, task: Task, link: EngineLink, installation: Installation, show: Show, appearance: Appearance
    ) -> None:
        """Begin.

        Args:
            task: What is to be done.
            link: The connection to the engine.
            installation: Where things are.
            show: Who else shows it.
            appearance: How it is shown.
        """
        self.layers: list[Gimp.Layer] = []
        self.problem = self.remark = ""
        self._growth = Growth(task.place, keep=appearance.keep_frames, earlier=appearance.earlier)
        self._show = show
        jobs = plans.with_frames(task.plan.jobs, frames=appearance.frames or appearance.keep_frames)
        self._work = Work(link, jobs, self, installation)
        self._looked = 0.0
        self._ended = False

    @property
    def state(self) -> State:
        """How far it has come."""
        return self._work.state

    def turn(self, timeout: float = 0.0) -> bool:
        """Take the next step.

        Args:
            timeout: Seconds to wait for something to happen.

        Returns:
            Whether it goes on.
        """
        try:
            now = time.monotonic()
            if now - self._looked > LOOK_SECONDS:
                self._looked = now
                self._growth.check()
            if self._work.turn(timeout):
                return True
            self._end()
        except GoneError as gone:
            self._give_up(str(gone))
        except Exception as fault:
            if self._growth.is_gone():
                # It went between a look and what came after it.
                self._give_up(_("The image was closed."))
                return False
            # Frames and an open undo group must not stay behind, whatever has happened.
            logging.getLogger(__name__).exception("an attempt broke off")
            self._give_up(f"{type(fault).__name__}: {fault}")
            raise
        return False

    def stop(self, *, keep: bool) -> None:
        """End early.

        Args:
            keep: Whether the picture so far is wanted.
        """
        self._work.stop(keep=keep)

    def say(self, sentence: str) -> None:
        """Pass on what is being done."""
        self._show.say(sentence)

    def progress(self, fraction: float, seconds_left: float | None) -> None:
        """Pass on how much is done."""
        self._show.progress(fraction, seconds_left)

    def frame(self, frame: Frame, number: int) -> None:
        """Show a frame in GIMP, and pass it on."""
        self._growth.show(frame, number)
        self._show.frame(frame, number)

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self.problem = self._work.problem
        if self._work.state is not State.CANCELLED and self._work.textures:
            self.layers = self._growth.finish(self._work.textures)
            self.remark = self._growth.remark
        else:
            self._growth.abandon()

    def _give_up(self, why: str) -> None:
        self._ended = True
        self._work.stop(keep=False)
        self.problem = why
        self._growth.abandon()
