"""The settings in the dialog."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gi.repository import Gimp, GimpUi, GObject, Gtk

from gimp_plugin import canvas, texture_sets, user_options, values
from gimp_plugin.box import Box
from gimp_plugin.repeating import new_seed
from gimp_plugin.scrolling import scrolled
from gimp_plugin.translation import _
from gimp_plugin.widgets import stacked, text_label
from protocol.vocabulary import LARGEST_SIDE, SMALLEST_SIDE, settings

STEPS = {
    "ratio": (0.1, 1.0, 2),
    "exemplar-rotation": (1.0, 15.0, 1),
    "exemplar-scale": (0.05, 0.25, 2),
    "factor": (0.1, 1.0, 2),
    **dict.fromkeys(("top", "right", "bottom", "left"), (1.0, 10.0, 1)),
}
"""Small and large step, and decimals, of numbers for which the usual ones do not do."""
WHOLE, FRACTION = (1, 10, 0), (0.05, 0.1, 2)
"""The usual ones."""
SOURCES = {
    "exemplar-drawable": {user_options.DRAWABLE},
    "exemplar-file": {user_options.FILE},
    "exemplar-pattern": {user_options.PATTERN},
    "sample-from": {user_options.SURROUNDINGS},
    "context": {user_options.SURROUNDINGS},
    "exemplar-mask": {user_options.SURROUNDINGS, user_options.DRAWABLE},
}
"""Arguments that mean something for some sources of the exemplar only."""
FIRST = ("recipe", "quality", "seed")
"""Settings that every dialog shows at once; all others are under More."""
GUIDES = ("guide", "canvas-guide")
SHAPES = ("content", "strength", "content-by", "exemplar-rotation", "rotation-map", "exemplar-scale", "scale-map")
"""What a new texture redraws, and how its exemplar lies."""
DRAWN = ("content", "rotation-map", "scale-map")
"""Those of them that are drawables."""
TURNS = ("exemplar-rotation", "exemplar-scale")
"""Those that are numbers, and mean something without a drawable."""
SHARING = (*GUIDES, *DRAWN, *TURNS, "strength")
"""Those of them that share keys with other fields, for want of letters; GIMP would warn in its terminal."""
NAME_LINES = 3
ICONS = Path(__file__).resolve().parent / "icons"


@dataclass(frozen=True)
class Form:
    """What the widgets belong to.

    Attributes:
        dialog: The dialog.
        config: The arguments.
        kind: `fill`, `new`, `seamless`, `extend` or `enlarge`.
        labels: Makes labels equally wide, those of the dialog's own widgets and the others.
        on_pick: Called when the user wants to pick a seed.
    """

    dialog: GimpUi.ProcedureDialog
    config: Gimp.ProcedureConfig
    kind: str
    labels: Gtk.SizeGroup
    on_pick: Callable[[], None]


def settings_box(
    dialog: GimpUi.ProcedureDialog,
    config: Gimp.ProcedureConfig,
    kind: str,
    layers: Sequence[Gimp.Layer],
    members: Sequence[Gimp.Layer],
    on_pick: Callable[[], None],
) -> Gtk.Widget:
    """Build the widgets for the arguments of a procedure.

    Args:
        dialog: The dialog whose arguments they are.
        config: The arguments.
        kind: `fill`, `new`, `seamless`, `extend` or `enlarge`.
        layers: The layers that are meant.
        members: What of them may be maps of one texture, from the top.
        on_pick: Called when the user wants to pick a seed.

    Returns:
        A widget, shown.
    """
    form = Form(dialog, config, kind, Gtk.SizeGroup(mode=Gtk.SizeGroupMode.HORIZONTAL), on_pick)
    parts = [_named(form, layers, members)] if layers else []
    if len(members) > 1:
        mixed = _("One picture") if len(layers) == 1 else _("A mixture")
        known = {**values.choices(kind, "layers-as"), user_options.MIX: mixed}
        # What is chosen already is what the names say.
        known.pop(user_options.AUTO)
        parts.append(_labeled_chooser(form, "layers-as", known))
    parts.append(_new(form, layers[0]) if kind == user_options.NEW else _own(form))
    if kind == user_options.ENLARGE:
        parts += [_seed(form), _widgets(form, "flatten")]
    else:
        parts += [_widgets(form, "recipe", "quality"), _seed(form), _more(form)]
    if kind == user_options.NEW:
        parts.append(_shapes(form))
    return scrolled(stacked(*parts))


def _own(form: Form) -> Gtk.Widget:
    """Build the widgets that no other dialog has."""
    if form.kind == user_options.FILL:
        return _exemplar(form)
    names = {
        user_options.SEAMLESS: ("seamless",),
        user_options.EXTEND: ("unit", "top", "right", "bottom", "left"),
        user_options.ENLARGE: ("factor", "seamless"),
    }
    return _widgets(form, *names[form.kind])


def _more(form: Form) -> Gtk.Widget:
    """Put the other settings of all textures, and the guides of new ones, under an expander."""
    shown = [each.argument for each in settings().values() if each.label and each.name not in FIRST]
    guides = GUIDES if form.kind == user_options.NEW else ()
    inside = stacked(_widgets(form, *shown, "keep-frames"), *(_optional(form, name) for name in guides), margin_top=6)
    # What decides so much is not hidden.
    return _expander(_("More"), inside, expanded=any(_drawable(form.config, name) is not None for name in guides))


def _expander(label: str, inside: Gtk.Widget, *, expanded: bool) -> Gtk.Widget:
    expander = Gtk.Expander(label=label, expanded=expanded)
    expander.add(inside)
    expander.show_all()
    return expander


def _shapes(form: Form) -> Gtk.Widget:
    """Let a content be chosen, and how the exemplar lies; hidden at first, unless something is chosen."""
    widgets = (_optional(form, name) if name in DRAWN else _widget(form, name) for name in SHAPES)
    # What decides so much is not hidden.
    turned = any(form.config.get_property(name) != form.config.find_property(name).default_value for name in TURNS)
    drawn = any(_drawable(form.config, name) is not None for name in DRAWN)
    return _expander(_("Content and rotation"), stacked(*widgets, margin_top=6), expanded=turned or drawn)


def _widget(form: Form, name: str) -> Gtk.Widget:
    dialog, labels = form.dialog, values.choices(form.kind, name)
    if labels:
        return _labeled_chooser(form, name, labels)
    if name == "exemplar-file":
        widget = _file_chooser(form, name)
    elif name in SHARING:
        widget = _unchecked(form, name)
    else:
        number = GimpUi.LabelSpin.__gtype__ if name in values.RANGES else GObject.TYPE_NONE
        widget = dialog.get_widget(name, number)
    if name in values.RANGES:
        least, most = values.RANGES[name]
        fraction = form.config.find_property(name).value_type == GObject.TYPE_DOUBLE
        small, large, digits = STEPS.get(name, FRACTION if fraction else WHOLE)
        widget.set_digits(digits)
        widget.set_increments(small, large)
        widget.get_spin_button().set_range(values.ABSENT.get(name, least), most)
        widget.get_spin_button().set_width_chars(len(f"{most:.{digits}f}"))
    if isinstance(widget, GimpUi.Labeled):
        form.labels.add_widget(widget.get_label())
    widget.show()
    return widget


def _unchecked(form: Form, name: str) -> Gtk.Widget:
    """Make the field of a number or a drawable, as GIMP does, whose key GIMP does not check."""
    if name in values.RANGES:
        widget = GimpUi.prop_label_spin_new(form.config, name, 0)
    else:
        widget = GimpUi.prop_drawable_chooser_new(form.config, name, None)
        form.labels.add_widget(widget.get_label())
    widget.set_tooltip_text(form.config.find_property(name).get_blurb())
    return widget


def _file_chooser(form: Form, name: str) -> Gtk.Widget:
    """Let a file be chosen; GIMP makes no such field for an argument that may be any file."""
    spec, config = form.config.find_property(name), form.config
    action = Gimp.FileChooserAction.OPEN
    widget = GimpUi.FileChooser.new(action, spec.get_nick(), None, config.get_property(name))
    config.bind_property(name, widget, "file", GObject.BindingFlags.BIDIRECTIONAL)
    form.labels.add_widget(widget.get_label_widget())
    widget.set_tooltip_text(spec.get_blurb())
    return widget


def _labeled_chooser(form: Form, name: str, labels: dict[str, str]) -> Gtk.Widget:
    """Let one of some words be chosen by its label."""
    config = form.config
    spec = config.find_property(name)
    model = Gtk.ListStore(str, str)
    for word, label in labels.items():
        model.append([word, label])
    chooser = GimpUi.prop_string_combo_box_new(config, name, model, 0, 1)
    chooser.set_hexpand(True)
    chooser.show()
    widget = GimpUi.LabelStringWidget.new(spec.get_nick(), chooser)
    # In the list they have other names than in scripts.
    text = spec.get_blurb().removesuffix(values.listed(values.choices(form.kind, name)))
    for each in (chooser, widget):
        each.set_tooltip_text("\n".join((text, *labels.values())))
    form.labels.add_widget(widget.get_label())
    widget.show()
    return widget


def _widgets(form: Form, *names: str) -> Gtk.Widget:
    return stacked(*(_widget(form, name) for name in names))


def _exemplar(form: Form) -> Gtk.Widget:
    """Let the source of the exemplar be chosen, with the choosers that it needs, and no others."""
    source, config = _widget(form, "exemplar"), form.config
    choosers = {name: _optional(form, name) if name == "exemplar-mask" else _widget(form, name) for name in SOURCES}

    def update(*_ignored: object) -> None:
        for name, widget in choosers.items():
            widget.set_visible(config.get_property("exemplar") in SOURCES[name])

    config.connect("notify::exemplar", update)
    update()
    return stacked(source, *choosers.values())


def _new(form: Form, layer: Gimp.Layer) -> Gtk.Widget:
    rest = _widgets(form, "destination", "seamless", "variations")
    return stacked(_size(form, layer), _optional(form, "exemplar-mask"), rest)


def _named(form: Form, layers: Sequence[Gimp.Layer], members: Sequence[Gimp.Layer]) -> Gtk.Widget:
    """Tell which layers are meant, and as what: others may be selected while the dialog is open."""
    shown = [_("Layer “{name}”").format(name=each.get_name()) for each in layers]
    label = text_label(shown[0], least=30, most=50, lines=NAME_LINES)
    if len(members) <= 1:
        return label
    maps = [each.get_name() for each in members]
    names = texture_sets.names_of(maps)

    def description() -> str:
        if texture_sets.is_set(names, form.config.get_property("layers-as")):
            return texture_sets.described(names, maps)
        if len(layers) == 1:
            return shown[0]
        guided = _drawable(form.config, "canvas-guide") is not None
        how = _("Mixed by the canvas guide, from black to white: {layers}")
        return (how if guided else _("Mixed in equal shares: {layers}")).format(layers=", ".join(shown))

    def update(*_ignored: object) -> None:
        label.set_text(description())
        label.set_tooltip_text(description())

    for name in ("canvas-guide", "layers-as"):
        form.config.connect(f"notify::{name}", update)
    update()
    return label


def _size(form: Form, layer: Gimp.Layer) -> Gtk.Widget:
    """Let the size be chosen in pixels or as a ratio, unless a drawable gives it; hide the rest."""
    guided, config = text_label(least=30, most=50), form.config
    by_ratio = Gtk.RadioButton.new_with_mnemonic(None, _("Size _by ratio"))
    in_pixels = Gtk.RadioButton.new_with_mnemonic_from_widget(by_ratio, _("Size in _pixels"))
    ratio, width, height = (_widget(form, name) for name in ("ratio", "width", "height"))

    def update(*_ignored: object) -> None:
        pixels = in_pixels.get_active()
        exemplar = _part_of(layer)
        with config.freeze_notify():
            for name, side in (("width", exemplar.width), ("height", exemplar.height)):
                if pixels and not config.get_property(name):
                    wanted = round(config.get_property("ratio") * side)
                    config.set_property(name, min(max(SMALLEST_SIDE, wanted), LARGEST_SIDE))
                elif not pixels:
                    config.set_property(name, 0)
        ratio.set_visible(not pixels)
        width.set_visible(pixels)
        height.set_visible(pixels)

    across = Gtk.Box(spacing=12)
    for button in (by_ratio, in_pixels):
        across.pack_start(button, False, False, 0)
    across.show_all()
    box = stacked(across, ratio, width, height)

    def choose(*_ignored: object) -> None:
        # Resetting or loading all settings sets a size, too.
        (in_pixels if config.get_property("width") or config.get_property("height") else by_ratio).set_active(True)

    choose()
    in_pixels.connect("toggled", update)
    for name in ("width", "height"):
        config.connect(f"notify::{name}", choose)
    update()

    def follow(*_ignored: object) -> None:
        sentence = _given_size(config)
        box.set_visible(not sentence)
        guided.set_visible(bool(sentence))
        guided.set_text(sentence)

    for name in ("canvas-guide", *DRAWN):
        config.connect(f"notify::{name}", follow)
    follow()
    return stacked(box, guided)


def _part_of(layer: Gimp.Layer) -> Box:
    """Find what of a layer is the exemplar; all of it where nothing of it is selected, or where it is gone."""
    if not canvas.attached(layer):
        return Box(0, 0, 0, 0)
    extent = canvas.extent(layer)
    selected = canvas.selection(layer.get_image())
    return (extent.common(selected) if selected else extent) or extent


def _given_size(config: Gimp.ProcedureConfig) -> str:
    """Say which drawable gives the size of the new texture; nothing where none does."""
    named = {
        "canvas-guide": _("Size of the canvas guide: {width} × {height} px"),
        "content": _("Size of the content: {width} × {height} px"),
        "rotation-map": _("Size of the rotation map: {width} × {height} px"),
        "scale-map": _("Size of the scale map: {width} × {height} px"),
    }
    for name, sentence in named.items():
        item = _drawable(config, name)
        if item is not None:
            return sentence.format(width=item.get_width(), height=item.get_height())
    return ""


def _optional(form: Form, name: str) -> Gtk.Widget:
    """Let a drawable be chosen, or none: GIMP's chooser has no way back."""
    absent = {
        "exemplar-mask": _("No exemplar mask"),
        "guide": _("No exemplar guide"),
        "canvas-guide": _("No canvas guide"),
        "content": _("No content"),
        "rotation-map": _("No rotation map"),
        "scale-map": _("No scale map"),
    }
    box = Gtk.Box(spacing=6)
    none = Gtk.Button.new_from_icon_name("edit-clear", Gtk.IconSize.BUTTON)
    none.set_tooltip_text(absent[name])
    none.connect("clicked", lambda _button: form.config.set_property(name, None))
    none.show()
    box.pack_start(_widget(form, name), True, True, 0)
    box.pack_start(none, False, False, 0)
    box.show()
    return box


def _drawable(config: Gimp.ProcedureConfig, name: str) -> Gimp.Drawable | None:
    """Find a drawable that is chosen and exists still."""
    chosen = config.get_property(name)
    return None if chosen is None else canvas.find(chosen.get_id())


def _seed(form: Form) -> Gtk.Widget:
    box = Gtk.Box(spacing=6)
    dice = Gtk.Button()
    dice.add(Gtk.Image.new_from_file(str(ICONS / "dice.svg")))
    dice.set_tooltip_text(_("New random seed"))
    dice.connect("clicked", lambda _button: form.config.set_property("seed", new_seed()))
    dice.show_all()
    box.pack_start(_widget(form, "seed"), True, True, 0)
    box.pack_start(dice, False, False, 0)
    # Enlarged pictures have one layout.
    if form.kind != user_options.ENLARGE:
        pick = Gtk.Button(label=_("Pick…"))
        pick.set_tooltip_text(_("Compare coarse pictures of several seeds, and choose one"))
        pick.connect("clicked", lambda _button: form.on_pick())
        pick.show()
        box.pack_start(pick, False, False, 0)
    box.show()
    return box
