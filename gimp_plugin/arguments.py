"""The arguments of the procedures, and the options that they give."""

from dataclasses import replace

from gi.repository import Gimp, GObject

from gimp_plugin import user_options, values
from gimp_plugin.translation import _
from gimp_plugin.user_options import Options
from protocol.vocabulary import Setting, checked, settings

FLAGS = GObject.ParamFlags.READWRITE
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
    own = {
        user_options.FILL: add_fill,
        user_options.NEW: add_new,
        user_options.SEAMLESS: add_seamless,
        user_options.EXTEND: add_extend,
        user_options.ENLARGE: add_enlarge,
    }
    if task in own:
        if task != user_options.ENLARGE:
            add_common(procedure)
        own[task](procedure)
    procedure.add_image_return_value("result-image", _("Image"), _("The image with the texture"), True, FLAGS)
    procedure.add_layer_return_value("result-layer", _("Layer"), _("The texture"), True, FLAGS)


def add_engine(procedure: Gimp.Procedure) -> None:
    """Declare arguments and return values of the procedure for the engine."""
    procedure.add_string_argument(
        "action",
        _("_Action"),
        _("What to do: status, start or stop"),
        "status",
        FLAGS,
    )
    procedure.add_string_return_value("report", _("Report"), _("What the engine is doing"), "", FLAGS)


def add_saving(procedure: Gimp.Procedure) -> None:
    """Declare arguments and return values of the procedure that saves a pattern."""
    procedure.add_string_argument(
        "pattern-name",
        _("_Name"),
        _("Name of the pattern; empty: the layer's name, with a number if there is such a pattern"),
        "",
        FLAGS,
    )
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


def add_common(procedure: Gimp.Procedure) -> None:
    """Declare the arguments of all textures."""
    for setting in settings().values():
        if setting.label:
            _add_setting(procedure, setting)
    procedure.add_boolean_argument(
        "keep-frames",
        _("Keep _all frames as layers"),
        _("Keep the last frame of each octave as a layer"),
        False,
        FLAGS,
    )


def _add_setting(procedure: Gimp.Procedure, setting: Setting) -> None:
    """Declare a setting of the vocabulary."""
    label, text = _(setting.label), _(setting.help)
    if setting.kind is bool:
        procedure.add_boolean_argument(setting.name, label, text, setting.default, FLAGS)
    elif setting.kind is int:
        procedure.add_int_argument(setting.name, label, text, *WHOLE, setting.default, FLAGS)
    elif setting.kind is float:
        procedure.add_double_argument(setting.name, label, text, *BROAD, setting.default, FLAGS)
    else:
        words = f"{text.removesuffix('.')}: {', '.join(setting.choices)}" if setting.choices else text
        procedure.add_string_argument(setting.name, label, words, setting.default, FLAGS)


def add_fill(procedure: Gimp.Procedure) -> None:
    """Declare the arguments of a fill."""
    procedure.add_string_argument(
        "exemplar",
        _("_Exemplar"),
        _("The exemplar: surroundings, drawable, file or pattern"),
        user_options.SURROUNDINGS,
        FLAGS,
    )
    procedure.add_drawable_argument(
        "exemplar-drawable",
        _("La_yer or image"),
        _("The exemplar, if it is a drawable"),
        True,
        FLAGS,
    )
    procedure.add_file_argument(
        "exemplar-file",
        _("F_ile"),
        _("The exemplar, if it is a file"),
        Gimp.FileChooserAction.OPEN,
        True,
        None,
        FLAGS,
    )
    procedure.add_pattern_argument(
        "exemplar-pattern",
        _("_Pattern"),
        _("The exemplar, if it is a pattern"),
        True,
        None,
        True,
        FLAGS,
    )
    procedure.add_string_argument(
        "sample-from",
        _("Sa_mple from"),
        _("Sides of the selection to sample: all, sides or above-below"),
        user_options.ALL,
        FLAGS,
    )
    procedure.add_int_argument(
        "context",
        _("Con_text, px (0: automatic)"),
        _(
            "Distance from the selection within which to sample, up to 16384 px. 0: by the size of the selection; "
            "with an exemplar mask, all of its white part"
        ),
        *WHOLE,
        0,
        FLAGS,
    )
    add_mask(procedure)


def add_mask(procedure: Gimp.Procedure) -> None:
    """Declare the exemplar mask."""
    procedure.add_drawable_argument(
        "exemplar-mask",
        _("E_xemplar mask"),
        _("A channel or layer of the image that is sampled, white where to sample it"),
        True,
        FLAGS,
    )


def add_new(procedure: Gimp.Procedure) -> None:
    """Declare the arguments of a new texture."""
    procedure.add_double_argument(
        "ratio",
        _("Si_ze, times the exemplar's"),
        _("Used if width and height are 0; 0.1 to 64"),
        *BROAD,
        2.0,
        FLAGS,
    )
    procedure.add_int_argument("width", _("_Width"), _("Pixels, 8 to 16384. 0: use the ratio"), *WHOLE, 0, FLAGS)
    procedure.add_int_argument("height", _("H_eight"), _("Pixels, 8 to 16384. 0: use the ratio"), *WHOLE, 0, FLAGS)
    procedure.add_string_argument(
        "seamless",
        _("_Tileable"),
        _("Axes along which the texture tiles: none, x (horizontally), y (vertically) or both"),
        user_options.NONE,
        FLAGS,
    )
    procedure.add_int_argument(
        "variations", _("_Variations"), _("Number of textures, 1 to 16, with consecutive seeds"), *WHOLE, 1, FLAGS
    )
    procedure.add_string_argument(
        "destination",
        _("Put _into"),
        _("Where to put the texture: image or layers"),
        user_options.IMAGE,
        FLAGS,
    )
    procedure.add_string_argument(
        "layers-as",
        _("Use la_yers as"),
        _(
            "What several layers, or those of a layer group, are: auto (maps of one texture if their names say so, "
            "such as oak_color and oak_normal), mix (a mixture; a group is one picture) or maps"
        ),
        user_options.AUTO,
        FLAGS,
    )
    add_mask(procedure)
    procedure.add_drawable_argument(
        "guide",
        _("Exemplar _guide"),
        _("A channel or layer of the image, with each kind of area of the exemplar in a flat color of its own"),
        True,
        FLAGS,
    )
    procedure.add_drawable_argument(
        "canvas-guide",
        _("Can_vas guide"),
        _(
            "A channel or layer of any image, as large as the new texture, with the colors of the exemplar guide "
            "where you want these areas. For several layers: grays that mix them, from black for the first to white "
            "for the last"
        ),
        True,
        FLAGS,
    )
    add_shape(procedure)


def add_shape(procedure: Gimp.Procedure) -> None:
    """Declare the content of a new texture, and rotation and scale of its exemplar."""
    procedure.add_drawable_argument(
        "content",
        _("Con_tent"),
        _("A layer of any image, as large as the new texture, that is redrawn with the exemplar's texture"),
        True,
        FLAGS,
    )
    procedure.add_double_argument(
        "strength", _("Stre_ngth"), _("How closely the texture follows the content, 0 to 1"), *BROAD, 0.5, FLAGS
    )
    procedure.add_string_argument(
        "content-by",
        _("_Follow"),
        _("What the texture follows in the content: brightness or color"),
        user_options.BRIGHTNESS,
        FLAGS,
    )
    procedure.add_double_argument(
        "exemplar-rotation",
        _("R_otate exemplar, °"),
        _("Rotation of the exemplar, -360 to 360 degrees, counterclockwise"),
        *BROAD,
        0.0,
        FLAGS,
    )
    procedure.add_double_argument(
        "exemplar-scale",
        _("Scale e_xemplar"),
        _("Size of the exemplar relative to its own, 0.25 to 4"),
        *BROAD,
        1.0,
        FLAGS,
    )
    procedure.add_drawable_argument(
        "rotation-map",
        _("Rotat_ion map"),
        _(
            "A gray channel or layer of any image, as large as the new texture, that rotates the exemplar locally: "
            "black not at all, white by 360°"
        ),
        True,
        FLAGS,
    )
    procedure.add_drawable_argument(
        "scale-map",
        _("Scal_e map"),
        _(
            "A gray channel or layer of any image, as large as the new texture, that scales the exemplar locally: "
            "black halves its size, middle gray keeps it, white doubles it"
        ),
        True,
        FLAGS,
    )


def add_seamless(procedure: Gimp.Procedure) -> None:
    """Declare the arguments of Make Seamless."""
    procedure.add_string_argument(
        "seamless",
        _("_Tileable"),
        _("Axes along which the texture tiles: x (horizontally), y (vertically) or both"),
        user_options.BOTH,
        FLAGS,
    )


def add_extend(procedure: Gimp.Procedure) -> None:
    """Declare how far an image is extended."""
    procedure.add_string_argument(
        "unit",
        _("Uni_t"),
        _("What the sides are extended by: percent of the image's height or width, or pixels"),
        user_options.PERCENT,
        FLAGS,
    )
    sides = {"top": _("To_p"), "right": _("Ri_ght"), "bottom": _("_Bottom"), "left": _("Le_ft")}
    for name, label in sides.items():
        procedure.add_double_argument(name, label, _("How much to add on this side"), *BROAD, USUAL_SIDE, FLAGS)


def add_enlarge(procedure: Gimp.Procedure) -> None:
    """Declare the factor of Enlarge, and the settings that apply to it."""
    procedure.add_double_argument(
        "factor",
        _("Times as lar_ge"),
        _("Size of the enlarged picture relative to its own, 1.1 to 8"),
        *BROAD,
        2.0,
        FLAGS,
    )
    procedure.add_string_argument(
        "seamless",
        _("_Tileable"),
        _(
            "Axes along which the picture tiles; the enlarged picture then tiles, too: none, x (horizontally), "
            "y (vertically) or both"
        ),
        user_options.NONE,
        FLAGS,
    )
    for name in ENLARGING:
        _add_setting(procedure, settings()[name])


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
        wanted = {name: config.get_property(name) for name in (*ENLARGING, "seamless")}
        return Options(task, checked({**wanted, "enlarge": config.get_property("factor")}))
    asked = {name: config.get_property(name) for name, each in settings().items() if each.label}
    if task in {user_options.NEW, user_options.SEAMLESS}:
        asked["seamless"] = config.get_property("seamless")
    if task == user_options.NEW:
        asked["exemplar_rotation"] = config.get_property("exemplar-rotation")
        asked["exemplar_scale"] = config.get_property("exemplar-scale")
        if config.get_property("content") is not None:
            asked["strength"] = config.get_property("strength")
            asked["content_by"] = config.get_property("content-by")
    options = Options(task, checked(asked), keep_frames=config.get_property("keep-frames"))
    if task == user_options.FILL:
        return _fill(options, config)
    if task == user_options.EXTEND:
        found = {name: config.get_property(name) for name in ("unit", "top", "right", "bottom", "left")}
        return replace(options, **found)
    return _new(options, config) if task == user_options.NEW else options


def _fill(options: Options, config: Gimp.ProcedureConfig) -> Options:
    file = config.get_property("exemplar-file")
    pattern = config.get_property("exemplar-pattern")
    return replace(
        options,
        source=config.get_property("exemplar"),
        drawable=_drawable_id(config, "exemplar-drawable"),
        file=(file.get_path() or file.get_uri()) if file is not None else "",
        pattern=pattern.get_name() if pattern is not None else "",
        sample_from=config.get_property("sample-from"),
        context=config.get_property("context"),
        mask=_drawable_id(config, "exemplar-mask"),
    )


def _new(options: Options, config: Gimp.ProcedureConfig) -> Options:
    return replace(
        options,
        ratio=config.get_property("ratio"),
        width=config.get_property("width"),
        height=config.get_property("height"),
        variations=config.get_property("variations"),
        destination=config.get_property("destination"),
        layers_as=config.get_property("layers-as"),
        mask=_drawable_id(config, "exemplar-mask"),
        guide=_drawable_id(config, "guide"),
        canvas_guide=_drawable_id(config, "canvas-guide"),
        content=_drawable_id(config, "content"),
        rotation_map=_drawable_id(config, "rotation-map"),
        scale_map=_drawable_id(config, "scale-map"),
    )


def _drawable_id(config: Gimp.ProcedureConfig, name: str) -> int:
    drawable = config.get_property(name)
    return int(drawable.get_id()) if drawable is not None else 0
