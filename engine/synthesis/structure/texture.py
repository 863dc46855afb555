"""New texture by patches, coarse to fine (Kwatra et al. 2005, "Texture Optimization for Example-Based Synthesis")."""

import math
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from engine.synthesis.matching import COMPILED, Matcher, MatchField, MatchSource, Query
from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.blocks import (
    blocks_like_content,
    draw_blocks,
    list_places,
    look_up,
    only_usable,
    wanted_labels,
)
from engine.synthesis.structure.content import ContentBounds, put_content
from engine.synthesis.structure.copies import Copies, bent_blocks, carry_over, excess_uses
from engine.synthesis.structure.cutting import cut
from engine.synthesis.structure.guide import patch_labels
from engine.synthesis.structure.octave import RADIUS, Wrap, count_uses, inside, padded, whole_patches
from engine.synthesis.structure.pyramid import COLORS, Level, without_energies
from engine.synthesis.structure.quilting import find_blocks, quilt, stitched
from engine.synthesis.structure.stages import PlannedStage, Size, Stage
from engine.synthesis.structure.texture_plan import TexturePlan
from engine.synthesis.structure.whole_objects import keep_whole

PASSES = 2
# Weights fall with the distance as in iteratively reweighted least squares (ibid.).
POWER = 0.6
# Cost of a place that is used beyond its even share, in median costs per share (Kaspar et al. 2015).
EVENNESS = 2.0
# Part of its even share that each place has in a window, however little the coarse picture uses it there.
LEAST_PART = np.float32(0.5)
# Fewer uses of a place than these are never too many, for one texture and for several that meet: on a canvas smaller
# than the exemplar, a block that is used once would cost more than one that melts.
LEAST_DUE, LEAST_DUE_MIXED = 1.0, 2.0
# What labels cost is counted in the costs of where patches fit worst, %: that is where labels meet.
WORST = 95


@dataclass(frozen=True, eq=False)
class Window:
    """A part of a large canvas that is laid out by itself.

    Attributes:
        places: What its first octave starts with, int32 (height, width, 2).
        corner: Row and column of its first pixel in the canvas, pixels of the full size; negative before its border.
        canvas: Height and width of the canvas, pixels of the full size.
        wrap: Whether rows, and columns, of the canvas go on at the other side.
        kept: What is there already, by octave; nothing where it is not known.
    """

    places: Places
    corner: tuple[int, int]
    canvas: Size
    wrap: Wrap
    kept: Mapping[int, Level]


def lay_out(
    plan: TexturePlan, seed: int, matcher: Matcher = COMPILED, window: Window | None = None
) -> Iterator[Stage | None]:
    """Lay a texture out by patches, with an even use of the exemplar (Kaspar et al. 2015, "Self Tuning ...").

    Args:
        plan: What is to be laid out.
        seed: Another seed lays it out otherwise.
        matcher: Searches and votes.
        window: Where it is a part of a larger canvas, which keeps what is there already; None for all of it.

    Returns:
        A stage after each round; None between two pieces of the work.
    """
    return _stitch(plan, seed, window) if plan.scattered else _lay_octaves(plan, seed, matcher, window)


def _lay_octaves(plan: TexturePlan, seed: int, matcher: Matcher, window: Window | None) -> Iterator[Stage | None]:
    generator = np.random.default_rng(seed)
    field: MatchField | None = None
    chosen = None if plan.guide is None else plan.guide.labels(plan.reach, generator)
    for planned in plan.octaves:
        level, content = _compared(plan, planned)
        usable, labels = whole_patches(level.known), plan.mosaic.labels_at(planned.index)
        listed = list_places(labels, usable, len(plan.parts))
        copies = plan.copies.get(planned.index)
        numbers = labels if plan.guide is None else patch_labels(labels)
        exemplar = MatchSource(level.channels, usable, numbers)
        # How often each place is to be used.
        due = np.array([part / len(each) for part, each in zip(plan.parts, listed, strict=True)])
        least = LEAST_DUE if plan.guide is None else LEAST_DUE_MIXED
        due = np.maximum(due * math.prod(planned.canvas), least).astype(np.float32)[labels]
        begun = None if window is None else window.places
        if field is not None:
            begun = _refined(field, planned.canvas)
        if begun is None:
            draw = partial(draw_blocks, listed, chosen, planned.canvas, generator)
            wanted, places = draw()
            places = blocks_like_content(places, level.channels, content, draw)
            places = bent_blocks(copies, wanted, places, planned.index)
        else:
            places = _snapped(plan, planned, window, begun)
            wanted = look_up(labels, places)
        places = only_usable(places, usable, wanted, listed, generator)
        field = MatchField(places, np.zeros(planned.canvas, np.float32))
        # The coarse picture uses the exemplar evenly, all of the canvas together: a part of it need not.
        due = due if window is None else np.maximum(LEAST_PART * due, count_uses(field.places, usable))
        put_back = partial(_put_back, content, None if window is None else window.kept.get(planned.index))
        evenly = np.ones(planned.canvas, np.float32)
        canvas, shown = _votes(plan, field, exemplar, labels, evenly, chosen, put_back, matcher)
        everywhere, trust = np.ones(planned.canvas, bool), inside(planned.canvas, RADIUS, plan.wrap)
        own = wanted_labels(chosen, planned.canvas)
        meant = None if plan.guide is None or chosen is None else plan.guide.costs(chosen, planned.canvas)
        over: Floats | None = None
        for number in range(planned.rounds):
            queries = _queries(shown, chosen, trust, plan.wrap)
            for query in queries:
                matcher.measure(field, query, exemplar)
            over = _excess_uses(field, usable, due, copies, labels, over)
            penalty = EVENNESS * over * np.float32(np.median(field.costs))
            label_costs = None if meant is None else np.float32(np.percentile(field.costs, WORST)) * meant
            turn = seed + 100 * planned.index + number
            for query in (replace(each, label_costs=label_costs) for each in queries):
                matcher.measure(field, query, exemplar, penalty)
                carry_over(copies, labels, own, field, query, exemplar, penalty, matcher)
                pieces = matcher.improve(field, query, exemplar, penalty, passes=PASSES, seed=turn)
                yield from (None for _ in pieces)
            paid = look_up(penalty, field.places)
            if label_costs is not None:
                used = look_up(numbers, field.places)
                paid = paid + np.take_along_axis(label_costs, used[..., None], axis=2)[..., 0]
            weights = (1 / (1e-4 + np.maximum(field.costs - paid, 0) ** POWER)).astype(np.float32)
            canvas, shown = _votes(plan, field, exemplar, labels, weights, chosen, put_back, matcher)
            origins = None
            if planned.index == 0 and number + 1 == planned.rounds and (plan.flat or plan.numbered is not None):
                # No color is mixed in the end: each pixel comes from the one patch that fits best.
                voted = Query(padded(canvas, RADIUS, plan.wrap), everywhere, RADIUS, trust, plan.wrap)
                matcher.measure(field, voted, exemplar)
                taken = _taken(plan, field, canvas, matcher)
                # What a large canvas has already knows nothing of places in the exemplar.
                if plan.objects is not None and window is None:
                    taken = keep_whole(taken, plan.objects, plan.wrap)
                canvas = put_back(level.channels[taken[..., 0], taken[..., 1]])
                origins = None if plan.numbered is None else plan.numbered[taken[..., 0], taken[..., 1]]
            yield Stage(
                planned,
                canvas[..., :COLORS].copy(),
                ends=number + 1 == planned.rounds,
                labels=look_up(labels, field.places),
                origins=origins,
                places=field.places,
            )


def _stitch(plan: TexturePlan, seed: int, window: Window | None) -> Generator[Stage | None, None, None]:
    """Lay out what is stitched of blocks."""
    planned, level, generator = plan.octaves[-1], plan.source[0], np.random.default_rng(seed)
    kept = None if window is None else window.kept.get(0)
    source = without_energies(level.channels)
    canvas = np.zeros((*planned.canvas, source.shape[2]), np.float32)
    free = np.ones(planned.canvas, bool)
    if kept is not None:
        canvas[..., :COLORS], free = kept.channels[..., :COLORS], ~kept.known
    blocks = find_blocks(level.known, generator)
    origins = yield from quilt(source, blocks, canvas, free, plan.wrap, generator)
    if plan.flat or plan.numbered is not None:
        picture = np.where(free[..., None], source[origins[..., 0], origins[..., 1]], canvas)[..., :COLORS]
    else:
        picture = stitched(source[..., :COLORS], origins, canvas[..., :COLORS], free, plan.wrap)
    found = None if plan.numbered is None else plan.numbered[origins[..., 0], origins[..., 1]]
    yield Stage(planned, picture.copy(), ends=True, origins=found)


def _snapped(plan: TexturePlan, planned: PlannedStage, window: Window | None, places: Places) -> Places:
    """Move places to the phase of a regular exemplar; those of any other stay."""
    if plan.lattice is None:
        return places
    lattice, size = plan.lattice.at(planned.index), plan.source[planned.index].size
    if window is None:
        return lattice.snap(places, size, RADIUS, plan.wrap)
    corner, canvas = (
        (rows >> planned.index, columns >> planned.index) for rows, columns in (window.corner, window.canvas)
    )
    return lattice.snap(places, size, RADIUS, window.wrap, corner, canvas)


def _put_back(content: ContentBounds | None, kept: Level | None, canvas: Floats) -> Floats:
    """Put back the content, and what is there already; changes the canvas in place."""
    put_content(canvas, content)
    if kept is not None:
        np.copyto(canvas, kept.channels, where=kept.known[..., None])
    return canvas


def _taken(plan: TexturePlan, field: MatchField, canvas: Floats, matcher: Matcher) -> Places:
    """Choose the place of the exemplar that each pixel of a canvas comes from, int32 (height, width, 2)."""
    level = plan.source[0]
    grid = np.ascontiguousarray(np.moveaxis(np.indices(level.size, np.float32), 0, -1))
    best = _voted(field, MatchSource(grid, level.known), None, plan.wrap, matcher).astype(np.int32)
    if plan.numbered is None:
        return best
    return cut(
        best, field.places, without_energies(level.channels), level.known, without_energies(canvas), plan.wrap, RADIUS
    )


def _compared(plan: TexturePlan, planned: PlannedStage) -> tuple[Level, ContentBounds | None]:
    """Give the exemplar at one scale and, where a picture is redrawn, what the canvas is to have of it."""
    level = plan.source[planned.index]
    if plan.content is None:
        return level, None
    return plan.content.channels(level, planned.canvas, plan.reach / 2**planned.index)


def _voted(field: MatchField, exemplar: MatchSource, weights: Floats | None, wrap: Wrap, matcher: Matcher) -> Floats:
    everywhere = np.ones(field.costs.shape, bool)
    found = np.zeros((*everywhere.shape, exemplar.channels.shape[2]), np.float32)
    matcher.vote(field, exemplar, everywhere, everywhere, weights, found, radius=RADIUS, padding=0, wrap=wrap)
    return found


def _queries(shown: Sequence[Floats], chosen: Places | None, trust: Floats | None, wrap: Wrap) -> list[Query]:
    """Search on each of the canvases that `_votes` gives for patches of the places where its label is wanted."""
    size = shown[0].shape[:2]
    everywhere = [np.ones(size, bool)]
    wanted = wanted_labels(chosen, size)
    owned = everywhere if len(shown) == 1 else [wanted == number for number in range(len(shown))]
    pairs = zip(shown, owned, strict=True)
    return [Query(padded(each, RADIUS, wrap), own, RADIUS, trust, wrap) for each, own in pairs if own.any()]


def _votes(
    plan: TexturePlan,
    field: MatchField,
    exemplar: MatchSource,
    labels: Places,
    weights: Floats,
    chosen: Places | None,
    put_back: Callable[[Floats], Floats],
    matcher: Matcher,
) -> tuple[Floats, list[Floats]]:
    """Vote; sources that are mixed vote apart, because their colors would melt into each other.

    Args:
        plan: Says whether they are mixed.
        field: The patches.
        exemplar: What they are taken from.
        labels: Its labels, int32 (height, width).
        weights: Of the patches, float32 (height, width).
        chosen: Label that is wanted at each place of the canvas at full size.
        put_back: Puts back what a canvas is to keep.
        matcher: Votes.

    Returns:
        The canvas, on which each pixel has the colors of the source that is wanted there, or of the one that most
        votes are for if there is none of that; and what is searched for: that canvas, or for each source one on which
        it continues as far as its patches reach over a border.
    """
    if plan.guide is None or plan.guide.strict:
        canvas = put_back(_voted(field, exemplar, weights, plan.wrap, matcher))
        return canvas, [canvas]
    ones = (labels[..., None] == np.arange(len(plan.parts))).astype(np.float32)
    parts = _voted(field, MatchSource(ones, exemplar.usable), weights, plan.wrap, matcher)
    wanted = wanted_labels(chosen, (len(parts), parts.shape[1]))
    there = np.take_along_axis(parts, wanted[..., None], axis=2)[..., 0] > 0
    heaviest = np.where(there, wanted, parts.argmax(axis=2))
    own = look_up(labels, field.places)
    voted = [
        _voted(field, exemplar, np.where(own == number, weights, np.float32(0)), plan.wrap, matcher)
        for number in range(len(plan.parts))
    ]
    canvas = np.select([heaviest[..., None] == number for number in range(len(voted))], voted).astype(np.float32)
    shown = [np.where(parts[..., number, None] > 0, each, canvas) for number, each in enumerate(voted)]
    return put_back(canvas), [put_back(each) for each in shown]


def _excess_uses(
    field: MatchField, usable: Bools, due: Floats, copies: Copies | None, labels: Places, before: Floats | None
) -> Floats:
    """Count how often places are used beyond their even share, in shares; in all copies of an exemplar together."""
    if copies is None:
        return np.asarray(np.maximum(count_uses(field.places, usable) / due - 1, 0), np.float32)
    found = excess_uses(copies, field, labels, usable, LEAST_DUE)
    # What costs much where it bends comes and goes everywhere at once, unless rounds count together.
    return found if before is None else np.float32(0.5) * (before + found)


def _refined(coarse: MatchField, size: Size) -> Places:
    """Carry a match field to the next finer octave."""
    rows, columns = np.indices(size)
    height, width = coarse.costs.shape
    found = coarse.places[np.minimum(rows // 2, height - 1), np.minimum(columns // 2, width - 1)] * 2
    refined: Places = (found + np.stack([rows % 2, columns % 2], axis=-1)).astype(np.int32)
    return refined
