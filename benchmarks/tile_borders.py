"""Compare a canvas at the borders of its tiles with what lies inside of them.

    python benchmarks/tile_borders.py CANVAS.tif EXEMPLAR.png --tile 1024

Draws windows across borders of tiles, chosen by chance, with --windows FOLDER.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.images import Picture, read_picture, write_picture
from engine.synthesis.matching import MatchField, MatchSource, Query, improve, measure
from engine.tiles.grid import Grid, grid_of

Array = NDArray[np.float32]
RADIUS = 3
PASSES = 8
# Rows of a large canvas that are compared with the exemplar at once.
ROWS = 512
# Added to both steps, so that flat colors and 8-bit rounding are no border.
FLOOR = 1 / 255
WINDOW = 512


@dataclass(frozen=True)
class Border:
    """What is seen at the borders of tiles, relative to the inside: 1 is the same.

    Attributes:
        step: Mean absolute difference of neighbors across a border, over that of all others.
        distance: Mean distance to the nearest patch of the exemplar of patches that reach over a border, over that of
            all others.
        lines: The largest step of one border alone, in standard deviations of lines that are none.
    """

    step: float
    distance: float
    lines: float


def border(picture: Array, exemplar: Array, edges: tuple[Sequence[int], Sequence[int]]) -> Border:
    """Measure the borders of tiles.

    Args:
        picture: The canvas, RGB in [0, 1], float32 (height, width, 3).
        exemplar: Likewise.
        edges: Rows, and columns, that begin a tile; not those at the canvas's own border.

    Returns:
        The measures.
    """
    across, within, lines = [], [], [0.0]
    for axis, places in enumerate(edges):
        steps = np.abs(np.diff(picture, axis=axis)).mean(axis=(1 - axis, 2))
        at = np.zeros(len(steps), bool)
        at[np.array(places, int) - 1] = True
        across.append(steps[at])
        within.append(steps[~at])
        lines += ((steps[at] - steps[~at].mean()) / (steps[~at].std() + FLOOR / 10)).tolist()
    costs = distances(picture, exemplar)
    near = np.zeros(costs.shape, bool)
    for place in edges[0]:
        near[place - RADIUS : place + RADIUS] = True
    for place in edges[1]:
        near[:, place - RADIUS : place + RADIUS] = True
    step = (np.concatenate(across).mean() + FLOOR) / (np.concatenate(within).mean() + FLOOR)
    return Border(float(step), float(costs[near].mean() / costs[~near].mean()), max(lines))


def distances(picture: Array, exemplar: Array) -> Array:
    """Find for each patch its distance to the nearest one of the exemplar, per value, float32 (height, width)."""
    usable = np.zeros(exemplar.shape[:2], bool)
    usable[RADIUS:-RADIUS, RADIUS:-RADIUS] = True
    source, listed = MatchSource(np.ascontiguousarray(exemplar), usable), np.argwhere(usable).astype(np.int32)
    generator, parts = np.random.default_rng(0), []
    padded = np.pad(picture, [(RADIUS, RADIUS)] * 2 + [(0, 0)], mode="symmetric")
    for top in range(0, len(picture), ROWS):
        part = np.ascontiguousarray(padded[top : top + ROWS + 2 * RADIUS])
        size = (part.shape[0] - 2 * RADIUS, picture.shape[1])
        field = MatchField(listed[generator.integers(len(listed), size=size)], np.zeros(size, np.float32))
        query = Query(part, np.ones(size, bool), RADIUS)
        measure(field, query, source)
        for _ in improve(field, query, source, passes=PASSES, seed=top):
            pass
        parts.append(np.sqrt(np.maximum(field.costs, 0) / ((2 * RADIUS + 1) ** 2 * 3)))
    return np.concatenate(parts)


def inner_edges(grid: Grid) -> tuple[list[int], list[int]]:
    """List the rows, and columns, where tiles meet."""
    rows, columns = (
        [each for each in edges[1:-1] if each < side]
        for edges, side in zip((grid.rows, grid.columns), grid.size, strict=True)
    )
    return rows, columns


def windows(picture: Array, edges: tuple[Sequence[int], Sequence[int]], count: int, seed: int) -> list[Array]:
    """Cut out parts of a canvas across borders of tiles, chosen by chance."""
    generator, found = np.random.default_rng(seed), []
    for number in range(count):
        axis = number % 2
        middle = [int(generator.integers(side)) for side in picture.shape[:2]]
        middle[axis] = int(generator.choice(edges[axis]))
        top, left = (
            int(np.clip(place - WINDOW // 2, 0, max(0, side - WINDOW)))
            for place, side in zip(middle, picture.shape[:2], strict=True)
        )
        found.append(picture[top : top + WINDOW, left : left + WINDOW])
    return found


def main() -> None:
    """Print the measures, and write windows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("canvas", type=Path)
    parser.add_argument("exemplar", type=Path)
    parser.add_argument("--tile", type=int, required=True)
    parser.add_argument("--windows", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    picture, exemplar = read_picture(asked.canvas).pixels, read_picture(asked.exemplar).pixels
    edges = inner_edges(grid_of((picture.shape[0], picture.shape[1]), asked.tile, (False, False)))
    found = border(picture, exemplar, edges)
    sys.stdout.write(f"step {found.step:.3f}, distance {found.distance:.3f}, worst line {found.lines:.1f} sd\n")
    if asked.windows is not None:
        asked.windows.mkdir(parents=True, exist_ok=True)
        for number, each in enumerate(windows(picture, edges, 10, asked.seed)):
            write_picture(asked.windows / f"window-{number}.png", Picture(np.ascontiguousarray(each)))


if __name__ == "__main__":
    main()
