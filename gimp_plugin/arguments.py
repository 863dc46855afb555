"""The arguments of the procedures, and the options that they give."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from gi.repository import Gimp, GObject

from gimp_plugin import user_options, values
from gimp_plugin.translation import _
from gimp_plugin.user_options import Options
from protocol.vocabulary import Setting, checked, settings

FLAGS = GObject.ParamFlags.READWRITE
# GObject drops what is not finite without them, and scripts would not be told.
LAX = FLAGS | GObject.ParamFlags.LAX_VALIDATION
# Wide ranges, because values outside them do not arrive here; see `values`.
WHOLE = (-(2**31), 2**31 - 1)
BROAD = (-1e9, 1e9)
USUAL_SIDE = 20.0
ENLARGING = ("seed", "flatten")
"""Settings that count where a picture is enlarged."""


def add_texture(procedure: Gimp.Procedure, task: str) -> None:
    """Declare arguments and return values of a procedure that makes textures.

    Args:
        procedure: The procedure.
        task: `fill`, `new`, `seamless`, `extend`, `enlarge`, or another, which has no arguments of its own.
    """
    own: Mapping[str, Callable[[Gimp.Procedure], None]] = {
        user_options.FILL: _add_fill,
        user_options.NEW: _add_new,
        user_options.SEAMLESS: _add_seamless,
        user_options.EXTEND: _add_extend,
        user_options.ENLARGE: _add_enlarge,
    }
    if task in own:
        if task != user_options.ENLARGE:
            _add_common(procedure)
        own[task](procedure)
    procedure.add_image_return_value("result-image", _("Image"), _("The image with the texture"), True, FLAGS)
    procedure.add_layer_return_value("result-layer", _("Layer"), _("The texture"), True, FLAGS)


def add_engine(procedure: Gimp.Procedure) -> None:
    """Declare arguments and return values of the procedure for the engine."""
    _add_choice(procedure, "engine", "action", _("_Action"), _("What to do"), "status")
    procedure.add_string_return_value("report", _("Report"), _("What the engine is doing"), "", FLAGS)


def add_saving(procedure: Gimp.Procedure) -> None:
    """Declare arguments and return values of the procedure that saves a pattern."""
    text = _("Name of the pattern; empty: the layer's name, with a number if there is such a pattern")
    _add(procedure, "pattern-name", _("_Name"), text, "")
    procedure.add_string_return_value("saved-name", _("Name"), _("The name of the pattern"), "", FLAGS)


def value_of(spec: GObject.ParamSpec, value: object) -> GObject.Value:
    """Wrap a return value of a procedure."""
    wrapped = GObject.Value()
    wrapped.init(spec.value_type)
    if isinstance(value, str):
        wrapped.set_string(value)
    elif value is not None:
        wrapped.set_object(value)
    return wrapped


def _add(procedure: Gimp.Procedure, name: str, label: str, text: str, default: str | float | None) -> None:
    """Declare an argument of the type of its default: a text, a whole number or not, yes or no, None: a drawable."""
    if default is None:
        procedure.add_drawable_argument(name, label, text, True, FLAGS)
    elif isinstance(default, bool):
        procedure.add_boolean_argument(name, label, text, default, FLAGS)
    elif isinstance(default, int):
        procedure.add_int_argument(name, label, text, *WHOLE, default, FLAGS)
    elif isinstance(default, float):
        procedure.add_double_argument(name, label, text, *BROAD, default, LAX)
    else:
        procedure.add_string_argument(name, label, text, default, FLAGS)


def add_setting(procedure: Gimp.Procedure, setting: Setting) -> None:
    """Declare a setting of the vocabulary."""
    name, text = setting.argument, _(setting.help)
    if setting.choices:
        text = text.removesuffix(".") + values.listed(values.choices("", name))
    elif name in values.RANGES and name in values.ABSENT:
        text = _("{text} {number}: automatic.").format(text=text, number=f"{values.ABSENT[name]:g}")
    _add(procedure, name, _(setting.label), text, values.ABSENT.get(name, setting.default))


def _add_choice(procedure: Gimp.Procedure, task: str, name: str, label: str, text: str, default: str) -> None:
    """Declare an argument that is one of some words, which its description lists as scripts give them."""
    _add(procedure, name, label, text + values.listed(values.choices(task, name)), default)


def _add_common(procedure: Gimp.Procedure) -> None:
    """Declare the arguments of all textures."""
    for setting in settings().values():
        if setting.label:
            add_setting(procedure, setting)
    text = _("Keep the last frame of each octave as a layer")
    _add(procedure, "keep-frames", _("Keep _all frames as layers"), text, default=False)


def _add_fill(procedure: Gimp.Procedure) -> None:
    text = _("The exemplar")
    _add_choice(procedure, user_options.FILL, "exemplar", _("_Exemplar"), text, user_options.SURROUNDINGS)
    _add(procedure, "exemplar-drawable", _("La_yer or image"), _("The exemplar, if it is a drawable"), None)
    # Any: GIMP's words for a file that is not there do not name it.
    text, action = _("The exemplar, if it is a file"), Gimp.FileChooserAction.ANY
    procedure.add_file_argument("exemplar-file", _("F_ile"), text, action, True, None, FLAGS)
    text = _("The exemplar, if it is a pattern")
    procedure.add_pattern_argument("exemplar-pattern", _("_Pattern"), text, True, None, True, FLAGS)
    text = _("Sides of the selection to sample")
    _add_choice(procedure, user_options.FILL, "sample-from", _("Sa_mple from"), text, user_options.ALL)
    text = _(
        "Distance from the selection within which to sample, up to 16384 px. 0: depends on the size of the "
        "selection; with an exemplar mask, no limit"
    )
    _add(procedure, "context", _("Con_text, px (0: automatic)"), text, 0)
    _add_mask(procedure)


def _add_mask(procedure: Gimp.Procedure) -> None:
    text = _("A channel or layer of the image that is sampled. Only its white part is sampled")
    _add(procedure, "exemplar-mask", _("E_xemplar mask"), text, None)


def _add_new(procedure: Gimp.Procedure) -> None:
    _add(procedure, "ratio", _("Si_ze, times the exemplar's"), _("Used if width and height are 0; 0.1 to 64"), 2.0)
    _add(procedure, "width", _("_Width"), _("Pixels, 8 to 16384. 0: use the ratio"), 0)
    _add(procedure, "height", _("H_eight"), _("Pixels, 8 to 16384. 0: use the ratio"), 0)
    text = _("Axes along which the texture tiles")
    _add_choice(procedure, user_options.NEW, "seamless", _("_Tileable"), text, user_options.NONE)
    _add(procedure, "variations", _("_Variations"), _("Number of textures, 1 to 16, with consecutive seeds"), 1)
    text = _("Where to put the texture")
    _add_choice(procedure, user_options.NEW, "destination", _("Put _into"), text, user_options.IMAGE)
    text = _(
        "How to use several layers, or those of a layer group (automatic: layers with names such as oak_color and "
        "oak_normal are maps of one texture)"
    )
    _add_choice(procedure, user_options.NEW, "layers-as", _("Use la_yers as"), text, user_options.AUTO)
    _add_mask(procedure)
    text = _("A channel or layer of the image, with each kind of area of the exemplar in a flat color of its own")
    _add(procedure, "guide", _("Exemplar _guide"), text, None)
    text = _(
        "A channel or layer of any image, as large as the new texture, with the colors of the exemplar guide "
        "where you want these areas. For several layers: grays that mix them, from black for the first to white "
        "for the last"
    )
    _add(procedure, "canvas-guide", _("Can_vas guide"), text, None)
    _add_shape(procedure)


def _add_shape(procedure: Gimp.Procedure) -> None:
    """Declare the content of a new texture, and rotation and scale of its exemplar."""
    text = _("A layer of any image, as large as the new texture, that is redrawn with the exemplar's texture")
    _add(procedure, "content", _("Con_tent"), text, None)
    _add(procedure, "strength", _("Stre_ngth"), _("How closely the texture follows the content, 0 to 1"), 0.5)
    text = _("What the texture follows in the content")
    _add_choice(procedure, user_options.NEW, "content-by", _("_Follow"), text, user_options.BRIGHTNESS)
    text = _("Rotation of the exemplar, -360 to 360 degrees, counterclockwise")
    _add(procedure, "exemplar-rotation", _("R_otate exemplar, °"), text, 0.0)
    text = _("Scale of the exemplar, 0.25 to 4; 0.5 halves its size")
    _add(procedure, "exemplar-scale", _("Scale e_xemplar"), text, 1.0)
    text = _(
        "A gray channel or layer of any image, as large as the new texture, that rotates the exemplar locally: "
        "black not at all, white by 360°"
    )
    _add(procedure, "rotation-map", _("Rotat_ion map"), text, None)
    text = _(
        "A gray channel or layer of any image, as large as the new texture, that scales the exemplar locally: "
        "black halves its size, middle gray keeps it, white doubles it"
    )
    _add(procedure, "scale-map", _("Scal_e map"), text, None)


def _add_seamless(procedure: Gimp.Procedure) -> None:
    text = _("Axes along which the texture tiles")
    _add_choice(procedure, user_options.SEAMLESS, "seamless", _("_Tileable"), text, user_options.BOTH)


def _add_extend(procedure: Gimp.Procedure) -> None:
    text = _("Unit of the four lengths (percent of the image's height or width)")
    _add_choice(procedure, user_options.EXTEND, "unit", _("Uni_t"), text, user_options.PERCENT)
    sides = {"top": _("To_p"), "right": _("Ri_ght"), "bottom": _("_Bottom"), "left": _("Le_ft")}
    for name, label in sides.items():
        _add(procedure, name, label, _("How much to add on this side"), USUAL_SIDE)


def _add_enlarge(procedure: Gimp.Procedure) -> None:
    text = _("How many times as large the picture becomes, 1.1 to 8")
    _add(procedure, "factor", _("Times as lar_ge"), text, 2.0)
    text = _("Axes along which picture and enlargement tile")
    _add_choice(procedure, user_options.ENLARGE, "seamless", _("_Tileable"), text, user_options.NONE)
    for name in ENLARGING:
        add_setting(procedure, settings()[name])


def options_of(config: Gimp.ProcedureConfig, task: str) -> Options:
    """Read the arguments.

    Args:
        config: The arguments of this run.
        task: `fill`, `new`, `seamless`, `extend` or `enlarge`.

    Returns:
        The options.

    Raises:
        ValueOutOfRangeError: The value of an argument is not allowed.
    """
    values.check(config, task)
    if task == user_options.ENLARGE:
        return Options(task, checked({**_given(config, *ENLARGING, "seamless"), "enlarge": _value(config, "factor")}))
    asked = settings_of(config)
    if task in {user_options.NEW, user_options.SEAMLESS}:
        asked |= _given(config, "seamless")
    if task == user_options.NEW:
        asked |= _given(config, "exemplar-rotation", "exemplar-scale")
        if _value(config, "content") is not None:
            asked |= _given(config, "strength", "content-by")
    options = Options(task, checked(asked), keep_frames=_value(config, "keep-frames"))
    if task == user_options.FILL:
        return _fill(options, config)
    if task == user_options.EXTEND:
        return replace(options, **_given(config, "unit", "top", "right", "bottom", "left"))
    return _new(options, config) if task == user_options.NEW else options


def _fill(options: Options, config: Gimp.ProcedureConfig) -> Options:
    file, pattern = _value(config, "exemplar-file"), _value(config, "exemplar-pattern")
    return replace(
        options,
        source=_value(config, "exemplar"),
        drawable=_id(config, "exemplar-drawable"),
        file=(file.get_path() or file.get_uri()) if file is not None else "",
        pattern=pattern.get_name() if pattern is not None else "",
        mask=_id(config, "exemplar-mask"),
        **_given(config, "sample-from", "context"),
    )


def _new(options: Options, config: Gimp.ProcedureConfig) -> Options:
    return replace(
        options,
        mask=_id(config, "exemplar-mask"),
        guide=_id(config, "guide"),
        canvas_guide=_id(config, "canvas-guide"),
        content=_id(config, "content"),
        rotation_map=_id(config, "rotation-map"),
        scale_map=_id(config, "scale-map"),
        **_given(config, "ratio", "width", "height", "variations", "destination", "layers-as"),
    )


def _given(config: Gimp.ProcedureConfig, *names: str) -> dict[str, Any]:
    """Read arguments that options or settings have the names of."""
    return {name.replace("-", "_"): _value(config, name) for name in names}


def settings_of(config: Gimp.ProcedureConfig) -> dict[str, Any]:
    """Read the settings that all textures have."""
    found = _given(config, *(each.argument for each in settings().values() if each.label))
    absent = {name.replace("-", "_"): value for name, value in values.ABSENT.items()}
    return {name: None if name in absent and value == absent[name] else value for name, value in found.items()}


def _value(config: Gimp.ProcedureConfig, name: str) -> Any:  # noqa: ANN401 - of any type
    return config.get_property(name)


def _id(config: Gimp.ProcedureConfig, name: str) -> int:
    drawable = _value(config, name)
    return int(drawable.get_id()) if drawable is not None else 0
