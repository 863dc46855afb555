"""Content: the picture that a new texture redraws."""

from engine.images import Picture
from engine.images.picture import FloatArray
from engine.preparation.masks import OPAQUE
from engine.request_errors import RequestError


def read_content(content: Picture | None) -> FloatArray | None:
    """Read the content of a new texture.

    Args:
        content: The picture, as large as the canvas; None for none.

    Returns:
        Its colors, float32 (height, width, 3), or None.

    Raises:
        RequestError: It is transparent.
    """
    if content is None:
        return None
    if content.alpha is not None and (content.alpha < OPAQUE).any():
        raise RequestError("the content is transparent in places: give an opaque picture")
    return content.pixels
