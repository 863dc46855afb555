"""The settings in the dialog."""

from pathlib import Path

from gi.repository import Gimp, GimpUi, GObject, Gtk

from gimp_plugin import wishes
from gimp_plugin.running import new_seed
from gimp_plugin.translation import _

NUMBERS = frozenset({"variations", "ratio", "width", "height", "seed", "context"})
SOURCES = {
    "exemplar-drawable": {wishes.DRAWABLE},
    "exemplar-file": {wishes.FILE},
    "exemplar-pattern": {wishes.PATTERN},
    "sample-from": {wishes.SURROUNDINGS},
    "context": {wishes.SURROUNDINGS},
    "exemplar-mask": {wishes.SURROUNDINGS, wishes.DRAWABLE},
}
"""Arguments that mean something for some sources of the exemplar only."""
LARGE = 512
ICONS = Path(__file__).resolve().parent / "icons"


def settings_box(
    dialog: GimpUi.ProcedureDialog, config: Gimp.ProcedureConfig, kind: str, layer: Gimp.Layer
) -> Gtk.Widget:
    """Build the widgets for the arguments of a procedure.

    Args:
        dialog: The dialog whose arguments they are.
        config: The arguments.
        kind: `fill`, `new` or `seamless`.
        layer: The layer that is meant.

    Returns:
        A widget, shown.
    """
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
    own = {wishes.FILL: _exemplar, wishes.NEW: _new, wishes.SEAMLESS: _seamless}[kind]
    box.pack_start(own(dialog, config, layer), False, False, 0)
    for part in (_widgets(dialog, "recipe", "quality"), _seed(dialog, config)):
        box.pack_start(part, False, False, 0)
    more = Gtk.Expander(label=_("More"))
    inside = _widgets(dialog, "encoder", "flatten", "keep-frames")
    inside.set_margin_top(6)
    more.add(inside)
    more.show_all()
    box.pack_start(more, False, False, 0)
    box.show()
    return box


def _widget(dialog: GimpUi.ProcedureDialog, name: str) -> Gtk.Widget:
    widget = dialog.get_widget(name, GimpUi.LabelSpin.__gtype__ if name in NUMBERS else GObject.TYPE_NONE)
    widget.show()
    return widget


def _widgets(dialog: GimpUi.ProcedureDialog, *names: str) -> Gtk.Widget:
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
    for name in names:
        box.pack_start(_widget(dialog, name), False, False, 0)
    box.show()
    return box


def _exemplar(dialog: GimpUi.ProcedureDialog, config: Gimp.ProcedureConfig, _layer: Gimp.Layer) -> Gtk.Widget:
    """Let the source of the exemplar be chosen, with the choosers that it needs, and no others."""
    box = _widgets(dialog, "exemplar")
    choosers = {name: _mask(dialog, config) if name == "exemplar-mask" else _widget(dialog, name) for name in SOURCES}

    def update(*_ignored: object) -> None:
        for name, widget in choosers.items():
            widget.set_visible(config.get_property("exemplar") in SOURCES[name])

    for widget in choosers.values():
        box.pack_start(widget, False, False, 0)
    config.connect("notify::exemplar", update)
    update()
    box.show()
    return box


def _new(dialog: GimpUi.ProcedureDialog, config: Gimp.ProcedureConfig, layer: Gimp.Layer) -> Gtk.Widget:
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
    rest = _widgets(dialog, "destination", "seamless", "variations")
    for part in (_size(dialog, config, layer), _mask(dialog, config), rest):
        box.pack_start(part, False, False, 0)
    box.show()
    return box


def _seamless(dialog: GimpUi.ProcedureDialog, _config: Gimp.ProcedureConfig, _layer: Gimp.Layer) -> Gtk.Widget:
    return _widgets(dialog, "seamless")


def _size(dialog: GimpUi.ProcedureDialog, config: Gimp.ProcedureConfig, layer: Gimp.Layer) -> Gtk.Widget:
    """Let the size be chosen in pixels or as a ratio; the one that is not meant is hidden."""
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=6)
    by_ratio = Gtk.RadioButton.new_with_mnemonic(None, _("Size by _ratio"))
    in_pixels = Gtk.RadioButton.new_with_mnemonic_from_widget(by_ratio, _("Size in _pixels"))
    ratio, width, height = (_widget(dialog, name) for name in ("ratio", "width", "height"))

    def update(*_ignored: object) -> None:
        pixels = in_pixels.get_active()
        for name, side in (("width", layer.get_width()), ("height", layer.get_height())):
            if pixels and not config.get_property(name):
                config.set_property(name, max(LARGE, 2 * side))
            elif not pixels:
                config.set_property(name, 0)
        ratio.set_visible(not pixels)
        width.set_visible(pixels)
        height.set_visible(pixels)

    across = Gtk.Box(spacing=12)
    for button in (by_ratio, in_pixels):
        across.pack_start(button, False, False, 0)
    across.show_all()
    for part in (across, ratio, width, height):
        box.pack_start(part, False, False, 0)
    in_pixels.set_active(bool(config.get_property("width") or config.get_property("height")))
    in_pixels.connect("toggled", update)
    update()
    box.show()
    return box


def _mask(dialog: GimpUi.ProcedureDialog, config: Gimp.ProcedureConfig) -> Gtk.Widget:
    """Let the exemplar mask be chosen, or none: GIMP's chooser has no way back."""
    box = Gtk.Box(spacing=6)
    none = Gtk.Button.new_from_icon_name("edit-clear", Gtk.IconSize.BUTTON)
    none.set_tooltip_text(_("No exemplar mask"))
    none.connect("clicked", lambda _button: config.set_property("exemplar-mask", None))
    none.show()
    box.pack_start(_widget(dialog, "exemplar-mask"), True, True, 0)
    box.pack_start(none, False, False, 0)
    box.show()
    return box


def _seed(dialog: GimpUi.ProcedureDialog, config: Gimp.ProcedureConfig) -> Gtk.Widget:
    box = Gtk.Box(spacing=6)
    dice = Gtk.Button()
    dice.add(Gtk.Image.new_from_file(str(ICONS / "dice.svg")))
    dice.set_tooltip_text(_("Draw another seed"))
    dice.connect("clicked", lambda _button: config.set_property("seed", new_seed()))
    dice.show_all()
    box.pack_start(_widget(dialog, "seed"), True, True, 0)
    box.pack_start(dice, False, False, 0)
    box.show()
    return box
