"""Make the textures of a batch on a Ray cluster: Ray schedules, sends files and results, and retries what is lost."""

import logging
import socket
import time
from collections.abc import Iterable
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from engine.batch.executors import Making
from engine.batch.work import Failure, Made, Work, make
from engine.options.failures import ENGINE_FAILED, fail
from protocol.version import software_version

RETRIES = 5
"""How often Ray begins again with a texture whose worker or node has died."""
WAITING = 2
"""Textures for each place where one can be made, of which one waits: its files are there already."""
LOOK_SECONDS = 5.0
"""Between looks at how large the cluster is: nodes come and go."""
NODE_SECONDS = 120.0
KNOCK_SECONDS = 10.0


class RayExecutor:
    """Makes textures by the workers of a cluster."""

    def __init__(self, address: str, *, threads: int, gpus: float | None) -> None:
        """Connect to a cluster.

        Args:
            address: As `ray.init` takes it: `auto` for one that runs here, or that `RAY_ADDRESS` names.
            threads: CPUs that each texture occupies.
            gpus: GPUs that each texture occupies; None for one if its device is a GPU of CUDA, else none.

        Raises:
            CommandError: There is no cluster, or its nodes do not have this program.
        """
        connect(address)
        self._threads, self._gpus = threads, gpus
        self._refs: dict[Making, Any] = {}
        self._room, self._looked = 0, -LOOK_SECONDS

    @property
    def capacity(self) -> int:
        """Twice as many textures as the cluster makes at a time now: no more wait in its memory."""
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._looked = time.monotonic()
            there = ray.cluster_resources()
            places = there.get("CPU", 0) / self._threads
            if self._gpus:
                places = min(places, there.get("GPU", 0) / self._gpus)
            self._room = max(WAITING, int(WAITING * places))
        return self._room

    def submit(self, work: Work) -> Making:
        """Start to make a texture."""
        making: Making = Making()
        settings = work.spec.settings
        gpus = float(settings.device.startswith("cuda")) if self._gpus is None else self._gpus
        task = _make.options(num_cpus=self._threads, num_gpus=gpus, memory=settings.memory, max_retries=RETRIES)
        self._refs[making] = task.remote(work)
        return making

    def wait(self, making: Iterable[Making]) -> set[Making]:
        """Wait until a texture has ended."""
        refs = {self._refs[each]: each for each in making}
        ready, _ = ray.wait([*refs], num_returns=1)
        more, _ = ray.wait([*refs], num_returns=len(refs), timeout=0)
        ended = {refs[ref] for ref in {*ready, *more}}
        for each in ended:
            each.set_result(_result(self._refs.pop(each)))
        return ended

    def close(self) -> None:
        """Abort unfinished textures, and leave the cluster."""
        ray.shutdown()


# Of GPU workers, too, the process stays: it has loaded the encoder, and compiled what it needs.
_make: Any = ray.remote(max_calls=0)(make)


def _result(ref: Any) -> Made | Failure:  # noqa: ANN401 - a reference to an object of Ray
    try:
        found: Made | Failure = ray.get(ref)
    except RayTaskError as error:
        return Failure(f"the program failed ({type(error.cause).__name__}: {error.cause})"[:2000])
    except RayError as error:
        first = str(error).strip().splitlines()[0]
        return Failure(f"Ray gave up after {RETRIES} retries ({type(error).__name__}: {first})"[:2000])
    return found


def connect(address: str) -> None:
    """Connect to a cluster whose nodes have this program.

    Args:
        address: As `ray.init` takes it.

    Raises:
        CommandError: There is no cluster, or its nodes do not have this program.
    """
    try:
        _check_address(address)
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RayError, ValueError, RuntimeError) as error:
        fail(f"no Ray cluster answers at {address!r} ({error}): start one with `ray start --head`", ENGINE_FAILED)
    try:
        _check_nodes()
    except BaseException:
        ray.shutdown()
        raise


def _check_address(address: str) -> None:
    """Raise an OSError at once if nothing listens at an address: Ray would try for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon:
        socket.create_connection((host.strip("[]"), int(port)), KNOCK_SECONDS).close()


def _version_there() -> str:
    return software_version()


_version: Any = ray.remote(num_cpus=0, max_retries=0)(_version_there)


def _check_nodes() -> None:
    """Refuse a cluster whose nodes do not have this version of the program: no texture could be made there."""
    nodes = {node["NodeID"]: node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]}
    asked = {}
    for node in nodes:
        strategy = NodeAffinitySchedulingStrategy(node, soft=False)
        asked[node] = _version.options(scheduling_strategy=strategy).remote()
    own = software_version()
    for node, ref in asked.items():
        try:
            found = ray.get(ref, timeout=NODE_SECONDS)
        except RayError as error:
            said = str(error).strip().splitlines()[-1]
            fail(f"the Ray node {nodes[node]} does not have this program ({said}): install it there", ENGINE_FAILED)
        if found != own:
            fail(
                f"the Ray node {nodes[node]} has version {found}, and this is {own}: install the same", ENGINE_FAILED
            )
