"""The arguments of the procedures, and what they mean as a wish."""

from dataclasses import replace

from gi.repository import Gimp, GObject

from gimp_plugin import values, wishes
from gimp_plugin.translation import _
from gimp_plugin.wishes import Wish

FLAGS = GObject.ParamFlags.READWRITE
# No narrower ranges: what lies beyond them would not arrive here, see `values`.
WHOLE = (-(2**31), 2**31 - 1)
BROAD = (-1e9, 1e9)


def add_texture(procedure: Gimp.Procedure, task: str) -> None:
    """Declare arguments and return values of a procedure that makes textures.

    Args:
        procedure: The procedure.
        task: `fill`, `new`, `seamless`, or another, which has no arguments of its own.
    """
    if task in {wishes.FILL, wishes.NEW, wishes.SEAMLESS}:
        add_common(procedure)
        if task == wishes.FILL:
            add_fill(procedure)
        elif task == wishes.NEW:
            add_new(procedure)
        else:
            add_seamless(procedure)
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


def value_of(spec: GObject.ParamSpec, value: object) -> GObject.Value:
    """Wrap what a procedure returns."""
    wrapped = GObject.Value()
    wrapped.init(spec.value_type)
    if isinstance(value, str):
        wrapped.set_string(value)
    elif value is not None:
        wrapped.set_object(value)
    return wrapped


def add_common(procedure: Gimp.Procedure) -> None:
    """Declare what every texture has."""
    procedure.add_string_argument(
        "recipe",
        _("Loo_k"),
        _("How the texture is made: photo, sliced, gram or patch"),
        "photo",
        FLAGS,
    )
    procedure.add_string_argument(
        "quality",
        _("_Quality"),
        _("How much time is spent: draft, normal or best"),
        "normal",
        FLAGS,
    )
    procedure.add_string_argument(
        "encoder",
        _("_Network"),
        _("The network that looks at the picture: compact, vgg19, vgg16 or vgg11"),
        "compact",
        FLAGS,
    )
    procedure.add_int_argument(
        "seed", _("See_d"), _("Another seed gives another texture; 0 to 2147483647"), *WHOLE, 0, FLAGS
    )
    procedure.add_boolean_argument(
        "flatten",
        _("Opaq_ue texture"),
        _("Sample only what is opaque, and make an opaque texture; else alpha is a part of it"),
        False,
        FLAGS,
    )
    procedure.add_boolean_argument(
        "keep-frames",
        _("Keep _all frames as layers"),
        _("Keep every octave's last frame as a layer"),
        False,
        FLAGS,
    )


def add_fill(procedure: Gimp.Procedure) -> None:
    """Declare where a fill takes its exemplar."""
    procedure.add_string_argument(
        "exemplar",
        _("_Exemplar"),
        _("The exemplar: surroundings, drawable, file or pattern"),
        wishes.SURROUNDINGS,
        FLAGS,
    )
    procedure.add_drawable_argument(
        "exemplar-drawable",
        _("La_yer or image"),
        _("The exemplar, where it is a drawable"),
        True,
        FLAGS,
    )
    procedure.add_file_argument(
        "exemplar-file",
        _("F_ile"),
        _("The exemplar, where it is a file"),
        Gimp.FileChooserAction.OPEN,
        True,
        None,
        FLAGS,
    )
    procedure.add_pattern_argument(
        "exemplar-pattern",
        _("_Pattern"),
        _("The exemplar, where it is a pattern"),
        True,
        None,
        True,
        FLAGS,
    )
    procedure.add_string_argument(
        "sample-from",
        _("Sa_mple from"),
        _("Where around the selection to sample: all, sides or above-below"),
        wishes.ALL,
        FLAGS,
    )
    procedure.add_int_argument(
        "context",
        _("Con_text, px (0: automatic)"),
        _("How far around the selection to sample, at most 16384 px; 0: by the selection's size, or all of the mask"),
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
    """Declare what a new texture is to be like."""
    procedure.add_double_argument(
        "ratio",
        _("Si_ze, times the exemplar's"),
        _("Used where width and height are 0; 0.1 to 64"),
        *BROAD,
        2.0,
        FLAGS,
    )
    procedure.add_int_argument("width", _("_Width"), _("Pixels, 8 to 16384; 0: by the ratio"), *WHOLE, 0, FLAGS)
    procedure.add_int_argument("height", _("_Height"), _("Pixels, 8 to 16384; 0: by the ratio"), *WHOLE, 0, FLAGS)
    procedure.add_string_argument(
        "seamless",
        _("_Tiles without a seam"),
        _("How the texture tiles: none, x (left fits right), y (top fits bottom) or both"),
        wishes.NONE,
        FLAGS,
    )
    procedure.add_int_argument(
        "variations", _("_Variations"), _("How many, 1 to 16, of seeds that follow each other"), *WHOLE, 1, FLAGS
    )
    procedure.add_string_argument(
        "destination",
        _("_Into"),
        _("Where to put the texture: image or layers"),
        wishes.IMAGE,
        FLAGS,
    )
    add_mask(procedure)


def add_seamless(procedure: Gimp.Procedure) -> None:
    """Declare how a picture is to tile."""
    procedure.add_string_argument(
        "seamless",
        _("_Tiles without a seam"),
        _("How the texture tiles: x (left fits right), y (top fits bottom) or both"),
        wishes.BOTH,
        FLAGS,
    )


def wish_of(config: Gimp.ProcedureConfig, task: str) -> Wish:
    """Read the arguments.

    Args:
        config: The arguments of this run.
        task: `fill`, `new` or `seamless`.

    Returns:
        What is wanted.

    Raises:
        ValueOutOfRangeError: An argument has a value that it may not have.
    """
    values.check(config, task)
    wish = Wish(
        task,
        recipe=config.get_property("recipe"),
        quality=config.get_property("quality"),
        encoder=config.get_property("encoder"),
        seed=config.get_property("seed"),
        keep_frames=config.get_property("keep-frames"),
        flatten=config.get_property("flatten"),
    )
    if task == wishes.FILL:
        return _fill(wish, config)
    wish = replace(wish, wrap=config.get_property("seamless"))
    return _new(wish, config) if task == wishes.NEW else wish


def _fill(wish: Wish, config: Gimp.ProcedureConfig) -> Wish:
    drawable = config.get_property("exemplar-drawable")
    file = config.get_property("exemplar-file")
    pattern = config.get_property("exemplar-pattern")
    return replace(
        wish,
        source=config.get_property("exemplar"),
        drawable=drawable.get_id() if drawable is not None else 0,
        file=(file.get_path() or "") if file is not None else "",
        pattern=pattern.get_name() if pattern is not None else "",
        sample_from=config.get_property("sample-from"),
        context=config.get_property("context"),
        mask=_mask_id(config),
    )


def _new(wish: Wish, config: Gimp.ProcedureConfig) -> Wish:
    return replace(
        wish,
        ratio=config.get_property("ratio"),
        width=config.get_property("width"),
        height=config.get_property("height"),
        variations=config.get_property("variations"),
        destination=config.get_property("destination"),
        mask=_mask_id(config),
    )


def _mask_id(config: Gimp.ProcedureConfig) -> int:
    mask = config.get_property("exemplar-mask")
    return int(mask.get_id()) if mask is not None else 0
