"""Make the tiles of a canvas on a Ray cluster: Ray schedules, sends tiles and what is around them, and retries."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import ray

from engine.batch.ray_executor import RETRIES, connect
from engine.tiles.making import Around, Samples, TileWork, tile_samples

THREADS = 1
"""Of each tile: the same number gives the same bytes on any number of nodes."""


class ClusterMaker:
    """Makes tiles on a cluster, those of one turn at the same time; see `Make`."""

    def __init__(self, address: str) -> None:
        """Connect to a cluster.

        Args:
            address: As `ray.init` takes it.

        Raises:
            CommandError: There is no cluster, or its nodes do not have this program.
        """
        connect(address)

    def __call__(
        self, work: TileWork, tiles: Iterable[tuple[int, Around | None]], progress: Callable[[float], None]
    ) -> Iterator[tuple[int, Samples]]:
        """Make the tiles of one turn; a tile whose node dies begins again on another.

        Args:
            work: The canvas.
            tiles: Their numbers, with what is around them.
            progress: Called once a tile is there.

        Yields:
            Numbers and samples, in any order.
        """
        shared, left = ray.put(work), iter(tiles)
        gpus = float(work.canvas.exemplar.picture.is_cuda)
        task = _tile.options(num_cpus=THREADS, num_gpus=gpus, max_retries=RETRIES)
        waiting = list[Any]()
        while True:
            # What is around a tile takes megabytes: one more than can be made at once is sent, and no more.
            while (
                len(waiting) <= int(ray.cluster_resources().get("CPU", 1)) and (each := next(left, None)) is not None
            ):
                waiting.append(task.remote(shared, *each))
            if not waiting:
                return
            ready, waiting = ray.wait(waiting, num_returns=1)
            yield ray.get(ready[0])
            progress(0.0)

    def close(self) -> None:
        """Drop what is in the making, and leave the cluster."""
        ray.shutdown()


def _tile_there(work: TileWork, number: int, around: Around | None) -> tuple[int, Samples]:
    import numba
    import torch

    torch.set_num_threads(THREADS)
    numba.set_num_threads(THREADS)
    return number, tile_samples(work, number, around)


_tile: Any = ray.remote(max_calls=0)(_tile_there)
