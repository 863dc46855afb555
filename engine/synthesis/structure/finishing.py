"""The last picture of a filled hole: each pixel from one patch, and no seam to be seen."""

import numpy as np

from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.blending import blend_seams, border_correction
from engine.synthesis.structure.octave import RING, Octave, dilated
from engine.synthesis.structure.pyramid import COLORS

# Pixels over which a step at a seam is spread.
WIDTH = 4.0


def finish(octave: Octave) -> Floats:
    """Make the picture of an octave whose costs are right.

    Args:
        octave: The finest one.

    Returns:
        RGB, float32 (height, width, 3); equal to the canvas where that is known.
    """
    known, free = octave.level.channels[..., :COLORS], octave.free
    ring = octave.wanted & ~free & dilated(free, RING, octave.wrap)
    origins = octave.origins()
    source = octave.source.channels[..., :COLORS]
    picture = np.where(free[..., None], source[origins[..., 0], origins[..., 1]], known)
    apart = (known - octave.said()) * ring[..., None]
    picture = (picture + border_correction(apart, ring, free)).astype(np.float32)
    covered = octave.wanted
    right, down = (_differences(picture, source, origins, covered, axis) for axis in (1, 0))
    return blend_seams(picture, right, down, free, width=WIDTH)


def _differences(picture: Floats, source: Floats, origins: Places, covered: Bools, axis: int) -> Floats:
    """Say by how much each pixel is to differ from the next one along an axis.

    Within what one patch brings that is the picture's own difference. Where two patches meet each of them knows how the
    exemplar goes on; the middle of what both and the picture say hides a step without inventing one.
    """
    high, wide = source.shape[:2]
    step = (1, 0) if axis == 0 else (0, 1)
    this, that = [slice(None)] * 2, [slice(None)] * 2
    this[axis], that[axis] = slice(None, -1), slice(1, None)
    here, there = tuple(this), tuple(that)

    def at(places: Places, sign: int) -> Floats:
        rows = np.clip(places[..., 0] + sign * step[0], 0, high - 1)
        columns = np.clip(places[..., 1] + sign * step[1], 0, wide - 1)
        found: Floats = source[rows, columns]
        return found

    actual = picture[there] - picture[here]
    found = np.zeros_like(picture)
    first = at(origins[here], 1) - at(origins[here], 0)
    second = at(origins[there], 0) - at(origins[there], -1)
    middle = np.maximum(np.minimum(first, second), np.minimum(np.maximum(first, second), actual))
    found[here] = np.where((covered[here] & covered[there])[..., None], middle, actual)
    return found
