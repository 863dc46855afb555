"""Content: the picture that a new texture redraws."""

from engine.images import Picture
from engine.images.picture import FloatArray
from engine.preparation.areas import Size
from engine.preparation.errors import MaterialError
from engine.preparation.masks import OPAQUE
from engine.preparation.sizes import check_canvas_size


def read_content(content: Picture | None, wanted: Size | None) -> FloatArray | None:
    """Read the content of a new texture.

    Args:
        content: The picture, as large as the canvas; None for none.
        wanted: Height and width of the canvas, or None for those of the picture.

    Returns:
        Its colors, float32 (height, width, 3), or None.

    Raises:
        MaterialError: It has another size, or is transparent.
    """
    if content is None:
        return None
    check_canvas_size(content, wanted, "content")
    if content.alpha is not None and (content.alpha < OPAQUE).any():
        raise MaterialError("the content is transparent in places: give an opaque picture")
    return content.pixels


def check_content(*, given: bool, started: bool, structured: bool, asked: bool) -> None:
    """Refuse what does not go together with a content, or without one.

    Args:
        given: Whether there is a content.
        started: Whether there is a picture to start from.
        structured: Whether the recipe lays out a structure by patches.
        asked: Whether a setting says how the content is redrawn.

    Raises:
        MaterialError: They do not go together.
    """
    if asked and not given:
        raise MaterialError("strength and content_by say how a picture is redrawn, and there is none: give a content")
    if given and started:
        raise MaterialError("both a content and a picture to start from are given: leave out either of them")
    if given and not structured:
        raise MaterialError("only patches redraw a picture: leave out the content, or choose the recipe photo")
