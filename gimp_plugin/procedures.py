"""Run the procedures, with or without a dialog."""

import logging
import random
import sys
import uuid
from collections.abc import Sequence
from dataclasses import replace

import gi
from gi.repository import Gimp

from gimp_plugin import arguments, tasks, user_options, values
from gimp_plugin.attempts import Appearance, Attempt
from gimp_plugin.engine_link import EngineLink
from gimp_plugin.engine_report import engine_status, stop_engine
from gimp_plugin.installation import Installation
from gimp_plugin.job_sequence import State
from gimp_plugin.outcome import Outcome
from gimp_plugin.plans import PlanError
from gimp_plugin.tasks import Task
from gimp_plugin.translation import _
from gimp_plugin.user_options import Options
from protocol.messages import Frame

POLL_SECONDS = 0.1
# Of a parasite that GIMP keeps until it ends.
SESSION = "texture-synthesis-session"


class LogListener:
    """Logs messages, for runs without a dialog."""

    def on_message(self, sentence: str) -> None:
        """Log a message."""
        logging.getLogger(__name__).debug("%s", sentence)

    def on_progress(self, fraction: float, seconds_left: float | None) -> None:
        """Do nothing."""

    def on_frame(self, frame: Frame, number: int) -> None:
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
        procedure: The procedure.
        mode: Whether to ask the user.
        image: The image.
        drawables: The selected drawables.
        config: The arguments.
        kind: `fill`, `new`, `seamless` or `repeat`.
        installation: Where things are.

    Returns:
        How it ended.
    """
    if mode == Gimp.RunMode.INTERACTIVE and not has_screen():
        return Outcome(problem=no_screen(), misused=True)
    if mode == Gimp.RunMode.INTERACTIVE and kind != "repeat":
        # Values from an earlier run, perhaps of another version, may be out of range.
        values.reset_invalid(config, kind)
    try:
        options = options_to_repeat(installation) if kind == "repeat" else arguments.options_of(config, kind)
    except values.ValueOutOfRangeError as error:
        return Outcome(problem=str(error), misused=True)
    if options is None:
        return Outcome(problem=_("There is no last texture yet: make one first."))
    link = EngineLink(installation, name=client_name(), wait_for_user=mode != Gimp.RunMode.NONINTERACTIVE)
    try:
        layers = tasks.targets(drawables, options.task)
        if mode == Gimp.RunMode.NONINTERACTIVE or not has_screen():
            return make_without_window(options, image, layers, link, installation)
        from gimp_plugin import dialogs

        if mode == Gimp.RunMode.INTERACTIVE and kind != "repeat":
            return dialogs.ask_and_make(procedure, config, image, layers, kind, link, installation)
        return dialogs.make(options, image, layers, link, installation)
    except PlanError as error:
        return Outcome(problem=str(error))
    finally:
        link.close()


def run_engine(
    procedure: Gimp.Procedure, mode: Gimp.RunMode, config: Gimp.ProcedureConfig, installation: Installation
) -> Outcome:
    """Show, start or stop the engine.

    Args:
        procedure: The procedure.
        mode: Whether to ask the user.
        config: The arguments.
        installation: Where things are.

    Returns:
        How it ended.
    """
    if mode == Gimp.RunMode.INTERACTIVE:
        if not has_screen():
            return Outcome(problem=no_screen(), misused=True)
        from gimp_plugin.engine_dialog import show_engine

        show_engine(installation, procedure.get_name())
        return Outcome()
    try:
        values.check(config, "engine")
    except values.ValueOutOfRangeError as error:
        return Outcome(problem=str(error), misused=True)
    action = config.get_property("action")
    if action == "stop":
        return Outcome(text=stop_engine(installation))
    if action == "start":
        link = EngineLink(installation, name=client_name(), wait_for_user=False)
        while link.client is None and not link.problem:
            link.poll(POLL_SECONDS)
        link.close()
        if link.problem:
            return Outcome(problem=link.problem)
    return Outcome(text=engine_status(installation)[0])


def make_without_window(
    options: Options, image: Gimp.Image, layers: Sequence[Gimp.Layer], link: EngineLink, installation: Installation
) -> Outcome:
    """Make a texture without a window.

    Args:
        options: The options.
        image: The image.
        layers: The layers to work on.
        link: The connection to the engine.
        installation: Where things are.

    Returns:
        How it ended.
    """
    task = tasks.prepare(options, image, layers)
    attempt = Attempt(
        task, link, installation, LogListener(), Appearance(frames=False, keep_frames=options.keep_frames)
    )
    while attempt.poll(POLL_SECONDS):
        pass
    return finish_attempt(options, task, attempt, installation)


def finish_attempt(options: Options, task: Task, attempt: Attempt, installation: Installation) -> Outcome:
    """Save the options of a successful attempt, and return its outcome.

    Args:
        options: The options.
        task: The task.
        attempt: The attempt, which has ended.
        installation: Where things are.

    Returns:
        How it ended.
    """
    if attempt.layers:
        try:
            user_options.remember(options, installation.folder, session())
        except OSError as error:
            logging.getLogger(__name__).warning("cannot remember the settings: %s", error)
        return Outcome(image=task.place.image, layers=tuple(attempt.layers))
    if task.fresh and task.place.image.is_valid():
        task.place.image.delete()
    return Outcome(problem=attempt.problem, cancelled=attempt.state is State.CANCELLED and not attempt.problem)


def options_to_repeat(installation: Installation) -> Options | None:
    """Load the last options, with a new seed."""
    last = user_options.recall(installation.folder, session())
    return None if last is None else replace(last, settings=replace(last.settings, seed=new_seed()))


def session() -> str:
    """Name this run of GIMP, in which ids of layers are valid; another run gives the same ids to other layers."""
    found = Gimp.get_parasite(SESSION)
    if found is None:
        # Not persistent: GIMP does not save it.
        found = Gimp.Parasite.new(SESSION, 0, uuid.uuid4().hex.encode())
        Gimp.attach_parasite(found)
    return bytes(found.get_data()).decode()


def new_seed() -> int:
    """Return a random seed."""
    return random.SystemRandom().randint(0, user_options.LARGEST_WHOLE)


def client_name() -> str:
    """Return the name of this client, for `status`."""
    return f"GIMP {Gimp.version()}"


def has_screen() -> bool:
    """Whether there is a screen to show a window on."""
    if sys.platform in {"win32", "darwin"}:
        return True
    # With a display that is named but does not answer, GTK ends the process without a message to the user.
    gi.require_version("Gdk", "3.0")
    from gi.repository import Gdk

    return Gdk.Display.get_default() is not None


def no_screen() -> str:
    """Say that no window can be shown."""
    return _("There is no display to show a window on: use the run mode NONINTERACTIVE.")
