"""Islands: holes that lie far from each other are filled one after the other, each in a window of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from engine.synthesis.matching import COMPILED, Matcher
from engine.synthesis.matching.field import Bools, Places
from engine.synthesis.structure.filling import FillPlan, Site, fill, plan_filling
from engine.synthesis.structure.octave import whole_patches
from engine.synthesis.structure.shifting import bounds
from engine.synthesis.structure.stages import Planned, Stage

# Holes with fewer pixels between them than once to twice this are one.
APART = 64
# How much of the canvas is looked at around a hole: so many pixels, and this share of its longer side.
LEAST_MARGIN = 64
MARGIN = 1 / 4
# What is sampled around a hole: so many pixels, or as many as it is long.
CONTEXT = 256
# Windows that cover more of the canvas than this save nothing.
MOST_COVERED = 0.5
# Seeds of two holes are so far apart.
SEEDS = 100_003

Window = tuple[slice, slice]


@dataclass(frozen=True, eq=False)
class Island:
    """One hole of several.

    Attributes:
        window: The part of the canvas that is looked at.
        hole: The hole in it, boolean; other holes that reach into the window are no part of it.
        plan: How the window is filled.
    """

    window: Window
    hole: Bools
    plan: FillPlan


@dataclass(frozen=True, eq=False)
class IslandsPlan:
    """Holes that lie far from each other.

    Attributes:
        site: All of them.
        islands: One after the other.
        octaves: What is done, coarse to fine, for each of them.
    """

    site: Site
    islands: Sequence[Island]
    octaves: Sequence[Planned]


def plan_holes(site: Site, tries: int = 1, *, nearby: bool = False) -> FillPlan | IslandsPlan:
    """Plan how a hole is filled, or several that lie far from each other.

    Args:
        site: The holes.
        tries: See `plan_filling`.
        nearby: Whether each hole is filled from what lies near it, in place of all of the exemplar.

    Returns:
        The plan.
    """
    if any(site.wrap):
        return plan_filling(site, tries)
    parts, labels = _apart(site.free)
    windows = [_grown(part, max(LEAST_MARGIN, round(MARGIN * _longer(part))), site.free.shape) for part in parts]
    covered = sum(_area(window) for window in windows)
    if len(parts) < 2 or covered > MOST_COVERED * site.free.size:
        return plan_filling(site, tries)
    islands, octaves = [], list[Planned]()
    for number, (part, window) in enumerate(zip(parts, windows, strict=True), 1):
        plan = plan_filling(_cut(site, window, part, nearby=nearby), tries)
        islands.append(Island(window, _of_hole(site.free, labels, number, window), plan))
        # The whole canvas after each round would take longer than the round.
        octaves += [
            replace(each, canvas=_halved(site.free.shape, each.index), rounds=1, cost=each.rounds * each.cost)
            for each in plan.octaves
        ]
    return IslandsPlan(site, islands, octaves)


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
    for number, island in enumerate(plan.islands):
        for stage in fill(island.plan, seed + SEEDS * number, matcher):
            if stage is None or not stage.ends:
                yield None
                continue
            rows, columns = (
                np.minimum(np.arange(side) >> stage.octave.index, coarse - 1)
                for side, coarse in zip(island.hole.shape, stage.colors.shape[:2], strict=True)
            )
            # No stage may be changed by a later one.
            colors = colors.copy()
            colors[island.window][island.hole] = stage.colors[rows[:, None], columns][island.hole]
            yield Stage(next(planned), colors, ends=True)


def _apart(free: Bools) -> tuple[list[Window], Places]:
    """Find holes that lie far from each other: their bounds, and which cell of the canvas belongs to which."""
    height, width = free.shape
    cells = (-(-height // APART), -(-width // APART))
    padded = np.zeros((cells[0] * APART, cells[1] * APART), bool)
    padded[:height, :width] = free
    marked = padded.reshape(cells[0], APART, cells[1], APART).any(axis=(1, 3))
    labels, _ = ndimage.label(ndimage.binary_dilation(marked, np.ones((3, 3))), np.ones((3, 3)))
    found = []
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        window = (slice(rows.start * APART, rows.stop * APART), slice(columns.start * APART, columns.stop * APART))
        inner = bounds(_of_hole(free, labels, number, window))
        found.append(
            (
                slice(window[0].start + inner[0].start, window[0].start + inner[0].stop),
                slice(window[1].start + inner[1].start, window[1].start + inner[1].stop),
            )
        )
    return found, labels


def _of_hole(free: Bools, labels: Places, number: int, window: Window) -> Bools:
    """Mark the pixels of one hole in a window."""
    rows, columns = (
        np.arange(each.start, min(each.stop, side)) for each, side in zip(window, free.shape, strict=True)
    )
    marked: Bools = free[window] & (labels[rows[:, None] // APART, columns // APART] == number)
    return marked


def _cut(site: Site, window: Window, part: Window, *, nearby: bool) -> Site:
    corner = (window[0].start, window[1].start)
    offset = None if site.offset is None else (site.offset[0] + corner[0], site.offset[1] + corner[1])
    found = replace(
        site,
        colors=np.ascontiguousarray(site.colors[window]),
        free=np.ascontiguousarray(site.free[window]),
        offset=offset,
    )
    if site.offset is None or offset is None or not nearby:
        return found
    there = (
        slice(max(0, part[0].start + site.offset[0]), part[0].stop + site.offset[0]),
        slice(max(0, part[1].start + site.offset[1]), part[1].stop + site.offset[1]),
    )
    around = _grown(there, max(CONTEXT, _longer(part)), site.valid.shape)
    valid = np.ascontiguousarray(site.valid[around])
    # Where little is left around a hole, what lies further away is better than nothing.
    if not valid.size or whole_patches(valid).sum() < APART * APART:
        return found
    source = np.ascontiguousarray(site.source[around])
    return replace(
        found, source=source, valid=valid, offset=(offset[0] - around[0].start, offset[1] - around[1].start)
    )


def _grown(part: Window, margin: int, size: tuple[int, ...]) -> Window:
    rows, columns = (
        slice(max(0, each.start - margin), min(side, each.stop + margin))
        for each, side in zip(part, size, strict=True)
    )
    return rows, columns


def _longer(part: Window) -> int:
    return max(int(each.stop - each.start) for each in part)


def _area(window: Window) -> int:
    return int((window[0].stop - window[0].start) * (window[1].stop - window[1].start))


def _halved(size: tuple[int, ...], index: int) -> tuple[int, int]:
    return max(1, -(-size[0] // 2**index)), max(1, -(-size[1] // 2**index))
