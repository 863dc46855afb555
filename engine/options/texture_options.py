"""The options of one texture: its pictures, its size, how its file is written."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, TypeVar, get_type_hints

import typer

from engine.options.numbers import number_option
from engine.options.paths import path_argument, path_option
from engine.options.setting_options import setting_options
from protocol.fields import Range

Command = TypeVar("Command", bound=Callable[..., None])

DEFAULT_SIZE = "512x512"
Variations = Annotated[int, Range(1, 1000)]
Percent = Annotated[int, Range(1, 100)]
Force = Annotated[bool, typer.Option("--force", help="Replace write-protected files.")]
EngineFile = Annotated[
    Path | None,
    path_option("Connection file of the engine that computes.", default="your running engine, if any"),
]

EXEMPLAR_HELP = (
    "The sample texture; several are mixed in one. This or any other input picture may be -, standard input."
)
MAPS_HELP = (
    "Another map of the same material as EXEMPLAR, such as its normals; may be repeated. Further EXEMPLAR files are "
    "then maps, too. All maps are made together, as a texture set. Files such as oak_color.png and oak_normal.png "
    "are a set without this option."
)
SIZE_HELP = "Width and height in pixels, such as 512x384, or one number for a square."
SIZE_DEFAULT = f"that of the canvas, its guide or the content, or {DEFAULT_SIZE}"
INIT_HELP = "Picture that the synthesis starts from."
CANVAS_HELP = "Picture to fill; it is kept where the mask is black. EXEMPLAR may then be omitted."
MASK_HELP = "Mask of the canvas: white is filled, black is kept, gray blends."
MASK_DEFAULT = "the transparent part of the canvas, and 2 pixels around it"
EXTEND_HELP = (
    "Extend the canvas by this many pixels, or percent of the side. One value for all sides, "
    "two (top and bottom, left and right), three (top, left and right, bottom), four (clockwise from the top), or "
    "top=100,right=20%. Not with --mask."
)
MASK_CHANNEL_HELP = "Channel to read from masks: red, green, blue or alpha. Needed for colored masks."
CONTEXT_HELP = (
    "Distance from the hole within which the canvas is sampled: 1 to 1048576 pixels, or whole. Not with an EXEMPLAR."
)
CONTEXT_DEFAULT = "depends on the size of the hole"
SAMPLE_FROM_HELP = (
    "Sides of the hole that are sampled: all, sides (its rows only) or above-below (its columns only). "
    "Not with an EXEMPLAR."
)
EXEMPLAR_MASK_HELP = "Mask of each EXEMPLAR, or of the canvas if there is none: only white parts are sampled."
SHARE_HELP = "Share of the texture that each EXEMPLAR gets, such as 2,1."
GUIDE_HELP = "Guide of each EXEMPLAR: a picture of the same size, in which each kind of area has a flat color."
CANVAS_GUIDE_HELP = (
    "Guide of the new texture: the colors of --guide, where you want these areas. Without --guide, a gray "
    "picture that mixes several exemplars, from black (the first one) to white (the last one)."
)
ROTATION_MAP_HELP = (
    "Gray map of the new texture: how far the exemplar is rotated there, counterclockwise, from black (0°) to "
    "white (360°)."
)
SCALE_MAP_HELP = (
    "Gray map of the new texture: how the exemplar is scaled there. Black halves it, middle gray keeps it, white "
    "doubles it."
)
CONTENT_HELP = "Picture that is redrawn with the texture of the EXEMPLAR."
QUALITY_OF_FILES_HELP = "Quality of JPEG and WebP files, 1 to 100; WebP files become lossy."
QUALITY_OF_FILES_DEFAULT = "that of the input's JPEG file, else 95; WebP is lossless unless the input is lossy"
STRIP_HELP = "Do not copy EXIF, XMP, texts and resolution from the canvas or exemplar."
VARIATIONS_HELP = "Number of textures, with consecutive seeds; names of files get -1, -2, …"


@dataclass(frozen=True, kw_only=True)
class TextureOptions:
    """What a texture is made from, and how its file is written; the values are as Typer gives them."""

    exemplars: Annotated[list[Path] | None, path_argument(EXEMPLAR_HELP, "EXEMPLAR")] = None
    maps: Annotated[list[Path] | None, path_option(MAPS_HELP)] = None
    size: Annotated[str | None, typer.Option(help=SIZE_HELP, show_default=SIZE_DEFAULT)] = None
    init: Annotated[Path | None, path_option(INIT_HELP)] = None
    canvas: Annotated[Path | None, path_option(CANVAS_HELP)] = None
    mask: Annotated[Path | None, path_option(MASK_HELP, default=MASK_DEFAULT)] = None
    extend: Annotated[str | None, typer.Option(help=EXTEND_HELP, metavar="LENGTH", show_default="nothing")] = None
    mask_channel: Annotated[
        str | None, typer.Option(help=MASK_CHANNEL_HELP, show_default="brightness times alpha")
    ] = None
    context: Annotated[
        str | None, typer.Option(help=CONTEXT_HELP, metavar="PIXELS", show_default=CONTEXT_DEFAULT)
    ] = None
    sample_from: Annotated[str, typer.Option(help=SAMPLE_FROM_HELP)] = "all"
    exemplar_mask: Annotated[list[Path] | None, path_option(EXEMPLAR_MASK_HELP)] = None
    share: Annotated[str | None, typer.Option(help=SHARE_HELP, metavar="N,N…", show_default="equal shares")] = None
    guide: Annotated[list[Path] | None, path_option(GUIDE_HELP)] = None
    canvas_guide: Annotated[Path | None, path_option(CANVAS_GUIDE_HELP)] = None
    rotation_map: Annotated[Path | None, path_option(ROTATION_MAP_HELP)] = None
    scale_map: Annotated[Path | None, path_option(SCALE_MAP_HELP)] = None
    content: Annotated[Path | None, path_option(CONTENT_HELP)] = None
    jpeg_quality: Annotated[
        int | None,
        number_option("--jpeg-quality", Percent, QUALITY_OF_FILES_HELP, default=QUALITY_OF_FILES_DEFAULT),
    ] = None
    strip_metadata: Annotated[bool, typer.Option("--strip-metadata", help=STRIP_HELP)] = False


def texture_options(*, omit: str = "") -> Callable[[Command], Command]:
    """Give a command the options of a texture, and one for each setting.

    Args:
        omit: Name of a field of `TextureOptions` that the command has in another form.

    Returns:
        A decorator. The command gets the options as keyword arguments, for `texture_spec`.
    """
    hints = get_type_hints(TextureOptions, include_extras=True)
    added = [
        inspect.Parameter(
            each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default, annotation=hints[each.name]
        )
        for each in fields(TextureOptions)
        if each.name != omit
    ]

    def decorate(command: Command) -> Command:
        signature = inspect.signature(command, eval_str=True)
        *own, rest = signature.parameters.values()
        # What has to be given comes first in the help.
        place = 1 + [each.name for each in own].index("output")
        first, others = own[:place], own[place:]
        command.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[*first, *added, *others, rest]
        )
        return setting_options()(command)

    return decorate
