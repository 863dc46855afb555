"""Sizes of what is given for a canvas: guides, maps of rotation and scale, and contents."""

from engine.images import Picture
from engine.preparation.areas import Size, whole_of
from engine.preparation.errors import MaterialError
from protocol.vocabulary import LARGEST_SIDE, SMALLEST_SIDE


def check_canvas_size(picture: Picture, wanted: Size | None, name: str) -> Size:
    """Refuse a picture that is not as large as the canvas, or of a size that no canvas may have.

    Args:
        picture: As large as the canvas, which has its size if none is asked for.
        wanted: Height and width of the canvas, or None.
        name: Of the picture, in errors.

    Returns:
        Height and width of the canvas.

    Raises:
        MaterialError: It has another size, or is too small or too large.
    """
    height, width = whole_of(picture.pixels).size
    if wanted is not None and wanted != (height, width):
        raise MaterialError(
            f"the {name} is {width}x{height} pixels, and the canvas {wanted[1]}x{wanted[0]}: "
            "give one of its size, or leave out the size"
        )
    if not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in (height, width)):
        raise MaterialError(
            f"the {name} is {width}x{height} pixels: give one of {SMALLEST_SIDE} to {LARGEST_SIDE} pixels a side"
        )
    return height, width
