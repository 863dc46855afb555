"""What of a request does not fit together, by its settings and sizes: found before a pixel is read."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.request_errors import NothingToFillError, RequestError
from protocol.messages import Synthesize
from protocol.raster import Raster
from protocol.vocabulary import CONTENT_BY, LARGEST_SIDE, MOST_MAPS, MOST_SOURCES, SAMPLE_FROM, SMALLEST_SIDE, Margins

Size = tuple[int, int]

NOTHING_TO_TAKE = "there is nothing to take the texture from: give an exemplar, or a canvas to fill"
# Rows and columns have to fit into the 16 bits that a message has for them.
LONGEST_SIDE_WITH_MAPS = 2**16


@dataclass(frozen=True)
class SourceSizes:
    """Height and width of an exemplar and of what belongs to it, pixels; None for what is not given."""

    picture: Size
    mask: Size | None = None
    guide: Size | None = None


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """What is given for a texture: height and width of each picture, pixels; None for what is not given.

    Attributes:
        sources: The exemplars.
        canvas: The canvas.
        opaque: Whether the canvas has no alpha.
        mask: The mask of the canvas.
        sample_mask: Where a canvas that is its own exemplar may be sampled.
        wanted: The size that is asked for.
        extend: What is added to the canvas.
        around_hole: Whether the part of the canvas to sample is chosen by where the hole is.
        tiles: Whether the texture tiles.
        guide: The guide of the canvas.
        transformed: Whether the exemplar is rotated or scaled.
        transform_maps: The maps of rotation and scale.
        content: The content.
        maps: Further maps of the exemplar.
    """

    sources: tuple[SourceSizes, ...] = ()
    canvas: Size | None = None
    opaque: bool = False
    mask: Size | None = None
    sample_mask: Size | None = None
    wanted: Size | None = None
    extend: Margins = field(default_factory=Margins)
    around_hole: bool = False
    tiles: bool = False
    guide: Size | None = None
    transformed: bool = False
    transform_maps: tuple[Size, ...] = ()
    content: Size | None = None
    maps: tuple[Size, ...] = ()


def check_request(request: Synthesize) -> None:
    """Refuse a request whose settings and sizes do not fit together.

    Args:
        request: The request. One to enlarge a picture is not looked at.

    Raises:
        RequestError: They do not.
    """
    canvas, asked, sources = request.canvas, request.settings, request.sources
    if asked.enlarge is not None:
        return
    if (canvas.width is None) != (canvas.height is None):
        raise RequestError("only one of width and height is given: give both, or neither")
    if len(sources) > MOST_SOURCES:
        raise RequestError(f"{len(sources)} sources are given: give {MOST_SOURCES} at most")
    if any(each.maps for each in sources[1:]):
        raise RequestError("maps belong to a single exemplar, and there are several: omit one of them")
    if sources and canvas.sample_mask is not None:
        raise RequestError("both a source and a sample mask of the canvas are given: omit one of them")
    if canvas.content is None and (asked.strength is not None or asked.content_by != CONTENT_BY[0]):
        raise RequestError(
            "`strength` and `content_by` say how a picture is redrawn, and there is none: give a content"
        )
    if canvas.content is not None and canvas.start is not None:
        raise RequestError("both a content and a picture to start from are given: omit one of them")
    transform_maps = [each for each in (canvas.rotation_map, canvas.scale_map) if each is not None]
    check_sizes(
        Sizes(
            sources=tuple(
                SourceSizes(_size(each.picture), _size_if(each.mask), _size_if(each.guide)) for each in sources
            ),
            canvas=_size_if(canvas.picture),
            opaque=canvas.picture is not None and canvas.picture.channels % 2 == 1,
            mask=_size_if(canvas.mask),
            sample_mask=_size_if(canvas.sample_mask),
            wanted=None if canvas.width is None or canvas.height is None else (canvas.height, canvas.width),
            extend=canvas.extend,
            around_hole=canvas.context is not None or canvas.sample_from != SAMPLE_FROM[0],
            tiles=asked.seamless != "none",
            guide=_size_if(canvas.guide),
            transformed=bool(transform_maps or asked.exemplar_rotation % 360 or asked.exemplar_scale != 1),
            transform_maps=tuple(map(_size, transform_maps)),
            content=_size_if(canvas.content),
            maps=tuple(map(_size, sources[0].maps)) if sources else (),
        )
    )


def check_sizes(given: Sizes) -> None:
    """Refuse pictures that do not fit together, or to what is asked for.

    Args:
        given: What is given.

    Raises:
        RequestError: They do not.
        NothingToFillError: There is neither a mask nor a part of the canvas that could be transparent.
    """
    if given.extend and given.canvas is None:
        raise RequestError("only a picture can be extended, and there is none: give a canvas")
    if given.extend and given.mask is not None:
        raise RequestError("both a mask and an extension say what is to be synthesized: omit one of them")
    if given.sources and given.around_hole:
        raise RequestError(
            "`context` and `sample_from` choose a part of the canvas, and an exemplar is given: omit one of them"
        )
    if given.canvas is None:
        _check_new(given)
    else:
        _check_fill(given, given.canvas)
    for number, each in enumerate(given.sources, 1):
        place = f"exemplar {number}: " if len(given.sources) > 1 else ""
        check_same_size(each.mask, each.picture, name="exemplar mask", of="exemplar", place=place)


def check_same_size(mask: Size | None, like: Size, *, name: str, of: str, place: str = "") -> None:
    """Refuse a mask that is not as large as the picture it belongs to."""
    if mask not in {None, like}:
        raise RequestError(
            f"{place}the {name} is {shown(mask)} and the {of} {shown(like)}: make the mask as large as the {of}"
        )


def check_canvas_size(size: Size, wanted: Size | None, name: str) -> Size:
    """Refuse a picture that is not as large as the canvas, or of a size that no canvas may have.

    Args:
        size: That of the picture, height and width. The canvas has it if none is asked for.
        wanted: Height and width of the canvas, or None.
        name: Of the picture, in errors.

    Returns:
        Height and width of the canvas.

    Raises:
        RequestError: It has another size, or is too small or too large.
    """
    if wanted not in {None, size}:
        raise RequestError(
            f"the {name} is {shown(size)} pixels, and the canvas {shown(wanted)}: "
            "give one of its size, or leave out the size"
        )
    if not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in size):
        raise RequestError(
            f"the {name} is {shown(size)} pixels: give one of {SMALLEST_SIDE} to {LARGEST_SIDE} pixels a side"
        )
    return size


def check_guides(
    canvas: Size | None, guides: Sequence[Size | None], sizes: Sequence[Size], wanted: Size | None
) -> None:
    """Refuse guides that do not fit together.

    Args:
        canvas: The guide of the canvas.
        guides: Those of the exemplars.
        sizes: The exemplars.
        wanted: The canvas, if its size is asked for.

    Raises:
        RequestError: They do not.
    """
    given = [guide for guide in guides if guide is not None]
    if canvas is None:
        if given:
            raise RequestError("the exemplar has a guide, and the canvas has none: give both, in the same colors")
        return
    check_canvas_size(canvas, wanted, "guide of the canvas")
    if not given and len(sizes) < 2:
        raise RequestError(
            "the canvas has a guide, and the exemplar has none: give both, in the same colors, or several exemplars "
            "to mix by a gray one"
        )
    if given and len(given) < len(sizes):
        raise RequestError(f"{len(given)} of {len(sizes)} exemplars have a guide: give one for each, or for none")
    for number, (guide, size) in enumerate(zip(given, sizes, strict=False), 1):
        if guide != size:
            name = "guide of the exemplar" if len(given) == 1 else f"guide of exemplar {number}"
            raise RequestError(
                f"the {name} is {shown(guide)} pixels, and the exemplar {shown(size)}: give one of its size"
            )


def check_transform_maps(maps: Sequence[Size], wanted: Size | None) -> Size:
    """Refuse maps of rotation and scale, one or both, that are not as large as the canvas; return its size."""
    size = check_canvas_size(maps[0], wanted, "map of rotation or scale")
    for each in maps[1:]:
        check_canvas_size(each, size, "map of scale")
    return size


def grown(canvas: Size, extend: Margins) -> Size:
    """Return height and width of a canvas that is extended; refuse too long a side."""
    width, height = extend.around(canvas[1], canvas[0])
    if extend and max(width, height) > LARGEST_SIDE:
        raise RequestError(
            f"the canvas of {shown(canvas)} would grow to {width}x{height} pixels: "
            f"extend it to {LARGEST_SIDE} a side at most"
        )
    return height, width


def shown(size: Size | None) -> str:
    """Write a size as width and height."""
    return "nothing" if size is None else f"{size[1]}x{size[0]}"


def _check_fill(given: Sizes, canvas: Size) -> None:
    check_same_size(given.sample_mask, canvas, name="exemplar mask", of="canvas")
    guided = given.guide is not None or any(each.guide for each in given.sources)
    for found, words in (
        (given.transformed, "an exemplar is rotated and scaled"),
        (given.content is not None, "a content is redrawn"),
        (guided, "guides are"),
        (bool(given.maps), "maps are made"),
    ):
        if found:
            raise RequestError(f"{words} for new textures only, and there is a picture to fill: omit one of them")
    size = grown(canvas, given.extend)
    if given.wanted not in {None, size}:
        name = "extended canvas" if given.extend else "canvas"
        raise RequestError(f"the {name} is {shown(size)}: leave out the size, or give the same")
    check_same_size(given.mask, canvas, name="mask", of="canvas")
    if given.opaque and given.mask is None and not given.extend and not given.tiles:
        raise NothingToFillError


def _check_new(given: Sizes) -> None:
    if not given.sources:
        raise RequestError(NOTHING_TO_TAKE)
    if given.mask is not None:
        raise RequestError("a mask is given, and no picture to keep around it: give the canvas, too")
    if given.maps:
        _check_maps(given)
    sources = given.sources
    check_guides(given.guide, [each.guide for each in sources], [each.picture for each in sources], given.wanted)
    wanted = given.wanted or given.guide
    if given.content is not None:
        wanted = check_canvas_size(given.content, wanted, "content")
    if given.transformed and (given.guide is not None or len(sources) > 1):
        raise RequestError(
            "the exemplar is to be rotated or scaled, and there are guides or several exemplars: omit one of them"
        )
    if given.transform_maps:
        check_transform_maps(given.transform_maps, wanted)


def _check_maps(given: Sizes) -> None:
    """Refuse maps of other sizes, and with what would not leave them pixel by pixel together."""
    size = given.sources[0].picture
    if len(given.maps) > MOST_MAPS:
        raise RequestError(f"{len(given.maps)} further maps are given: give {MOST_MAPS} at most")
    if max(size) > LONGEST_SIDE_WITH_MAPS:
        raise RequestError(
            f"the exemplar is {shown(size)} pixels, and has maps: give {LONGEST_SIDE_WITH_MAPS} at most for each side"
        )
    for number, each in enumerate(given.maps, 1):
        if each != size:
            raise RequestError(f"map {number} is {shown(each)} and the exemplar {shown(size)}: give maps of one size")
    if len(given.sources) > 1:
        raise RequestError("maps belong to a single exemplar, and there are several: omit one of them")
    if given.transformed:
        # Normals would have to turn, too, and no pixel would come from one place.
        raise RequestError("several maps of one texture are neither rotated nor scaled: leave that out, or the maps")
    if given.content is not None:
        raise RequestError("a content is redrawn with a single map, and there are several: omit one of them")


def _size(raster: Raster) -> Size:
    return raster.height, raster.width


def _size_if(raster: Raster | None) -> Size | None:
    return None if raster is None else _size(raster)
