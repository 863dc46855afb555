"""`texture-engine serve`: how an engine starts, and what is told about it."""

import json
import logging
import re
import socket
import sys
import time
from contextlib import closing
from dataclasses import fields
from pathlib import Path

import pytest
from engines import end_of, forked, forked_terminal, long_job, running, short_job, started

from engine.service.logs import UnfailingFileHandler
from protocol.connection import read_connection
from protocol.status import Status

HELLO_SECONDS = 3
EXEMPLAR = Path(__file__).parents[1] / "examples" / "cobbles.png"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("engines") / "engine"


@pytest.fixture(scope="module")
def port():
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def engine(folder, port):
    with running(folder, "--device", "cpu", "--listen", f"tcp://127.0.0.1:{port}") as found:
        with found.client() as client:
            found.ready(client)
        yield found


def assert_refused(told, sentence, status=2):
    assert (told.returncode, told.stdout) == (status, ""), told.stderr
    assert told.stderr.startswith("texture-engine: ")
    assert told.stderr.count("\n") == 1
    assert sentence in told.stderr


# A start.


@pytest.mark.alone
def test_hello_is_answered_soon_after_the_start(tmp_path):
    seconds = []
    for name in ("first", "second", "third"):
        began = time.monotonic()
        with running(tmp_path / name, "--device", "cpu") as engine, engine.client():
            seconds.append(time.monotonic() - began)
    print(f"hello: {min(seconds):.2f} s after the start of the process")
    # Half a second is what is meant; a loaded computer may take longer.
    assert min(seconds) < HELLO_SECONDS


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
def test_the_front_needs_no_torch(engine, client):
    (worker,) = client.status().workers
    libraries = {pid: Path(f"/proc/{pid}/maps").read_text() for pid in (engine.process.pid, worker.process)}
    assert "libtorch" not in libraries[engine.process.pid]
    assert "libtorch" in libraries[worker.process]


def test_the_engine_listens_at_the_port_that_it_is_told(client, engine, port):
    assert read_connection(engine.file).address == client.status().address == f"tcp://127.0.0.1:{port}"


@pytest.mark.parametrize("options", [(), ("--detach",), ("--listen", "tcp://127.0.0.1:1")])
def test_a_second_engine_says_where_the_first_one_is(engine, client, options):
    told = forked_terminal(engine.folder, "serve", *options)
    where = f"process {engine.process.pid} at {client.status().address}"
    assert (told.returncode, told.stdout.count("\n"), told.stderr) == (0, 1, "")
    assert told.stdout.startswith(f"an engine is already running, {where}, ")
    assert engine.process.poll() is None


# Starts that fail.


@pytest.mark.usefixtures("engine")
def test_a_port_that_is_in_use_is_told_in_one_line(port, tmp_path):
    told = forked_terminal(tmp_path / "another", "serve", "--listen", f"tcp://127.0.0.1:{port}")
    assert_refused(told, f"cannot listen at tcp://127.0.0.1:{port} (Address already in use")
    assert not (tmp_path / "another" / "engine.json").exists()


@pytest.mark.usefixtures("engine")
def test_a_detached_engine_that_cannot_start_tells_the_same_line(port, tmp_path):
    told = forked_terminal(tmp_path / "another", "serve", "--detach", "--listen", f"tcp://127.0.0.1:{port}")
    assert_refused(told, f"cannot listen at tcp://127.0.0.1:{port} (Address already in use")


REFUSED = {
    "no address": (("--listen", "nonsense"), "'nonsense' is not an address: give one such as tcp://"),
    "a port too large": (("--listen", "tcp://127.0.0.1:65536"), "is not an address"),
    "another protocol": (("--listen", "udp://127.0.0.1:7777"), "is not an address"),
    "open to others": (
        ("--listen", "tcp://0.0.0.0:*"),
        "can be reached from other computers: name the authorized clients with --authorized-keys FILE",
    ),
    "keys that are not there": (("--authorized-keys", "nowhere"), "nowhere does not exist: create it with"),
    "an empty device": (("--device", "cpu,"), "--device is 'cpu,': give names such as"),
    "an unknown device": (("--detach", "--device", "cpu,toaster"), "device 'toaster' is not known: choose auto, cpu"),
    "a log in no folder": (("--log-file", "nowhere/engine.log"), "the folder nowhere of engine.log does not exist"),
    "a detached log in no folder": (
        ("--detach", "--log-file", "nowhere/engine.log"),
        "the folder nowhere of engine.log does not exist",
    ),
    "a negative time": (("--idle-exit", "-1"), "--idle-exit"),
}


@pytest.mark.parametrize("wrong", REFUSED)
def test_an_engine_that_cannot_start_so_says_why_in_one_line(tmp_path, wrong):
    options, sentence = REFUSED[wrong]
    assert_refused(forked_terminal(tmp_path / "engine", "serve", *options, cwd=tmp_path), sentence)


def test_a_detached_engine_that_cannot_compute_says_so_and_ends(tmp_path):
    folder = tmp_path / "engine"
    told = forked_terminal(folder, "serve", "--detach", "--device", "xpu:99")
    assert (told.returncode, told.stdout) == (1, "")
    assert "device 'xpu:99' is not available here" in told.stderr
    assert forked_terminal(folder, "status").returncode == 1
    assert not (folder / "engine.json").exists()


def test_a_detached_engine_of_which_one_device_works_goes_on_and_names_the_other(tmp_path):
    folder = tmp_path / "engine"
    told = forked_terminal(folder, "serve", "--detach", "--device", "cpu,xpu:99")
    assert forked_terminal(folder, "stop").returncode == 0
    assert (told.returncode, told.stderr.count("\n")) == (0, 1)
    assert "device 'xpu:99' is not available here" in told.stderr


def test_a_device_that_is_not_here_fails_jobs_with_the_reason(tmp_path):
    with forked(tmp_path / "engine", "--device", "xpu:99") as engine, engine.client() as client:
        client.submit(short_job())
        failed = end_of(client, "short")
        reason = "device 'xpu:99' is not available here: "
        assert failed.code == "no-worker"
        assert failed.message.startswith(f"the engine cannot compute: {reason}")
        assert "`texture-engine serve`" in failed.hint
        (worker,) = client.status().workers
        assert worker.failure.startswith(reason)
        assert f"worker on xpu:99: failed: {reason}" in forked_terminal(engine.folder, "status").stdout
        written = ("--output", str(tmp_path / "made.png"))
        made = forked_terminal(engine.folder, "synthesize", str(EXEMPLAR), "--size", "16", *written)
        assert (made.returncode, reason in made.stderr) == (1, True)
        told = " ".join(forked_terminal(engine.folder, "doctor", "--quick").stdout.split())
        assert f"to do: the engine cannot compute ({reason}" in told
        # In order: it has told why, and does not abort.
        assert "worker 0.1 ended with status 0 before it was ready" in engine.log.read_text()


# Status.


def test_status_is_told_in_lines(engine, client):
    started(client, long_job())
    told = forked_terminal(engine.folder, "status")
    assert (told.returncode, told.stderr) == (0, "")
    first, jobs, worker, *clients = told.stdout.splitlines()
    address = re.escape(client.status().address)
    assert re.fullmatch(rf"engine \S+, process {engine.process.pid} at {address}, up for .*\d s", first)
    assert re.fullmatch(r"jobs: 0 waiting, \d+ done, \d+ failed, \d+ canceled", jobs)
    assert re.fullmatch(r"worker on cpu \(1 thread\): working, step \d+ of 100000, 0\.\d\d GiB", worker)
    assert [re.fullmatch(r"client test: 1 job, connected for \d+ s", line) is not None for line in clients] == [True]


def test_status_is_told_to_programs(engine, client):
    told = forked_terminal(engine.folder, "status", "--json")
    assert (told.returncode, told.stderr) == (0, "")
    found = json.loads(told.stdout)
    assert found.keys() == {field.name for field in fields(Status)}
    assert (found["process"], found["waiting"]) == (engine.process.pid, 0)
    (worker,) = found["workers"]
    assert (worker["device"], worker["state"]) == ("cpu", "ready")
    assert worker["process"] == client.status().workers[0].process
    assert [c["client"] for c in found["clients"]] == ["test"]


def test_status_finds_an_engine_by_its_connection_file(engine, tmp_path):
    elsewhere = tmp_path / "engine.json"
    elsewhere.write_bytes(engine.file.read_bytes())
    elsewhere.chmod(0o600)
    assert forked_terminal(engine.folder, "status", "--engine", elsewhere).returncode == 0


@pytest.mark.parametrize("command", ["status", "stop"])
def test_an_engine_that_is_named_has_to_be_there(tmp_path, command):
    told = forked_terminal(tmp_path / "engine", command, "--engine", tmp_path / "gpu.json")
    assert_refused(told, "gpu.json does not exist; check the name: give the connection file of an engine")


@pytest.mark.parametrize("command", ["status", "stop"])
def test_without_an_engine_there_is_nothing_to_tell(tmp_path, command):
    told = forked_terminal(tmp_path / "engine", command)
    assert_refused(told, "no engine is running", status=1)
    assert told.stderr.endswith("start one with `texture-engine serve`\n")


# The log.


def log_lines(handler, count):
    for number in range(count):
        handler.emit(logging.LogRecord("engine", logging.INFO, "", 0, "line %d", (number,), None))


def test_the_log_rotates_so_that_it_cannot_grow_without_end(tmp_path):
    with closing(UnfailingFileHandler(tmp_path / "engine.log", maxBytes=1000, backupCount=3)) as log:
        log_lines(log, 1000)
    found = sorted(tmp_path.iterdir())
    assert [path.name for path in found] == ["engine.log", "engine.log.1", "engine.log.2", "engine.log.3"]
    assert all(path.stat().st_size <= 1000 for path in found)
    assert "line 999" in found[0].read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="what POSIX modes say means nothing there")
def test_the_log_is_for_this_user_alone(tmp_path):
    with closing(UnfailingFileHandler(tmp_path / "engine.log", maxBytes=100, backupCount=1)) as log:
        log_lines(log, 20)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_the_engine_logs_to_the_file_that_it_is_told(tmp_path):
    log = tmp_path / "own.log"
    folder = tmp_path / "engine"
    with forked(folder, "--device", "cpu", "--log-file", str(log)) as engine:
        with engine.client("somebody"):
            pass
        assert engine.stop() == 0
        assert "listening at tcp://127.0.0.1:" in log.read_text()
        assert "'somebody' has connected" in log.read_text()
        assert engine.log.read_text() == ""
