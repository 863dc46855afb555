"""An engine, a plug-in or a GIMP that dies in the midst of a texture."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from engines import JOB_SECONDS, forked
from pictures import bricks, save
from plugged import plug

ENTRY = "texture-synthesis.py"
# A texture takes minutes, ended by what happens to the engine or the plug-in.
CODE = """
def broken_off(task, scale=1, **wishes):
    image = opened(bricks)
    image.scale(64 * scale, 64 * scale)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 8 * scale, 8 * scale, 48 * scale, 48 * scale)
    before, count = everything(image), len(Gimp.get_images())
    said = refused(task, image, image.get_layers(), quality="best", **wishes)
    return {"said": said, "rest": everything(image) == before, "images": len(Gimp.get_images()) - count}


def plug_in_killed():
    # All of a large image but its border.
    return broken_off("fill", scale=10)


def engine_killed():
    return broken_off("new", width=512, height=512)


def engine_gone():
    return broken_off("fill")


cases = [plug_in_killed, engine_killed, engine_gone]
"""


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    """A brick wall."""
    path = tmp_path_factory.mktemp("walls") / "bricks.png"
    save(path, bricks(64, 64))
    return str(path)


@pytest.fixture
def engine_of_its_own(tmp_path):
    """An engine that may be killed, with a client."""
    with forked(tmp_path / "engine", "--device", "cpu") as engine, engine.client() as client:
        engine.ready(client)
        yield engine, client


@contextmanager
def meanwhile(work, *arguments, **words):
    """Do something in a thread; gives what comes of it."""
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(work, *arguments, **words)


def wait(condition, going, seconds=JOB_SECONDS):
    """Wait until it holds, or until GIMP is done."""
    until = time.monotonic() + seconds
    while not condition():
        assert not going.done(), going.result().told
        assert time.monotonic() < until
        time.sleep(0.1)


def at_work(client):
    """Whether a job has taken a step."""
    return any(worker.state == "working" and worker.step for worker in client.status().workers)


def at_rest(client):
    """Whether nothing is left to do."""
    status = client.status()
    return not status.waiting and all(worker.state == "ready" for worker in status.workers)


def processes_of(plugged, word):
    """The processes of a profile's GIMP that have a word in their command."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            surroundings = (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes()
            if f"GIMP3_DIRECTORY={plugged.profile}".encode() in surroundings and word.encode() in command:
                found.append(int(folder.name))
    return found


def test_whoever_dies_the_image_is_as_it_was_and_the_engine_is_free(
    place, gimp_profile, engine_of_its_own, tmp_path, picture
):
    engine, client = engine_of_its_own
    plugged = plug(place, gimp_profile, engine.folder)
    with meanwhile(plugged.cases, CODE, tmp_path / "run", bricks=picture, allowed=("crashed",)) as going:
        wait(lambda: at_work(client), going)
        (plug_in,) = processes_of(plugged, ENTRY)
        os.kill(plug_in, signal.SIGKILL)
        wait(lambda: client.status().cancelled == 1, going)
        wait(lambda: at_work(client), going)
        engine.kill()
    cases = going.result()
    for name in ("plug_in_killed", "engine_killed", "engine_gone"):
        assert cases[name]["rest"], name
        assert cases[name]["images"] == 0
    assert (
        cases["engine_killed"]["said"]
        == "The connection to the engine was lost. Try again: the engine will be started again."
    )
    assert (
        cases["engine_gone"]["said"]
        == "The engine does not start (serve is not for this test): run `python3 install.py --check`"
    )


def test_with_a_gimp_that_is_killed_its_plug_in_ends_and_the_engine_is_free(
    place, gimp_profile, engine_of_its_own, tmp_path, picture
):
    engine, client = engine_of_its_own
    plugged = plug(place, gimp_profile, engine.folder)
    with meanwhile(plugged.cases, CODE, tmp_path / "run", bricks=picture) as going:
        wait(lambda: at_work(client), going)
        (gimp,) = processes_of(plugged, place.console)
        os.kill(gimp, signal.SIGKILL)
        with pytest.raises(AssertionError, match="ended with status -9 before the code did"):
            going.result(JOB_SECONDS)
    until = time.monotonic() + JOB_SECONDS
    while not at_rest(client) or processes_of(plugged, ENTRY):
        assert time.monotonic() < until
        time.sleep(0.1)
    assert client.status().cancelled == 1
