"""The plug-in's registration with GIMP: procedures, arguments and menu."""

import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gi.repository import Gimp, Gio, GLib

from gimp_plugin import arguments, user_options
from gimp_plugin.commands import COMMANDS, ENGINE, REPEAT, SAVE, texts_of
from gimp_plugin.installation import InstallationError, read_installation
from gimp_plugin.log import start_log
from gimp_plugin.outcome import Call, Outcome
from gimp_plugin.translation import DOMAIN, _

PREFIX = "plug-in-texture-synthesis-"
MENU = "<Image>/Filters/Texture Synthesis"
PACKAGE = Path(__file__).resolve().parent


class TextureSynthesis(Gimp.PlugIn):  # type: ignore[misc]
    """The plug-in."""

    def do_set_i18n(self, _procedure: str) -> tuple[bool, str, None]:
        """Tell GIMP where the translations are: in `locale`, beside the entry script."""
        return True, DOMAIN, None

    def do_query_procedures(self) -> list[str]:
        """List the procedures, and tell GIMP where their help is."""
        self.set_help_domain(DOMAIN, Gio.File.new_for_path(str(PACKAGE.parent / "help")))
        return [PREFIX + name for name in COMMANDS]

    def do_create_procedure(self, name: str) -> Gimp.Procedure:
        """Describe one procedure."""
        task = name.removeprefix(PREFIX)
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, _run, task)
        texts = texts_of(task)
        procedure.set_menu_label(texts.label)
        procedure.add_menu_path(MENU)
        procedure.set_icon_file(Gio.File.new_for_path(str(PACKAGE / "icons" / "texture-synthesis.svg")))
        procedure.set_documentation(texts.summary, texts.details, name)
        procedure.set_attribution("Texture synthesis for GIMP", "Texture synthesis for GIMP", "2026")
        procedure.set_image_types("*")
        masks = Gimp.ProcedureSensitivityMask
        if task == ENGINE:
            procedure.set_sensitivity_mask(masks.NO_IMAGE | masks.NO_DRAWABLES | masks.DRAWABLE | masks.DRAWABLES)
            arguments.add_engine(procedure)
        elif task == SAVE:
            procedure.set_sensitivity_mask(masks.DRAWABLE)
            arguments.add_saving(procedure)
        else:
            several = task in {user_options.NEW, user_options.EXTEND, REPEAT}
            procedure.set_sensitivity_mask(masks.DRAWABLE | masks.DRAWABLES if several else masks.DRAWABLE)
            arguments.add_texture(procedure, task)
        return procedure


def main() -> None:
    """Run the plug-in."""
    Gimp.main(TextureSynthesis.__gtype__, sys.argv)


def _run(
    procedure: Gimp.Procedure,
    mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: Sequence[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    task: str,
) -> Gimp.ValueArray:
    outcome = Outcome()
    try:
        installation = read_installation(PACKAGE.parent)
        start_log(installation.folder)
        # Not at the top: GIMP's start is quicker.
        from gimp_plugin.procedures import run

        outcome = run(Call(procedure, mode, image, list(drawables), config, task, installation))
    except InstallationError as error:
        outcome = Outcome(problem=str(error))
    except ImportError as error:
        logging.getLogger(__name__).exception("%s failed", procedure.get_name())
        sentence = _("The plug-in is incomplete ({reason}): run `{command}`")
        outcome = Outcome(problem=sentence.format(reason=error, command=installation.installer))
    except Exception as error:
        logging.getLogger(__name__).exception("%s failed", procedure.get_name())
        outcome = Outcome(problem=f"{type(error).__name__}: {error}")
    if mode == Gimp.RunMode.INTERACTIVE and image is not None and not image.is_valid():
        # GIMP attaches the settings of a successful run to the image, and complains if the user has closed that.
        outcome = replace(outcome, cancelled=True)
    return _returned(procedure, outcome)


def _returned(procedure: Gimp.Procedure, outcome: Outcome) -> Gimp.ValueArray:
    if outcome.problem:
        error = GLib.Error.new_literal(Gimp.PlugIn.error_quark(), outcome.problem, 0)
        failed = Gimp.PDBStatusType.CALLING_ERROR if outcome.misused else Gimp.PDBStatusType.EXECUTION_ERROR
        return procedure.new_return_values(failed, error)
    status = Gimp.PDBStatusType.CANCEL if outcome.cancelled else Gimp.PDBStatusType.SUCCESS
    values = procedure.new_return_values(status, None)
    if status == Gimp.PDBStatusType.SUCCESS:
        # The user may have closed the image since.
        made = [item for item in (outcome.image, *outcome.layers[-1:]) if item is not None and item.is_valid()]
        found = [outcome.text] if outcome.text else made
        for number, value in enumerate(found, start=1):
            spec = procedure.get_return_values()[number - 1]
            values.remove(number)
            values.insert(number, arguments.value_of(spec, value))
    return values
