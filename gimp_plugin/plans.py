"""From the user's options and pixels to jobs for the engine, without GIMP."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gimp_plugin import samples
from gimp_plugin.box import Box
from gimp_plugin.translation import _
from gimp_plugin.user_options import LARGEST_WHOLE, PERCENT, Options
from protocol import reach
from protocol.messages import Canvas, Source, Synthesize
from protocol.raster import Raster
from protocol.vocabulary import (
    FRINGE,
    LARGEST_SIDE,
    SMALLEST_EXEMPLAR,
    SMALLEST_SIDE,
    Margins,
)

# Jobs get names of their own when they are sent.
NAME = "planned"
LONGEST_EXEMPLAR = 1024
LONGEST_FRAME = 1024
# For each frame GIMP redraws the image, on the computer that makes the texture.
FRAME_SECONDS = 1.0


class PlanError(ValueError):
    """The options cannot be used; the message is one or two sentences for the user."""


class ChoiceError(PlanError):
    """What was chosen is gone, or does not serve here: another choice would."""


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
    """Jobs for the engine.

    Attributes:
        jobs: One or more.
        width: Width of a job's result, pixels.
        height: Height of a job's result, pixels.
        maps: Maps that become a group of layers, in the order of the layers, from the top; none for a single layer.
        name: Of the layer; empty for one with the seed.
    """

    jobs: tuple[Synthesize, ...]
    width: int
    height: int
    maps: tuple[MapLayer, ...] = ()
    name: str = ""

    @property
    def box(self) -> Box:
        """All of a result."""
        return Box(0, 0, self.width, self.height)


def context_of(hole: Box, limit: Box, context: int = 0, white: Box | None = None) -> Box:
    """Find what has to be read of a layer so that the engine can fill a hole.

    Args:
        hole: The hole.
        limit: What there is to read.
        context: How far around the hole to sample, pixels; 0: wherever the exemplar mask is white, or else by the
            size of the hole.
        white: Bounds of what is white in the exemplar mask, if there is one.

    Returns:
        The hole, what continues into it, and what may be sampled.
    """
    # The engine may widen the hole by the fringe of a cut-out.
    hole = hole.grown(FRINGE)
    longest = max(hole.width, hole.height)
    near = hole.grown(reach.surroundings_of(longest))
    if white is not None and not context:
        return near.united(white).common(limit)
    return near.united(hole.grown(reach.context_of(longest, context))).common(limit)


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
    """Plan the filling of a selection; the engine decides what exactly is filled.

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
        The plan. What was selected softly is left to the mask of the layer.

    Raises:
        PlanError: There is nothing to fill.
    """
    width, height = canvas.width, canvas.height
    mask = None if selected is None else samples.place_mask(selected, hole, width, height)
    levels = samples.alpha(canvas)
    if mask is None and levels.count(levels[0]) == len(levels):
        if exemplar is not None:
            # What is transparent nowhere, or everywhere, is filled as a whole.
            mask = b"\xff" * len(levels)
        elif levels[0] == 0xFF:
            raise PlanError(nothing_to_fill())
    given = Canvas(
        canvas,
        None if mask is None else mask_raster(mask, width, height),
        beyond=_beyond(extent, width, height) if extent is not None else Margins(),
    )
    if exemplar is None:
        allowed = None if white is None else mask_raster(white, width, height)
        around = options.context or None
        given = replace(given, sample_mask=allowed, context=around, sample_from=options.sample_from)
    sources = () if exemplar is None else (Source(exemplar),)
    job = Synthesize(NAME, sources, given, options.settings, depth, blend=mask is None)
    return JobPlan((job,), width, height)


def nothing_to_fill() -> str:
    """Say that there is nothing to fill."""
    return _("Nothing is selected, and no part of the layer is transparent: select what to fill.")


def new(
    options: Options,
    sources: Sequence[Source],
    depth: str,
    given: Canvas = Canvas(),  # noqa: B008
    maps: Sequence[MapLayer] = (),
) -> JobPlan:
    """Plan new textures.

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
    seeds = ((begin + number) % (LARGEST_WHOLE + 1) for number in range(options.variations))
    jobs = tuple(
        Synthesize(NAME, tuple(sources), canvas, replace(options.settings, seed=seed), depth) for seed in seeds
    )
    return JobPlan(jobs, width, height, tuple(maps))


def seamless(options: Options, canvas: Raster, depth: str) -> JobPlan:
    """Plan to make a picture tile: the engine makes a band along its borders anew, and what is missing."""
    job = Synthesize(NAME, (), Canvas(canvas), options.settings, depth)
    return JobPlan((job,), canvas.width, canvas.height)


def extend(options: Options, canvas: Raster, depth: str) -> JobPlan:
    """Plan to extend a picture beyond its borders.

    Args:
        options: What is wanted.
        canvas: The picture, with alpha.
        depth: Kind of sample of the result.

    Returns:
        The plan, with the size of the extended picture.

    Raises:
        PlanError: Nothing is added, or too much; nothing can be seen, or what is added would be transparent all over.
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
    if not samples.is_visible(canvas):
        raise PlanError(
            _("Nothing can be seen in the image, so there is nothing to extend: show a layer with a picture.")
        )
    if not options.settings.flatten and not _is_seen_along(canvas, margins):
        raise PlanError(
            _(
                "Nothing can be seen along the borders that are extended, so what is added would be transparent, "
                "too: crop the image to its picture first, or choose “Opaque texture”."
            )
        )
    job = Synthesize(NAME, (), Canvas(canvas, extend=margins), options.settings, depth, blend=False)
    return JobPlan((job,), width, height)


def enlarge(options: Options, picture: Raster, depth: str, name: str) -> JobPlan:
    """Plan to enlarge a picture.

    Args:
        options: What is wanted.
        picture: The picture, with alpha.
        depth: Kind of sample of the result.
        name: Of the picture.

    Returns:
        The plan, with the size of the enlarged picture.

    Raises:
        PlanError: It is too small, or would get too large; or nothing of it can be seen.
    """
    factor = options.settings.enlarge or 1.0
    width, height = round(picture.width * factor), round(picture.height * factor)
    if min(picture.width, picture.height) < SMALLEST_EXEMPLAR:
        raise PlanError(
            _("The picture has {width} × {height} px: choose one of {least} px a side or more.").format(
                width=picture.width, height=picture.height, least=SMALLEST_EXEMPLAR
            )
        )
    if max(width, height) > LARGEST_SIDE:
        raise PlanError(
            _("The picture would be {width} × {height} px: enlarge it to at most {most} px a side.").format(
                width=width, height=height, most=LARGEST_SIDE
            )
        )
    if not samples.is_visible(picture):
        raise PlanError(nothing_visible())
    job = Synthesize(NAME, (Source(picture),), Canvas(), options.settings, depth)
    return JobPlan((job,), width, height, name=f"{name} × {factor:g}")


def margins_of(options: Options, width: int, height: int) -> Margins:
    """Find how many pixels are added along each border of a picture."""
    sides = {"top": height, "right": width, "bottom": height, "left": width}
    shares = {name: side / 100 if options.unit == PERCENT else 1 for name, side in sides.items()}
    return Margins(**{name: round(getattr(options, name) * share) for name, share in shares.items()})


def exemplar_part(exemplar: Raster, white: bytes | None) -> Box:
    """Find the part of an exemplar that is sampled: what is visible of it, of a size that can be searched.

    Args:
        exemplar: With alpha.
        white: 255 where it may be sampled, a byte for each of its pixels; None for everywhere.

    Returns:
        At most 1024 pixels a side: the middle, or where more is visible.

    Raises:
        PlanError: Too little of it is visible.
    """
    sampled = exemplar if white is None else samples.hidden(exemplar, samples.inverted(white))
    visible = samples.visible_box(sampled)
    clear = samples.clear(sampled)
    if min(visible.width, visible.height) < SMALLEST_EXEMPLAR or clear.count(0) < SMALLEST_EXEMPLAR**2:
        sentence = _("The exemplar has no visible part of {side} × {side} px or more: choose another.")
        raise PlanError(sentence.format(side=SMALLEST_EXEMPLAR))
    return max(visible.parts(LONGEST_EXEMPLAR), key=lambda box: samples.clear(samples.crop(sampled, box)).count(0))


def cut_source(exemplar: Raster, part: Box, white: bytes | None = None, guide: Raster | None = None) -> Source:
    """Cut an exemplar to a part, with its mask, 255 where it may be sampled, and its guide."""
    mask = None
    if white is not None:
        mask = mask_raster(samples.crop_mask(white, exemplar.width, part), part.width, part.height)
    own = None if guide is None else samples.crop(guide, part)
    return Source(samples.crop(exemplar, part), mask, guide=own)


def outside() -> str:
    """Say that nothing of the layer is selected."""
    return _("The selection is outside the layer: select a part of the layer, or nothing.")


def nothing_visible() -> str:
    """Say that nothing of a layer can be seen."""
    return _("Nothing can be seen in the layer, or in what is selected of it: choose a layer with a picture.")


def mask_raster(mask: bytes, width: int, height: int) -> Raster:
    """Wrap a mask for the engine."""
    return Raster(width, height, 1, "u8", mask)


def with_frames(jobs: Sequence[Synthesize], *, frames: bool) -> tuple[Synthesize, ...]:
    """Ask for frames, or for none."""
    interval = FRAME_SECONDS if frames else None
    return tuple(replace(job, frame_interval=interval, frame_limit=LONGEST_FRAME) for job in jobs)


def previews(plan: JobPlan, seeds: Sequence[int]) -> tuple[Synthesize, ...]:
    """Request a coarse picture of each seed instead of what was planned."""
    asked = (plan.jobs[0].with_seed(seed, preview=True) for seed in seeds)
    return tuple(replace(each, depth="u8", blend=True) for each in asked)


def _is_seen_along(canvas: Raster, margins: Margins) -> bool:
    """Whether any pixel can be seen along the borders at which a picture gets margins."""
    width, height = canvas.width, canvas.height
    lines = {
        "top": Box(0, 0, width, 1),
        "right": Box(width - 1, 0, 1, height),
        "bottom": Box(0, height - 1, width, 1),
        "left": Box(0, 0, 1, height),
    }
    along = (samples.crop(canvas, line) for side, line in lines.items() if getattr(margins, side))
    return any(samples.is_visible(line) for line in along)


def _beyond(extent: Box, width: int, height: int) -> Margins:
    """Find what of a canvas lies beyond a layer along each border; all of it, where the layer is not in it."""
    right, bottom = width - extent.x - extent.width, height - extent.y - extent.height
    sides = {"top": extent.y, "right": right, "bottom": bottom, "left": extent.x}
    return Margins(**{name: min(max(side, 0), LARGEST_SIDE) for name, side in sides.items()})
