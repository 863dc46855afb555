"""`texture-engine synthesize` with a running engine: the same pictures as without, and sooner."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from engines import JOB_SECONDS, forked, long_job, started, surroundings
from pictures import bricks, load, save

from engine.images.png import encode_png
from protocol.connection import read_connection, write_connection
from protocol.relay_socket import SOCKET_FILE

QUICK = ("--quality", "draft", "--steps", "1", "--device", "cpu")
SMALL = ("--size", "48x40")
SET = ("bricks.png", "--maps", "deep.png", *SMALL, "--quality", "draft", "--device", "cpu")
DIFFERENT = {"output", "seconds", "first_snapshot_seconds", "peak_memory_bytes"}


@pytest.fixture
def watcher(engine):
    """Another client, which sees what the engine does."""
    with engine.client("watcher") as connected:
        engine.ready(connected)
        yield connected


@pytest.fixture
def here(here, monkeypatch, engine):
    """The folder with more pictures in it, where the engine is found."""
    monkeypatch.setenv("TEXTURE_ENGINE_FOLDER", str(engine.folder))
    (here / "deep.png").write_bytes(encode_png(np.rint(bricks()[..., :1] * 65535).astype(np.uint16), None))
    opaque = np.ones((64, 64, 1)) * (np.arange(64) < 40)[:, None]
    save(here / "alpha.png", np.dstack([bricks(), opaque]))
    save(here / "half.png", np.ones((40, 48, 3)) * (np.arange(48) < 24)[:, None])
    canvas, free = bricks(72, 80, seed=1), np.zeros((72, 80))
    free[30:50, 20:60] = 1
    save(here / "canvas.png", canvas)
    save(here / "mask.png", free)
    save(here / "lower.png", np.ones((64, 64)) * (np.arange(64) > 30)[:, None])
    save(here / "upper.png", np.ones((72, 80)) * (np.arange(72) < 24)[:, None])
    save(here / "soft.png", free * np.linspace(0, 1, 80))
    save(here / "cut.png", np.dstack([canvas, 1 - free]))
    deep = np.rint(np.dstack([canvas[..., :1], 1 - free]) * 65535).astype(np.uint16)
    (here / "deep-cut.png").write_bytes(encode_png(deep, None))
    return here


@pytest.fixture
def call(call):
    """Run the command line with as many threads as the engine has: sums in another order give another picture."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield call
    torch.set_num_threads(threads)


def assert_refused(told, status, sentence):
    assert (told[0], told[1]) == (status, ""), told[2]
    assert told[2].startswith("texture-engine: ")
    assert told[2].count("\n") == 1
    assert sentence in told[2]


# The same as without.

PATCHES = "a canvas that is filled by patches alone"
JOBS = {
    "a new texture": ("bricks.png", *SMALL),
    "a seamless one": ("bricks.png", *SMALL, "--seamless"),
    "one that tiles along one axis": ("bricks.png", *SMALL, "--seamless", "y"),
    "an exemplar with a mask": ("bricks.png", *SMALL, "--exemplar-mask", "lower.png"),
    "a gray exemplar of 16 bits": ("deep.png", *SMALL),
    "an exemplar with alpha": ("alpha.png", *SMALL),
    "a canvas and a mask": ("bricks.png", "--canvas", "canvas.png", "--mask", "mask.png"),
    "a canvas sampled near its hole": ("--canvas", "canvas.png", "--mask", "mask.png", "--context", "9"),
    "a canvas sampled from the sides of its hole": ("--canvas", "cut.png", "--sample-from", "sides"),
    "a canvas with a mask of what is sampled": ("--canvas", "cut.png", "--exemplar-mask", "upper.png"),
    "a canvas with a transparent part beside the hole": ("--canvas", "cut.png", "--mask", "upper.png"),
    "a canvas and a soft mask": ("bricks.png", "--canvas", "canvas.png", "--mask", "soft.png"),
    "a canvas with a transparent hole": ("--canvas", "cut.png"),
    "a gray canvas of 16 bits with a transparent hole": ("--canvas", "deep-cut.png"),
    PATCHES: ("--canvas", "cut.png", "--context", "20"),
    "a canvas that is extended": ("--canvas", "canvas.png", "--extend", "top=20%,left=9"),
    "a canvas that is made to tile": ("--canvas", "canvas.png", "--seamless"),
    "a canvas that wraps, and a soft mask": ("--canvas", "canvas.png", "--mask", "soft.png", "--seamless"),
    "a picture to start from": ("bricks.png", *SMALL, "--init", "half.png"),
    "one to start from under a canvas": ("--canvas", "canvas.png", "--mask", "mask.png", "--init", "half.png"),
    "another recipe": ("bricks.png", *SMALL, "--recipe", "patch", "--flips", "--rotations", "--scales", "0.8"),
    "layers of one's own": ("bricks.png", *SMALL, "--layers", "relu1_1:1,relu2_1:0.5", "--memory", "2GiB"),
}


@pytest.mark.parametrize("job", JOBS)
def test_the_engine_makes_the_same_file_as_the_terminal_alone(call, here, watcher, job):
    before = watcher.status().done
    told = {}
    for name, options in (("engine", ()), ("local", ("--local",))):
        quick = ("--device", "cpu") if job == PATCHES else QUICK
        arguments = (*JOBS[job], *quick, "--json", "--quiet", *options)
        status, out, err = call("synthesize", *arguments, "-o", f"{name}.png")
        assert (status, err) == (0, "")
        told[name] = {key: value for key, value in json.loads(out).items() if key not in DIFFERENT}
        assert watcher.status().done == before + 1
    assert (here / "engine.png").read_bytes() == (here / "local.png").read_bytes()
    assert told["engine"] == told["local"]


def test_variations_are_the_same_and_numbered_too(call, here, watcher):
    before = watcher.status().done
    for name, options in (("engine", ()), ("local", ("--local",))):
        arguments = ("bricks.png", *SMALL, *QUICK, "--variations", "2", "--seed", "7", "-q", *options)
        assert call("synthesize", *arguments, "-o", f"{name}.png") == (0, "", "")
    assert watcher.status().done == before + 2
    for number in (1, 2):
        assert (here / f"engine-{number}.png").read_bytes() == (here / f"local-{number}.png").read_bytes()


def test_a_texture_set_is_the_same_too(call, here, watcher):
    before = watcher.status().done
    for name, options in (("engine", ()), ("local", ("--local",))):
        assert call("synthesize", *SET, "-q", *options, "-o", name) == (0, "", "")
    assert watcher.status().done == before + 1
    for name in ("bricks.png", "bricks_deep.png"):
        assert (here / "engine" / name).read_bytes() == (here / "local" / name).read_bytes()


def test_json_tells_how_long_the_engine_took(call):
    told = json.loads(call("synthesize", "bricks.png", "-o", "out.png", *SMALL, *QUICK, "--json", "-q")[1])
    assert 0 < told["first_snapshot_seconds"] < told["seconds"]
    assert told["peak_memory_bytes"] > 2**26


WRONG = {
    "recipe": ("--recipe", "foto"),
    "encoder": ("--encoder", "resnet"),
    "weights": ("--weights", "nowhere.pth"),
    "noise": ("--noise", "-1"),
    "size": ("--size", "4"),
    "layers": ("--layers", "relu5_1", "--size", "16"),
    "memory": ("--memory", "1MB"),
    "canvas": ("--canvas", "canvas.png"),
    "seamless": (*SMALL, "--seamless=z"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_mistake_is_told_in_the_same_line_and_status_as_without(call, here, wrong):
    arguments = ("synthesize", "bricks.png", "-o", "out.png", "-q", *QUICK, *WRONG[wrong])
    there = call(*arguments)
    assert_refused(there, 2, "")
    assert there == call(*arguments, "--local")
    assert not (here / "out.png").exists()


@pytest.mark.parametrize("number", [("--seed", "-1"), ("--seed", str(2**63)), ("--steps", "0"), ("--octaves", "101")])
def test_a_number_that_no_message_holds_is_a_mistake_all_the_same(call, number):
    arguments = ("synthesize", "bricks.png", "-o", "out.png", "-q", *QUICK, *number)
    assert_refused(call(*arguments), 2, number[0].removeprefix("--"))
    assert_refused(call(*arguments, "--local"), 2, number[0].removeprefix("--"))


# Which engine, if any.


def test_an_engine_can_be_named_by_its_connection_file(call, here, engine, watcher, monkeypatch):
    shutil.copy(engine.file, here / "gpu.json")
    # A folder with the keys alone, where no engine is found.
    shutil.copytree(engine.folder, here / "another", ignore=shutil.ignore_patterns("engine.*", SOCKET_FILE))
    monkeypatch.setenv("TEXTURE_ENGINE_FOLDER", str(here / "another"))
    before = watcher.status().done
    arguments = ("bricks.png", "-o", "out.png", *SMALL, *QUICK, "-q", "--engine", "gpu.json")
    assert call("synthesize", *arguments) == (0, "", "")
    assert watcher.status().done == before + 1


def test_an_engine_that_is_named_and_has_no_file_is_a_mistake(call, here):
    told = call("synthesize", "bricks.png", "-o", "out.png", *SMALL, *QUICK, "--engine", "nowhere.json")
    assert_refused(told, 2, "nowhere.json does not exist; check the name: give the connection file of an engine")
    assert not (here / "out.png").exists()


def test_an_engine_that_is_named_and_has_ended_is_a_failure(call, here, engine):
    with socket.create_server(("127.0.0.1", 0)) as once:
        ended = replace(read_connection(engine.file), address=f"tcp://127.0.0.1:{once.getsockname()[1]}")
    write_connection(here / "ended.json", ended)
    told = call("synthesize", "bricks.png", "-o", "out.png", *SMALL, *QUICK, "--engine", "ended.json")
    assert_refused(told, 1, f"no engine is running (nothing listens at {ended.address}, which ended.json names)")
    assert not (here / "out.png").exists()


def test_without_an_engine_the_terminal_computes_alone(call, here, monkeypatch):
    monkeypatch.setenv("TEXTURE_ENGINE_FOLDER", str(here / "nobody"))
    assert call("synthesize", "bricks.png", "-o", "out.png", *SMALL, *QUICK, "-q") == (0, "", "")
    assert load(here / "out.png").shape == (40, 48, 3)


# `cpu:0` is the same to torch, but not the name of the engine's device.
ELSEWHERE = ("--quality", "draft", "--steps", "1", "--device", "cpu:0")


def test_what_the_engine_does_not_compute_on_the_terminal_may(call, here, watcher):
    before = watcher.status().done
    assert call("synthesize", "bricks.png", "-o", "out.png", *SMALL, *ELSEWHERE, "-q") == (0, "", "")
    assert load(here / "out.png").shape == (40, 48, 3)
    assert watcher.status().done == before


def test_an_engine_that_is_named_and_does_not_compute_there_is_a_mistake(call, engine):
    arguments = ("bricks.png", "-o", "out.png", *SMALL, *ELSEWHERE, "--engine", engine.file)
    assert_refused(call("synthesize", *arguments), 2, "this engine does not compute on 'cpu:0': choose auto or cpu")


@pytest.mark.parametrize("option", [("--local",), ("--record", "run.gif")])
def test_an_engine_is_not_asked_for_what_only_the_terminal_does(call, here, engine, option):
    arguments = ("bricks.png", "-o", "out.png", *SMALL, *QUICK, "--engine", engine.file, *option)
    assert_refused(call("synthesize", *arguments), 2, "an engine neither records nor reads your files")
    assert not (here / "out.png").exists()


def test_a_recording_is_made_by_the_terminal_itself(call, here, watcher):
    before = watcher.status().done
    arguments = ("bricks.png", "-o", "out.png", *SMALL, *QUICK, "-q", "--record", "run.gif")
    assert call("synthesize", *arguments) == (0, "", "")
    assert (here / "run.gif").exists()
    assert watcher.status().done == before


# As a program of its own.


@pytest.fixture
def synthesize(here):
    """Start `texture-engine synthesize` on the exemplar, for the engine of a folder."""
    processes = []

    def start(folder, *arguments, **more):
        command = [sys.executable, "-m", "engine", "synthesize", "bricks.png", "-o", "out.png", *SMALL, *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        processes.append(subprocess.Popen(command, cwd=here, env=surroundings(folder, more), **pipes))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def wait_for_step(watcher, process, step=2):
    """Wait until the engine works on what the process has handed in."""
    until = time.monotonic() + JOB_SECONDS
    while watcher.status().workers[0].step < step:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize(("mask", "status"), [((), 0), (("--exemplar-mask", "mask.png"), 2)])
def test_a_client_of_a_running_engine_does_not_load_torch(synthesize, engine, watcher, mask, status):
    before = watcher.status()
    process = synthesize(engine.folder, *QUICK, *mask, PYTHONPROFILEIMPORTTIME="1")
    _, err = process.communicate(timeout=JOB_SECONDS)
    assert process.returncode == status, err
    after = watcher.status()
    # What does not fit together is not sent.
    assert (after.done - before.done, after.failed) == (int(status == 0), before.failed)
    imported = {line.split("|")[-1].strip() for line in err.splitlines() if line.startswith("import time:")}
    assert "numpy" in imported
    assert ("zmq" in imported) == (status == 0)
    assert not [name for name in imported if re.match(r"(torch|torchvision)(\.|$)", name)]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a child alone")
def test_ctrl_c_keeps_the_picture_so_far(here, synthesize, engine, watcher):
    process = synthesize(engine.folder, "--steps", "100000", "--json")
    wait_for_step(watcher, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=JOB_SECONDS)
    assert (process.returncode, err) == (130, "texture-engine: interrupted: out.png holds the picture so far\n")
    assert load(here / "out.png").shape == (40, 48, 3)
    told = json.loads(out)
    assert told["interrupted"] is True
    assert 2 <= told["steps"] < 100_000


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a child alone")
def test_ctrl_c_while_the_job_waits_leaves_nothing_behind(here, synthesize, engine, watcher):
    started(watcher, long_job())
    process = synthesize(engine.folder, *QUICK)
    until = time.monotonic() + JOB_SECONDS
    while not watcher.status().waiting:
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=JOB_SECONDS)
    said = "texture-engine: interrupted before there was a picture: nothing was written\n"
    assert (process.returncode, out, err) == (130, "", said)
    assert not (here / "out.png").exists()
    # The program may have ended before the engine has heard of it.
    until = time.monotonic() + JOB_SECONDS
    while watcher.status().waiting:
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.alone
def test_an_engine_that_is_killed_in_the_midst_of_a_job_is_told_in_one_line(here, synthesize, tmp_path):
    with forked(tmp_path / "engine", "--device", "cpu") as own, own.client() as watcher:
        process = synthesize(own.folder, "--steps", "100000", "-q")
        wait_for_step(watcher, process)
        own.kill()
        began = time.monotonic()
        out, err = process.communicate(timeout=JOB_SECONDS)
        seconds = time.monotonic() - began
    print(f"lost: {seconds:.2f} s after the engine was killed")
    assert_refused(
        (process.returncode, out, err), 1, "the connection to the engine broke off: start the engine again"
    )
    assert not (here / "out.png").exists()
    # 1 s is what is meant; a loaded computer may take longer.
    assert seconds < 3
