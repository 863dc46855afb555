"""What of a request does not fit together, by its settings and sizes: found before a pixel is read."""

from collections.abc import Sequence

from engine.request_errors import NothingToFillError, RequestError
from protocol.messages import Canvas, Failed, Source, Synthesize
from protocol.raster import Raster
from protocol.vocabulary import (
    CONTENT_BY,
    LARGEST_SIDE,
    MOST_MAPS,
    MOST_SOURCES,
    SAMPLE_FROM,
    SMALLEST_EXEMPLAR,
    SMALLEST_SIDE,
    Margins,
)

Size = tuple[int, int]

# Rows and columns have to fit into the 16 bits that a message has for them.
LONGEST_SIDE_WITH_MAPS = 2**16


def check_request(request: Synthesize) -> None:
    """Refuse a request whose settings and sizes do not fit together: all else takes it that they do.

    Args:
        request: The request.

    Raises:
        RequestError: They do not.
        NothingToFillError: There is neither a mask nor a part of the canvas that could be transparent.
    """
    canvas, asked, sources = request.canvas, request.settings, request.sources
    if asked.enlarge is not None:
        _check_enlarging(request, asked.enlarge)
        return
    if (canvas.width is None) != (canvas.height is None):
        raise RequestError("only one of width and height is given: give both, or neither")
    if sources:
        _check_sources(sources, canvas)
    if canvas.content is None and (asked.strength is not None or asked.content_by != CONTENT_BY[0]):
        raise RequestError(
            "`strength` and `content_by` say how a picture is redrawn, and there is none: give a content"
        )
    if canvas.content is not None and canvas.start is not None:
        raise RequestError("both a content and a picture to start from are given: omit one of them")
    if canvas.extend and canvas.picture is None:
        raise RequestError("only a picture can be extended, and there is none: give a canvas")
    if canvas.extend and canvas.mask is not None:
        raise RequestError("both a mask and an extension say what is to be synthesized: omit one of them")
    if canvas.picture is None:
        _check_new(request)
    else:
        _check_fill(request, canvas.picture)


def unfit(request: Synthesize) -> Failed | None:
    """Return how a request fails whose settings and sizes do not fit together, or None."""
    try:
        check_request(request)
    except RequestError as error:
        return refusal(request, error)
    return None


def refusal(request: Synthesize, error: RequestError) -> Failed:
    """Return how a job ends that cannot be made."""
    return Failed(error.code, str(error)[:4000], job=request.job)


def _check_enlarging(request: Synthesize, factor: float) -> None:
    """Refuse more than one picture to enlarge as it is, and one that is too small or gets too large."""
    asked = request.settings
    plain = asked.exemplar_rotation == 0 and asked.exemplar_scale == 1 and not asked.preview
    if len(request.sources) != 1 or request.canvas != Canvas() or not plain:
        raise RequestError(
            "a single picture is enlarged, as it is: leave out `enlarge`, or size, canvas, `preview`, further "
            "exemplars and what rotates or scales them"
        )
    (source,) = request.sources
    if source != Source(source.picture, share=source.share):
        raise RequestError("a picture is enlarged without its mask, guide and maps: leave them out, or `enlarge`")
    height, width = _size(source.picture)
    if round(max(height, width) * factor) > LARGEST_SIDE or min(height, width) < SMALLEST_EXEMPLAR:
        raise RequestError(
            f"the picture is {width}x{height} pixels, and is to be enlarged {factor:g} times: give one of "
            f"{SMALLEST_EXEMPLAR} to {int(LARGEST_SIDE / factor)} pixels a side"
        )


def _check_sources(sources: Sequence[Source], canvas: Canvas) -> None:
    if len(sources) > MOST_SOURCES:
        raise RequestError(f"{len(sources)} sources are given: give {MOST_SOURCES} at most")
    if len(sources) > 1 and any(each.maps for each in sources):
        raise RequestError("maps belong to a single exemplar, and there are several: omit one of them")
    if canvas.sample_mask is not None:
        raise RequestError("both a source and a sample mask of the canvas are given: omit one of them")
    if canvas.context is not None or canvas.sample_from != SAMPLE_FROM[0]:
        raise RequestError(
            "`context` and `sample_from` choose a part of the canvas, and an exemplar is given: omit one of them"
        )
    for number, each in enumerate(sources, 1):
        place = f"exemplar {number}: " if len(sources) > 1 else ""
        _check_mask(each.mask, each.picture, name="exemplar mask", of="exemplar", place=place)


def _check_mask(mask: Raster | None, picture: Raster, *, name: str, of: str, place: str = "") -> None:
    """Refuse a mask that is not as large as the picture it belongs to."""
    if mask is not None and _size(mask) != _size(picture):
        turned = f", turned as the {of} is shown" if _size(mask) == _size(picture)[::-1] else ""
        raise RequestError(
            f"{place}the {name} is {shown(_size(mask))} and the {of} {shown(_size(picture))}: "
            f"make the mask as large as the {of}{turned}"
        )


def _check_canvas_size(size: Size, wanted: Size | None, name: str) -> Size:
    """Refuse a picture that is not as large as the canvas, or of a size that no canvas may have; return that size."""
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


def _check_guides(canvas: Raster | None, sources: Sequence[Source], wanted: Size | None) -> None:
    """Refuse guides that do not fit together."""
    given = [each for each in sources if each.guide is not None]
    if canvas is None:
        if given:
            raise RequestError("the exemplar has a guide, and the canvas has none: give both, in the same colors")
        return
    _check_canvas_size(_size(canvas), wanted, "guide of the canvas")
    if not given and len(sources) < 2:
        raise RequestError(
            "the canvas has a guide, and the exemplar has none: give both, in the same colors, or several exemplars "
            "to mix by a gray one"
        )
    if given and len(given) < len(sources):
        raise RequestError(f"{len(given)} of {len(sources)} exemplars have a guide: give one for each, or for none")
    for number, each in enumerate(given, 1):
        if each.guide is not None and _size(each.guide) != _size(each.picture):
            name = "guide of the exemplar" if len(given) == 1 else f"guide of exemplar {number}"
            sizes = f"{shown(_size(each.guide))} pixels, and the exemplar {shown(_size(each.picture))}"
            raise RequestError(f"the {name} is {sizes}: give one of its size")


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


def wanted_size(canvas: Canvas) -> Size | None:
    """Return the height and width that are asked for, or None."""
    return None if canvas.width is None or canvas.height is None else (canvas.height, canvas.width)


def _check_fill(request: Synthesize, picture: Raster) -> None:
    canvas, sources = request.canvas, request.sources
    _check_mask(canvas.sample_mask, picture, name="exemplar mask", of="canvas")
    guided = canvas.guide is not None or any(each.guide is not None for each in sources)
    for found, words in (
        (_is_transformed(request), "an exemplar is rotated and scaled"),
        (canvas.content is not None, "a content is redrawn"),
        (guided, "guides are"),
        (any(each.maps for each in sources), "maps are made"),
    ):
        if found:
            raise RequestError(f"{words} for new textures only, and there is a picture to fill: omit one of them")
    size = grown(_size(picture), canvas.extend)
    if wanted_size(canvas) not in {None, size}:
        name = "extended canvas" if canvas.extend else "canvas"
        raise RequestError(f"the {name} is {shown(size)}: leave out the size, or give the same")
    _check_mask(canvas.mask, picture, name="mask", of="canvas")
    opaque, tiles = picture.channels % 2 == 1, request.settings.seamless != "none"
    if opaque and canvas.mask is None and not canvas.extend and not tiles:
        raise NothingToFillError


def _check_new(request: Synthesize) -> None:
    canvas, sources = request.canvas, request.sources
    if not sources:
        raise RequestError("there is nothing to take the texture from: give an exemplar, or a canvas to fill")
    if canvas.mask is not None:
        raise RequestError("a mask is given, and no picture to keep around it: give the canvas, too")
    if sources[0].maps:
        _check_maps(request, sources[0])
    wanted = wanted_size(canvas)
    _check_guides(canvas.guide, sources, wanted)
    if wanted is None and canvas.guide is not None:
        wanted = _size(canvas.guide)
    if canvas.content is not None:
        wanted = _check_canvas_size(_size(canvas.content), wanted, "content")
    if _is_transformed(request) and (canvas.guide is not None or len(sources) > 1):
        raise RequestError(
            "the exemplar is to be rotated or scaled, and there are guides or several exemplars: omit one of them"
        )
    name = "map of rotation or scale"
    for each in (canvas.rotation_map, canvas.scale_map):
        if each is not None:
            wanted, name = _check_canvas_size(_size(each), wanted, name), "map of scale"


def _check_maps(request: Synthesize, source: Source) -> None:
    """Refuse maps of other sizes, and with what would not leave them pixel by pixel together."""
    size = _size(source.picture)
    if len(source.maps) > MOST_MAPS:
        raise RequestError(f"{len(source.maps)} further maps are given: give {MOST_MAPS} at most")
    if max(size) > LONGEST_SIDE_WITH_MAPS:
        raise RequestError(
            f"the exemplar is {shown(size)} pixels, and has maps: give {LONGEST_SIDE_WITH_MAPS} at most for each side"
        )
    for number, each in enumerate(source.maps, 1):
        if _size(each) != size:
            raise RequestError(
                f"map {number} is {shown(_size(each))} and the exemplar {shown(size)}: give maps of one size"
            )
    if _is_transformed(request):
        # Normals would have to turn, too, and no pixel would come from one place.
        raise RequestError(
            "several maps of one texture cannot be rotated or scaled: omit rotation and scale, or the maps"
        )
    if request.canvas.content is not None:
        raise RequestError("a content is redrawn with a single map, and there are several: omit one of them")


def _is_transformed(request: Synthesize) -> bool:
    canvas, asked = request.canvas, request.settings
    drawn = canvas.rotation_map is not None or canvas.scale_map is not None
    return drawn or bool(asked.exemplar_rotation % 360) or asked.exemplar_scale != 1


def _size(raster: Raster) -> Size:
    return raster.height, raster.width
