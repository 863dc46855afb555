"""Run the procedures, with or without a dialog."""

import logging
import sys
from collections.abc import Sequence

import gi
from gi.repository import Gimp

from gimp_plugin import arguments, tasks, user_options, values
from gimp_plugin.attempts import Appearance, Attempt, finish_attempt
from gimp_plugin.commands import ENGINE, REPEAT, SAVE, texts_of
from gimp_plugin.engine_link import EngineLink
from gimp_plugin.engine_report import engine_status, stop_engine
from gimp_plugin.failing_calls import failing_quietly
from gimp_plugin.outcome import Call, Outcome
from gimp_plugin.plans import ChoiceError, PlanError
from gimp_plugin.repeating import options_to_repeat
from gimp_plugin.saving import save
from gimp_plugin.translation import _
from gimp_plugin.user_options import Options
from protocol.messages import Frame

POLL_SECONDS = 0.1


class LogListener:
    """Logs messages, for runs without a dialog."""

    def on_message(self, sentence: str) -> None:
        """Log a message."""
        logging.getLogger(__name__).debug("%s", sentence)

    def on_progress(self, fraction: float, seconds_left: float | None) -> None:
        """Do nothing."""

    def on_frame(self, frame: Frame, number: int) -> None:
        """Do nothing."""


def run(call: Call) -> Outcome:
    """Run a procedure; return how it ended."""
    if call.mode == Gimp.RunMode.INTERACTIVE and not has_screen():
        sentence = _("There is no display to show a window on: use the run mode NONINTERACTIVE.")
        return Outcome(problem=sentence, misused=True)
    run_command = {ENGINE: _run_engine, SAVE: _run_saving}.get(call.command, _run_texture)
    try:
        return run_command(call)
    except values.ValueOutOfRangeError as error:
        return Outcome(problem=str(error), misused=True)
    except PlanError as error:
        return Outcome(problem=str(error))


def _run_texture(call: Call) -> Outcome:
    config, command, installation = call.config, call.command, call.installation
    asks = call.mode == Gimp.RunMode.INTERACTIVE and command != REPEAT
    if asks:
        # Values from an earlier run, perhaps of another version, may be out of range.
        values.reset_invalid(config, command)
    options = options_to_repeat(installation.folder) if command == REPEAT else arguments.options_of(config, command)
    if options is None:
        return Outcome(problem=_("There is no last texture yet: make one first."))
    link = EngineLink(installation, name=_client_name(), wait_for_user=call.mode != Gimp.RunMode.NONINTERACTIVE)
    try:
        layers = tasks.targets(call.drawables, options.task)
        if call.mode == Gimp.RunMode.NONINTERACTIVE or not has_screen():
            return _make_without_window(options, call.image, layers, link)
        from gimp_plugin import dialogs

        if asks:
            return dialogs.ask_and_make(call, layers, link)
        return dialogs.make(options, call.image, layers, link)
    except ChoiceError as error:
        return Outcome(problem=f"{error} {_where_to_choose(options)}" if command == REPEAT else str(error))
    finally:
        link.close()


def _where_to_choose(options: Options) -> str:
    """Say where to change what Repeat Last Texture takes over."""
    return _("Repeat Last Texture uses the last choices: change them in “{command}”.").format(
        command=texts_of(options.task).title
    )


def _run_saving(call: Call) -> Outcome:
    """Save the selection, or the layer, as a pattern; the text of the outcome is its name."""
    (layer,) = tasks.targets(call.drawables, user_options.SEAMLESS)
    if call.mode == Gimp.RunMode.INTERACTIVE:
        from gimp_plugin.saving_dialog import ask_and_save

        return ask_and_save(call, layer)
    # The name of last time is taken since.
    wanted = call.config.get_property("pattern-name") if call.mode == Gimp.RunMode.NONINTERACTIVE else ""
    return Outcome(text=save(call.image, layer, wanted))


def _run_engine(call: Call) -> Outcome:
    """Show, start or stop the engine."""
    if call.mode == Gimp.RunMode.INTERACTIVE:
        from gimp_plugin.engine_dialog import show_engine

        show_engine(call.installation, call.procedure.get_name())
        return Outcome()
    values.check(call.config, ENGINE)
    action = call.config.get_property("action")
    if action == "stop":
        sentence, stopped = stop_engine(call.installation)
        return Outcome(text=sentence) if stopped else Outcome(problem=sentence)
    if action == "start":
        link = EngineLink(call.installation, name=_client_name(), wait_for_user=False)
        while link.client is None and not link.problem:
            link.poll(POLL_SECONDS)
        link.close()
        if link.problem:
            return Outcome(problem=link.problem)
    return Outcome(text=engine_status(call.installation)[0])


def _make_without_window(
    options: Options, image: Gimp.Image, layers: Sequence[Gimp.Layer], link: EngineLink
) -> Outcome:
    task = tasks.prepare(options, image, layers)
    appearance = Appearance(frames=False, keep_frames=options.keep_frames)
    with failing_quietly():
        attempt = Attempt(task, link, LogListener(), appearance)
        while attempt.poll(POLL_SECONDS):
            pass
        return finish_attempt(options, task, attempt, link.installation.folder)


def _client_name() -> str:
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
