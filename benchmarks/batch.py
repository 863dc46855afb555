"""Measure batches: what a job costs beside its texture, and that none is lost, whatever is killed meanwhile.

python benchmarks/batch.py empty --count 100000 [--ray]
python benchmarks/batch.py killed FOLDER_OF_EXEMPLARS --size 96x96 [--ray]
"""

import argparse
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from engine.batch.checking import checked_count  # noqa: E402
from engine.batch.executors import Executor, Making  # noqa: E402
from engine.batch.journal import Journal  # noqa: E402
from engine.batch.requests import jobs_of  # noqa: E402
from engine.batch.running import BatchOptions, run_batch  # noqa: E402
from engine.batch.work import Made, Work  # noqa: E402

EMPTY = Made((b"\x89PNG, for example" * 64,), 64, 64, 0.0, "cpu")
NODE = {"num_cpus": 1, "object_store_memory": 256 * 2**20}
REPORTS = 5


def nothing(_work: Work) -> Made:
    """Make no texture."""
    return EMPTY


class Idle:
    """An executor that makes nothing, at once."""

    capacity = 8

    def submit(self, work: Work) -> Making:
        """Be done with it."""
        making: Making = Future()
        making.set_result(nothing(work))
        return making

    def wait(self, making: Iterable[Making]) -> set[Making]:
        """Return all of them."""
        return set(making)

    def close(self) -> None:
        """End."""


def manifest(folder: Path, count: int) -> Path:
    """Write a manifest of one exemplar and many seeds."""
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(folder / "noise.png")
    path = folder / "many.jsonl"
    with path.open("w") as file:
        for seed in range(count):
            line = {"exemplar": "noise.png", "seed": seed, "output": f"{seed // 1000:04d}/{seed:06d}.png"}
            file.write(json.dumps(line) + "\n")
    return path


def defaults() -> dict[str, Any]:
    """Return the options of `synthesize` as they are without a command line."""
    import inspect
    from dataclasses import fields

    from engine.cli.synthesize import synthesize
    from engine.options.texture_options import TextureOptions
    from protocol.vocabulary import settings

    known = {each.name for each in fields(TextureOptions)} | {*settings(), "variations"}
    found = inspect.signature(synthesize).parameters
    return {name: each.default for name, each in found.items() if name in known}


def measure_empty(count: int, *, ray: bool) -> None:
    """Run empty jobs, then skip all of them, and print CPU seconds, seconds and memory for each step."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        listed, out = manifest(folder, count), folder / "out"
        start = _cpu(), time.perf_counter()
        checked_count(lambda: jobs_of([listed], defaults(), None), out)
        _print("checked", count, start)
        for title in ("made", "skipped"):
            start = _cpu(), time.perf_counter()
            executor = _ray_executor() if ray and title == "made" else Idle()
            with Journal(out) as journal:
                jobs = jobs_of([listed], defaults(), None)
                for number, _ in enumerate(run_batch(jobs, executor, journal, BatchOptions()), 1):
                    if title == "made" and number % max(1, count // REPORTS) == 0:
                        _print(title, number, start)
            _print(title, count, start)
            executor.close()


def _ray_executor() -> Executor:
    import ray
    from ray.cluster_utils import Cluster

    from engine.batch import ray_executor

    cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    ray_executor._make = ray.remote(max_calls=0)(nothing)
    return ray_executor.RayExecutor(cluster.address, threads=1, gpus=None)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _print(title: str, count: int, start: tuple[float, float]) -> None:
    cpu, seconds = _cpu() - start[0], time.perf_counter() - start[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    each = f"{1000 * cpu / count:.2f} ms of CPU and {1000 * seconds / count:.2f} ms each"
    print(f"{title} {count}: {cpu:.1f} s of CPU, {seconds:.1f} s; {each}; peak {peak:.0f} MiB", flush=True)


def measure_killed(exemplars: Path, size: str, *, ray: bool) -> None:
    """Run a batch that is killed twice, then on two Ray nodes of which one is killed, and compare the bytes."""
    work = Path(tempfile.mkdtemp(prefix="batch-"))
    count = sum(1 for _ in exemplars.iterdir())
    options = ("--size", size, "--quality", "draft", "--device", "cpu", "--json")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    start = (sys.executable, "-m", "engine", "batch", str(exemplars.resolve()), *options)
    for number in (1, 2, 3):
        process = subprocess.Popen([*start, "--local", "-o", "near"], cwd=work, env=environment)
        if number < 3:
            _wait(process, work / "near", number * count // 3)
            process.kill()
        print(f"run {number} ended with {process.wait()}; {len(digests(work / 'near'))} files", flush=True)
    if ray:
        from ray.cluster_utils import Cluster

        cluster = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
        lost = cluster.add_node(**NODE)
        cluster.wait_for_nodes()
        process = subprocess.Popen([*start, "--ray", cluster.address, "-o", "far"], cwd=work, env=environment)
        _wait(process, work / "far", count // 3)
        cluster.remove_node(lost, allow_graceful=False)
        print(f"a node was killed; Ray ended with {process.wait()}", flush=True)
        same = digests(work / "near") == digests(work / "far")
        print(f"{len(digests(work / 'far'))} files, {'the same bytes' if same else 'OTHER BYTES'}")
        cluster.shutdown()
    shutil.rmtree(work)


def _wait(process: "subprocess.Popen[bytes]", folder: Path, count: int) -> None:
    while len([*folder.glob("*.png")]) < count and process.poll() is None:
        time.sleep(0.05)


def digests(folder: Path) -> dict[str, str]:
    """Return a digest of each picture in a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.png")}


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("empty", "killed"))
    parser.add_argument("exemplars", nargs="?", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--size", default="96x96")
    parser.add_argument("--ray", action="store_true")
    given = parser.parse_args()
    if given.what == "empty":
        measure_empty(given.count, ray=given.ray)
    elif given.exemplars is None:
        parser.error("name a folder of exemplars")
    else:
        measure_killed(given.exemplars, given.size, ray=given.ray)


if __name__ == "__main__":
    main()
