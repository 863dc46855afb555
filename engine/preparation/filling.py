"""What a fill works on: which part of a canvas is new, what is kept, and what is sampled."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from engine.images import Picture
from engine.preparation.areas import Box, bounds_of, whole_of
from engine.preparation.extending import added, beyond_borders, far_from
from engine.preparation.islands import find_islands
from engine.preparation.masks import (
    OPAQUE,
    Mask,
    band_along,
    has_holes,
    hidden_in,
    hole_of,
    is_damaged,
    is_lace,
    part_of,
    soft_edge,
    with_cut_out,
)
from engine.preparation.materials import FurtherSource, Materials, over, sampled, sampled_further
from engine.preparation.new_texture import Layout, prepare_new
from engine.preparation.reach import context_of, surroundings_of
from engine.preparation.resemblance import resembles
from engine.preparation.sampling import Sample, Sampling, sample_canvas
from engine.preparation.translucency import continued, translucency
from protocol.vocabulary import SMALLEST_SIDE, Margins

# Where holes cover less of their bounds than this, or these are larger, pixels, a new texture for them is a waste.
LEAST_FILLED = 0.25
LARGEST_NEW = 2048**2
# A new texture for a hole is no smaller than this, pixels, if there is room.
SMALLEST_ALONE = 64


def prepare_fill(
    canvas: Picture,
    mask: Picture | None,
    exemplar: Picture | None,
    sampling: Sampling,
    axes: tuple[bool, bool],
    more: Sequence[FurtherSource],
    extend: Margins,
    beyond: Margins,
    *,
    blend: bool,
) -> Materials:
    """Turn pictures into what synthesis takes to fill a part of a canvas; see `prepare`, which extends the canvas."""
    everything, flatten = whole_of(canvas.pixels), sampling.flatten
    wrap = (axes[1], axes[0])
    given = mask is not None or bool(extend)
    banded = any(axes) and not given
    nothing = np.zeros(everything.size, np.float32)
    if banded and not flatten and not is_lace(canvas, 1 - nothing):
        # All that is missing of a tile is made, and its soft edge with it.
        whole = _without_edge(canvas, everything, nothing)
    else:
        whole = canvas
    if extend:
        gone = added(everything.size, extend)
    else:
        gone = nothing if banded and not is_damaged(whole) else hole_of(whole, mask)
    shown = np.maximum(gone, band_along(*everything.size, axes)) if banded else gone
    around = _around(shown, everything, sampling, axes)
    holes = (given or banded) and exemplar is None and not flatten
    holes = holes and _has_holes(canvas, shown, around, extend)
    if mask is not None and not holes:
        gone = shown = with_cut_out(shown, canvas, around, _inner(everything, beyond))
        around = _around(shown, everything, sampling, axes)
    goes_on = None if holes or flatten else beyond_borders(canvas, extend)
    canvas = goes_on or canvas
    free = shown if blend else (shown > 0).astype(np.float32)
    gone = gone if blend else (gone > 0).astype(np.float32)
    if exemplar is not None and free.min() >= 1 and min(everything.size) >= SMALLEST_SIDE:
        # Nothing is kept, so nothing has to fit: a new texture, without holes.
        laid = prepare_new(exemplar, replace(sampling, flatten=True), wrap, more, Layout(everything.size))
        return replace(laid, pattern=canvas, shown=shown)
    hole = bounds_of(free)
    # What is kept of a soft edge says nothing of what goes on beside it, and would be taken for texture.
    seen = canvas if holes or flatten else _without_edge(canvas, around, free)
    if exemplar is not None:
        sample = sampled(exemplar, sampling, canvas, 1 if more else None)
    else:
        # The band is texture too, but for the seam: what can stay as it is fits the middle best.
        far = far_from(everything.size, extend, sampling.context) if extend and sampling.context else gone
        sample = sample_canvas(seen, far, hole, sampling, tiling=any(axes), holes=holes)
    fits = exemplar is None or any(axes) or sample.alpha is not None or _goes_on(canvas, free, sample)
    # Of a canvas that wraps around, every border is next to another one.
    alone = not fits and min(hole.size) >= SMALLEST_ALONE
    box = everything if any(axes) else (hole if alone else surroundings_of(hole)).common(everything)
    work = free if holes or not (given or banded) else hidden_in(seen, free, flatten=flatten)
    known, inside = (np.ascontiguousarray(box.cut(array)) for array in (canvas.pixels, work))
    through = None
    if canvas.alpha is not None and not flatten:
        alpha, changed = (np.ascontiguousarray(box.cut(array)) for array in (canvas.alpha, free))
        own = np.ones(sample.pixels.shape[:2], np.float32) if sample.alpha is None else sample.alpha
        if goes_on is not None or sample.alpha is not None or (alpha[inside == 0] < OPAQUE).any():
            through = translucency(
                sample.pixels, own, sample.valid, wrap, (known, alpha, changed), own=exemplar is None
            )
            if goes_on is not None and through.smooth is None:
                through = replace(through, backdrop=None, smooth=alpha)
            known = through.composite(known, alpha)
    kept = canvas
    if flatten and canvas.alpha is not None and np.maximum(canvas.alpha, free).min() >= OPAQUE:
        # Nothing of it is transparent any more.
        kept = replace(canvas, alpha=None)
    offset = None if exemplar is not None else (box.top - sample.corner[0], box.left - sample.corner[1])
    nearby = exemplar is None and sampling.mask is None and not sampling.is_around_hole
    size = (sample.pixels.shape[0], sample.pixels.shape[1])
    islands = (
        () if any(axes) or not fits else find_islands(inside > 0, sample.valid, size, offset if nearby else None)
    )
    return Materials(
        over(sample, through),
        canvas,
        everything.size,
        known,
        inside,
        kept,
        free,
        shown,
        box,
        offset,
        islands,
        fits,
        through,
        sampled_further(more, canvas),
    )


def _around(shown: Mask, everything: Box, sampling: Sampling, axes: tuple[bool, bool]) -> Box:
    """Bound what is looked at of a canvas."""
    return everything if any(axes) else context_of(bounds_of(shown), sampling.context).common(everything)


def _goes_on(canvas: Picture, free: Mask, sample: Sample) -> bool:
    """Tell whether the texture of an exemplar is to go on from what lies around a hole, and not begin anew in it."""
    hole = bounds_of(free)
    if free.mean() * free.size < LEAST_FILLED * np.prod(hole.size) or np.prod(hole.size) > LARGEST_NEW:
        return True
    known = free <= 0 if canvas.alpha is None else (free <= 0) & (canvas.alpha >= OPAQUE)
    return resembles(canvas.pixels, known, free, sample.pixels, sample.valid)


def _inner(everything: Box, margins: Margins) -> Box:
    """Bound what lies within margins; nothing, if they meet."""
    height, width = everything.size
    top, left = min(margins.top, height), min(margins.left, width)
    return Box(top, left, max(top, height - margins.bottom), max(left, width - margins.right))


def _has_holes(canvas: Picture, free: Mask, around: Box, extend: Margins) -> bool:
    # What is added says nothing of alpha.
    return is_lace(canvas, 1 - free) if extend else has_holes(part_of(canvas, around), around.cut(free))


def _without_edge(canvas: Picture, around: Box, free: Mask) -> Picture:
    """Clear the soft edge of what was cut out around a hole, unless alpha goes smoothly on through the hole."""
    if canvas.alpha is None:
        return canvas
    edge = soft_edge(around.cut(canvas.alpha)) & (around.cut(free) < 1)
    if not edge.any() or (free.any() and continued(around.cut(canvas.alpha), around.cut(free)) is not None):
        return canvas
    alpha = canvas.alpha.copy()
    around.cut(alpha)[edge] = 0
    return replace(canvas, alpha=alpha)
