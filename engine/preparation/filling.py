"""What a fill works on: which part of a canvas is new, what is kept, and what is sampled."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.images import Picture
from engine.images.picture import FloatArray
from engine.preparation.alpha import (
    CLEAR,
    LIKE,
    OPAQUE,
    SAME_LEVEL,
    Mask,
    has_holes,
    is_damaged,
    is_lace,
    is_opaque,
    soft_edge,
)
from engine.preparation.areas import Box, bounds_of, whole_of
from engine.preparation.banding import band_along, band_depth, band_of
from engine.preparation.blanks import fill_blanks
from engine.preparation.cut_outs import thing_within
from engine.preparation.extending import added, beyond_borders, far_from
from engine.preparation.frames import Framed, continue_frame
from engine.preparation.islands import Island, find_islands, sides_first
from engine.preparation.job_input import FurtherSource, JobInput, over, sampled, sampled_further
from engine.preparation.lace_light import lace_light
from engine.preparation.light import even_light, in_colors_of
from engine.preparation.masks import hidden_in, hole_of, narrowed, part_of, with_cut_out
from engine.preparation.new_texture import Layout, prepare_new
from engine.preparation.reach import context_of, surroundings_of
from engine.preparation.repeats import repeated
from engine.preparation.resemblance import resembles
from engine.preparation.sampling import ALL, Sample, Sampling, sample_canvas
from engine.preparation.tileability import tiles
from engine.preparation.translucency import Translucency, continued, translucency
from engine.request_errors import TilesAlreadyError
from protocol.vocabulary import SMALLEST_SIDE, Margins

# Where holes cover less of their bounds than this, or these are larger, pixels, a new texture for them is a waste.
LEAST_FILLED = 0.25
LARGEST_NEW = 2048**2
# A new texture for a hole is no smaller than this, pixels, if there is room.
SMALLEST_ALONE = 64


@dataclass(frozen=True, eq=False)
class _Hole:
    """What of a canvas is new.

    Attributes:
        canvas: The canvas, with what goes on beyond its borders.
        gone: 1 where it is missing, without the band that is made anew for it to tile.
        shown: Likewise with the band, see `JobInput`.
        free: What is shown; without soft edges for a client that blends by itself.
        around: The part of the canvas that is looked at.
        lacy: Whether the texture has holes of its own, which are made, too.
        goes_on: Whether alpha goes on beyond the borders of the canvas.
        lit: The canvas as it is sampled and continued: across the borders of a tile, under even light.
        repeating: Alpha of what is new, where it repeats around it, and NaN elsewhere; None where it does not.
    """

    canvas: Picture
    gone: Mask
    shown: Mask
    free: Mask
    around: Box
    lacy: bool
    goes_on: bool
    lit: Picture
    repeating: Mask | None


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
) -> JobInput:
    """Turn pictures into what synthesis takes to fill a part of a canvas; see `prepare`, which extends the canvas."""
    is_canvas = (
        exemplar is not None and mask is not None and not more and np.array_equal(exemplar.pixels, canvas.pixels)
    )
    if is_canvas:
        # All of the picture but its hole, which would come back.
        sampling = replace(sampling, context=max(whole_of(canvas.pixels).size))
    own, tiling, wrap = exemplar is None or is_canvas, any(axes), (axes[1], axes[0])
    hole = _find_hole(canvas, mask, sampling, axes, extend, beyond, blend=blend, own=own)
    canvas, free, flatten = hole.canvas, hole.free, sampling.flatten
    everything = whole_of(canvas.pixels)
    if exemplar is not None and free.min() >= 1 and min(everything.size) >= SMALLEST_SIDE:
        # Nothing is kept, so nothing has to fit: a new texture, without holes.
        opaque = sampling if flatten else replace(sampling, flatten=True, alone="fill all of a canvas")
        laid = prepare_new(exemplar, opaque, wrap, more, Layout(everything.size))
        return replace(laid, pattern=canvas, shown=hole.shown)
    if is_canvas:
        exemplar = None
    framed = _framed(canvas, free) if own and not (tiling or extend) else None
    if framed is not None:
        canvas = replace(canvas, pixels=framed.pixels)
    bounds = bounds_of(free)
    # What is kept of a soft edge says nothing of what goes on beside it, and would be taken for texture.
    lit = hole.lit if tiling else canvas
    seen = lit if hole.lacy or flatten else _without_edge(lit, hole.around, free)
    if exemplar is not None:
        sample = sampled(exemplar, sampling, canvas, 1 if more else None)
    else:
        # The band is texture too, but for the seam: what can stay as it is fits the middle best.
        far = far_from(everything.size, extend, sampling.context) if extend and sampling.context else hole.gone
        if framed is not None:
            far = _outside(framed.inner, far)
        sample = sample_canvas(seen, far, bounds, sampling, tiling=tiling, holes=hole.lacy, masked=mask is not None)
    fits = own or tiling or sample.alpha is not None or _goes_on(canvas, free, sample)
    # Of a canvas that wraps around, every border is next to another one.
    alone = not fits and min(bounds.size) >= SMALLEST_ALONE
    box = everything if tiling else (bounds if alone else surroundings_of(bounds)).common(everything)
    by_alpha = mask is None and not extend and not tiling
    work = free if hole.lacy or by_alpha else hidden_in(seen, free, flatten=flatten)
    if framed is not None:
        box, work = box.common(framed.inner), work * ~framed.frame
    if hole.repeating is not None:
        # What is clear there is known; colors have to fit to it.
        work = work * ~(hole.repeating < CLEAR)
    known, inside = (np.ascontiguousarray(box.cut(array)) for array in (lit.pixels, work))
    through, known = (None, known) if flatten else _see_through(hole, box, known, inside, sample, wrap, own=own)
    kept = canvas
    if flatten and canvas.alpha is not None and np.maximum(canvas.alpha, free).min() >= OPAQUE:
        # Nothing of it is transparent any more.
        kept = replace(canvas, alpha=None)
    offset = (box.top - sample.corner[0], box.left - sample.corner[1]) if own else None
    islands = _islands(inside > 0, sample, offset, sampling, extend) if fits and not tiling else ()
    return JobInput(
        over(sample, through),
        canvas,
        everything.size,
        known=known,
        free=inside,
        canvas=kept,
        mask=free,
        shown=hole.shown,
        box=box,
        offset=offset,
        islands=islands,
        fits=fits,
        translucency=through,
        more=sampled_further(more, canvas),
    )


def _islands(
    free: NDArray[np.bool_], sample: Sample, offset: tuple[int, int] | None, sampling: Sampling, extend: Margins
) -> tuple[Island, ...]:
    """Find what is filled one after the other; an offset is given where the canvas is its own exemplar."""
    nearby = offset if sampling.mask is None and sampling.sample_from == ALL else None
    size = (sample.pixels.shape[0], sample.pixels.shape[1])
    first = () if offset is None else sides_first(free, extend, sample.valid, size, nearby, sampling.context)
    return first or find_islands(free, sample.valid, size, nearby, sampling.context)


def _framed(canvas: Picture, free: Mask) -> Framed | None:
    """Continue the frame of an opaque canvas through a hole, if it has one, and fill what is blank around."""
    if canvas.alpha is not None and (canvas.alpha[free <= 0] < OPAQUE).any():
        return None
    framed = continue_frame(canvas.pixels, free > 0)
    if framed is None:
        framed = Framed(canvas.pixels, np.zeros(free.shape, bool), whole_of(free))
    pixels, blank = fill_blanks(framed.pixels, (free > 0) & ~framed.frame)
    found = replace(framed, pixels=pixels, frame=framed.frame | blank)
    return found if found.frame.any() else None


def _outside(inner: Box, far: Mask) -> Mask:
    """Mark what lies outside of a part of the canvas, besides what is marked already."""
    found = np.ones_like(far)
    inner.cut(found)[...] = inner.cut(far)
    return found


def _find_hole(
    canvas: Picture,
    mask: Picture | None,
    sampling: Sampling,
    axes: tuple[bool, bool],
    extend: Margins,
    beyond: Margins,
    *,
    blend: bool,
    own: bool,
) -> _Hole:
    """Find out what of a canvas is new; see `prepare`. It is its `own` exemplar, or there is another one."""
    everything, flatten = whole_of(canvas.pixels), sampling.flatten
    given = mask is not None or bool(extend)
    banded = any(axes) and not given
    nothing = np.zeros(everything.size, np.float32)
    # All that is missing is made, and its soft edge with it.
    edged = not given and not flatten and not is_lace(canvas, 1 - nothing)
    whole = _without_edge(canvas, everything, nothing) if edged else canvas
    if extend:
        gone = added(everything.size, extend)
    else:
        gone = nothing if banded and not is_damaged(whole) else hole_of(whole, mask)
    lit, shown = canvas, gone
    if banded:
        meeting = axes if gone.any() else _not_tiling(canvas, axes)
        shown = np.maximum(gone, band_of(canvas, meeting))
        lit = _evenly_lit(canvas, meeting, shown)
    if whole.alpha is not None and canvas.alpha is not None and edged:
        # What is half as opaque as the thing is sampled, and made anew all the same.
        shown = np.maximum(shown, whole.alpha > canvas.alpha + SAME_LEVEL / 255, dtype=np.float32)
    around = _around(shown, everything, sampling, axes)
    repeating = _repeating(canvas, shown, around) if given and own and not (flatten or any(axes)) else None
    lacy = repeating is not None or (
        (given or banded) and own and not flatten and _has_holes(canvas, shown, around, extend)
    )
    if mask is not None and not lacy:
        # First: what was erased with the mask is found by its whole soft edge.
        gone = shown = with_cut_out(shown, canvas, around, _inner(everything, beyond))
        if own:
            gone = shown = narrowed(shown)
        around = _around(shown, everything, sampling, axes)
    goes_on = None if lacy or flatten else beyond_borders(canvas, extend)
    free = shown if blend else (shown > 0).astype(np.float32)
    gone = gone if blend else (gone > 0).astype(np.float32)
    canvas, lit = (goes_on, goes_on) if goes_on is not None else (canvas, lit)
    return _Hole(canvas, gone, shown, free, around, lacy, goes_on is not None, lit, repeating)


def _evenly_lit(canvas: Picture, axes: tuple[bool, bool], shown: Mask) -> Picture:
    """Even out the light of an opaque canvas in its band, unless it is a drawing or has objects on a background."""
    from engine.synthesis.structure.flatness import has_flat_colors

    height, width = shown.shape
    plain = np.array_equal(shown, band_along(height, width, axes))
    if not plain or not is_opaque(canvas) or has_flat_colors(canvas.pixels, np.ones(shown.shape, bool)):
        return canvas
    even = even_light(canvas.pixels, band_depth(height, width), axes)
    return replace(canvas, pixels=in_colors_of(canvas.pixels, even), stored=None, kept=None)


def _repeating(canvas: Picture, shown: Mask, around: Box) -> Mask | None:
    """Continue alpha that repeats around a hole; None where it does not, or the hole is one of what repeats."""
    if canvas.alpha is None:
        return None
    part, changed = around.cut(canvas.alpha), around.cut(shown)
    found = repeated(part, changed)
    if found is None or LIKE * (1 - found[changed > 0]).mean() > (1 - part[changed == 0]).mean():
        return None
    whole = np.full(shown.shape, np.nan, np.float32)
    around.cut(whole)[...] = found
    return whole


def _not_tiling(canvas: Picture, axes: tuple[bool, bool]) -> tuple[bool, bool]:
    """Leave out the axes along which a canvas tiles already; if it does so along all, refuse it."""
    seen = canvas.pixels
    if canvas.alpha is not None:
        alpha = canvas.alpha[..., None]
        seen = np.concatenate([seen * alpha, alpha], axis=2, dtype=np.float32)
    across, down = (meets and not tiles(seen, axis) for meets, axis in zip(axes, (1, 0), strict=True))
    if not (across or down):
        raise TilesAlreadyError
    return across, down


def _see_through(
    hole: _Hole, box: Box, known: FloatArray, inside: Mask, sample: Sample, wrap: tuple[bool, bool], *, own: bool
) -> tuple[Translucency | None, FloatArray]:
    """Tell how alpha is a part of the texture, and give what is known of the canvas as it looks then."""
    if hole.canvas.alpha is None:
        return None, known
    alpha, changed = (np.ascontiguousarray(box.cut(array)) for array in (hole.canvas.alpha, hole.free))
    if not hole.goes_on and sample.alpha is None and (alpha[inside == 0] >= OPAQUE).all():
        return None, known
    repeating = None if hole.repeating is None else np.ascontiguousarray(box.cut(hole.repeating))

    def laid(sample: Sample, known: FloatArray) -> Translucency:
        opaque = np.ones(sample.pixels.shape[:2], np.float32)
        return translucency(
            sample.pixels,
            opaque if sample.alpha is None else sample.alpha,
            sample.valid,
            wrap,
            (known, alpha, changed),
            own=own,
            lacy=hole.lacy,
            repeating=repeating,
        )

    through = laid(sample, known)
    if hole.lacy and own and not any(wrap) and through.backdrop is not None:
        found = lace_light(sample, hole.free, box)
        if found is not None:
            known = (known - found.light).clip(0, 1)
            through = replace(laid(found.sample, known), light=found.light)
    if repeating is not None:
        alpha = np.where(np.isnan(repeating), alpha, repeating)
    if hole.goes_on and through.smooth is None:
        through = replace(through, backdrop=None, smooth=alpha)
    return through, through.composite(known, alpha)


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
    part = around.cut(canvas.alpha)
    edge = soft_edge(part) & (around.cut(free) < 1)
    thing = None if edge.any() else thing_within(canvas.alpha)
    if not (edge.any() or thing) or (free.any() and continued(part, around.cut(free)) is not None):
        return canvas
    alpha = canvas.alpha.copy() if thing is None else np.where(thing[0], thing[1], 0).astype(np.float32)
    around.cut(alpha)[edge] = 0
    return replace(canvas, alpha=alpha)
