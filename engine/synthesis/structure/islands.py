"""Islands: holes are filled one after the other, each in a window of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.synthesis.matching import COMPILED, Matcher
from engine.synthesis.matching.field import Bools
from engine.synthesis.structure.fill_input import FillInput
from engine.synthesis.structure.filling import FillPlan, fill, plan_filling
from engine.synthesis.structure.stages import PlannedStage, Stage

# Seeds of two holes are so far apart.
SEEDS = 100_003

Window = tuple[slice, slice]


@dataclass(frozen=True, eq=False)
class Hole:
    """One hole of several.

    Attributes:
        window: The part of the canvas that is looked at.
        free: The hole in it, boolean; other holes that reach into the window are no part of it.
        sampled: The part of the exemplar that is sampled; None for all of it.
        follows: Whether it continues what the holes before it are filled with.
    """

    window: Window
    free: Bools
    sampled: Window | None = None
    follows: bool = False


@dataclass(frozen=True, eq=False)
class IslandsPlan:
    """Holes that are filled one after the other.

    Attributes:
        fill_input: All of them.
        islands: One after the other, and how each window is filled.
        octaves: What is done, coarse to fine, for each of them.
        tries: See `plan_filling`.
    """

    fill_input: FillInput
    islands: Sequence[tuple[Hole, FillPlan]]
    octaves: Sequence[PlannedStage]
    tries: int = 1


def plan_holes(fill_input: FillInput, tries: int = 1, holes: Sequence[Hole] = ()) -> FillPlan | IslandsPlan:
    """Plan how a hole is filled, or several, one after the other.

    Args:
        fill_input: The holes.
        tries: See `plan_filling`.
        holes: Each of several that are filled one after the other; none to fill them together.

    Returns:
        The plan.
    """
    if not holes:
        return plan_filling(fill_input, tries)
    islands, left = [], fill_input.free
    for hole in holes:
        islands.append((hole, plan_filling(_cut(fill_input, hole, left), tries)))
        left = _without(left, hole)
    return IslandsPlan(fill_input, islands, planned_octaves(fill_input, islands), tries)


def planned_octaves(fill_input: FillInput, islands: Sequence[tuple[Hole, FillPlan]]) -> list[PlannedStage]:
    """List what is done for each hole: one round an octave, as the whole canvas after each would take longer."""
    return [
        replace(each, canvas=_halved(fill_input.free.shape, each.index), rounds=1, cost=each.rounds * each.cost)
        for _, plan in islands
        for each in plan.octaves
    ]


def fill_holes(plan: IslandsPlan, seed: int, matcher: Matcher = COMPILED) -> Iterator[Stage | None]:
    """Fill holes one after the other; see `fill`.

    Args:
        plan: The holes.
        seed: Another seed fills them otherwise.
        matcher: Searches and votes.

    Yields:
        A stage after each octave, of the whole canvas; None between two pieces of the work.
    """
    colors, free, octaves = plan.fill_input.colors, plan.fill_input.free, plan.octaves
    for number, (hole, planned) in enumerate(plan.islands):
        filling, last = planned, planned.octaves[-1].index
        if hole.follows:
            yield None
            found = plan_filling(_cut(replace(plan.fill_input, colors=colors), hole, free), plan.tries)
            # A preview has no fine octaves.
            filling = replace(found, octaves=[each for each in found.octaves if each.index >= last])
        own, octaves = list(octaves[: len(planned.octaves)]), octaves[len(planned.octaves) :]
        free = _without(free, hole)
        for stage in fill(filling, seed + SEEDS * number, matcher):
            # What is known now may ask for another number of coarse octaves than what was known before.
            if stage is None or not stage.ends or stage.octave.index > own[0].index:
                yield None
                continue
            while own[0].index > stage.octave.index:
                yield Stage(own.pop(0), colors, ends=True)
            rows, columns = (
                np.minimum(np.arange(side) >> stage.octave.index, coarse - 1)
                for side, coarse in zip(hole.free.shape, stage.colors.shape[:2], strict=True)
            )
            # No stage may be changed by a later one.
            colors = colors.copy()
            colors[hole.window][hole.free] = stage.colors[rows[:, None], columns][hole.free]
            yield Stage(own.pop(0), colors, ends=True)


def _without(free: Bools, hole: Hole) -> Bools:
    found = free.copy()
    found[hole.window][hole.free] = False
    return found


def _cut(fill_input: FillInput, hole: Hole, left: Bools) -> FillInput:
    """Cut out a hole and what it is filled from, when this is `left` of all holes."""
    if hole.follows:
        fill_input = _with_filled(replace(fill_input, free=left), fill_input.free & ~left)
    rows, columns = hole.window
    offset = (
        None
        if fill_input.offset is None
        else (fill_input.offset[0] + rows.start, fill_input.offset[1] + columns.start)
    )
    source, valid = fill_input.source, fill_input.valid
    if hole.sampled is not None:
        source, valid = np.ascontiguousarray(source[hole.sampled]), np.ascontiguousarray(valid[hole.sampled])
        corner = hole.sampled[0].start, hole.sampled[1].start
        offset = None if offset is None else (offset[0] - corner[0], offset[1] - corner[1])
    colors, free = (
        np.ascontiguousarray(fill_input.colors[hole.window]),
        np.ascontiguousarray(fill_input.free[hole.window]),
    )
    return replace(fill_input, colors=colors, free=free, source=source, valid=valid, offset=offset)


def _with_filled(fill_input: FillInput, filled: Bools) -> FillInput:
    """Let what is filled already be sampled, too, where it lies within the exemplar."""
    if fill_input.offset is None:
        return fill_input
    source, valid = fill_input.source.copy(), fill_input.valid.copy()
    here = np.argwhere(filled)
    there = here + fill_input.offset
    inside = ((there >= 0) & (there < valid.shape)).all(axis=1)
    source[tuple(there[inside].T)] = fill_input.colors[tuple(here[inside].T)]
    valid[tuple(there[inside].T)] = True
    return replace(fill_input, source=source, valid=valid)


def _halved(size: tuple[int, ...], index: int) -> tuple[int, int]:
    return max(1, -(-size[0] // 2**index)), max(1, -(-size[1] // 2**index))
