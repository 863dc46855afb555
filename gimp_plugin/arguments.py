"""The arguments of the procedures, and what they mean as a wish."""

from collections.abc import Mapping
from dataclasses import replace

from gi.repository import Gimp, GObject

from gimp_plugin import wishes
from gimp_plugin.translation import _
from gimp_plugin.wishes import Wish

FLAGS = GObject.ParamFlags.READWRITE
LARGEST_SEED = 2**31 - 1
LARGEST_SIDE = 16384
MOST_VARIATIONS = 16


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
    procedure.add_choice_argument(
        "action",
        _("_Action"),
        _("What to do: status, start or stop"),
        _choice({"status": _("Tell what it is doing"), "start": _("Start it"), "stop": _("Stop it")}),
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
    procedure.add_choice_argument(
        "recipe",
        _("Loo_k"),
        _("How the texture is made: photo, sliced, gram or patch"),
        _choice(
            {
                "photo": _("Natural: whole shapes, crisp (photo)"),
                "sliced": _("Loose: same colours and grain (sliced)"),
                "gram": _("Classic: the first neural textures (gram)"),
                "patch": _("Close: pieces of the exemplar (patch)"),
            }
        ),
        "photo",
        FLAGS,
    )
    procedure.add_choice_argument(
        "quality",
        _("_Quality"),
        _("How much time is spent: draft, normal or best"),
        _choice(
            {
                "draft": _("Draft: a quick look"),
                "normal": _("Normal"),
                "best": _("Best: for the final picture"),
            }
        ),
        "normal",
        FLAGS,
    )
    procedure.add_choice_argument(
        "encoder",
        _("_Network"),
        _("The network that looks at the picture: compact, vgg19, vgg16 or vgg11"),
        _choice(
            {
                "compact": _("Compact (built in)"),
                "vgg19": _("VGG-19 (fetches 550 MB once)"),
                "vgg16": _("VGG-16 (fetches 530 MB once)"),
                "vgg11": _("VGG-11 (fetches 510 MB once)"),
            }
        ),
        "compact",
        FLAGS,
    )
    procedure.add_int_argument("seed", _("See_d"), _("Another seed gives another texture"), 0, LARGEST_SEED, 0, FLAGS)
    procedure.add_boolean_argument(
        "flatten",
        _("_Opaque texture"),
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
    procedure.add_choice_argument(
        "exemplar",
        _("_Exemplar"),
        _("The exemplar: surroundings, drawable, file or pattern"),
        _choice(
            {
                wishes.SURROUNDINGS: _("What lies around the selection"),
                wishes.DRAWABLE: _("Another layer or image"),
                wishes.FILE: _("A file"),
                wishes.PATTERN: _("A pattern"),
            }
        ),
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
    procedure.add_choice_argument(
        "sample-from",
        _("Sa_mple from"),
        _("Where around the selection to sample: all, sides or above-below"),
        _choice(
            {
                wishes.ALL: _("All around"),
                wishes.SIDES: _("Left and right"),
                wishes.ABOVE_BELOW: _("Above and below"),
            }
        ),
        wishes.ALL,
        FLAGS,
    )
    procedure.add_int_argument(
        "context",
        _("Con_text, px (0: automatic)"),
        _("How far around the selection to sample, pixels; 0: by the size of the selection, or all of the mask"),
        0,
        LARGEST_SIDE,
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
        "ratio", _("Si_ze, times the exemplar's"), _("Used where width and height are 0"), 0.1, 64.0, 2.0, FLAGS
    )
    procedure.add_int_argument("width", _("_Width"), _("Pixels; 0: by the ratio"), 0, LARGEST_SIDE, 0, FLAGS)
    procedure.add_int_argument("height", _("_Height"), _("Pixels; 0: by the ratio"), 0, LARGEST_SIDE, 0, FLAGS)
    procedure.add_choice_argument(
        "seamless",
        _("_Tiles without a seam"),
        _("How the texture tiles: none, x (left fits right), y (top fits bottom) or both"),
        _choice({wishes.NONE: _("No"), **_axes()}),
        wishes.NONE,
        FLAGS,
    )
    procedure.add_int_argument(
        "variations", _("_Variations"), _("How many, of seeds that follow each other"), 1, MOST_VARIATIONS, 1, FLAGS
    )
    procedure.add_choice_argument(
        "destination",
        _("_Into"),
        _("Where to put the texture: image or layers"),
        _choice({wishes.IMAGE: _("A new image"), wishes.LAYERS: _("New layers of this image")}),
        wishes.IMAGE,
        FLAGS,
    )
    add_mask(procedure)


def add_seamless(procedure: Gimp.Procedure) -> None:
    """Declare how a picture is to tile."""
    procedure.add_choice_argument(
        "seamless",
        _("_Tiles without a seam"),
        _("How the texture tiles: x (left fits right), y (top fits bottom) or both"),
        _choice(_axes()),
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
    """
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


def _axes() -> dict[str, str]:
    return {wishes.ACROSS: _("Horizontally"), wishes.DOWN: _("Vertically"), wishes.BOTH: _("Both")}


def _choice(labels: Mapping[str, str]) -> Gimp.Choice:
    choice = Gimp.Choice.new()
    for number, (name, label) in enumerate(labels.items()):
        choice.add(name, number, label, "")
    return choice
