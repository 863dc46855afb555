"""The engine that GIMP starts, tells of and stops, and that several GIMPs share, in a real GIMP."""

import re
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from engines import forked
from gimps import profile
from pictures import bricks, save
from plugged import host_engine, plug

from protocol.client import EngineClient
from protocol.connection import CONNECTION_FILE
from protocol.errors import NoEngineError
from protocol.keys import CLIENT_KEYS, own_keys

FROM_START_TO_END = """
def in_order():
    found = [called("engine", action=action)[0] for action in ("status", "stop", "start", "start", "status", "stop")]
    found.append(called("engine", action="status")[0])
    return found


def started_by_a_texture():
    image = opened(bricks)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 20, 20, 20)
    _image, made = called("fill", image, image.get_layers(), quality="draft")
    return [made.get_name(), called("engine", action="stop")[0]]


cases = [in_order, started_by_a_texture]
"""
HUNG = """
def stop():
    return refused("engine", action="stop")


cases = [stop]
"""
SHARED = """
def several():
    names = []
    for seed in seeds:
        image = opened(bricks)
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 20, 20, 20)
        before = everything(image)
        _image, made = called("fill", image, image.get_layers(), quality="draft", seed=seed)
        names.append(made.get_name())
        image.remove_layer(made)
        assert everything(image) == before
    return names


cases = [several]
"""


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    """A brick wall."""
    path = tmp_path_factory.mktemp("walls") / "bricks.png"
    save(path, bricks(64, 64))
    return str(path)


def client_of(folder):
    """A client of the engine of a folder."""
    return EngineClient.connect(folder / CONNECTION_FILE, name="test", keys=own_keys(folder / CLIENT_KEYS))


def test_gimp_starts_the_engine_tells_of_it_and_stops_it(place, gimp_profile, tmp_path, picture):
    program = host_engine(place, tmp_path / "texture-engine")
    plugged = plug(place, gimp_profile, tmp_path / "engine", engine=program)
    try:
        cases = plugged.cases(FROM_START_TO_END, tmp_path / "run", bricks=picture)
    finally:
        with suppress(NoEngineError), client_of(plugged.state) as left:
            left.shutdown("the test is over")
    none, not_there, started, still, told, stopped, gone = cases["in_order"]
    assert none == gone == "The engine is not running. It is started when it is needed."
    assert not_there == "The engine is not running."
    assert stopped == "The engine has ended."
    for report in (started, still, told):
        assert re.match(r"Engine \S+, running for 0 min\n", report)
        assert report.endswith("Textures waiting: 0; done: 0, failed: 0, canceled: 0")
    assert cases["started_by_a_texture"] == ["Texture, seed 0", "The engine has ended."]


def test_a_script_learns_that_an_engine_that_hangs_was_not_stopped(place, gimp_profile, tmp_path):
    with forked(tmp_path / "engine", "--device", "cpu") as engine:
        with engine.client():
            pass
        plugged = plug(place, gimp_profile, engine.folder)
        engine.process.send_signal(signal.SIGSTOP)
        said = plugged.cases(HUNG, tmp_path / "run")["stop"]
    assert said.startswith("The engine does not answer")
    assert f"process {engine.process.pid}" in said


def test_two_gimps_at_once_get_their_textures_from_one_engine(plugged, known_plug_ins, engine, tmp_path, picture):
    other = plug(plugged.place, profile(tmp_path / "other", known_plug_ins), engine.folder)
    with engine.client() as client, ThreadPoolExecutor(2) as both:
        before = client.status().done
        one = both.submit(plugged.cases, SHARED, tmp_path / "one", bricks=picture, seeds=[1, 2, 3])
        two = both.submit(other.cases, SHARED, tmp_path / "two", bricks=picture, seeds=[4, 5, 6])
        assert one.result()["several"] == ["Texture, seed 1", "Texture, seed 2", "Texture, seed 3"]
        assert two.result()["several"] == ["Texture, seed 4", "Texture, seed 5", "Texture, seed 6"]
        assert client.status().done == before + 6
