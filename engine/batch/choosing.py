"""Choose where the textures of a batch are made."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.batch.executors import Executor
from engine.options.failures import fail
from engine.options.ray_option import check_ray
from protocol.client import EngineClient


@dataclass(frozen=True)
class ExecutorOptions:
    """Where a batch is to be made, as its options say.

    Attributes:
        engine: Connection file of an engine, or None.
        weights: File with the weights of an encoder, or None; an engine does not read it.
        ray: Address of a Ray cluster, or None.
        gpus: GPUs for each texture on that cluster; None for what its device needs.
        workers: Number of processes here, or None.
        threads: Number of threads for each texture.
        local: Whether to use no engine.
    """

    engine: Path | None
    weights: Path | None
    ray: str | None
    gpus: float | None
    workers: int | None
    threads: int
    local: bool

    def check(self) -> None:
        """Refuse options that exclude each other, and a cluster without Ray."""
        here = self.local or self.workers is not None
        if self.engine is not None and (here or self.weights is not None):
            fail("--engine excludes --local, --workers and --weights: an engine does not read your files")
        if self.ray is not None and (here or self.engine is not None):
            fail("--ray excludes --engine, --local and --workers: omit one of them")
        if self.gpus is not None and self.ray is None:
            fail("--gpus is for a Ray cluster: add --ray, or leave it out")
        check_ray(self.ray)


def executor_for(where: ExecutorOptions, find_client: Callable[[Path | None], EngineClient | None]) -> Executor:
    """Return who makes the textures.

    Args:
        where: Where they are to be made.
        find_client: Connects to the engine of this connection file, or to the one that runs; None if none does.

    Returns:
        The cluster, the engine, or processes of this command.
    """
    if where.ray is not None:
        from engine.batch.ray_executor import RayExecutor

        return RayExecutor(where.ray, threads=where.threads, gpus=where.gpus)
    from engine.batch.pool import Pool

    here = where.local or where.workers is not None or where.weights is not None
    client = None if here else find_client(where.engine)
    if client is None:
        return Pool(where.workers, where.threads)
    from engine.batch.engine_executor import EngineExecutor

    return EngineExecutor(client)
