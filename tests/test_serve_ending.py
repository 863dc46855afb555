"""How an engine ends, rests, and works on several devices."""

import os
import signal
import subprocess
import sys
import time

import pytest
from engines import (
    END_SECONDS,
    JOB_SECONDS,
    START_SECONDS,
    end_of,
    forked,
    forked_terminal,
    long_job,
    short_job,
    started,
    surroundings,
)
from plugin_links import end_engine
from wire import Wire

from protocol.client import EngineClient
from protocol.connection import read_connection
from protocol.errors import NoEngineError
from protocol.keys import CLIENT_KEYS, own_keys
from protocol.messages import Accepted, Cancelled, Done, Failed, Hello, Shutdown, Welcome
from protocol.version import PROTOCOL

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

CPU = ("--device", "cpu")


@pytest.fixture
def detached(tmp_path):
    """The folder of an engine that was started in the background: what the start told, and where it is."""
    folder = tmp_path / "engine"
    told = forked_terminal(folder, "serve", "--detach", *CPU)
    yield told, folder
    end_engine(folder)


# In the background.


def test_a_detached_engine_says_where_it_listens_and_goes_on_until_it_is_stopped(detached):
    told, folder = detached
    assert (told.returncode, told.stderr) == (0, "")
    found = read_connection(folder / "engine.json")
    log = folder / "engine.log"
    assert told.stdout == f"the engine listens at {found.address}, process {found.process}; its log is {log}\n"
    with EngineClient.connect(folder / "engine.json", name="test", keys=own_keys(folder / CLIENT_KEYS)) as client:
        client.submit(short_job())
        assert isinstance(end_of(client, "short"), Done)
    assert "job short of 'test': done" in log.read_text()
    stopped = forked_terminal(folder, "stop")
    assert (stopped.returncode, stopped.stdout, stopped.stderr) == (0, "the engine has ended\n", "")
    assert not (folder / "engine.json").exists()
    with pytest.raises(NoEngineError):
        EngineClient.connect(folder / "engine.json", name="test", keys=own_keys(folder / CLIENT_KEYS))
    assert "ending: `texture-engine stop` was called" in log.read_text()


def test_ctrl_c_while_an_engine_starts_in_the_background_ends_it(tmp_path):
    folder = tmp_path / "engine"
    command = [sys.executable, "-m", "engine", "serve", "--detach", *CPU]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, env=surroundings(folder), **pipes)
    until = time.monotonic() + START_SECONDS
    while not (folder / "engine.log").exists():
        assert time.monotonic() < until
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _out, err = process.communicate(timeout=START_SECONDS)
    if process.returncode == 0:
        # It was listening already.
        end_engine(folder)
        return
    assert (process.returncode, err) == (130, "texture-engine: interrupted\n")
    while (folder / "engine.json").exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    assert forked_terminal(folder, "status").returncode == 1


# The end.


def assert_ended(client, job, kind):
    said = f"the engine has ended: it received {kind.name}"
    assert end_of(client, job) == Failed("engine-ended", said, "start it again, then repeat the job", job)


def test_sigterm_ends_the_engine_its_worker_and_its_jobs(tmp_path):
    with forked(tmp_path / "engine", *CPU) as engine, engine.client() as client:
        started(client, long_job())
        client.submit(short_job("waits"))
        (worker,) = client.status().workers
        engine.process.send_signal(signal.SIGTERM)
        for job in ("long", "waits"):
            assert_ended(client, job, signal.SIGTERM)
        assert engine.process.wait(END_SECONDS) == 0
        assert not engine.file.exists()
        with pytest.raises(ProcessLookupError):
            os.kill(worker.process, 0)
        assert "Traceback" not in engine.log.read_text()


def test_ctrl_c_ends_the_engine_though_its_worker_has_not_started_yet(tmp_path):
    with forked(tmp_path / "engine", *CPU) as engine, engine.client() as client:
        client.submit(short_job())
        assert next(client.events("short", JOB_SECONDS)) == Accepted("short", 0)
        engine.process.send_signal(signal.SIGINT)
        assert_ended(client, "short", signal.SIGINT)
        assert engine.process.wait(END_SECONDS) == 0
        assert not engine.file.exists()
        assert "Traceback" not in engine.log.read_text()


def test_every_client_is_told_that_the_engine_ends_and_why(tmp_path):
    with forked(tmp_path / "engine", *CPU) as engine, engine.client() as client, Wire(engine) as wire:
        wire.say(Hello(PROTOCOL))
        wire.hear(Welcome)
        client.shutdown("enough")
        assert wire.hear(Shutdown) == Shutdown("enough")
        assert engine.process.wait(END_SECONDS) == 0
        assert "ending: enough" in engine.log.read_text()


def test_an_engine_that_nobody_needs_can_end_by_itself(tmp_path):
    with forked(tmp_path / "engine", *CPU, "--idle-exit", "2") as engine:
        with engine.client() as client:
            # Somebody who is there needs it, though without a job.
            until = time.monotonic() + 2.5
            while time.monotonic() < until:
                client.poll(0.1)
            assert engine.process.poll() is None
        assert engine.process.wait(END_SECONDS) == 0
        assert not engine.file.exists()
        assert "ending: no client has been connected for 2 s" in engine.log.read_text()


# Rest.


@pytest.fixture(scope="module")
def restless(tmp_path_factory):
    """An engine whose worker rests soon."""
    options = (*CPU, "--idle-unload", "1.5")
    with forked(tmp_path_factory.mktemp("engines") / "engine", *options) as engine, engine.client() as client:
        yield engine, client


def test_a_worker_at_work_does_not_rest(restless):
    _, client = restless
    started(client, long_job())
    (worker,) = client.status().workers
    until = time.monotonic() + 2
    while time.monotonic() < until:
        client.poll(0.1)
    client.cancel("long")
    assert isinstance(end_of(client, "long"), Cancelled)
    # It is the time without a job that counts.
    (after,) = client.status().workers
    assert (after.process, after.state) == (worker.process, "ready")


def test_a_worker_that_has_nothing_to_do_gives_back_all_that_it_holds_and_comes_back_for_a_job(restless):
    engine, client = restless
    client.submit(short_job("first"))
    assert isinstance(end_of(client, "first"), Done)
    (worker,) = client.status().workers
    (resting,) = engine.ready(client, "resting").workers
    assert (resting.process, resting.memory_bytes) == (None, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(worker.process, 0)
    client.submit(short_job("second"))
    assert isinstance(end_of(client, "second"), Done)
    (another,) = client.status().workers
    assert another.process not in {None, worker.process}


# Several devices.


def test_two_workers_run_two_jobs_at_once(tmp_path):
    with forked(tmp_path / "engine", "--device", "cpu,cpu") as engine, engine.client() as client:
        assert client.welcome.devices == ("cpu", "cpu")
        engine.ready(client)
        started(client, long_job("first"))
        started(client, long_job("second"))
        workers = client.status().workers
        assert [worker.state for worker in workers] == ["working", "working"]
        assert len({worker.process for worker in workers}) == 2
        client.submit(short_job("third"))
        assert next(client.events("third", JOB_SECONDS)) == Accepted("third", 2)
        client.cancel("first")
        assert isinstance(end_of(client, "third"), Done)
        assert isinstance(end_of(client, "first"), Cancelled)
        assert [worker.state for worker in client.status().workers].count("working") == 1
