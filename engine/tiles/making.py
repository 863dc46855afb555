"""One tile: from what is there around it to its samples."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.preparation import JobInput
from engine.synthesis.structure import Coarse
from engine.synthesis.tiling import Tile, TiledCanvas, make_tile
from engine.tensors import to_array, to_tensor
from engine.tiles.grid import Grid

Samples = NDArray[np.uint16]
TOP = np.float32(65535)


@dataclass(frozen=True, eq=False)
class TileWork:
    """What all tiles of a canvas have in common.

    Attributes:
        canvas: Exemplar, encoder, settings and plan.
        job_input: The exemplar as it was prepared.
        grid: Where tiles lie.
        coarse: What they start from.
    """

    canvas: TiledCanvas
    job_input: JobInput
    grid: Grid
    coarse: Coarse


@dataclass(frozen=True, eq=False)
class Around:
    """What is there already in the window of a tile.

    Attributes:
        samples: RGB and, where alpha is a part of the texture, alpha, uint16 (height, width, 3 or 4).
        made: Where it is there, boolean (height, width).
    """

    samples: Samples
    made: NDArray[np.bool_]


def tile_samples(
    work: TileWork, number: int, around: Around | None, progress: Callable[[float], None] = lambda _share: None
) -> Samples:
    """Make a tile: the same samples from the same arguments, whatever else is made.

    Args:
        work: The canvas.
        number: Of the tile.
        around: What is there already in its window; None for nothing.
        progress: Called with the share of the tile that is done, in [0, 1].

    Returns:
        Its samples, see `Around`, of its size.

    Raises:
        MemoryExhaustedError: The smallest working set does not fit.
        RuntimeError: Something else went wrong in torch.
    """
    window = work.grid.window(number)
    through = work.job_input.translucency
    known = None
    if around is not None:
        colors = around.samples[..., :3].astype(np.float32) / TOP
        if through is not None:
            colors = through.composite(colors, around.samples[..., 3].astype(np.float32) / TOP)
        made = np.ascontiguousarray(around.made[..., None], np.float32)
        known = (to_tensor(colors, "cpu"), to_tensor(made, "cpu"))
    tile = Tile(number, (window.top, window.left), window.size, work.grid.wraps(), known)
    picture = None
    for snapshot in make_tile(work.canvas, work.coarse, tile):
        if snapshot is not None:
            picture = snapshot.picture
            progress(snapshot.step / snapshot.steps)
    if picture is None:
        raise RuntimeError("a tile has ended without a picture")
    found = to_array(picture)
    if through is not None:
        colors, alpha = through.lift(found, window.size, work.canvas.settings.seed)
        found = np.dstack([colors, alpha])
    inner = work.grid.place(number).within(window)
    return np.rint(inner.cut(found).clip(0, 1) * TOP).astype(np.uint16)
