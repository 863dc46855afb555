"""Real engines for the tests: processes of their own, each in a folder of its own."""

import math
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from pathlib import Path

import forking
import numpy as np
from pictures import bricks, bytes_of

from protocol.client import EngineClient
from protocol.connection import CONNECTION_FILE
from protocol.errors import NoEngineError
from protocol.keys import CLIENT_KEYS, own_keys
from protocol.messages import Canvas, Progress, Source, Synthesize
from protocol.raster import Raster
from protocol.status import Status
from protocol.vocabulary import Settings, settings

ROOT = Path(__file__).parents[1]
SERVE = ("-m", "engine", "serve")
# Bounds of what must end at all, on a computer that is busy with other tests as well.
START_SECONDS = 60
END_SECONDS = 60
READY_SECONDS = 300
JOB_SECONDS = 180


def start_python(words, **how):
    """Start Python with these words."""
    return subprocess.Popen([sys.executable, *words], **how)


class Engine:
    """A running `texture-engine serve`."""

    def __init__(self, folder: Path, *options: str, environment=None, program=SERVE, begin=start_python) -> None:
        self.folder = folder
        self.log = folder.with_name(f"{folder.name}.log")
        with self.log.open("ab") as log:
            self.process = begin([*program, *options], stderr=log, env=surroundings(folder, environment))

    @property
    def file(self) -> Path:
        """The connection file."""
        return self.folder / CONNECTION_FILE

    def client(self, name="test", *, timeout=START_SECONDS) -> EngineClient:
        """Connect as soon as the engine listens."""
        until = time.monotonic() + timeout
        while True:
            # Its end before it listens is a fault of its own.
            assert self.process.poll() is None, self.log.read_text()
            try:
                keys = own_keys(self.folder / CLIENT_KEYS)
                return EngineClient.connect(self.file, name=name, keys=keys, timeout=timeout)
            except NoEngineError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)

    def ready(self, client: EngineClient, *states: str) -> Status:
        """Wait until every worker is in one of these states; `ready` if none is given."""
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            status = client.status()
            if all(worker.state in (states or ("ready",)) for worker in status.workers):
                return status
            time.sleep(0.05)
        raise AssertionError(f"no worker came to be {states}: {self.log.read_text()}")

    def stop(self) -> int:
        """End it as Ctrl+C does, and tell its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(END_SECONDS)

    def kill(self) -> None:
        """End it without a chance to tidy up."""
        self.process.kill()
        self.process.wait(END_SECONDS)


@contextmanager
def running(folder: Path, *options: str, environment=None, program=SERVE, begin=start_python):
    """Run an engine for a while."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = Engine(folder, *options, environment=environment, program=program, begin=begin)
    try:
        yield engine
    finally:
        if engine.process.poll() is None:
            engine.kill()


forked = partial(running, begin=forking.start)
"""Likewise, in processes that are forked: they load nothing."""


def surroundings(folder: Path, more=None) -> dict[str, str]:
    """Environment variables of an engine, or of a command that looks for it: of this checkout, wherever it starts."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    own = {"TEXTURE_ENGINE_FOLDER": str(folder), **forking.ONE_THREAD, "PYTHONPATH": path}
    return {**os.environ, **own, **(more or {})}


def terminal(folder: Path, *words, timeout=JOB_SECONDS, cwd=None):
    """Run `texture-engine` with these words."""
    command = [sys.executable, "-m", "engine", *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, env=surroundings(folder), cwd=cwd, check=False
    )


def forked_terminal(folder: Path, *words, timeout=JOB_SECONDS, cwd=None):
    """Likewise, in a process that is forked: it loads nothing."""
    command = [*forking.PROGRAM, *map(str, words)]
    return forking.run(command, text=True, timeout=timeout, env=surroundings(folder), cwd=cwd)


def raster(array, depth="u8") -> Raster:
    """Write a picture in [0, 1], (height, width) or (height, width, channels), as a raster of bytes."""
    samples = bytes_of(array)
    samples = samples[..., None] if samples.ndim == 2 else samples
    height, width, channels = samples.shape
    return Raster(width, height, channels, depth, samples.tobytes())


def pixels(found: Raster):
    """Read a raster of bytes as (height, width, channels)."""
    return np.frombuffer(found.data, np.uint8).reshape(found.height, found.width, found.channels)


def short_job(name="short", **changes) -> Synthesize:
    """A job of well under a second."""
    # From noise: each step has a snapshot of its own.
    wishes = {"exemplar": raster(bricks(32, 32)), "width": 32, "height": 32, "steps": 2, "octaves": 1}
    wishes["recipe"] = "photo" if "canvas" in changes else "sliced"
    return job(name, **{**wishes, **changes})


def job(name, **wishes) -> Synthesize:
    """A request of values of any of its parts; `exemplar` and `exemplar_mask` are those of its only source."""
    exemplar, mask = wishes.pop("exemplar", None), wishes.pop("exemplar_mask", None)
    wishes["sources"] = () if exemplar is None else (Source(exemplar, mask),)
    places = {"canvas": "picture", "init": "start", "mask": "mask"}
    places |= {each.name: each.name for each in fields(Canvas) if each.name != "picture"}
    canvas = {places[name]: wishes.pop(name) for name in list(wishes) if name in places}
    if exemplar is None:
        canvas["sample_mask"] = mask
    how = {name: wishes.pop(name) for name in list(wishes) if name in settings()}
    return Synthesize(name, canvas=Canvas(**canvas), settings=Settings(**how), **wishes)


def long_job(name="long", **changes) -> Synthesize:
    """A job that goes on until it is cancelled, in steps of some milliseconds."""
    return short_job(name, **{"width": 64, "height": 64, "steps": 100_000, "frame_interval": 0.05, **changes})


def end_of(client: EngineClient, job: str):
    """Wait for the end of a job."""
    *_, last = client.events(job, JOB_SECONDS)
    return last


def started(client: EngineClient, request: Synthesize) -> None:
    """Hand in a job and wait until it has taken a step."""
    client.submit(request)
    next(event for event in client.events(request.job, JOB_SECONDS) if isinstance(event, Progress) and event.step)


def least(measure, bound, tries=3):
    """The least of what is measured, once it is within a bound: for a moment, another program may take a core."""
    found = math.inf
    for _ in range(tries):
        found = min(found, measure())
        if found < bound:
            break
    return found


def heard(client: EngineClient) -> list:
    """Wait for whatever the engine says next; signs of life alone are nothing."""
    until = time.monotonic() + JOB_SECONDS
    while time.monotonic() < until:
        if found := client.poll(0.2):
            return found
    raise AssertionError("the engine says nothing")
