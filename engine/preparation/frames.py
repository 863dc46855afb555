"""Frames: rows and columns of one color along the borders of a picture, which go on through a hole and beyond."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.images import Picture
from engine.images.picture import FloatArray
from engine.preparation.areas import Box, whole_of
from protocol.vocabulary import Margins

# So many percent of what is known of a row have its color, give or take so many levels. In so many rows beside the
# picture JPEG leaves most of it near the color of the frame, and the rest not far from that.
SHARE, SAME = 95, 1.01
NEAR, FAR = 16 / 255, 80 / 255
BLURRED = 16
# A row is known by so many pixels at least, and a frame is no wider than this share of the shorter side.
FEWEST = 16
WIDEST = 1 / 4
# Of the row behind a frame less than this share is near its color. Around a thing on a plain background, more is.
LEAST_LIKE_IT = 0.5
# A frame that goes on beyond the borders has so many pixels at least, and differs from its color by no more than JPEG
# makes of it.
LEAST_FRAME = 8
EVEN = 3 / 255
# A hole that is more of what lies within the frame leaves too little to fill it from.
LARGEST_HOLE = 0.5
# Rows with so many pixels tell how colors were rounded.
ENOUGH = 2**18


@dataclass(frozen=True, eq=False)
class Framed:
    """A picture with a hole, through which its frame goes on.

    Attributes:
        pixels: float32 (height, width, 3), RGB in [0, 1].
        frame: What of the hole belongs to the frame, or is blank, boolean (height, width).
        inner: The picture within the frame, from which the rest of the hole is filled; all of it, if that is too
            little.
    """

    pixels: FloatArray
    frame: NDArray[np.bool_]
    inner: Box


def continue_frame(pixels: FloatArray, free: NDArray[np.bool_]) -> Framed | None:
    """Continue the frame of a picture through a hole.

    A frame may consist of nested ones of different colors, and need not go along all borders: bars are frames, too.

    Args:
        pixels: float32 (height, width, 3), RGB in [0, 1].
        free: The hole, boolean (height, width).

    Returns:
        The picture with its frame; None where the hole has no part of one.
    """
    from engine.synthesis.structure.contrast import find_rounding

    some = slice(None, None, max(1, free.size // ENOUGH))
    same = SAME * find_rounding(pixels[some][~free[some]])
    turned = [(np.rot90(pixels, turns), np.rot90(free, turns), same) for turns in range(4)]
    # Turning brings the right border up, then the lower one, then the left one.
    sides = [_colors(*each) for each in turned]
    if any(sides):
        sides = [
            _colors(*each, ends=(len(sides[turns - 1]), len(sides[(turns + 1) % 4]))) if sides[turns] else []
            for turns, each in enumerate(turned)
        ]
    if not any(sides):
        return None
    found, frame = pixels.copy(), np.zeros(free.shape, bool)
    # Where two sides meet, that of the nearer border goes on.
    nearest = np.full(free.shape, max(free.shape))
    for turns, colors in enumerate(sides):
        rows, hole = np.rot90(found, turns), np.rot90(free, turns)
        distance, marked = np.rot90(nearest, turns), np.rot90(frame, turns)
        for depth, color in enumerate(colors):
            inside = hole[depth] & (distance[depth] > depth)
            rows[depth, inside], distance[depth, inside], marked[depth, inside] = color, depth, True
    if not frame.any():
        return None
    top, right, bottom, left = map(len, sides)
    inner = Box(top, left, free.shape[0] - bottom, free.shape[1] - right)
    hole = inner.cut(free)
    return Framed(found, frame, inner if 0 < hole.mean() < LARGEST_HOLE else whole_of(free))


def _colors(
    pixels: FloatArray, free: NDArray[np.bool_], same: float, ends: tuple[int, int] | None = None
) -> list[FloatArray]:
    """Find the colors of the rows of a frame along the first row.

    Args:
        pixels: float32 (height, width, 3).
        free: The hole, boolean (height, width).
        same: By how much pixels of one color differ at most.
        ends: Widths of the frames along the first and the last column, which the rows reach; None for where any
            might be.

    Returns:
        One for each row, each (3,).
    """
    colors: list[FloatArray] = []
    height, width = free.shape
    blurred = 0
    for depth in range(round(WIDEST * min(height, width)) + 1):
        # What lies nearer to another border belongs to the frame along that.
        first, last = (depth, depth) if ends is None else (min(depth, end) for end in ends)
        inner = slice(first, width - last)
        listed = pixels[depth, inner][~free[depth, inner]]
        if len(listed) < FEWEST:
            break
        color = np.median(listed, axis=0).astype(np.float32)
        even = float(np.percentile(np.abs(listed - color).max(axis=1), SHARE)) <= same
        if not even:
            if not colors:
                break
            apart = np.abs(listed - colors[-1]).max(axis=1)
            if (apart <= NEAR).mean() < LEAST_LIKE_IT:
                return colors
            if blurred == BLURRED or float(np.percentile(apart, SHARE)) > FAR:
                break
            color, blurred = colors[-1], blurred + 1
        colors.append(color)
    return []


def flat_frame(picture: Picture, margins: Margins) -> Picture | None:
    """Find the frame of one color that a picture ends with along all borders that it is extended beyond.

    Args:
        picture: Without its margins.
        margins: Pixels to add along each border.

    Returns:
        White where the frame is, black elsewhere: of it alone is made what goes on beyond. None where there is none.
    """
    if picture.alpha is not None:
        return None
    along = (margins.top, margins.bottom, margins.left, margins.right)
    turned = np.swapaxes(picture.pixels, 0, 1)
    views = (picture.pixels, picture.pixels[::-1], turned, turned[::-1])
    strips = [view[:LEAST_FRAME].reshape(-1, 3) for view, margin in zip(views, along, strict=True) if margin]
    color = np.median(strips[0], axis=0)
    if any(np.abs(strip - color).max() > EVEN for strip in strips):
        return None
    marked, _count = ndimage.label(np.abs(picture.pixels - color).max(axis=2) <= EVEN)
    rows, columns = (0, 0) if margins.top or margins.left else (-1, -1)
    frame = (marked == marked[rows, columns]).astype(np.float32)
    return Picture(np.repeat(frame[..., None], 3, axis=2))
