"""Blanks: holes in drawings, maps and screenshots that one color surrounds, as around words that are taken away."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.images.picture import FloatArray
from engine.preparation.areas import bounds_of

# So many pixels around a hole have one color, and so many there are at least; the frame of a word is further away.
AROUND, FEWEST = 2, 24
EVERY = np.ones((3, 3), bool)
# JPEG leaves so many percent of them near this color, and none more than so many times as far off. Without JPEG all
# have it, give or take one level; a line would be further from it.
SHARE, NEAR = 90, 8 / 255
FURTHER, LEVEL = 6, 1.01 / 255
# A blank in the hole is at most so many times as wide as the widest one around it: a wider one would be a gap in a
# pattern. It is looked for so many times as far around as the hole is wide, and so many pixels at least and at most.
WIDEST = 1.5
COMPARED, LEAST_COMPARED, MOST_COMPARED = 2, 32, 256


def fill_blanks(pixels: FloatArray, free: NDArray[np.bool_]) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Fill the holes of a picture of flat colors that one color surrounds with this color.

    Patches of it fit without a fault, but so do those of a line that lies in it elsewhere, except at the line's ends.

    Args:
        pixels: float32 (height, width, 3), RGB in [0, 1].
        free: The holes, boolean (height, width).

    Returns:
        The picture, and what of its holes is filled, boolean (height, width).
    """
    from engine.synthesis.structure.flatness import has_flat_colors

    found, blank = pixels, np.zeros(free.shape, bool)
    if not free.any():
        return found, blank
    box = bounds_of(free)
    # Of a large picture most is far from its holes.
    around = _widened((slice(box.top, box.bottom), slice(box.left, box.right)), MOST_COMPARED)
    colors, missing = pixels[around], free[around]
    holes, _ = ndimage.label(missing, EVERY)
    for number, bounds in enumerate(ndimage.find_objects(holes), 1):
        part = _widened(bounds, AROUND)
        hole = holes[part] == number
        listed = colors[part][ndimage.binary_dilation(hole, EVERY, AROUND) & ~missing[part]]
        if len(listed) < FEWEST:
            continue
        color = np.median(listed, axis=0).astype(np.float32)
        apart = np.abs(listed - color).max(axis=1)
        near = float(np.percentile(apart, SHARE))
        same = max(LEVEL, FURTHER * near)
        if near > NEAR or float(apart.max()) > same:
            continue
        if found is pixels:
            if not has_flat_colors(pixels, ~free):
                break
            found = pixels.copy()
        wide = max(each.stop - each.start for each in bounds)
        part = _widened(bounds, min(max(COMPARED * wide, LEAST_COMPARED), MOST_COMPARED))
        hole = holes[part] == number
        like = (np.abs(colors[part] - color).max(axis=2) <= same) & ~missing[part]
        if _width(like | hole, hole) > WIDEST * _width(like, like):
            continue
        found[around][part][hole], blank[around][part][hole] = color, True
    return found, blank


def _widened(bounds: tuple[slice, slice], margin: int) -> tuple[slice, slice]:
    rows, columns = (slice(max(0, each.start - margin), each.stop + margin) for each in bounds)
    return rows, columns


def _width(blank: NDArray[np.bool_], part: NDArray[np.bool_]) -> float:
    """Measure how far the pixels of a part lie from the end of a blank at most, pixels."""
    return float(ndimage.distance_transform_edt(blank)[part].max(initial=0))
