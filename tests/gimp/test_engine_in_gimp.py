"""The engine that GIMP starts, stops, loses and shares, in a real GIMP."""

import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from engines import JOB_SECONDS, SERVE, running
from gimps import profile
from pictures import bricks, bytes_of
from PIL import Image
from plugged import host_engine, plug

from protocol import EngineClient, EngineError, NoEngineError
from protocol.connection import CONNECTION_FILE
from protocol.keys import CLIENT_KEYS, own_keys

BRICKS = """
def bricks():
    image = opened(wall)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 20, 20, 20)
    return image, image.get_layers()
"""
FROM_START_TO_END = (
    BRICKS
    + """
def in_order():
    found = [called("engine", action=action)[0] for action in ("status", "stop", "start", "start", "status", "stop")]
    found.append(called("engine", action="status")[0])
    return found


def started_by_a_texture():
    _image, made = called("fill", *bricks(), quality="draft")
    return [made.get_name(), called("engine", action="stop")[0]]


cases = [in_order, started_by_a_texture]
"""
)
# Minutes of work, ended by what happens to the engine or the plug-in.
LONG = (
    BRICKS
    + """
def long_one():
    image, layers = bricks()
    before, count = everything(image), len(Gimp.get_images())
    said = refused("new", image, layers, quality="best", width=1024, height=1024)
    return {"said": said, "rest": everything(image) == before, "images": len(Gimp.get_images()) - count}


def plug_in_killed():
    return long_one()


def engine_killed():
    return long_one()


def engine_gone():
    return refused("fill", *bricks())


cases = [plug_in_killed, engine_killed, engine_gone]
"""
)
SHARED = (
    BRICKS
    + """
def three():
    names = []
    for seed in (1, 2, 3):
        image, layers = bricks()
        before = everything(image)
        _image, made = called("fill", image, layers, quality="draft", seed=seed)
        names.append(made.get_name())
        image.remove_layer(made)
        assert everything(image) == before
    return names


cases = [three]
"""
)
# How a GIMP that is killed ends, as a shell tells it.
DIED = re.compile(r"crashed|died unexpectedly|ended with status")


@pytest.fixture(scope="module")
def wall(tmp_path_factory):
    """A brick wall."""
    path = tmp_path_factory.mktemp("walls") / "wall.png"
    Image.fromarray(bytes_of(bricks(64, 64))).save(path)
    return str(path)


@pytest.fixture
def gimp_of_its_own(place, gimp_profile, libraries, tmp_path):
    """Puts the plug-in, for an engine of this test, into a profile of this test."""

    def made(engine=None):
        return plug(place, gimp_profile, tmp_path / "engine", libraries, engine=engine)

    return made


def client_of(folder):
    """A client of the engine of a folder."""
    return EngineClient.connect(folder / CONNECTION_FILE, name="test", keys=own_keys(folder / CLIENT_KEYS))


def wait(condition, seconds=JOB_SECONDS):
    """Wait until it holds."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.1)


def at_work(client):
    """Whether a job has taken a step."""
    return any(worker.state == "working" and worker.step for worker in client.status().workers)


def at_rest(client):
    """Whether nothing is left to do."""
    status = client.status()
    return not status.waiting and all(worker.state == "ready" for worker in status.workers)


def processes_of(plugged, *words):
    """The processes of a profile with these words among their arguments."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            surroundings = (folder / "environ").read_bytes().split(b"\0")
            arguments = (folder / "cmdline").read_bytes().decode(errors="replace")
            if f"GIMP3_DIRECTORY={plugged.profile}".encode() in surroundings and all(word in arguments for word in words):
                found.append(int(folder.name))
    return found


def test_gimp_starts_the_engine_tells_of_it_and_stops_it(place, gimp_of_its_own, tmp_path, wall):
    plugged = gimp_of_its_own(host_engine(place, tmp_path / "texture-engine"))
    try:
        cases = plugged.cases(FROM_START_TO_END, tmp_path / "run", wall=wall)
    finally:
        with suppress(NoEngineError), client_of(plugged.state) as left:
            left.shutdown("the test is over")
    none, not_there, started, still, told, stopped, gone = cases["in_order"]
    assert none == gone == "The engine is not running. It is started when it is needed."
    assert not_there == "The engine is not running."
    assert stopped == "The engine has ended."
    for report in (started, still, told):
        assert re.match(r"Engine \S+, running for 0 min\n", report)
        assert report.endswith("0 jobs wait; 0 done, 0 failed, 0 cancelled")
    assert cases["started_by_a_texture"] == ["Texture, seed 0", "The engine has ended."]
