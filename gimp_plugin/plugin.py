"""The plug-in's registration with GIMP: procedures, arguments and menu."""

import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gi.repository import Gimp, Gio, GLib

from gimp_plugin import arguments, user_options
from gimp_plugin.installation import InstallationError, read_installation
from gimp_plugin.log import start_log
from gimp_plugin.outcome import Outcome
from gimp_plugin.translation import DOMAIN, _

PREFIX = "plug-in-texture-synthesis-"
MENU = "<Image>/Filters/Texture Synthesis"
REPEAT, SAVE, ENGINE = "repeat", "save-as-pattern", "engine"
PROCEDURES = (*user_options.TASKS, REPEAT, SAVE, ENGINE)
PACKAGE = Path(__file__).resolve().parent


class TextureSynthesis(Gimp.PlugIn):  # type: ignore[misc]
    """The plug-in."""

    def do_set_i18n(self, _procedure: str) -> tuple[bool, str, None]:
        """Tell GIMP where the translations are: in `locale`, beside the entry script."""
        return True, DOMAIN, None

    def do_query_procedures(self) -> list[str]:
        """List the procedures, and tell GIMP where their help is."""
        self.set_help_domain(DOMAIN, Gio.File.new_for_path(str(PACKAGE.parent / "help")))
        return [PREFIX + name for name in PROCEDURES]

    def do_create_procedure(self, name: str) -> Gimp.Procedure:
        """Describe one procedure."""
        task = name.removeprefix(PREFIX)
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, _run, task)
        label, summary, details = _texts(task)
        procedure.set_menu_label(label)
        procedure.add_menu_path(MENU)
        procedure.set_icon_file(Gio.File.new_for_path(str(PACKAGE / "icons" / "texture-synthesis.svg")))
        procedure.set_documentation(summary, details, name)
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
        from gimp_plugin.procedures import run_engine, run_texture

        if task == ENGINE:
            outcome = run_engine(procedure, mode, config, installation)
        elif task == SAVE:
            from gimp_plugin.saving import run_saving

            outcome = run_saving(procedure, mode, image, list(drawables), config)
        else:
            outcome = run_texture(procedure, mode, image, list(drawables), config, task, installation)
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


def _texts(task: str) -> tuple[str, str, str]:
    """Label in the menu, summary and description of a procedure."""
    return {
        user_options.FILL: (
            _("_Fill Selection with Texture…"),
            _("Fill the selection with texture that matches its surroundings"),
            _(
                "Fills the selection, in a new layer above. The exemplar is the surroundings of the selection, a "
                "drawable, a file or a pattern. If nothing is selected, the transparent part of the layer is "
                "filled; with another exemplar, the whole of an opaque layer."
            ),
        ),
        user_options.NEW: (
            _("_New Texture from Layer…"),
            _("Make a texture of any size from the selection or the layer"),
            _(
                "Makes new textures in a new image or in new layers. The exemplar is the selection, or the whole "
                "layer. Several selected layers are mixed, in equal shares or by a canvas guide; those that are maps "
                "of one texture by their names are made together."
            ),
        ),
        user_options.SEAMLESS: (
            _("_Make Seamless…"),
            _("Make the selection or the layer tile seamlessly"),
            _(
                "Replaces a band along the borders, in a new layer above, so that opposite sides match. The tile "
                "is the selection's bounding rectangle; without a selection, the layer."
            ),
        ),
        user_options.EXTEND: (
            _("Extend _Image…"),
            _("Extend the image beyond its borders with texture that fits"),
            _(
                "The canvas of the image grows by percent of its sides or by pixels, and is filled there, in a new "
                "layer on top. All other layers stay where they are in the picture."
            ),
        ),
        user_options.ENLARGE: (
            _("En_large…"),
            _("Enlarge the selection or the layer, with detail from the picture itself"),
            _(
                "Makes a new image of the selection's bounding rectangle or of the layer, 1.1 to 8 times as large. "
                "Detail comes from the picture itself, so that grain and edges stay sharp."
            ),
        ),
        REPEAT: (
            _("_Repeat Last Texture"),
            _("Repeat the last command with a new seed"),
            _("Repeats the last of these commands with the same settings and a new random seed."),
        ),
        SAVE: (
            _("Save as _Pattern…"),
            _("Save the selection or the layer as one of GIMP's patterns"),
            _(
                "The bounding rectangle of the selection, or the whole layer, is written into the folder of your "
                "patterns, and is then in the Patterns dialog. It need not be seamless."
            ),
        ),
        ENGINE: (
            _("_Engine…"),
            _("Show, start or stop the engine that makes the textures"),
            _("Shows what the engine is doing, or starts or stops it. The action is status, start or stop."),
        ),
    }[task]
