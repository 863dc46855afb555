"""Engines that are gone, whatever has their process id or their port now: nobody takes anything else for them."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from engines import end_of, forked, forked_terminal, running, short_job, surroundings
from filelock import FileLock
from plugin_links import end_engine, installation_of, linked, program, reach

from engine.cli import main
from gimp_plugin.engine_report import engine_status, stop_engine
from protocol.client import EngineClient
from protocol.connection import CONNECTION_FILE, engine_state, read_connection, split_address, write_connection
from protocol.messages import Done, Welcome
from protocol.processes import ProcessState

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals and /proc are Linux's")

CPU = ("--device", "cpu")
NOT_RUNNING = "The engine is not running. It is started when it is needed."
SECONDS = 120


@pytest.fixture
def killed(tmp_path):
    """The folder of an engine that was killed, and what its file says."""
    folder = tmp_path / "engine"
    with forked(folder, *CPU) as engine:
        engine.client().close()
        engine.kill()
    yield folder, read_connection(folder / CONNECTION_FILE)
    end_engine(folder)


def rewritten(folder, **changes):
    """Change what the connection file says."""
    found = replace(read_connection(folder / CONNECTION_FILE), **changes)
    write_connection(folder / CONNECTION_FILE, found)
    return found


@contextmanager
def silent_server(address):
    """A program that takes connections and says nothing."""
    with socket.create_server(split_address(address)) as server:
        taken, over = [], threading.Event()
        server.settimeout(0.05)

        def take():
            while not over.is_set():
                with suppress(TimeoutError):
                    taken.append(server.accept()[0])

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield taken
        finally:
            over.set()
            thread.join()
            for each in taken:
                each.close()


class Page(BaseHTTPRequestHandler):
    """Answers as web servers do."""

    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def web_server(address):
    """A program that answers with an error, and hangs up."""
    server = ThreadingHTTPServer(split_address(address), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def strange_engine(address, folder):
    """An engine of another folder, with other keys."""
    with forked(folder, *CPU, "--listen", address) as engine:
        engine.client().close()
        yield


@contextmanager
def nobody(_):
    """Nothing listens there."""
    yield


@pytest.fixture(params=["nobody", "a silent program", "a web server", "another engine"])
def occupied(request, killed, tmp_path):
    """An engine that was killed, and its port now another program's."""
    folder, found = killed
    others = {
        "nobody": nobody,
        "a silent program": silent_server,
        "a web server": web_server,
        "another engine": partial(strange_engine, folder=tmp_path / "another"),
    }
    with others[request.param](found.address):
        yield folder, found


@pytest.fixture
def hasty(monkeypatch):
    """Clients that wait two seconds for an answer, in place of five."""
    monkeypatch.setattr(EngineClient, "through", staticmethod(partial(EngineClient.through, timeout=2)))


def assert_stale(told, found):
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith("texture-engine: no engine is running (")
    assert f"was left behind by process {found.process}, which has ended" in told.stderr
    assert told.stderr.endswith("start one with `texture-engine serve`\n")


@pytest.fixture
def doctor_line(monkeypatch, capsys):
    """What `doctor` says of the engine of a folder, and its exit status, in this process: torch is loaded."""

    def run(folder):
        monkeypatch.setenv("TEXTURE_ENGINE_FOLDER", str(folder))
        monkeypatch.setattr(sys, "argv", ["texture-engine", "doctor", "--quick"])
        try:
            main()
        except SystemExit as ended:
            status = ended.code
        told = capsys.readouterr()
        assert told.err == ""
        return line_of_engine(told.out), status

    return run


def line_of_engine(out):
    # Lines are broken as the terminal is wide.
    words = " ".join(out.split())
    return words[words.index("engine: ") :]


def started_by_the_plugin(folder, *, works=False):
    """Let the plug-in find or start an engine, and do a job if it `works`; returns its process, and ends it."""
    installation = installation_of(folder, program(folder.with_name("texture-engine"), 'engine "$@"'))
    with linked(installation) as link:
        reach(link)
        assert link.problem == ""
        if works:
            link.client.submit(short_job())
            assert isinstance(end_of(link.client, "short"), Done)
        process = link.client.status().process
    assert stop_engine(installation) == ("The engine has ended.", True)
    return process


# Killed, and its port another program's.


def test_it_is_told_as_stale_and_another_is_started(occupied, doctor_line):
    folder, found = occupied
    for command in ("status", "stop"):
        assert_stale(forked_terminal(folder, command), found)
    line, status = doctor_line(folder)
    assert status == 0
    assert f"was left behind by process {found.process}, which has ended" in line
    assert engine_status(installation_of(folder)) == (NOT_RUNNING, False)
    assert stop_engine(installation_of(folder)) == ("The engine is not running.", True)
    assert started_by_the_plugin(folder) != found.process
    assert not (folder / CONNECTION_FILE).exists()


def test_the_terminal_starts_another(killed):
    folder, found = killed
    with silent_server(found.address):
        told = forked_terminal(folder, "serve", "--detach", *CPU)
        anew = read_connection(folder / CONNECTION_FILE)
        assert (told.returncode, told.stderr) == (0, "")
        assert told.stdout.startswith(f"the engine listens at {anew.address}, process {anew.process}; ")
        assert anew.address != found.address
        assert forked_terminal(folder, "stop").stdout == "the engine has ended\n"


def test_nobody_is_even_asked_for_an_answer(killed):
    folder, found = killed
    with silent_server(found.address) as taken:
        for command in ("status", "stop"):
            assert_stale(forked_terminal(folder, command), found)
        time.sleep(0.2)
        assert taken == []


def test_synthesize_computes_alone_without_a_word(killed, tmp_path):
    from pictures import bricks, save

    folder, found = killed
    save(tmp_path / "bricks.png", bricks(32, 32))
    words = (
        "synthesize",
        "bricks.png",
        "-o",
        "out.png",
        "--size",
        "32x32",
        "--quality",
        "draft",
        "--steps",
        "1",
        "-q",
    )
    with silent_server(found.address):
        told = forked_terminal(folder, *words, cwd=tmp_path)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "")
    assert (tmp_path / "out.png").exists()


def test_a_client_that_looks_for_the_next_engine_passes_it_over(tmp_path):
    folder = tmp_path / "engine"
    with forked(folder, *CPU) as engine, engine.client() as client:
        found = read_connection(engine.file)
        engine.kill()
        until = time.monotonic() + SECONDS
        while client.connected:
            assert time.monotonic() < until
            client.poll(0.1)
        # Until its thread has closed the socket, ZeroMQ connects again by itself.
        time.sleep(1)
        with silent_server(found.address) as taken:
            until = time.monotonic() + 2.5
            while time.monotonic() < until:
                assert client.poll(0.1) == []
            assert taken == []
            with forked(folder, *CPU):
                events = []
                while not events:
                    assert time.monotonic() < until + SECONDS
                    events = client.poll(0.1)
                assert isinstance(events[0], Welcome)


# Its process id another process's.


def test_another_process_of_its_id_is_not_taken_for_it(killed):
    folder, found = killed
    # This test's own id, as if the system had given it again.
    found = rewritten(folder, process=os.getpid())
    with silent_server(found.address):
        for command in ("status", "stop"):
            assert_stale(forked_terminal(folder, command), found)
        assert engine_status(installation_of(folder)) == (NOT_RUNNING, False)
        assert started_by_the_plugin(folder, works=True) != os.getpid()


def test_one_that_nobody_has_waited_for_has_ended(tmp_path):
    folder = tmp_path / "engine"
    # A child of this process: whoever has forked another waits for it.
    with running(folder, *CPU) as engine:
        engine.client().close()
        found = read_connection(engine.file)
        engine.process.send_signal(signal.SIGKILL)
        # Unlike `wait`, this leaves it to be waited for.
        os.waitid(os.P_PID, engine.process.pid, os.WEXITED | os.WNOWAIT)
        with silent_server(found.address):
            assert_stale(forked_terminal(folder, "status"), found)


# After a new boot, or from an earlier version.


def test_after_a_new_boot_it_is_stale(killed):
    folder, found = killed
    words = found.process_mark.split()
    if words[1] == "-":
        pytest.skip("this computer has no id")
    words[2] = "00000000-0000-0000-0000-000000000000"
    found = rewritten(folder, process=os.getpid(), process_mark=" ".join(words))
    with silent_server(found.address):
        for command in ("status", "stop"):
            assert_stale(forked_terminal(folder, command), found)
        assert started_by_the_plugin(folder) != os.getpid()


def without_mark(folder):
    """Let an earlier version have written the file."""
    path = folder / CONNECTION_FILE
    said = {name: value for name, value in json.loads(path.read_text()).items() if name != "process_mark"}
    path.write_text(json.dumps(said))
    return read_connection(path)


@pytest.mark.usefixtures("hasty")
def test_one_of_an_earlier_version_is_stale_where_nobody_holds_its_lock(killed, doctor_line):
    folder, _ = killed
    found = without_mark(folder)
    with silent_server(found.address):
        # Each waits for seconds.
        with ThreadPoolExecutor(2) as together:
            ended = list(together.map(partial(forked_terminal, folder), ("status", "stop")))
        for told in ended:
            assert (told.returncode, told.stdout) == (1, "")
            assert told.stderr.startswith("texture-engine: no engine is running (")
            assert f"another program uses {found.address}" in told.stderr
        line, status = doctor_line(folder)
        assert (line.startswith("engine: no engine is running ("), status) == (True, 0)
        sentence, runs = engine_status(installation_of(folder))
        assert not runs
        assert str(found.process) not in sentence
        assert started_by_the_plugin(folder) != found.process


@pytest.mark.usefixtures("hasty")
def test_one_of_an_earlier_version_that_hangs_is_not_replaced(tmp_path):
    folder = tmp_path / "engine"
    with forked(folder, *CPU) as engine:
        engine.client().close()
        engine.process.send_signal(signal.SIGSTOP)
        without_mark(folder)
        told = forked_terminal(folder, "status")
        assert told.returncode == 1
        assert f"it hangs, end process {engine.process.pid}" in told.stderr
        assert "no engine is running" not in told.stderr
        installation = installation_of(folder, program(folder.with_name("texture-engine"), 'engine "$@"'))
        with linked(installation) as link:
            assert "Starting the engine…" in reach(link)
            assert f"{read_connection(engine.file).address} does not answer" in link.problem
        engine.process.send_signal(signal.SIGCONT)
        with engine.client() as client:
            assert client.status().process == engine.process.pid


# Half a file.


@pytest.mark.parametrize("length", [0, 40])
def test_half_a_file_is_stale_and_another_engine_is_started(killed, doctor_line, length):
    folder, _ = killed
    path = folder / CONNECTION_FILE
    path.write_bytes(path.read_bytes()[:length])
    for command in ("status", "stop"):
        told = forked_terminal(folder, command)
        assert (told.returncode, told.stdout) == (1, "")
        assert told.stderr.startswith(f"texture-engine: no engine is running ({path} is not a connection file)")
    line, status = doctor_line(folder)
    assert (line.startswith("engine: no engine is running ("), status) == (True, 0)
    assert engine_status(installation_of(folder)) == (NOT_RUNNING, False)
    assert started_by_the_plugin(folder)


@pytest.mark.parametrize("command", ["status", "stop", "synthesize"])
def test_half_a_file_that_was_named_is_a_mistake(tmp_path, command):
    half = tmp_path / "gpu.json"
    half.write_text("{")
    half.chmod(0o600)
    words = ("bricks.png", "-o", "out.png") if command == "synthesize" else ()
    if words:
        from pictures import bricks, save

        save(tmp_path / "bricks.png", bricks(32, 32))
    told = forked_terminal(tmp_path / "engine", command, *words, "--engine", half, cwd=tmp_path)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr == (
        f"texture-engine: {half} is not a connection file: "
        "give the connection file of an engine, copied from its computer\n"
    )


# Alive, and not answering.


def test_one_that_hangs_is_told_as_hanging_and_never_as_stale(tmp_path, doctor_line):
    folder = tmp_path / "engine"
    with forked(folder, *CPU) as engine:
        engine.client().close()
        engine.process.send_signal(signal.SIGSTOP)
        # Each waits for seconds.
        with ThreadPoolExecutor(4) as together:
            commands = [together.submit(forked_terminal, folder, command) for command in ("status", "stop")]
            doctor = together.submit(forked_terminal, folder, "doctor", "--quick")
            serve = together.submit(forked_terminal, folder, "serve", "--detach", *CPU)
        for command in commands:
            told = command.result()
            assert (told.returncode, told.stdout) == (1, "")
            assert told.stderr.startswith("texture-engine: the engine did not answer within 5 s: it hangs, ")
            assert told.stderr.endswith(f"if it hangs, end process {engine.process.pid}\n")
        told = doctor.result()
        line = line_of_engine(told.stdout)
        assert (told.returncode, told.stderr) == (1, "")
        assert f"engine: process {engine.process.pid} at {read_connection(engine.file).address} does not" in line
        assert "to do: the engine did not answer within 5 s: it hangs, " in line
        told = serve.result()
        assert told.stdout.startswith(f"an engine is already running, process {engine.process.pid} at ")
        assert told.stderr.endswith(f"if it hangs, end process {engine.process.pid}\n")
        engine.process.send_signal(signal.SIGCONT)
        assert doctor_line(folder)[0].startswith(f"engine: process {engine.process.pid} at ")


@pytest.mark.usefixtures("hasty")
def test_one_that_hangs_is_not_started_anew_by_the_plugin(tmp_path):
    folder = tmp_path / "engine"
    with forked(folder, *CPU) as engine:
        engine.client().close()
        engine.process.send_signal(signal.SIGSTOP)
        sentence, runs = engine_status(installation_of(folder))
        assert runs
        assert f"End its process {engine.process.pid}, then try again" in sentence
        with linked(installation_of(folder)) as link:
            assert reach(link) == ["Looking for the engine…"]
            assert link.problem == sentence


# On another computer, or of another user.


@pytest.mark.usefixtures("hasty")
def test_one_of_another_computer_is_judged_by_its_answer_alone(tmp_path):
    folder = tmp_path / "engine"
    with forked(folder, *CPU) as engine:
        engine.client().close()
        found = read_connection(engine.file)
        elsewhere = tmp_path / "gpu.json"
        # A process that is none here, of a computer with another name.
        write_connection(elsewhere, replace(found, host="gpu", process=2**22 + 1))
        assert engine_state(read_connection(elsewhere)) is ProcessState.UNKNOWN
        assert forked_terminal(folder, "status", "--engine", elsewhere).returncode == 0
        engine.kill()
        with silent_server(found.address):
            told = forked_terminal(folder, "status", "--engine", elsewhere)
            assert told.returncode == 1
            assert "`texture-engine keys --add KEY` on its computer" in told.stderr
            assert "process" not in told.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be two users")
def test_a_program_of_another_user_is_not_taken_for_it(killed):
    python = shutil.which("python3", path=os.defpath)
    if python is None:
        pytest.skip("there is no Python here that other users can run")
    folder, found = killed
    script = (
        "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); "
        "print(flush=True); time.sleep(60)"
    )
    words = [python, "-I", "-c", script, str(split_address(found.address)[1])]
    other = subprocess.Popen(words, stdout=subprocess.PIPE, user=12345, group=12345, cwd="/")
    try:
        assert other.stdout.readline() == b"\n"
        found = rewritten(folder, process=other.pid)
        for command in ("status", "stop"):
            assert_stale(forked_terminal(folder, command), found)
        assert started_by_the_plugin(folder) != other.pid
        assert other.poll() is None
    finally:
        other.kill()
        other.communicate()


# The lock, which decides who is the engine.


def test_looking_for_the_lock_keeps_no_engine_from_starting(tmp_path):
    folder = tmp_path / "engine"
    folder.mkdir(mode=0o700)
    script = (
        "import sys; from pathlib import Path; from engine.service.presence import is_locked\n"
        "while True: is_locked(Path(sys.argv[1]))"
    )
    (folder / "engine.lock").touch(mode=0o600)
    looking = [subprocess.Popen([sys.executable, "-c", script, folder], env=surroundings(folder)) for _ in range(2)]
    try:
        for _ in range(3):
            with forked(folder, *CPU) as engine:
                engine.client().close()
                assert engine.stop() == 0
    finally:
        for each in looking:
            each.kill()
            each.wait()


def test_a_second_engine_names_no_process_that_has_ended(killed):
    folder, found = killed
    # As one holds it that is just starting, or has stopped in the midst of that.
    with FileLock(folder / "engine.lock"):
        told = forked_terminal(folder, "serve", *CPU)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith(f"texture-engine: an engine holds the lock in {folder}, but has written")
    assert str(found.process) not in told.stderr


def test_the_installer_takes_no_other_program_for_the_engine(killed):
    from installation.running_engine import find_running

    folder, found = killed
    with silent_server(found.address):
        assert find_running(folder) is None
    with forked(folder, *CPU) as engine:
        engine.client().close()
        assert find_running(folder).process == engine.process.pid
        engine.process.send_signal(signal.SIGSTOP)
        assert find_running(folder).process == engine.process.pid


def test_a_mark_is_written_by_the_engine_itself(tmp_path):
    with forked(tmp_path / "engine", *CPU) as engine:
        engine.client().close()
        found = read_connection(engine.file)
        assert found.process == engine.process.pid
        assert engine_state(found) is ProcessState.RUNNING
        assert engine_state(replace(found, process=os.getpid())) is ProcessState.ENDED
