"""A canvas that goes on beyond the borders of its picture."""

from dataclasses import replace

import numpy as np

from engine.fitting import grown
from engine.images import Picture
from engine.preparation.areas import whole_of
from engine.preparation.masks import Mask
from protocol.vocabulary import Margins


def extended(picture: Picture, margins: Margins) -> Picture:
    """Add margins to a picture.

    Args:
        picture: The picture.
        margins: Pixels to add along each border.

    Returns:
        A larger picture. What is added repeats the border and is opaque; all else is as it was.

    Raises:
        MaterialError: A side would be too long.
    """
    grown(whole_of(picture.pixels).size, margins)
    pads = ((margins.top, margins.bottom), (margins.left, margins.right))
    pixels = np.pad(picture.pixels, (*pads, (0, 0)), mode="edge")
    stored = None if picture.stored is None else np.pad(picture.stored, (*pads, (0, 0)), mode="edge")
    alpha = None if picture.alpha is None else np.pad(picture.alpha, pads, constant_values=1)
    return replace(picture, pixels=pixels, alpha=alpha, stored=stored, kept=None)


def added(size: tuple[int, int], margins: Margins) -> Mask:
    """Mark the margins of a picture.

    Args:
        size: Height and width with margins, pixels.
        margins: Pixels along each border.

    Returns:
        1 in the margins, else 0, float32 (height, width).
    """
    found = np.ones(size, np.float32)
    found[margins.top : size[0] - margins.bottom, margins.left : size[1] - margins.right] = 0
    return found


def far_from(size: tuple[int, int], margins: Margins, context: int) -> Mask:
    """Mark the margins of a picture, and what of it lies further from them than the context, like `added`."""
    found = added(size, margins)
    rows, columns = (
        slice(first + context if first else 0, side - (last + context if last else 0))
        for side, first, last in zip(size, (margins.top, margins.left), (margins.bottom, margins.right), strict=True)
    )
    # Beyond the middle a slice would count from the other end.
    if rows.start < rows.stop and columns.start < columns.stop:
        found[rows, columns] = 1
    return found


def with_black(mask: Picture, margins: Margins) -> Picture:
    """Add black margins to a mask."""
    pads = ((margins.top, margins.bottom), (margins.left, margins.right))
    alpha = None if mask.alpha is None else np.pad(mask.alpha, pads, constant_values=1)
    return replace(mask, pixels=np.pad(mask.pixels, (*pads, (0, 0))), alpha=alpha, stored=None, kept=None)
