"""The last picture of a filled hole: each pixel from one patch, and no seam to be seen."""

from collections.abc import Generator
from dataclasses import replace

import numpy as np
from scipy import ndimage

from engine.objects import Objects
from engine.synthesis.matching.field import Bools, Floats
from engine.synthesis.structure.bending import find_bends
from engine.synthesis.structure.blending import blend_seams, border_correction, variance_around
from engine.synthesis.structure.copied import Copied
from engine.synthesis.structure.octave import RING, SIDE, PatchOctave, Wrap, continued, dilated
from engine.synthesis.structure.pyramid import COLORS
from engine.synthesis.structure.shifting import bounds
from engine.synthesis.structure.whole_objects import keep_whole

# Pixels over which a step at a seam is spread, and beyond which nothing of it is seen.
WIDTH = 4.0
SEAM = 16
# The largest step that is spread, in values of [0, 1], and the share of the exemplar's steps, %, that are no edges.
LARGEST_STEP = 0.25
EDGES = 98
# Likewise across the border of a hole, unless more of the exemplar's own steps are as large.
LARGEST_AT_BORDER = 0.12
# Pixels around a hole that its correction looks at.
AROUND = 24


def finish(
    octave: PatchOctave, *, flat: bool = False, objects: Objects | None = None, offset: tuple[int, int] | None = None
) -> Generator[None, None, Floats]:
    """Make the picture of an octave whose costs are right.

    Args:
        octave: The finest one.
        flat: Whether colors are flat: each pixel then has one of the exemplar's, and nothing is blended.
        objects: What of the exemplar is to stay whole; None for nothing.
        offset: Row and column of the canvas's first pixel in the exemplar; None where they are not of one picture.

    Yields:
        Nothing, between two pieces of the work.

    Returns:
        RGB, float32 (height, width, 3); equal to the canvas where that is known.
    """
    found = octave.level.channels[..., :COLORS].copy()
    part = _surrounded(octave.wanted, octave.wrap)
    known = found[part]
    # Compiled functions are compiled once more for arrays that are not contiguous.
    free, covered = (np.ascontiguousarray(each[part]) for each in (octave.free, octave.wanted))
    origins = octave.origins()
    if objects is not None and offset is not None:
        origins = keep_whole(origins, objects, octave.wrap, octave.free, offset)
    origins = origins[part]
    yield
    if flat:
        source = octave.source.channels[..., :COLORS]
        found[part] = np.where(free[..., None], source[origins[..., 0], origins[..., 1]], known)
        return found
    said = octave.said()[part]
    ring = (octave.wanted & ~octave.free & dilated(octave.free, RING, octave.wrap))[part]
    source = np.ascontiguousarray(octave.source.channels[..., :COLORS])
    yield
    # What the border cuts, such as a rock before the sky that is continued, is another thing and not another light.
    usual = [usual_step(source, axis) for axis in (0, 1)]
    # Another texture is to blend into what is kept.
    cuts, expected = offset is not None, None
    if cuts:
        ring &= largest(known - said) <= max(LARGEST_AT_BORDER, *usual)
        # Two pieces of what the patches bring differ by twice its variance.
        expected = 2 * variance_around(source[origins[..., 0], origins[..., 1]], covered, octave.wrap)
    correction = border_correction((known - said) * ring[..., None], ring, free, octave.wrap, expected)
    yield
    reach = (2 * SEAM, 2 * SEAM)
    _, inner = continued(free, reach, octave.wrap)
    known, correction = (continued(each, reach, octave.wrap)[0] for each in (known, correction))
    origins, _ = continued(origins, reach, octave.wrap)
    free, covered = (continued(each, reach, octave.wrap)[0] for each in (free, covered))
    sampled = ndimage.maximum_filter(octave.source.usable, SIDE)
    copied = Copied(source, sampled, origins)
    copied = replace(copied, bends=find_bends(copied, covered, free, np.ascontiguousarray(known)))
    own = copied.colors()
    picture = (np.where(free[..., None], own, known) + correction).astype(np.float32)
    yield
    right, down = (differences(picture, copied, own, covered, free, axis, usual[axis], cuts=cuts) for axis in (1, 0))
    yield
    found[part] = blend_seams(picture, right, down, free, width=WIDTH)[inner]
    return found


def _surrounded(marked: Bools, wrap: Wrap) -> tuple[slice, slice]:
    """Bound what is marked and what lies around it; an axis that wraps has no ends."""
    rows, columns = (
        slice(0, side) if wraps else slice(max(0, each.start - AROUND), each.stop + AROUND)
        for each, side, wraps in zip(bounds(marked), marked.shape, wrap, strict=True)
    )
    return rows, columns


def differences(
    picture: Floats, copied: Copied, own: Floats, covered: Bools, free: Bools, axis: int, usual: float, *, cuts: bool
) -> Floats:
    """Say by how much each pixel is to differ from the next one along an axis.

    Args:
        picture: float32 (height, width, 3).
        copied: Where each pixel comes from.
        own: The colors of these places, `copied.colors()`.
        covered: Where that is known.
        free: The hole.
        axis: 0 for rows, 1 for columns.
        usual: See `usual_step`.
        cuts: Whether what the border of the hole cuts stays an edge.

    Returns:
        Within what one patch brings, the picture's own difference. Where two patches meet each of them knows how the
        exemplar continues: the middle of what both and the picture say hides a step without inventing one.
    """
    this, that = [slice(None)] * 2, [slice(None)] * 2
    this[axis], that[axis] = slice(None, -1), slice(1, None)
    here, there = tuple(this), tuple(that)
    actual = picture[there] - picture[here]
    found = np.zeros_like(picture)
    first = copied.colors(axis, 1)[here] - own[here]
    second = own[there] - copied.colors(axis, -1)[there]
    middle = np.clip(actual, np.minimum(first, second), np.maximum(first, second))
    # Where the exemplar has edges, two things in the hole that do not fit show less as an edge than as a glow.
    if usual > LARGEST_STEP:
        large = largest(actual - middle) > LARGEST_STEP
        middle = np.where((large & free[here] & free[there])[..., None], actual, middle)
    if cuts:
        # So does what the border of the hole cuts.
        cut = (free[here] != free[there]) & (largest(actual - middle) > max(LARGEST_AT_BORDER, usual))
        middle = np.where(cut[..., None], actual, middle)
    found[here] = np.where((covered[here] & covered[there])[..., None], middle, actual)
    return found


def usual_step(source: Floats, axis: int) -> float:
    """Measure below what nearly all steps of an exemplar along an axis are: what is above is an edge."""
    return float(np.percentile(largest(np.diff(source, axis=axis)), EDGES))


def largest(apart: Floats) -> Floats:
    """Find the largest difference of the channels of each pixel, (height, width); four times as fast as `max`."""
    found = np.abs(apart[..., 0])
    for k in range(1, apart.shape[2]):
        np.maximum(found, np.abs(apart[..., k]), out=found)
    return found
