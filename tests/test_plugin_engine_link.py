"""How the plug-in finds its engine, starts it, and says why it cannot."""

import os
import re
import signal
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from engines import forked, short_job
from plugin_links import INSTALLER, LINK_SECONDS, POLL_SECONDS, end_engine, installation_of, linked, program, reach

from gimp_plugin import engine_link
from gimp_plugin.engine_report import engine_status, status_lines, stop_engine
from protocol.client import EngineClient
from protocol.connection import CONNECTION_FILE, read_connection, write_connection
from protocol.keys import CLIENT_KEYS, make_keys
from protocol.messages import Done, Failed

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the engine's program is a shell script here")

NO_ANSWER = (
    "The engine does not answer: it hangs, or its keys were changed while it ran. "
    "End its process {process}, then try again."
)
NEWER = """
import engine.service.requests, engine.service.serving
engine.service.requests.PROTOCOL = engine.service.serving.PROTOCOL = (3, 0)
from engine.cli import main
main()
"""


@pytest.fixture(autouse=True)
def outside_of_sandboxes(monkeypatch):
    """Whatever starts these tests is no matter."""
    monkeypatch.delenv("SNAP", raising=False)


@pytest.fixture
def folder(tmp_path):
    """The folder of an engine that is ended after the test."""
    found = tmp_path / "engine"
    yield found
    end_engine(found)


def starting(folder, *lines):
    """An installation whose engine is started by a program of these shell lines."""
    return installation_of(folder, program(folder.with_name("texture-engine"), *lines))


def process_of(folder):
    return read_connection(folder / CONNECTION_FILE).process


# An engine that runs.


def test_an_engine_that_runs_is_found_at_once(engine):
    with linked(installation_of(engine.folder)) as link:
        assert reach(link) == ["Looking for the engine…", ""]
        assert link.problem == ""
        assert link.client.connected


def test_what_arrives_is_handed_on(engine):
    with linked(installation_of(engine.folder)) as link:
        reach(link)
        link.client.submit(short_job())
        seen, until = [], time.monotonic() + LINK_SECONDS
        while not any(isinstance(event, Done) for event in seen):
            assert time.monotonic() < until
            seen += link.poll(POLL_SECONDS)
        assert {event.job for event in seen} == {"short"}


def test_a_link_that_is_renewed_keeps_a_connection_that_works(engine):
    with linked(installation_of(engine.folder)) as link:
        reach(link)
        first = link.client
        link.reconnect()
        assert link.client is first


def test_a_link_knows_its_engine_by_the_folder_of_the_installation(engine, tmp_path, monkeypatch):
    monkeypatch.setenv("TEXTURE_ENGINE_FOLDER", str(tmp_path / "another"))
    with linked(installation_of(engine.folder)) as link:
        reach(link)
        assert link.client is not None
    assert not (tmp_path / "another").exists()


# An engine that has to be started.


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
def test_an_engine_is_started_and_outlives_the_link(folder):
    session = folder.with_name("session")
    # The sixth word is the program's session.
    with linked(starting(folder, f'cut -d" " -f6 /proc/$$/stat > "{session}"', 'engine "$@"')) as link:
        assert reach(link) == ["Looking for the engine…", "Starting the engine…", ""]
        assert link.problem == ""
        process = process_of(folder)
    assert os.getsid(process) == os.getpgid(process) != os.getsid(0)
    assert int(session.read_text()) != os.getsid(0)
    with linked(installation_of(folder)) as second:
        reach(second)
        assert process_of(folder) == process
        assert second.client.status().process == process
    assert stop_engine(installation_of(folder)) == ("The engine has ended.", True)
    assert stop_engine(installation_of(folder)) == ("The engine is not running.", True)
    not_running = "The engine is not running. It is started when it is needed."
    assert engine_status(installation_of(folder)) == (not_running, False)


@pytest.mark.alone
def test_nothing_waits_while_the_engine_starts(folder):
    with linked(starting(folder, "sleep 1.5", "exit 1")) as link:
        slowest, until = 0.0, time.monotonic() + LINK_SECONDS
        while not link.problem:
            began = time.monotonic()
            assert began < until
            link.poll()
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.01)
    print(f"slowest turn: {slowest:.3f} s")
    # Some milliseconds are meant; a loaded computer may take longer.
    assert slowest < 1


FAULTS = {
    "it says why": (
        ("echo first words", "echo it has no teeth >&2", "exit 2"),
        f"The engine does not start (it has no teeth): run `{INSTALLER} --check`",
    ),
    "no message": (("exit 3",), f"The engine does not start (no message): run `{INSTALLER} --check`"),
    "it says what is no text": (
        ("printf '\\377\\376\\n' >&2", "exit 1"),
        f"The engine does not start (\ufffd\ufffd): run `{INSTALLER} --check`",
    ),
    "it is killed": (("kill -9 $$",), f"The engine does not start (no message): run `{INSTALLER} --check`"),
    "it has ended already": (("exit 0",), "The engine ended right after it started: open its log with Engine…"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_engine_that_does_not_start_is_told_with_what_to_do(folder, fault):
    script, sentence = FAULTS[fault]
    with linked(starting(folder, *script)) as link:
        assert reach(link)[1] == "Starting the engine…"
        assert link.problem == sentence
        assert link.poll() == []


def test_an_engine_that_is_not_there_is_told_with_the_command(folder):
    with linked(installation_of(folder, "/nowhere/texture-engine")) as link:
        reach(link)
        gone = "The engine is not at /nowhere/texture-engine (No such file or directory)"
        assert link.problem == f"{gone}: run `{INSTALLER}`"


def test_an_engine_that_may_not_be_run_is_told_with_the_command(folder):
    installation = starting(folder, 'engine "$@"')
    Path(installation.engine).chmod(0o600)
    with linked(installation) as link:
        reach(link)
        assert link.problem == f"The engine is not at {installation.engine} (Permission denied): run `{INSTALLER}`"


def test_what_did_not_work_is_tried_again_when_asked_for(folder):
    installation = starting(folder, "exit 1")
    with linked(installation) as link:
        reach(link)
        assert link.problem
        program(Path(installation.engine), 'engine "$@"')
        link.reconnect()
        assert link.problem == ""
        reach(link)
        assert link.client.connected


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_link_that_is_renewed_while_the_engine_starts_starts_no_second_one(folder):
    starts = folder.with_name("starts")
    with linked(starting(folder, f'echo one >> "{starts}"', "sleep 1.5", "exit 1")) as link:
        until = time.monotonic() + LINK_SECONDS
        while not starts.exists():
            assert time.monotonic() < until
            link.poll(POLL_SECONDS)
        link.reconnect()
        reach(link)
    assert starts.read_text().count("one") == 1


# An engine that says no.


@pytest.fixture
def hasty(monkeypatch):
    """Links that wait half a second for an answer, in place of five."""
    monkeypatch.setattr(EngineClient, "through", staticmethod(partial(EngineClient.through, timeout=0.5)))


@pytest.mark.usefixtures("hasty")
def test_an_engine_that_hangs_is_told_with_its_process(tmp_path):
    with forked(tmp_path / "engine", "--device", "cpu") as engine:
        with engine.client():
            pass
        engine.process.send_signal(signal.SIGSTOP)
        with linked(installation_of(engine.folder)) as link:
            reach(link)
            assert link.problem == NO_ANSWER.format(process=engine.process.pid)
            assert link.client is None
        assert stop_engine(installation_of(engine.folder)) == (link.problem, False)


@pytest.mark.usefixtures("hasty")
def test_an_engine_of_another_key_is_told_with_its_process(engine, tmp_path):
    found = replace(read_connection(engine.file), public_key=make_keys().public)
    tmp_path.chmod(0o700)
    write_connection(tmp_path / CONNECTION_FILE, found)
    with linked(installation_of(tmp_path)) as link:
        reach(link)
        assert link.problem == NO_ANSWER.format(process=engine.process.pid)


def test_a_new_key_of_this_user_counts_at_once(tmp_path):
    with forked(tmp_path / "engine", "--device", "cpu") as engine:
        with engine.client():
            pass
        (engine.folder / CLIENT_KEYS).unlink()
        with linked(installation_of(engine.folder)) as link:
            reach(link)
            assert link.client.connected


def test_an_engine_of_another_version_is_told_in_one_sentence_with_the_command(tmp_path):
    folder = tmp_path / "engine"
    with forked(folder, "--device", "cpu", program=("-c", NEWER, "serve")) as engine:
        until = time.monotonic() + LINK_SECONDS
        while not engine.file.exists():
            assert time.monotonic() < until
            time.sleep(0.02)
        with linked(installation_of(folder)) as link:
            reach(link)
            assert link.problem == engine_status(installation_of(folder))[0]
    assert link.problem.startswith(
        "The plug-in and the engine are not compatible (the engine speaks version 3 of the protocol"
    )
    assert link.problem.endswith(f"): run `{INSTALLER} --upgrade`")
    assert link.problem.count("\n") == 0


def test_keys_that_are_broken_are_told_with_what_to_do(folder):
    folder.mkdir(mode=0o700)
    (folder / CLIENT_KEYS).write_text("nonsense")
    (folder / CLIENT_KEYS).chmod(0o600)
    with linked(installation_of(folder)) as link:
        reach(link)
        assert str(folder / CLIENT_KEYS) in link.problem
        assert "is broken" in link.problem
        assert "remove it" in link.problem


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with linked(installation_of(tmp_path / "file" / "engine", "/nowhere/texture-engine")) as link:
        reach(link)
        assert link.problem.startswith(f"{tmp_path / 'file' / 'engine'} cannot be created")


# A sandbox.


def test_a_sandboxed_gimp_asks_for_the_engine_and_goes_on_when_it_is_there(folder, monkeypatch):
    monkeypatch.setenv("SNAP_NAME", "gimp")
    monkeypatch.setattr(engine_link, "RETRY_SECONDS", 0.1)
    installation = starting(folder, f'touch "{folder.with_name("started")}"')
    asked = f"This GIMP cannot start programs. Type this in a terminal: {installation.engine} serve --detach"
    with linked(installation) as link:
        until = time.monotonic() + 0.5
        while time.monotonic() < until:
            link.poll(POLL_SECONDS)
        assert (link.message, link.problem, link.client) == (asked, "", None)
        with forked(folder, "--device", "cpu"):
            assert reach(link) == [asked, ""]
            assert link.client.connected
    assert not folder.with_name("started").exists()


def test_where_nobody_looks_a_sandboxed_gimp_does_not_wait(folder, monkeypatch):
    monkeypatch.setenv("SNAP_NAME", "gimp")
    with linked(installation_of(folder, "/nowhere/texture-engine"), wait_for_user=False) as link:
        reach(link)
        command = "/nowhere/texture-engine serve --detach"
        assert link.problem == f"This GIMP cannot start programs. Type this in a terminal: {command}"


# What is told about it.


def test_the_engine_is_described_in_lines(engine):
    installation = installation_of(engine.folder)
    with linked(installation) as link:
        reach(link)
        engine.ready(link.client)
        status = link.client.status()
        first, *others, worker, why, jobs = status_lines(status, installation)
        assert re.fullmatch(rf"Engine {re.escape(status.software)}, running for \d+ min", first)
        assert worker.endswith(": ready")
        assert why.startswith("Textures are made on ")
        assert [int(count) for count in re.findall(r"\d+", jobs)] == [0, status.done, status.failed, status.cancelled]
        remedy = f"The plug-in has version 0.1.0: run `{INSTALLER} --upgrade` so that both have the same version."
        assert others == ([] if status.software == "0.1.0" else [remedy])


def test_versions_that_differ_are_told(engine):
    with linked(installation_of(engine.folder)) as link:
        reach(link)
        status = link.client.status()
    installation = installation_of(engine.folder)
    newer = replace(installation, software="9.9")
    remedy = f"The plug-in has version 9.9: run `{INSTALLER} --upgrade` so that both have the same version."
    assert status_lines(status, newer)[1] == remedy


def test_a_refusal_is_no_failure_of_a_job(engine):
    with linked(installation_of(engine.folder)) as link:
        reach(link)
        link.client.submit(short_job(recipe="weave"))
        seen, until = [], time.monotonic() + LINK_SECONDS
        while not any(isinstance(event, Failed) for event in seen):
            assert time.monotonic() < until
            seen += link.poll(POLL_SECONDS)
        assert link.problem == ""
