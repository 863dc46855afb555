"""The procedures at work, with the window that belongs to them or without."""

import logging
import random
import sys
from collections.abc import Sequence
from dataclasses import replace

import gi
from gi.repository import Gimp

from gimp_plugin import arguments, tasks, user_options, values
from gimp_plugin.attempts import Appearance, Attempt
from gimp_plugin.engine_link import EngineLink
from gimp_plugin.engine_report import end, look
from gimp_plugin.installation import Installation
from gimp_plugin.outcome import Outcome
from gimp_plugin.plans import PlanError
from gimp_plugin.tasks import Task
from gimp_plugin.translation import _
from gimp_plugin.user_options import Options
from gimp_plugin.work import State
from protocol.messages import Frame

TURN_SECONDS = 0.1


class Silence:
    """Shows nothing, where there is nobody to look."""

    def say(self, sentence: str) -> None:
        """Note it in the log."""
        logging.getLogger(__name__).debug("%s", sentence)

    def progress(self, fraction: float, seconds_left: float | None) -> None:
        """Do nothing."""

    def frame(self, frame: Frame, number: int) -> None:
        """Do nothing."""


def run_texture(
    procedure: Gimp.Procedure,
    mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: Sequence[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    kind: str,
    installation: Installation,
) -> Outcome:
    """Make a texture.

    Args:
        procedure: Which procedure.
        mode: Whether to ask the user.
        image: The image.
        drawables: What is selected.
        config: The arguments.
        kind: `fill`, `new`, `seamless` or `repeat`.
        installation: Where things are.

    Returns:
        How it ended.
    """
    if mode == Gimp.RunMode.INTERACTIVE and not has_screen():
        return Outcome(problem=_no_screen(), misused=True)
    if mode == Gimp.RunMode.INTERACTIVE and kind != "repeat":
        # What was kept of an earlier run, by another version perhaps, is chosen anew.
        values.mend(config, kind)
    try:
        options = repeated(installation) if kind == "repeat" else arguments.options_of(config, kind)
    except values.ValueOutOfRangeError as error:
        return Outcome(problem=str(error), misused=True)
    if options is None:
        return Outcome(problem=_("There is no last texture yet: make one first."))
    link = EngineLink(installation, name=client_name(), patient=mode != Gimp.RunMode.NONINTERACTIVE)
    try:
        layers = tasks.targets(drawables, options.task)
        if mode == Gimp.RunMode.NONINTERACTIVE or not has_screen():
            return make_quietly(options, image, layers, link, installation)
        from gimp_plugin import dialogs

        if mode == Gimp.RunMode.INTERACTIVE and kind != "repeat":
            return dialogs.ask_and_make(procedure, config, image, layers, kind, link, installation)
        return dialogs.make(options, image, layers, link, installation)
    except PlanError as error:
        return Outcome(problem=str(error))
    finally:
        link.close()


def run_engine(mode: Gimp.RunMode, config: Gimp.ProcedureConfig, installation: Installation) -> Outcome:
    """Show, start or stop the engine.

    Args:
        mode: Whether to ask the user.
        config: The arguments.
        installation: Where things are.

    Returns:
        How it ended.
    """
    if mode == Gimp.RunMode.INTERACTIVE:
        if not has_screen():
            return Outcome(problem=_no_screen(), misused=True)
        from gimp_plugin.engine_dialog import show_engine

        show_engine(installation)
        return Outcome()
    try:
        values.check(config, "engine")
    except values.ValueOutOfRangeError as error:
        return Outcome(problem=str(error), misused=True)
    action = config.get_property("action")
    if action == "stop":
        return Outcome(text=end(installation))
    if action == "start":
        link = EngineLink(installation, name=client_name(), patient=False)
        while link.client is None and not link.problem:
            link.poll(TURN_SECONDS)
        link.close()
        if link.problem:
            return Outcome(problem=link.problem)
    return Outcome(text=look(installation)[0])


def make_quietly(
    options: Options, image: Gimp.Image, layers: Sequence[Gimp.Layer], link: EngineLink, installation: Installation
) -> Outcome:
    """Make a texture without a window.

    Args:
        options: What is wanted.
        image: The image.
        layers: The layers that are meant.
        link: The connection to the engine.
        installation: Where things are.

    Returns:
        How it ended.
    """
    task = tasks.prepare(options, image, layers)
    attempt = Attempt(task, link, installation, Silence(), Appearance(frames=False, keep_frames=options.keep_frames))
    while attempt.turn(TURN_SECONDS):
        pass
    return settled(options, task, attempt, installation)


def settled(options: Options, task: Task, attempt: Attempt, installation: Installation) -> Outcome:
    """Say how an attempt has ended, and remember what was wanted if it has brought something.

    Args:
        options: What was wanted.
        task: What was done.
        attempt: The attempt, which has ended.
        installation: Where things are.

    Returns:
        How it ended.
    """
    if attempt.layers:
        try:
            user_options.remember(options, installation.folder)
        except OSError as error:
            logging.getLogger(__name__).warning("cannot remember the settings: %s", error)
        return Outcome(image=task.place.image, layers=tuple(attempt.layers))
    if task.fresh and task.place.image.is_valid():
        task.place.image.delete()
    return Outcome(problem=attempt.problem, cancelled=attempt.state is State.CANCELLED and not attempt.problem)


def repeated(installation: Installation) -> Options | None:
    """Recall the last options, with a new seed."""
    last = user_options.recall(installation.folder)
    return None if last is None else replace(last, settings=replace(last.settings, seed=new_seed()))


def new_seed() -> int:
    """Draw a seed."""
    return random.SystemRandom().randint(0, values.LARGEST)


def client_name() -> str:
    """Say who this is, for `status`."""
    return f"GIMP {Gimp.version()}"


def has_screen() -> bool:
    """Whether there is a screen to show a window on."""
    if sys.platform in {"win32", "darwin"}:
        return True
    # One that is named and does not answer has GTK end the process, without a word that reaches the user.
    gi.require_version("Gdk", "3.0")
    from gi.repository import Gdk

    return Gdk.Display.get_default() is not None


def _no_screen() -> str:
    return _("There is no display to show a window on: use the run mode NONINTERACTIVE.")
