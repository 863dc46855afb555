"""Filling a hole by patches, coarse to fine."""

import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from engine.objects import Objects, find_objects
from engine.synthesis.matching import COMPILED, Matcher
from engine.synthesis.matching.field import Floats, Places
from engine.synthesis.structure.contrast import COARSEST
from engine.synthesis.structure.edges_first import edges_first
from engine.synthesis.structure.fill_input import FillInput
from engine.synthesis.structure.finishing import finish
from engine.synthesis.structure.leveling import Leveled, leveled
from engine.synthesis.structure.likeness import unlikeness
from engine.synthesis.structure.octave import (
    RADIUS,
    PatchOctave,
    Sampled,
    Wrap,
    distances,
    nearest,
    sampled,
    whole_patches,
)
from engine.synthesis.structure.placing import Heights, heights, is_extended, with_places
from engine.synthesis.structure.pyramid import COLORS, Level, halve, make_level
from engine.synthesis.structure.shifting import bounds, cuts, opened, shifted_copies
from engine.synthesis.structure.stages import PlannedStage, Stage
from engine.synthesis.structure.surface import continue_grain, continue_surface, is_surface
from engine.synthesis.structure.widening import FEWEST_PATCHES, widened

# Rounds of search and vote, from the coarsest octave on; finer ones have the last number.
ROUNDS = (12, 8, 6, 4, 3)
ROUNDS_WITH_OFFSETS = 4
ROUNDS_WITH_EDGES = 2
# A picture made of continued edges goes on only if it fits so much better: where all fit badly, it breaks borders.
EDGES_GAIN = 0.9
# The coarsest octave is the first at which the hole is no deeper, pixels.
DEPTH = 2.0
SMALLEST_SIDE = 6 * RADIUS
# Offsets are chosen at the first octave at which the hole is no longer than this, and no thinner than that.
LONGEST = 96
THINNEST = 4.0
SPARSEST = 0.15
# A coarse pixel is known if this share of the pixels below it is. Means of a part of them move lines and edges of
# flat colors; in photographs, whose holes would grow, half may be missing.
LEAST_KNOWN, LEAST_KNOWN_IF_FLAT = 0.5, 1.0
# What a round takes however small its octave is, pixels.
LEAST_COST = 500


@dataclass(frozen=True, eq=False)
class FillPlan:
    """A hole at all scales.

    Attributes:
        level: The hole without its trend; its colors are not mixed if they are flat.
        fill_input: The same, continued as far as pyramids and patches need it.
        canvas: Finest first.
        source: Likewise.
        pivot: The octave at which offsets are chosen, and after which one picture goes on; None for neither.
        tries: How many pictures are made up to there.
        octaves: What is done, coarse to fine.
        objects: What of the exemplar is to stay whole; None for nothing.
        heights: What it costs at each scale to fill from other heights, finest first; None for nothing.
        smooth: Whether there is no grain, so that every step between two patches would be seen.
        edges: Whether one more picture is made, in which edges are continued first.
    """

    level: Leveled
    fill_input: FillInput
    canvas: Sequence[Level]
    source: Sequence[Level]
    pivot: int | None
    tries: int
    octaves: Sequence[PlannedStage]
    objects: Objects | None = None
    heights: Sequence[Heights | None] = ()
    smooth: bool = False
    edges: bool = False


def plan_filling(fill_input: FillInput, tries: int = 1) -> FillPlan:
    """Plan the octaves of a hole.

    Args:
        fill_input: The hole.
        tries: How many pictures are made at a small scale, of which the one that fits best goes on.

    Returns:
        The plan.
    """
    level = leveled(fill_input)
    fill_input, flat = level.fill_input, level.flat
    fill_input = _aligned(_with_whole_patches(fill_input))
    canvas, source = _pyramids(fill_input, LEAST_KNOWN_IF_FLAT if flat else LEAST_KNOWN)
    offset = fill_input.offset
    pivot = _pivot(canvas, fill_input.wrap)
    held: Sequence[Heights | None] = [None] * len(canvas)
    if offset is not None and not any(fill_input.wrap):
        if is_extended(fill_input.free):
            canvas, source = with_places(canvas, source, offset)
        else:
            held = heights(canvas, source, offset, max(1, pivot or 0))
    if not fill_input.free.any():
        octave = PlannedStage(0, canvas[0].size, source[0].size, 1, LEAST_COST)
        return FillPlan(level, fill_input, canvas, source, None, 1, [octave])
    # Further pictures of flat colors are all but equal.
    edges = flat and pivot is not None and tries > 1 and offset is not None and not any(fill_input.wrap)
    tries = tries - 1 if edges else tries
    octaves = []
    for index, (here, there) in enumerate(zip(canvas, source, strict=True)):
        rounds = ROUNDS[min(len(canvas) - 1 - index, len(ROUNDS) - 1)]
        if pivot is not None and index >= pivot:
            rounds = tries * rounds
        if index == pivot:
            rounds += ROUNDS_WITH_OFFSETS + (ROUNDS_WITH_EDGES if edges else 0)
        octaves.append(PlannedStage(index, here.size, there.size, rounds, float((~here.known).sum()) + LEAST_COST))
    tries = tries if pivot is not None else 1
    # A canvas that was its own exemplar alone tells what of an object it keeps.
    objects = None
    if not level.has_trend and offset is not None:
        objects = find_objects(level.unspread(fill_input.source), fill_input.valid)
    smooth = not flat and _is_smooth(fill_input, level.rounding)
    return FillPlan(level, fill_input, canvas, source, pivot, tries, octaves[::-1], objects, held, smooth, edges)


def fill(plan: FillPlan, seed: int, matcher: Matcher = COMPILED) -> Iterator[Stage | None]:
    """Fill a hole by patches, coarse to fine (Wexler et al. 2007; Newson et al. 2017).

    Several pictures are tried at a small scale: some are made from the coarsest octave on, and one of shifted copies.
    The one that fits best goes on. The last picture takes each pixel from one patch, so that grain stays grain; seams
    and the step across the border are then spread out.

    Args:
        plan: The hole.
        seed: Another seed fills it otherwise.
        matcher: Searches and votes.

    Yields:
        A stage after each round, the last one with the result; None between two pieces of the work.
    """
    for stage in _fill(plan, seed, matcher):
        yield None if stage is None else plan.level.restored(stage)


def _fill(plan: FillPlan, seed: int, matcher: Matcher) -> Iterator[Stage | None]:
    if not plan.fill_input.free.any():
        yield Stage(plan.octaves[-1], plan.fill_input.colors, ends=True)
        return
    generator = np.random.default_rng(seed)
    tried: Sequence[PatchOctave | None] = [None] * plan.tries
    proposals: Places | None = None
    for planned in plan.octaves:
        index, left = planned.index, planned.rounds
        proposals = None if proposals is None else 2 * proposals
        held = plan.heights[index]
        exemplar, begun = sampled(plan.source[index], None if held is None else held.labels), list[PatchOctave]()
        if _is_priced(plan, index):
            yield None
            beyond = is_extended(plan.fill_input.free)
            penalty = unlikeness(plan.canvas[index], plan.source[index], plan.fill_input.wrap, beyond=beyond)
            exemplar = replace(exemplar, penalty=penalty)
        yield from _begin(plan, index, exemplar, tried, begun, seed, generator, matcher)
        rounds = [ROUNDS[min(len(plan.canvas) - 1 - index, len(ROUNDS) - 1)]] * len(begun)
        if index == plan.pivot:
            proposals = yield from _begin_copies(plan, index, exemplar, begun, generator, matcher)
            rounds += [ROUNDS_WITH_OFFSETS, ROUNDS_WITH_EDGES][: len(begun) - len(rounds)]
        # Up to the pivot octaves are small, and pictures still look for their structure.
        refined = index < (len(plan.canvas) - 1 if plan.pivot is None else plan.pivot)
        even = index >= (1 if plan.pivot is None else plan.pivot)
        for number, octave in enumerate(begun):
            for turn in range(rounds[number]):
                yield from octave.round(
                    seed + 1000 * number + 100 * index + turn, proposals, refined=refined, even=even
                )
                left -= 1
                if left or planned is not plan.octaves[-1]:
                    yield Stage(planned, octave.channels[..., :COLORS].copy(), ends=not left)
        tried = [_best(begun, edges=plan.edges)] if index == plan.pivot else begun
    last = tried[0]
    if last is not None:
        yield None
        # The last vote has changed the picture, and with it the costs that the last picture is chosen by.
        last.energy()
        yield None
        picture = yield from finish(last, flat=plan.level.flat, objects=plan.objects, offset=plan.fill_input.offset)
        if plan.smooth:
            yield None
            picture = _with_surface(picture, plan)
        yield Stage(plan.octaves[-1], picture, ends=True)


def _best(begun: Sequence[PatchOctave], *, edges: bool) -> PatchOctave:
    """Choose the picture that fits best; the last one may be made of continued edges."""
    best = min(begun[:-1] if edges else begun, key=lambda each: each.energy())
    # Where edges meet in a hole it may well be rougher than what lies around it, and where they end, smoother.
    return begun[-1] if edges and begun[-1].misfit() < EDGES_GAIN * best.misfit() else best


def _with_surface(picture: Floats, plan: FillPlan) -> Floats:
    """Bend a plate as patches do; its grain, unless that is what rounding to 8 bits makes, goes on."""
    free = plan.fill_input.free
    found = continue_surface(picture, free, bent=True)
    goes_on = found is not picture and plan.level.rounding < COARSEST
    return continue_grain(found, free) if goes_on else found


def _is_smooth(fill_input: FillInput, rounding: float) -> bool:
    """Whether both what is known of the canvas and what is sampled are surfaces."""
    if any(fill_input.wrap) or fill_input.free.all():
        return False
    pictures = (fill_input.colors, ~fill_input.free), (fill_input.source, fill_input.valid)
    return all(is_surface(colors, known, rounding) for colors, known in pictures)


def _begin(
    plan: FillPlan,
    index: int,
    exemplar: Sampled,
    tried: Sequence[PatchOctave | None],
    begun: list[PatchOctave],
    seed: int,
    generator: np.random.Generator,
    matcher: Matcher,
) -> Iterator[None]:
    """Begin an octave for each picture that is tried: from the coarser one, or from the border of the hole."""
    for number, before in enumerate(tried):
        octave = _octave(plan, index, exemplar, generator, matcher)
        begun.append(octave)
        if before is None:
            octave.take(_nearby(octave, _at(plan.fill_input.offset, index)))
            yield from octave.peel(seed + 1000 * number + index)
        else:
            yield
            octave.take(_refined(before, octave))
            octave.lay()
        yield


def _begin_copies(
    plan: FillPlan,
    index: int,
    exemplar: Sampled,
    begun: list[PatchOctave],
    generator: np.random.Generator,
    matcher: Matcher,
) -> Generator[None, None, Places]:
    """Begin a picture of shifted copies, and one of continued edges if it is planned; all offsets are returned."""
    source, offset = plan.source[index], _at(plan.fill_input.offset, index)
    places, proposals = yield from shifted_copies(begun[0], source, offset)
    starts = [places]
    if plan.edges and offset is not None:
        yield None
        starts.append(edges_first(begun[0], source, offset))
        yield None
    for start in starts:
        begun.append(_octave(plan, index, exemplar, generator, matcher))
        begun[-1].take(start)
        begun[-1].lay()
    return proposals


def _octave(
    plan: FillPlan, index: int, exemplar: Sampled, generator: np.random.Generator, matcher: Matcher
) -> PatchOctave:
    held = plan.heights[index]
    costs = None if held is None else held.costs
    return PatchOctave(
        plan.canvas[index],
        exemplar,
        generator,
        plan.fill_input.wrap,
        matcher,
        costs,
        mirrored=not plan.level.flat,
        rounding=plan.level.rounding,
    )


def _is_priced(plan: FillPlan, index: int) -> bool:
    """Whether it costs at an octave to be unlike the ring around the hole; fine octaves keep to what is settled."""
    # An exemplar that was named may be something else than what lies around.
    if plan.fill_input.offset is None:
        return False
    return index >= (1 if plan.pivot is None else plan.pivot)


def _with_whole_patches(fill_input: FillInput) -> FillInput:
    source, valid, margin = widened(fill_input.source, fill_input.valid)
    if not margin:
        return fill_input
    offset = None if fill_input.offset is None else (fill_input.offset[0] + margin, fill_input.offset[1] + margin)
    return replace(fill_input, source=source, valid=valid, offset=offset)


def _aligned(fill_input: FillInput) -> FillInput:
    """Continue what is sampled by unknown rows and columns, so that both pyramids halve the same pixels."""
    # Else what the canvas knows would look otherwise at coarse scales than what is sampled, and lines would move.
    if fill_input.offset is None:
        return fill_input
    scale = 2 ** _halvings(fill_input)
    top, left = (-each % scale for each in fill_input.offset)
    margin = ((top, 0), (left, 0))
    source, valid = np.pad(fill_input.source, (*margin, (0, 0))), np.pad(fill_input.valid, margin)
    row, column = fill_input.offset
    return replace(fill_input, source=source, valid=valid, offset=(row + top, column + left))


def _halvings(fill_input: FillInput) -> int:
    """Count how often a hole is halved at most, until it is no deeper than `DEPTH`."""
    depth = float(distances(fill_input.free, fill_input.wrap).max())
    return max(0, math.ceil(math.log2(max(depth, DEPTH) / DEPTH)))


def _pyramids(fill_input: FillInput, least: float) -> tuple[list[Level], list[Level]]:
    canvas = [make_level(fill_input.colors, ~fill_input.free, wrap=fill_input.wrap)]
    # Only the canvas has energies that are yet to be settled.
    source = [replace(make_level(fill_input.source, fill_input.valid), settled=None)]
    depth = float(distances(fill_input.free, fill_input.wrap).max())
    has_border = not fill_input.free.all()
    while depth > DEPTH and min(*canvas[-1].size, *source[-1].size) >= 2 * SMALLEST_SIDE:
        smaller, exemplar = halve(canvas[-1], least), halve(source[-1], least)
        if smaller.known.all() or (has_border and not smaller.known.any()):
            break
        if whole_patches(exemplar.known).sum() < FEWEST_PATCHES:
            break
        canvas.append(smaller)
        source.append(exemplar)
        depth /= 2
    return canvas, source


def _at(offset: tuple[int, int] | None, index: int) -> tuple[int, int] | None:
    return None if offset is None else (offset[0] >> index, offset[1] >> index)


def _nearby(octave: PatchOctave, offset: tuple[int, int] | None) -> Places:
    """Find for each place the nearest one that may be sampled: what lies around a thin hole fits best."""
    if offset is None:
        return np.full((*octave.free.shape, 2), -1, np.int32)
    usable = octave.source.usable
    found = nearest(usable, (False, False))
    rows, columns = np.indices(octave.free.shape)
    row = np.clip(rows + offset[0], 0, usable.shape[0] - 1)
    column = np.clip(columns + offset[1], 0, usable.shape[1] - 1)
    return np.stack([each[row, column] for each in found], axis=-1).astype(np.int32)


def _refined(coarse: PatchOctave, fine: PatchOctave) -> Places:
    """Carry a match field to the next finer octave."""
    rows, columns = np.indices(fine.free.shape)
    places = coarse.field.places[rows // 2, columns // 2] * 2
    places += np.stack([rows % 2, columns % 2], axis=-1).astype(np.int32)
    return np.where(coarse.wanted[rows // 2, columns // 2][..., None], places, -1).astype(np.int32)


def _pivot(canvas: Sequence[Level], wrap: Wrap) -> int | None:
    """Choose the octave for offsets; None for a hole that is too thin, or strewn too wide, for them to help."""
    for index, level in enumerate(canvas):
        free = opened(~level.known, cuts(~level.known, wrap))
        if not free.any() or free.all():
            return None
        rows, columns = bounds(free)
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if max(height, width) <= LONGEST:
            thin = float(ndimage.distance_transform_edt(np.pad(free, 1)).max()) < THINNEST
            return None if thin or free.sum() < SPARSEST * height * width else index
    return None
