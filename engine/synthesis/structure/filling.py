"""Filling a hole by patches, coarse to fine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.finishing import finish
from engine.synthesis.structure.labels import choose_offsets
from engine.synthesis.structure.octave import PATCH, RADIUS, Octave, Wrap, distances, whole_patches
from engine.synthesis.structure.offsets import find_offsets, view
from engine.synthesis.structure.pyramid import COLORS, Level, halve, make_level
from engine.synthesis.structure.stages import Planned, Stage

# Rounds of search and vote, from the coarsest octave on; finer ones have the last number.
ROUNDS = (12, 8, 6, 4, 3)
ROUNDS_WITH_OFFSETS = 4
# The coarsest octave is the first at which the hole is no deeper, pixels.
DEPTH = 2.0
SMALLEST_SIDE = 6 * RADIUS
FEWEST_PATCHES = 16
# Offsets are chosen at the first octave at which the hole is no longer than this, and no thinner than that.
LONGEST = 96
THINNEST = 4.0
SPARSEST = 0.15
MARGIN = 40
# What a round takes however small its octave is, pixels.
LEAST_COST = 500


@dataclass(frozen=True, eq=False)
class Site:
    """A hole and what fills it.

    Attributes:
        colors: The canvas, RGB in [0, 1], float32 (height, width, 3).
        free: The hole, boolean (height, width).
        source: The exemplar, RGB in [0, 1], float32 (height, width, 3).
        valid: Where it may be sampled, boolean (height, width).
        offset: Row and column of the canvas's first pixel in the exemplar, where both are of one picture.
        wrap: Whether rows, and columns, of the canvas go on at the other side.
    """

    colors: Floats
    free: Bools
    source: Floats
    valid: Bools
    offset: tuple[int, int] | None = None
    wrap: Wrap = (False, False)


@dataclass(frozen=True, eq=False)
class FillPlan:
    """A hole at all scales.

    Attributes:
        site: The hole.
        canvas: Finest first.
        source: Likewise.
        pivot: The octave at which offsets are chosen, and after which one picture goes on; None for neither.
        tries: How many pictures are made up to there.
        octaves: What is done, coarse to fine.
    """

    site: Site
    canvas: Sequence[Level]
    source: Sequence[Level]
    pivot: int | None
    tries: int
    octaves: Sequence[Planned]


def plan_filling(site: Site, tries: int = 1) -> FillPlan:
    """Plan the octaves of a hole.

    Args:
        site: The hole.
        tries: How many pictures are made at a small scale, of which the one that fits best goes on.

    Returns:
        The plan.
    """
    canvas, source = _pyramids(site)
    pivot = _pivot(canvas)
    octaves = []
    for index, (here, there) in enumerate(zip(canvas, source, strict=True)):
        rounds = ROUNDS[min(len(canvas) - 1 - index, len(ROUNDS) - 1)]
        if pivot is not None and index >= pivot:
            rounds = tries * rounds + (ROUNDS_WITH_OFFSETS if index == pivot else 0)
        octaves.append(Planned(index, here.size, there.size, rounds, float((~here.known).sum()) + LEAST_COST))
    return FillPlan(site, canvas, source, pivot, tries if pivot is not None else 1, octaves[::-1])


def fill(plan: FillPlan, seed: int) -> Iterator[Stage | None]:
    """Fill a hole by patches, coarse to fine (Wexler et al. 2007; Newson et al. 2017).

    Several pictures are tried at a small scale: some are made from the coarsest octave on, and one of shifted copies. The
    one that fits best goes on. The last picture takes each pixel from one patch, so that grain stays grain; seams and the
    step across the border are then spread out.

    Args:
        plan: The hole.
        seed: Another seed fills it otherwise.

    Yields:
        A stage after each round, the last one with the result; None between two pieces of the work.
    """
    generator = np.random.default_rng(seed)
    tried: list[Octave | None] = [None] * plan.tries
    proposals: Places | None = None
    for planned in plan.octaves:
        index, left = planned.index, planned.rounds
        proposals = None if proposals is None else 2 * proposals
        begun = []
        for number, before in enumerate(tried):
            octave = _octave(plan, index, generator)
            begun.append(octave)
            if before is None:
                octave.take(_nearby(octave, plan.site.offset, index))
                for _ in octave.peel(seed + 1000 * number + index):
                    yield None
            else:
                octave.take(_refined(before, octave))
                octave.lay()
        rounds = ROUNDS[min(len(plan.canvas) - 1 - index, len(ROUNDS) - 1)]
        if index == plan.pivot:
            places, proposals = _offsets(begun[0], plan.source[index])
            yield None
            begun.append(_octave(plan, index, generator))
            begun[-1].take(places)
            begun[-1].lay()
        for number, octave in enumerate(begun):
            is_shifted = number == len(tried)
            for turn in range(ROUNDS_WITH_OFFSETS if is_shifted else rounds):
                for _ in octave.round(seed + 1000 * number + 100 * index + turn, proposals):
                    yield None
                left -= 1
                if left or index:
                    yield Stage(planned, octave.channels[..., :COLORS].copy(), ends=not left)
        tried = [min(begun, key=lambda each: each.energy())] if index == plan.pivot else [*begun]
    last = tried[0]
    if last is not None:
        last.energy()
        yield Stage(plan.octaves[-1], finish(last), ends=True)


def _octave(plan: FillPlan, index: int, generator: np.random.Generator) -> Octave:
    return Octave(plan.canvas[index], plan.source[index], generator, plan.site.wrap)


def _pyramids(site: Site) -> tuple[list[Level], list[Level]]:
    canvas, source = [make_level(site.colors, ~site.free)], [make_level(site.source, site.valid)]
    depth = float(distances(site.free, site.wrap).max())
    while depth > DEPTH and min(*canvas[-1].size, *source[-1].size) >= 2 * SMALLEST_SIDE:
        smaller, exemplar = halve(canvas[-1]), halve(source[-1])
        if smaller.known.all() or not smaller.known.any():
            break
        if whole_patches(exemplar.known).sum() < FEWEST_PATCHES:
            break
        canvas.append(smaller)
        source.append(exemplar)
        depth /= 2
    return canvas, source


def _nearby(octave: Octave, offset: tuple[int, int] | None, index: int) -> Places:
    """Find for each place the nearest one that may be sampled: what lies around a thin hole fits best."""
    if offset is None:
        return np.full((*octave.free.shape, 2), -1, np.int32)
    usable = octave.source.usable
    nearest = ndimage.distance_transform_edt(~usable, return_distances=False, return_indices=True)
    rows, columns = np.indices(octave.free.shape)
    row = np.clip(rows + (offset[0] >> index), 0, usable.shape[0] - 1)
    column = np.clip(columns + (offset[1] >> index), 0, usable.shape[1] - 1)
    return np.stack([nearest[0][row, column], nearest[1][row, column]], axis=-1).astype(np.int32)


def _refined(coarse: Octave, fine: Octave) -> Places:
    """Carry a match field to the next finer octave."""
    rows, columns = np.indices(fine.free.shape)
    places = coarse.field.places[rows // 2, columns // 2] * 2
    places += np.stack([rows % 2, columns % 2], axis=-1).astype(np.int32)
    return np.where(coarse.wanted[rows // 2, columns // 2][..., None], places, -1).astype(np.int32)


def _pivot(canvas: list[Level]) -> int | None:
    """Choose the octave for offsets; None for a hole that is too thin, or strewn too wide, for them to help."""
    for index, level in enumerate(canvas):
        free = ~level.known
        rows, columns = _bounds(free)
        height, width = rows.stop - rows.start, columns.stop - columns.start
        if max(height, width) <= LONGEST:
            thin = float(ndimage.distance_transform_edt(np.pad(free, 1)).max()) < THINNEST
            return None if thin or free.sum() < SPARSEST * height * width else index
    return None


def _offsets(octave: Octave, source: Level) -> tuple[Places, Places]:
    """Choose offsets for the hole of an octave: the places that they lead to, and all offsets that were found."""
    rows, columns = (
        slice(max(0, each.start - MARGIN), min(side, each.stop + MARGIN))
        for each, side in zip(_bounds(octave.free), octave.free.shape, strict=True)
    )
    part = Level(np.ascontiguousarray(octave.level.channels[rows, columns]), octave.level.known[rows, columns])
    here, there = view(part), view(source)
    hole = np.ascontiguousarray(octave.free[rows, columns])
    offsets = find_offsets(here, hole, there)
    places = np.full((*octave.free.shape, 2), -1, np.int32)
    if len(offsets):
        places[rows, columns] = choose_offsets(here, hole, there, octave.source.usable, offsets)
    return places, (offsets - np.array([rows.start, columns.start])).astype(np.int32)


def _bounds(marked: Bools) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
