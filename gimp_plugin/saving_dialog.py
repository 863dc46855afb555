"""The window of `Save as Pattern…`."""

from gi.repository import Gimp, GimpUi, Gtk

from gimp_plugin import user_options
from gimp_plugin.commands import SAVE, texts_of
from gimp_plugin.dialogs import thumbnail
from gimp_plugin.introductions import introduction
from gimp_plugin.outcome import Call, Outcome
from gimp_plugin.plans import PlanError
from gimp_plugin.saving import free_name, save
from gimp_plugin.widgets import PROGRAM, stacked, text_label


def ask_and_save(call: Call, layer: Gimp.Layer) -> Outcome:
    """Ask for a name until a layer, or the selection, is saved as a pattern, or the user wants none."""
    procedure, config, image = call.procedure, call.config, call.image
    GimpUi.init(PROGRAM)
    config.set_property("pattern-name", free_name(layer.get_name()))
    texts = texts_of(SAVE)
    dialog = GimpUi.ProcedureDialog.new(procedure, config, texts.title)
    dialog.set_ok_label(texts.button)
    picture = Gtk.Image.new_from_pixbuf(thumbnail(image, [layer], user_options.SEAMLESS))
    note = text_label(least=40, selectable=True)
    content = dialog.get_content_area()
    content.pack_start(introduction(texts.introduction, procedure.get_name()), False, False, 0)
    box = stacked(picture, note, border_width=12)
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
