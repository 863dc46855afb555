"""Islands: holes that lie far from each other are filled one after the other, each in a window of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.synthesis.matching import COMPILED, Matcher
from engine.synthesis.matching.field import Bools
from engine.synthesis.structure.filling import FillPlan, Site, fill, plan_filling
from engine.synthesis.structure.stages import Planned, Stage

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
    """

    window: Window
    free: Bools
    sampled: Window | None = None


@dataclass(frozen=True, eq=False)
class IslandsPlan:
    """Holes that lie far from each other.

    Attributes:
        site: All of them.
        islands: One after the other, and how each window is filled.
        octaves: What is done, coarse to fine, for each of them.
    """

    site: Site
    islands: Sequence[tuple[Hole, FillPlan]]
    octaves: Sequence[Planned]


def plan_holes(site: Site, tries: int = 1, holes: Sequence[Hole] = ()) -> FillPlan | IslandsPlan:
    """Plan how a hole is filled, or several that lie far from each other.

    Args:
        site: The holes.
        tries: See `plan_filling`.
        holes: Each of several that are filled one after the other; none to fill them together.

    Returns:
        The plan.
    """
    if not holes:
        return plan_filling(site, tries)
    islands = [(hole, plan_filling(_cut(site, hole), tries)) for hole in holes]
    return IslandsPlan(site, islands, planned_octaves(site, islands))


def planned_octaves(site: Site, islands: Sequence[tuple[Hole, FillPlan]]) -> list[Planned]:
    """List what is done for each hole: one round an octave, as the whole canvas after each would take longer."""
    return [
        replace(each, canvas=_halved(site.free.shape, each.index), rounds=1, cost=each.rounds * each.cost)
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
    colors, planned = plan.site.colors, iter(plan.octaves)
    for number, (hole, filling) in enumerate(plan.islands):
        for stage in fill(filling, seed + SEEDS * number, matcher):
            if stage is None or not stage.ends:
                yield None
                continue
            rows, columns = (
                np.minimum(np.arange(side) >> stage.octave.index, coarse - 1)
                for side, coarse in zip(hole.free.shape, stage.colors.shape[:2], strict=True)
            )
            # No stage may be changed by a later one.
            colors = colors.copy()
            colors[hole.window][hole.free] = stage.colors[rows[:, None], columns][hole.free]
            yield Stage(next(planned), colors, ends=True)


def _cut(site: Site, hole: Hole) -> Site:
    rows, columns = hole.window
    offset = None if site.offset is None else (site.offset[0] + rows.start, site.offset[1] + columns.start)
    source, valid = site.source, site.valid
    if hole.sampled is not None:
        source, valid = np.ascontiguousarray(source[hole.sampled]), np.ascontiguousarray(valid[hole.sampled])
        corner = hole.sampled[0].start, hole.sampled[1].start
        offset = None if offset is None else (offset[0] - corner[0], offset[1] - corner[1])
    colors, free = np.ascontiguousarray(site.colors[hole.window]), np.ascontiguousarray(site.free[hole.window])
    return replace(site, colors=colors, free=free, source=source, valid=valid, offset=offset)


def _halved(size: tuple[int, ...], index: int) -> tuple[int, int]:
    return max(1, -(-size[0] // 2**index)), max(1, -(-size[1] // 2**index))
