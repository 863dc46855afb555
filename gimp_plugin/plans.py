"""From the user's options and pixels to jobs for the engine, without GIMP."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gimp_plugin import samples
from gimp_plugin.box import Box
from gimp_plugin.translation import _
from gimp_plugin.user_options import ABOVE_BELOW, ALL, PERCENT, SIDES, Options
from protocol.messages import Canvas, Source, Synthesize
from protocol.raster import Raster
from protocol.vocabulary import (
    FRINGE,
    LARGEST_SEED,
    LARGEST_SIDE,
    NEAREST_CONTEXT,
    NEAREST_PART,
    SMALLEST_EXEMPLAR,
    SMALLEST_SIDE,
    WIDEST_CONTEXT,
    Margins,
)

# Alpha and selection, as bytes, add up to this where the selection was erased before, but for rounding.
WHOLE = 252
LONGEST_EXEMPLAR = 1024
SMALLEST_TILE = 16
LONGEST_FRAME = 1024
# For each frame GIMP redraws the image, on the computer that makes the texture.
FRAME_SECONDS = 1.0


class PlanError(ValueError):
    """The options cannot be used; the message is one or two sentences for the user."""


@dataclass(frozen=True)
class MapLayer:
    """A map of the exemplar, of which a layer of the texture is made.

    Attributes:
        name: Of both layers.
        raster: The map, of the size of the exemplar, in samples that lose nothing.
        leads: Whether it is the one that is shown.
    """

    name: str
    raster: Raster
    leads: bool


@dataclass(frozen=True)
class JobPlan:
    """Jobs for the engine, and which part of their results becomes a layer.

    Attributes:
        jobs: One or more.
        width: Width of a job's result, pixels.
        height: Height of a job's result, pixels.
        part: The part of a result that becomes the layer.
        mask: The layer's mask, a byte for each pixel of the part; None for no mask.
        maps: Maps that become a group of layers, in the order of the layers, from the top; none for a single layer.
    """

    jobs: tuple[Synthesize, ...]
    width: int
    height: int
    part: Box
    mask: bytes | None = None
    maps: tuple[MapLayer, ...] = ()


def context_of(hole: Box, limit: Box, context: int = 0, white: Box | None = None) -> Box:
    """Find what has to be read of a layer to fill a hole.

    Args:
        hole: The hole.
        limit: What there is to read.
        context: How far around the hole to sample, pixels; 0: wherever the exemplar mask is white, or else by the
            size of the hole.
        white: Bounds of what is white in the exemplar mask, if there is one.

    Returns:
        The hole, what continues into it, and what may be sampled.
    """
    longest = max(hole.width, hole.height)
    near = hole.grown(max(NEAREST_CONTEXT, longest // NEAREST_PART))
    if white is not None and not context:
        return near.united(white).common(limit)
    return near.united(hole.grown(context or max(WIDEST_CONTEXT, longest))).common(limit)


def fill(
    options: Options,
    canvas: Raster,
    hole: Box,
    selected: bytes | None,
    exemplar: Raster | None,
    depth: str,
    extent: Box | None = None,
    white: bytes | None = None,
) -> JobPlan:
    """JobPlan the filling of a selection.

    Args:
        options: What is wanted.
        canvas: What lies in and around the hole, with alpha.
        hole: Bounds of the selection, in the canvas's pixels.
        selected: How much each pixel of the hole's bounds is selected; None for what of them is transparent.
        exemplar: Another exemplar than what lies around.
        depth: Kind of sample of the result.
        extent: Where the layer is in the canvas; all of it if not given.
        white: 255 where the canvas may be sampled, a byte for each of its pixels; None for everywhere.

    Returns:
        The plan.

    Raises:
        PlanError: There is nothing to fill, or nothing to fill it with.
    """
    width, height = canvas.width, canvas.height
    clear = samples.missing(canvas)
    if selected is None and (exemplar is None or any(clear)):
        return _fill_transparent(options, canvas, hole, clear, exemplar, depth, white)
    chosen = samples.touched(selected) if selected is not None else b"\xff" * (hole.width * hole.height)
    shown = None
    if selected is not None:
        hole, chosen, shown = _with_fringe(canvas, hole, selected, clear, extent or Box(0, 0, width, height))
    wanted = samples.place_mask(chosen, hole, width, height)
    if exemplar is not None and not wanted.count(0):
        # Nothing is kept, so nothing has to fit.
        job = _job(options, depth, exemplar=exemplar, canvas=Canvas(width=width, height=height), flatten=True)
        return JobPlan((job,), width, height, hole, shown)
    mask = mask_raster(wanted, width, height)
    if exemplar is not None:
        job = _job(options, depth, exemplar=exemplar, canvas=Canvas(canvas, mask))
    else:
        _check_rest(options, canvas, hole, wanted, white, extent)
        job = _job(options, depth, canvas=_sampled(options, canvas, white, mask))
    return JobPlan((job,), width, height, hole, shown)


def new(
    options: Options,
    sources: Sequence[Source],
    depth: str,
    given: Canvas = Canvas(),  # noqa: B008
    maps: Sequence[MapLayer] = (),
) -> JobPlan:
    """JobPlan new textures.

    Args:
        options: What is wanted.
        sources: The exemplar, or several that are mixed; without a guide in equal shares.
        depth: Kind of sample of the result.
        given: Guide, content and maps. They give the size; without them, the options and the first source do.
        maps: What becomes a group of layers, see `JobPlan`.

    Returns:
        The plan.

    Raises:
        PlanError: The exemplar is too small, or the size out of range.
    """
    exemplar = sources[0].picture
    width, height = options.width, options.height
    shapes = [each for each in (given.guide, given.content, given.rotation_map, given.scale_map) if each is not None]
    if shapes:
        width, height = shapes[0].width, shapes[0].height
    width = width or round(exemplar.width * options.ratio)
    height = height or round(exemplar.height * options.ratio)
    for side in (width, height):
        if not SMALLEST_SIDE <= side <= LARGEST_SIDE:
            raise PlanError(
                _("The texture would be {width} × {height} px: choose sides of {least} to {most} px.").format(
                    width=width, height=height, least=SMALLEST_SIDE, most=LARGEST_SIDE
                )
            )
    begin, canvas = options.settings.seed, replace(given, width=width, height=height)
    seeds = ((begin + number) % (LARGEST_SEED + 1) for number in range(options.variations))
    jobs = tuple(_job(options, depth, sources=tuple(sources), canvas=canvas, seed=seed) for seed in seeds)
    return JobPlan(jobs, width, height, Box(0, 0, width, height), maps=tuple(maps))


def seamless(options: Options, canvas: Raster, depth: str) -> JobPlan:
    """JobPlan to make a picture tile: what lies along its border is made anew, so that opposite sides fit.

    Args:
        options: What is wanted.
        canvas: The picture, with alpha.
        depth: Kind of sample of the result.

    Returns:
        The plan.

    Raises:
        PlanError: The picture is too small.
    """
    width, height = canvas.width, canvas.height
    if min(width, height) < SMALLEST_TILE or not _enough(canvas):
        raise PlanError(_("Too little of the picture would be kept: choose a larger one."))
    # Without a mask the engine chooses a band along the border, and fills what is missing.
    job = _job(options, depth, canvas=Canvas(canvas))
    return JobPlan((job,), width, height, Box(0, 0, width, height))


def extend(options: Options, canvas: Raster, depth: str) -> JobPlan:
    """Plan to go on with a picture beyond its borders.

    Args:
        options: What is wanted.
        canvas: The picture, with alpha.
        depth: Kind of sample of the result.

    Returns:
        The plan, with the size of the extended picture.

    Raises:
        PlanError: Nothing is added, or too much, or hardly anything of the picture is visible.
    """
    margins = margins_of(options, canvas.width, canvas.height)
    width, height = margins.around(canvas.width, canvas.height)
    if not margins:
        raise PlanError(_("No pixel would be added: extend at least one side."))
    if max(width, height) > LARGEST_SIDE:
        raise PlanError(
            _("The image would be {width} × {height} px: extend it to at most {most} px.").format(
                width=width, height=height, most=LARGEST_SIDE
            )
        )
    if not _enough(canvas):
        raise PlanError(_("Too little of the image is visible: show more of it."))
    job = _job(options, depth, canvas=Canvas(canvas, extend=margins))
    whole, inner = Box(0, 0, width, height), Box(margins.left, margins.top, canvas.width, canvas.height)
    strip = _only_strip(whole, inner)
    if strip:
        return JobPlan((job,), width, height, strip)
    kept = samples.place_mask(b"\xff" * (inner.width * inner.height), inner, width, height)
    return JobPlan((job,), width, height, whole, samples.inverted(kept))


def margins_of(options: Options, width: int, height: int) -> Margins:
    """Find how many pixels are added along each border of a picture."""
    sides = {"top": height, "right": width, "bottom": height, "left": width}
    shares = {name: side / 100 if options.unit == PERCENT else 1 for name, side in sides.items()}
    return Margins(**{name: round(getattr(options, name) * share) for name, share in shares.items()})


def _only_strip(whole: Box, inner: Box) -> Box:
    """Find what lies beside a rectangle, if that is one rectangle; else one without area."""
    right, bottom = inner.x + inner.width, inner.y + inner.height
    strips = [
        Box(0, 0, whole.width, inner.y),
        Box(0, bottom, whole.width, whole.height - bottom),
        Box(0, 0, inner.x, whole.height),
        Box(right, 0, whole.width - right, whole.height),
    ]
    found = [strip for strip in strips if strip]
    return found[0] if len(found) == 1 else Box(0, 0, 0, 0)


def check_exemplar(exemplar: Raster, white: bytes | None = None, guide: Raster | None = None) -> Source:
    """Cut an exemplar to what is visible of it and to a size that can be searched.

    Args:
        exemplar: With alpha.
        white: 255 where it may be sampled, a byte for each of its pixels; None for everywhere.
        guide: Its guide, of its size.

    Returns:
        The part, with that part of mask and guide.

    Raises:
        PlanError: Too little of it is visible.
    """
    return cut_source(exemplar, exemplar_part(exemplar, white), white, guide)


def exemplar_part(exemplar: Raster, white: bytes | None) -> Box:
    """Find the part of an exemplar that is sampled.

    Args:
        exemplar: With alpha.
        white: As in `check_exemplar`.

    Returns:
        At most 1024 pixels a side: the middle, or where more is visible.

    Raises:
        PlanError: Too little of it is visible.
    """
    sampled = exemplar if white is None else samples.hidden(exemplar, samples.inverted(white))
    visible = samples.visible_box(sampled)
    if min(visible.width, visible.height) < SMALLEST_EXEMPLAR or not _enough(sampled):
        raise PlanError(_invisible())
    return max(visible.parts(LONGEST_EXEMPLAR), key=lambda box: samples.clear(samples.crop(sampled, box)).count(0))


def cut_source(exemplar: Raster, part: Box, white: bytes | None = None, guide: Raster | None = None) -> Source:
    """Cut an exemplar with mask and guide, as in `check_exemplar`, to a part."""
    mask = None
    if white is not None:
        mask = mask_raster(samples.crop_mask(white, exemplar.width, part), part.width, part.height)
    own = None if guide is None else samples.crop(guide, part)
    return Source(samples.crop(exemplar, part), mask, guide=own)


def outside() -> str:
    """Say that nothing of the layer is selected."""
    return _("The selection is outside the layer: select a part of the layer, or nothing.")


def mask_raster(mask: bytes, width: int, height: int) -> Raster:
    """Wrap a mask for the engine."""
    return Raster(width, height, 1, "u8", mask)


def with_frames(jobs: Sequence[Synthesize], *, frames: bool) -> tuple[Synthesize, ...]:
    """Ask for frames, or for none."""
    interval = FRAME_SECONDS if frames else None
    return tuple(replace(job, frame_interval=interval, frame_limit=LONGEST_FRAME) for job in jobs)


def previews(plan: JobPlan, seeds: Sequence[int]) -> tuple[Synthesize, ...]:
    """Ask for a coarse picture of each seed in place of what was planned."""
    job = plan.jobs[0]
    asked = (replace(job.settings, seed=seed, preview=True) for seed in seeds)
    return tuple(replace(job, settings=each, depth="u8") for each in asked)


def surroundings(plan: JobPlan) -> Box:
    """Find the part that becomes the layer, with half as much around it as far as it is made."""
    part = plan.part
    return part.grown(max(part.width, part.height) // 2).common(Box(0, 0, plan.width, plan.height))


def _with_fringe(canvas: Raster, hole: Box, selected: bytes, clear: bytes, extent: Box) -> tuple[Box, bytes, bytes]:
    """Widen a selection around what is transparent in it, where a cut-out leaves a fringe of other colors.

    What was erased with the same soft selection is shown wholly: blended once more, a ring of it would stay clear.

    Args:
        canvas: What lies in and around the hole.
        hole: Bounds of the selection.
        selected: How much each of its pixels is selected.
        clear: The canvas's transparent pixels.
        extent: Where the layer is.

    Returns:
        The bounds, what is to be made in them, and the mask of the layer.
    """
    chosen = samples.touched(selected)
    own = extent.common(Box(0, 0, canvas.width, canvas.height))
    picture = samples.place_mask(b"\xff" * (own.width * own.height), own, canvas.width, canvas.height)
    # What is selected by less than half is a feather's end, and what lies beside the layer was never cut out.
    inside = samples.common(samples.above(selected, 128), samples.crop_mask(picture, canvas.width, hole))
    cut = samples.common(inside, samples.crop_mask(clear, canvas.width, hole))
    wide = hole.grown(FRINGE).common(Box(0, 0, canvas.width, canvas.height))
    place = hole.moved(-wide.x, -wide.y)
    near = samples.widened(samples.place_mask(cut, place, wide.width, wide.height), wide.width, FRINGE)
    # Only what can be seen is a fringe, and what is wholly selected already needs no more.
    seen = samples.crop_mask(samples.touched(samples.alpha(canvas)), canvas.width, wide)
    rest = samples.below(samples.place_mask(selected, place, wide.width, wide.height), 255)
    fringe = samples.common(samples.common(near, seen), rest)
    opacity = samples.crop_mask(samples.alpha(canvas), canvas.width, hole)
    erased = samples.common(samples.crop_mask(clear, canvas.width, hole), samples.summed(opacity, selected, WHOLE))
    erased = samples.common(erased, chosen)
    if not any(fringe):
        return hole, chosen, samples.either(selected, erased)
    fringe = samples.either(fringe, samples.place_mask(erased, place, wide.width, wide.height))
    chosen, shown = (
        samples.either(fringe, samples.place_mask(mask, place, wide.width, wide.height))
        for mask in (chosen, selected)
    )
    return wide, chosen, shown


def _fill_transparent(
    options: Options,
    canvas: Raster,
    hole: Box,
    clear: bytes,
    exemplar: Raster | None,
    depth: str,
    white: bytes | None,
) -> JobPlan:
    if not any(clear):
        raise PlanError(_("Nothing is selected, and no part of the layer is transparent: select what to fill."))
    width, height = canvas.width, canvas.height
    # Without a mask the engine widens the transparent part by the fringe that a cut-out leaves.
    if exemplar is None:
        _check_rest(options, canvas, samples.marked_box(clear, width), clear, white)
        job = _job(options, depth, canvas=_sampled(options, canvas, white))
    elif clear.count(0):
        job = _job(options, depth, exemplar=exemplar, canvas=Canvas(canvas))
    else:
        job = _job(options, depth, exemplar=exemplar, canvas=Canvas(width=width, height=height), flatten=True)
    return JobPlan((job,), width, height, hole)


def _sampled(options: Options, canvas: Raster, white: bytes | None, mask: Raster | None = None) -> Canvas:
    """Say what of the canvas is made, and what of it may be sampled."""
    return Canvas(
        canvas,
        mask,
        None if white is None else mask_raster(white, canvas.width, canvas.height),
        options.context or None,
        options.sample_from,
    )


def _check_rest(
    options: Options, canvas: Raster, hole: Box, mask: bytes, white: bytes | None, extent: Box | None = None
) -> None:
    """Refuse, before the engine is asked, a hole around which too little may be sampled.

    Args:
        options: What is wanted.
        canvas: What lies in and around the hole.
        hole: Its bounds.
        mask: 255 where the hole is, a byte for each of the canvas's pixels.
        white: 255 where the canvas may be sampled; None for everywhere.
        extent: Where the layer is in the canvas; all of it if not given.

    Raises:
        PlanError: Says what there is too little of.
    """
    if white is not None:
        mask = samples.either(mask, samples.inverted(white))
    area = hole.grown(options.context) if options.context else Box(0, 0, canvas.width, canvas.height)
    if options.sample_from == SIDES:
        area = Box(area.x, hole.y, area.width, hole.height)
    elif options.sample_from == ABOVE_BELOW:
        area = Box(hole.x, area.y, hole.width, area.height)
    area = area.common(Box(0, 0, canvas.width, canvas.height))
    left = samples.hidden(samples.crop(canvas, area), samples.crop_mask(mask, canvas.width, area))
    if _enough(left):
        return
    if white is not None or options.context or options.sample_from != ALL:
        raise PlanError(
            _(
                "Too little may be sampled: choose a larger context, “All around”, another exemplar mask or "
                "another exemplar."
            )
        )
    if extent is not None and not hole.common(extent):
        raise PlanError(outside())
    if not _enough(canvas):
        raise PlanError(_invisible())
    raise PlanError(_("Too little is left around the selection to sample: select less, or choose another exemplar."))


def _invisible() -> str:
    sentence = _("The exemplar has no visible part of {side} × {side} px or more: choose another.")
    return sentence.format(side=SMALLEST_EXEMPLAR)


def _enough(exemplar: Raster) -> bool:
    return samples.clear(exemplar).count(0) >= SMALLEST_EXEMPLAR**2


def _job(
    options: Options,
    depth: str,
    *,
    exemplar: Raster | None = None,
    sources: tuple[Source, ...] = (),
    canvas: Canvas = Canvas(),  # noqa: B008 - it is frozen
    **changes: object,
) -> Synthesize:
    if exemplar is not None:
        sources = (Source(exemplar),)
    settings = replace(options.settings, **changes)  # type: ignore[arg-type]
    return Synthesize("planned", sources, canvas, settings, depth)
