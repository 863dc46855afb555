"""Make a canvas in tiles, from where an earlier run ended, and put it together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from engine.images import ImageError, Picture, replacing
from engine.images.picture import FloatArray
from engine.images.tiled_tiff import write_tiled_tiff
from engine.synthesis.tiling import make_coarse
from engine.tiles.folder import SUFFIX, Folder
from engine.tiles.making import TOP, Around, Samples, TileWork, tile_samples
from engine.tiles.planning import TiledJob

# What the coarse picture takes, in tiles.
COARSE_SHARE = 0.5


@dataclass(frozen=True)
class TileProgress:
    """How far a canvas is.

    Attributes:
        share: Of the work that is done, in [0, 1].
        tiles: Tiles that are made.
        total: Tiles of the canvas.
    """

    share: float
    tiles: int
    total: int


Report = Callable[[TileProgress], None]
Make = Callable[
    [TileWork, Iterable[tuple[int, Around | None]], Callable[[float], None]], Iterable[tuple[int, Samples]]
]
"""Makes the tiles of one turn, each beside what is around it, in any order; tells shares of a tile that are done."""


def make_here(
    work: TileWork, tiles: Iterable[tuple[int, Around | None]], progress: Callable[[float], None]
) -> Iterator[tuple[int, Samples]]:
    """Make tiles one after the other, in this process."""
    for number, around in tiles:
        yield number, tile_samples(work, number, around, progress)


def folder_beside(output: Path) -> Path:
    """Name the folder of an unfinished file."""
    return output.with_name(output.name + SUFFIX)


def run_tiles(job: TiledJob, output: Path, pattern: Picture, report: Report, make: Make = make_here) -> None:
    """Make a canvas, and write its file.

    Whatever ends it early, the same call continues from the tiles that are made, and writes the same bytes.

    Args:
        job: The canvas.
        output: The file to write.
        pattern: The picture that gives bit depth, grayness, profile and resolution.
        report: Called with the progress.
        make: Makes tiles.

    Raises:
        ImageError: The folder of unfinished tiles belongs to another canvas or process, or cannot be written.
        MemoryExhaustedError: The smallest working set does not fit.
        RuntimeError: Something else went wrong in torch.
    """
    through = job.job_input.translucency
    folder = Folder(folder_beside(output), job.grid, 3 if through is None else 4)
    if not folder.open(job.name):
        raise ImageError(
            f"{folder.path} has tiles of another texture: remove it, repeat that command, or name another output"
        )
    try:
        with FileLock(folder.path / "lock", timeout=0):
            _make_all(job, folder, report, make)
            with replacing(output) as temporary:
                write_tiled_tiff(temporary, _rows_of(folder), job.grid.size, pattern, alpha=through is not None)
    except Timeout as error:
        raise ImageError(f"another process makes {output}: wait for it, or name another output") from error
    folder.remove()


def _make_all(job: TiledJob, folder: Folder, report: Report, make: Make) -> None:
    count, before = job.grid.count, [0.0]

    def tell(share: float) -> None:
        done = len(folder.done())
        before[0] = max(before[0], (done + share) / count)
        report(TileProgress(min(1.0, before[0]), done, count))

    tell(0.0)
    coarse = folder.coarse()
    if coarse is None:
        coarse = make_coarse(job.canvas, job.most, lambda share: tell(COARSE_SHARE * share))
        folder.keep_coarse(coarse)
    work = TileWork(job.canvas, job.job_input, job.grid, coarse)
    there: list[int] = []
    for turn in job.grid.turns():
        left = sorted(set(turn) - set(folder.done()))
        # Read one after the other: all of a turn would be a quarter of the canvas.
        for number, samples in make(work, _beside(folder, left, there), tell):
            folder.keep(number, samples)
            tell(0.0)
        there += turn


def _beside(folder: Folder, numbers: Sequence[int], there: Sequence[int]) -> Iterator[tuple[int, Around | None]]:
    """Give tiles with what is around them."""
    for number in numbers:
        yield number, folder.around(number, there)


def _rows_of(folder: Folder) -> Callable[[int, int], FloatArray]:
    """Return a function that reads rows of all tiles."""
    width = folder.grid.size[1]

    def rows(first: int, last: int) -> FloatArray:
        found = np.empty((last - first, folder.grid.canvas[1], folder.channels), np.float32)
        for number in range(folder.grid.count):
            place = folder.grid.place(number)
            top, bottom = max(first, place.top), min(last, place.bottom)
            if top < bottom:
                part = folder.samples(number)[top - place.top : bottom - place.top]
                found[top - first : bottom - first, place.left : place.right] = part.astype(np.float32) / TOP
        return found[:, :width]

    return rows
