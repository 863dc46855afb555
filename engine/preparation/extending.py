"""A canvas that goes on beyond the borders of its picture."""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from engine.fitting import grown
from engine.images import Picture
from engine.preparation.alpha import CLEAR, OPAQUE, Mask, level_of
from engine.preparation.areas import whole_of
from protocol.vocabulary import Margins

# How many times as wide as at a border a thing may be half that width further in, if it goes on beyond the border.
MOST_WIDER = 2
# Of a picture whose alpha has many levels, so much alpha along its borders says that it ends there.
FAINT = 1 / 4


def extended(picture: Picture, margins: Margins) -> Picture:
    """Add margins to a picture.

    Args:
        picture: The picture.
        margins: Pixels to add along each border.

    Returns:
        A larger picture. What is added repeats the border and is opaque; all else is as it was.

    Raises:
        RequestError: A side would be too long.
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


def beyond_borders(picture: Picture, margins: Margins) -> Picture | None:
    """Continue the alpha of a thing that was cut out beyond the borders.

    Args:
        picture: With its margins.
        margins: Pixels along each border.

    Returns:
        The picture, with the alpha of its nearest pixel in the margins; but what only touches a border, as a disc
        does, ends there. None where all that is added is as opaque as the picture, or where alpha has many levels and
        more than a trace can be seen along a border.
    """
    if picture.alpha is None or not margins:
        return None
    height, width = picture.alpha.shape
    inner = slice(margins.top, height - margins.bottom), slice(margins.left, width - margins.right)
    thing = picture.alpha[inner].copy()
    sides = (thing, thing[::-1], thing.T, thing.T[::-1])
    level = level_of(thing)
    if level is None:
        if max(float(inwards[0].max()) for inwards in sides) > FAINT:
            return None
        # Smoke that ends before the borders gets no frame either.
        level = 1.0
    for inwards in sides:
        _clear_touching(inwards)
    pads = ((margins.top, margins.bottom), (margins.left, margins.right))
    found = np.pad(thing, pads, mode="edge")
    if (found[added(found.shape, margins) > 0] >= OPAQUE * level).all():
        return None
    found[inner] = picture.alpha[inner]
    return replace(picture, alpha=found)


def _clear_touching(rows: Mask) -> None:
    """Clear what of the first row belongs to a thing that is much wider not far from it."""
    for (run,) in ndimage.find_objects(ndimage.label(rows[0] >= CLEAR)[0]):
        wide = run.stop - run.start
        further = ndimage.label(rows[min(wide // 2, len(rows) - 1)] >= CLEAR)[0]
        own = further[run.start + wide // 2]
        if own and (further == own).sum() > MOST_WIDER * wide:
            rows[0, run] = 0


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
