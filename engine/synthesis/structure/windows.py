"""Structure of a canvas too large to be laid out at once: coarse octaves of all of it, fine ones in windows."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from engine.synthesis.matching import COMPILED, Matcher
from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.blocks import BLOCK, cells_of, draw_corners
from engine.synthesis.structure.octave import Wrap, whole_patches
from engine.synthesis.structure.pyramid import Level, halve, make_level
from engine.synthesis.structure.stages import PlannedStage, Size, Stage
from engine.synthesis.structure.texture import Window, lay_out
from engine.synthesis.structure.texture_plan import TexturePlan


@dataclass(frozen=True, eq=False)
class Coarse:
    """What all windows of a canvas start from.

    Attributes:
        places: The match field of all of the canvas at its finest octave that was laid out as a whole, int32 (height,
            width, 2). Where not even the coarsest one was: corners of the blocks that this begins with.
        octaves: How many octaves were laid out as a whole.
    """

    places: Places
    octaves: int


def lay_coarse(
    plan: TexturePlan,
    most: int,
    seed: int,
    matcher: Matcher = COMPILED,
    progress: Callable[[float], None] = lambda _share: None,
) -> Coarse:
    """Lay out the coarse octaves of all of a canvas.

    Args:
        plan: Of all of it, for a single source without maps.
        most: Pixels that are laid out at once.
        seed: Another seed lays it out otherwise.
        matcher: Searches and votes.
        progress: Called with the share that is done, in [0, 1].

    Returns:
        What windows start from.
    """
    # Not the finest one.
    octaves = [each for each in plan.octaves[:-1] if math.prod(each.canvas) <= most]
    if not octaves:
        first = plan.octaves[0]
        cells = cells_of(first.canvas)
        listed = np.argwhere(whole_patches(plan.source[first.index].known)).astype(np.int32)
        corners = draw_corners(listed, math.prod(cells), np.random.default_rng(seed))
        return Coarse(corners.reshape(*cells, 2), 0)
    done, total = 0.0, sum(each.rounds * each.cost for each in octaves)
    places = np.zeros((0, 0, 2), np.int32)
    for stage in lay_out(replace(plan, octaves=octaves), seed, matcher):
        if stage is not None:
            done += stage.octave.cost / total
            progress(done)
            places = places if stage.places is None else stage.places
    return Coarse(places, len(octaves))


def lay_window(
    plan: TexturePlan,
    coarse: Coarse,
    canvas: Size,
    corner: tuple[int, int],
    size: Size,
    wrap: Wrap,
    seed: int,
    matcher: Matcher = COMPILED,
    known: tuple[Floats, Bools] | None = None,
) -> Iterator[Stage | None]:
    """Lay out a window of a canvas, to fit what is there already.

    Args:
        plan: Of all of the canvas.
        coarse: What it starts from.
        canvas: Height and width of the canvas, multiples of the scale of its coarse octaves.
        corner: Row and column of the window's first pixel, such multiples too; negative before the canvas's border.
        size: Height and width of the window, such multiples too.
        wrap: Whether rows, and columns, of the window go on at its other side.
        seed: Another seed lays it out otherwise.
        matcher: Searches and votes.
        known: RGB in [0, 1], float32 (height, width, 3), and where the window keeps it, boolean (height, width).

    Yields:
        A stage after each round; None between two pieces of the work.
    """
    octaves = window_octaves(plan, coarse, size)
    first = octaves[0].index
    begin = (corner[0] >> first, corner[1] >> first)
    places = _refined_part(coarse.places, begin, octaves[0].canvas) if coarse.octaves else None
    if places is None:
        places = _blocks_part(plan, coarse.places, canvas, begin, octaves[0].canvas)
    kept = {} if known is None else _levels(*known, octaves)
    window = Window(places, corner, canvas, plan.wrap, kept)
    yield from lay_out(replace(plan, octaves=octaves, wrap=wrap), seed, matcher, window)


def window_octaves(plan: TexturePlan, coarse: Coarse, size: Size) -> list[PlannedStage]:
    """Plan the octaves of a window: those that were not laid out as a whole."""
    found = []
    for each in plan.octaves[coarse.octaves :]:
        height, width = (side >> each.index for side in size)
        found.append(replace(each, canvas=(height, width), cost=float(height * width)))
    return found


def _refined_part(coarse: Places, begin: tuple[int, int], size: Size) -> Places:
    """Carry a part of a match field to the next finer octave; over its border it continues at the other side."""
    rows, columns = (first + np.arange(side) for first, side in zip(begin, size, strict=True))
    height, width = coarse.shape[:2]
    found = coarse[(rows // 2 % height)[:, None], columns // 2 % width] * 2
    found[..., 0] += (rows % 2)[:, None]
    found[..., 1] += columns % 2
    return np.ascontiguousarray(found, np.int32)


def _blocks_part(plan: TexturePlan, corners: Places, canvas: Size, begin: tuple[int, int], size: Size) -> Places:
    """Lay the blocks of a part of the canvas; one that crosses the exemplar's border continues on the other side."""
    index = plan.octaves[0].index
    listed = np.argwhere(whole_patches(plan.source[index].known))
    first, span = listed.min(axis=0), np.ptp(listed, axis=0) + 1
    rows, columns = (
        (start + np.arange(side)) % (most >> index) for start, side, most in zip(begin, size, canvas, strict=True)
    )
    inside = np.stack(np.meshgrid(rows % BLOCK, columns % BLOCK, indexing="ij"), axis=-1)
    found = corners[(rows // BLOCK)[:, None], columns // BLOCK]
    places: Places = (first + (found + inside - first) % span).astype(np.int32)
    return places


def _levels(colors: Floats, known: Bools, octaves: list[PlannedStage]) -> dict[int, Level]:
    """Give what a window keeps at the scales of its octaves."""
    level, found = make_level(colors, known, 0.0), {}
    for index in range(octaves[0].index + 1):
        if index:
            level = halve(level)
        found[index] = level
    return found
