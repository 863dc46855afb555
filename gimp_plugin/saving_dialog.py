"""The window of `Save as Pattern…`."""

from gi.repository import Gimp, GimpUi, Gtk

from gimp_plugin import user_options
from gimp_plugin.dialogs import PROGRAM, thumbnail
from gimp_plugin.introductions import introduction
from gimp_plugin.labels import text_label
from gimp_plugin.outcome import Outcome
from gimp_plugin.plans import PlanError
from gimp_plugin.saving import free_name, save
from gimp_plugin.translation import _


def ask_and_save(
    procedure: Gimp.Procedure, config: Gimp.ProcedureConfig, image: Gimp.Image, layer: Gimp.Layer
) -> Outcome:
    """Ask for a name until the pattern is saved, or the user wants none.

    Args:
        procedure: The procedure.
        config: Its arguments.
        image: The image.
        layer: The layer.

    Returns:
        How it ended.
    """
    GimpUi.init(PROGRAM)
    config.set_property("pattern-name", free_name(layer.get_name()))
    dialog = GimpUi.ProcedureDialog.new(procedure, config, _("Save as Pattern"))
    # The S is that of GIMP's own “Save Settings”.
    dialog.set_ok_label(_("Sa_ve"))
    picture = Gtk.Image.new_from_pixbuf(thumbnail(image, [layer], user_options.SEAMLESS))
    note = text_label(least=40, selectable=True)
    content = dialog.get_content_area()
    sentence = _("The selection, or the layer, becomes a pattern of 8 bits.")
    content.pack_start(introduction(sentence, procedure.get_name()), False, False, 0)
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6, border_width=12)
    for part in (picture, note):
        box.pack_start(part, False, False, 0)
    box.show_all()
    content.pack_start(box, True, True, 0)
    dialog.fill(["pattern-name"])
    saved = ""
    try:
        while not saved and dialog.run():
            saved = _tried(image, layer, config.get_property("pattern-name"), note)
    finally:
        dialog.destroy()
    return Outcome(text=saved, cancelled=not saved)


def _tried(image: Gimp.Image, layer: Gimp.Layer, name: str, note: Gtk.Label) -> str:
    """Save a pattern; returns its name, or nothing, and notes why."""
    try:
        return save(image, layer, name)
    except PlanError as error:
        note.set_text(str(error))
        return ""
