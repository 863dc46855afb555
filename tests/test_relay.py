"""The relay between a client without ZeroMQ and an engine, for which a bare socket stands in."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import zmq

from gimp_plugin import engine_program
from gimp_plugin.installation import Installation
from gimp_plugin.relay import relayed
from protocol import windows
from protocol.client import LOST, RELAY_LOST, EngineClient
from protocol.codec import decode, encode
from protocol.connection import CONNECTION_FILE, Connection, write_connection
from protocol.errors import EngineError, EngineLostError, UnsafeFileError
from protocol.keys import CLIENT_KEYS, make_keys
from protocol.limits import TRUSTED
from protocol.messages import Cancel, ClientMessage, Failed, Frame, Hello, Pong, Shutdown, Synthesize, Welcome
from protocol.processes import process_mark
from protocol.raster import Raster
from protocol.relay_frames import Kind, RelayFrame, read_frame, write_frame
from protocol.relay_socket import SOCKET_FILE, connect_socket, listen_socket
from protocol.relayed_link import RelayedLink, RelayEndedError
from protocol.version import PROTOCOL

ROOT = Path(__file__).parents[1]
SECONDS = 120
KEYS = make_keys()
SIDE = 1024
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and programs of shell lines")


class StandIn:
    """What an engine is to its clients: a socket that says what the test wants."""

    def __init__(self, folder, keys=KEYS):
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.linger = 0
        self._socket.curve_server = True
        self._socket.curve_publickey, self._socket.curve_secretkey = keys.public.encode(), keys.secret.encode()
        port = self._socket.bind_to_random_port("tcp://127.0.0.1")
        process, host = os.getpid(), socket.gethostname()
        address = f"tcp://127.0.0.1:{port}"
        connection = Connection(address, keys.public, process, host, "x", PROTOCOL, 0.0, process_mark(process))
        write_connection(folder / CONNECTION_FILE, connection)
        self.client = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()
        self._context.term()

    def hear(self, kind):
        """Wait for a message of a kind, past others."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            if isinstance(message := self.answer(50), kind):
                return message
        raise AssertionError(f"no {kind.__name__} within {SECONDS} s")

    def answer(self, milliseconds):
        """Wait for a message; a client that says hello is welcome."""
        if not self._socket.poll(milliseconds):
            return None
        self.client, *parts = self._socket.recv_multipart()
        message = decode(parts, ClientMessage, TRUSTED)
        if isinstance(message, Hello):
            self.say(Welcome(PROTOCOL, "x"))
        return message

    def say(self, message):
        self._socket.send_multipart([self.client, *encode(message)])


class PythonRelay:
    """A relay in the Python of these tests."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine", "relay"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "TEXTURE_ENGINE_FOLDER": str(folder)},
        )
        self.frames, self.commands = self.process.stdout, self.process.stdin

    def end(self):
        self.process.wait(SECONDS)
        return ""


@pytest.fixture
def folder(tmp_path):
    tmp_path.chmod(0o700)
    return tmp_path


@contextmanager
def connected(engine, folder):
    """A client of a stand-in through a relay, and the relay's process."""
    relay = PythonRelay(folder)
    client = EngineClient(folder / CONNECTION_FILE, RelayedLink(relay), name="test")
    try:
        with suppress(EngineLostError):
            client.greet(0.01)
        engine.hear(Hello)
        heard(client, Welcome)
        yield client, relay.process
    finally:
        client.close()


def heard(client, kind):
    """Wait for an event of a kind."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        for event in client.poll(0.05):
            if isinstance(event, kind):
                return event
    raise AssertionError(f"no {kind.__name__} within {SECONDS} s")


def job():
    return Synthesize("job")


def frame_of(number, pixels):
    return Frame("job", Raster(SIDE, SIDE, 3, "u8", pixels), 0, number, 100, 0, 0, SIDE, SIDE)


# What passes.


def test_messages_pass_both_ways_unchanged(folder):
    pixels = os.urandom(3 * SIDE * SIDE)
    with StandIn(folder) as engine, connected(engine, folder) as (client, _):
        wanted = Synthesize("job", canvas=type(job().canvas)(picture=Raster(SIDE, SIDE, 3, "u8", pixels)))
        client.submit(wanted)
        assert engine.hear(Synthesize) == wanted
        engine.say(frame_of(7, pixels))
        assert heard(client, Frame) == frame_of(7, pixels)
        client.ping(2**63 - 1)
        engine.say(Pong(2**63 - 1))
        assert heard(client, Pong) == Pong(2**63 - 1)
        engine.say(Failed("code", "größe \udcff", "", "job"))
        assert heard(client, Failed).message == "größe ?"


def test_many_large_frames_and_a_large_request_at_once_do_not_block_each_other(folder):
    pixels = bytes(3 * SIDE * SIDE)
    with StandIn(folder) as engine, connected(engine, folder) as (client, _):
        client.submit(job())
        engine.hear(Synthesize)
        # More than pipes and queues hold, and nobody reads them.
        for number in range(12):
            engine.say(frame_of(number, pixels))
        picture = Raster(4 * SIDE, SIDE, 3, "u8", bytes(12 * SIDE * SIDE))
        began = time.monotonic()
        client.submit(Synthesize("large", canvas=type(job().canvas)(picture=picture)))
        assert time.monotonic() - began < 1.0
        found = []
        while len(found) < 12:
            found += [event.step for event in client.poll(0.05) if isinstance(event, Frame)]
        assert found == list(range(12))
        assert engine.hear(Synthesize).job == "large"


def test_what_is_said_last_still_arrives(folder):
    with StandIn(folder) as engine, connected(engine, folder) as (client, process):
        client.submit(job())
        client.cancel("job")
        client.close()
        assert engine.hear(Cancel).job == "job"
        assert process.wait(SECONDS) == 0


# Who ends.


@posix
def test_a_relay_that_is_killed_costs_its_jobs(folder):
    with StandIn(folder) as engine, connected(engine, folder) as (client, process):
        client.submit(job())
        process.kill()
        assert heard(client, Failed).code == RELAY_LOST
        assert not client.connected
        assert client.poll(1.5) == []


def test_a_relay_finds_the_next_engine(folder):
    relay = PythonRelay(folder)
    client = EngineClient(folder / CONNECTION_FILE, RelayedLink(relay), name="test")
    for _engine in range(2):
        with StandIn(folder) as engine:
            until = time.monotonic() + SECONDS
            while not client.connected:
                assert time.monotonic() < until
                client.poll(0.05)
                engine.answer(0)
            client.submit(job())
        assert heard(client, Failed).code == LOST
    assert relay.process.poll() is None
    client.close()
    assert relay.process.wait(SECONDS) == 0


def test_an_engine_that_says_goodbye_is_heard(folder):
    with StandIn(folder) as engine, connected(engine, folder) as (client, _):
        client.submit(job())
        engine.hear(Synthesize)
        engine.say(Shutdown("the test is over"))
        assert "the test is over" in heard(client, Failed).message


CLIENT = """
import sys, time
from pathlib import Path
sys.path[:0] = [sys.argv[2], sys.argv[2] + "/tests"]
from test_relay import PythonRelay, RelayedLink, EngineClient
relay = PythonRelay(Path(sys.argv[1]))
client = EngineClient(Path(sys.argv[1]) / "engine.json", RelayedLink(relay), name="victim")
print(relay.process.pid, flush=True)
client.greet(120)
while True:
    time.sleep(1)
"""


@posix
def test_a_relay_ends_with_a_client_that_is_killed_even_if_frames_are_on_their_way(folder):
    with StandIn(folder) as engine:
        words = [sys.executable, "-c", CLIENT, str(folder), str(ROOT)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as client:
            relay = int(client.stdout.readline())
            engine.hear(Hello)
            for number in range(12):
                engine.say(frame_of(number, bytes(3 * SIDE * SIDE)))
            client.send_signal(signal.SIGKILL)
        until = time.monotonic() + SECONDS
        while runs(relay):
            assert time.monotonic() < until
            time.sleep(0.05)


def runs(process):
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# What is refused.


def test_keys_that_are_broken_are_told(folder):
    (folder / CLIENT_KEYS).write_text("nonsense")
    (folder / CLIENT_KEYS).chmod(0o600)
    link = RelayedLink(PythonRelay(folder))
    try:
        with pytest.raises(UnsafeFileError, match="is broken"):
            ready(link)
    finally:
        link.end()


@posix
@pytest.mark.parametrize("line", ["echo it prints text", "exit 3", "sleep 0.2", "head -c 400 /dev/zero"])
def test_a_program_that_is_no_relay_is_told(folder, line):
    program = folder / "program"
    program.write_text(f"#!/bin/sh\n{line}\necho no teeth >&2\n")
    program.chmod(0o755)
    link = relayed(Installation(str(program), folder / "state", "install.py", "0.2.0"))
    with pytest.raises(RelayEndedError):
        ready(link)
    link.end()


def test_a_program_that_is_not_there_is_told(folder):
    with pytest.raises(EngineError, match="nowhere"):
        relayed(Installation(str(folder / "nowhere"), folder / "state", "install.py", "0.2.0"))


def ready(link):
    until = time.monotonic() + SECONDS
    while not link.is_ready():
        assert time.monotonic() < until
        time.sleep(0.01)


# Frames.


@pytest.mark.parametrize("parts", [[], [b"{}"], [b"{}", b"pixels"]])
def test_frames_are_read_as_they_were_written(tmp_path, parts):
    with (tmp_path / "frames").open("w+b") as stream:
        write_frame(stream, RelayFrame(Kind.MESSAGE, 2**32 - 1, parts))
        stream.seek(0)
        found = read_frame(stream)
        assert (found.kind, found.number, [bytes(part) for part in found.parts]) == (Kind.MESSAGE, 2**32 - 1, parts)
        with pytest.raises(EOFError):
            read_frame(stream)


# Windows and sandboxes.


def test_on_windows_a_program_opens_no_window_and_gets_pipes_without_buffers(folder, monkeypatch):
    given = {}

    def start(words, **options):
        given.update(options, words=words)

    monkeypatch.setattr(windows, "kernel32", lambda: None)
    monkeypatch.setattr(engine_program.sys, "platform", "win32")
    monkeypatch.setattr(engine_program.subprocess, "Popen", start)
    with (folder / "output").open("wb") as output:
        installation = Installation(r"C:\Users\Ada L\texture-engine.exe", folder, "install.py", "0.2.0")
        engine_program.start_program(installation, ["relay"], subprocess.PIPE, subprocess.PIPE, output)
    assert given["words"] == [r"C:\Users\Ada L\texture-engine.exe", "relay"]
    assert given["creationflags"] == 0x08000000
    assert (given["start_new_session"], given["bufsize"]) == (False, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has sandboxed GIMPs")
def test_the_socket_for_sandboxes_is_for_this_user_and_may_have_a_long_path(folder):
    deep = folder / ("x" * 100)
    deep.mkdir(mode=0o700)
    listen_socket(deep).close()
    # That of an engine that was killed is replaced.
    with listen_socket(deep) as door, connect_socket(deep) as one, door.accept()[0] as other:
        one.sendall(b"words")
        assert other.recv(5) == b"words"
        assert (deep / SOCKET_FILE).stat().st_mode & 0o777 == 0o600
    with pytest.raises(OSError, match="refused"):
        connect_socket(deep)


def test_the_relay_loads_neither_torch_nor_numpy_nor_the_command_line():
    code = "import sys, engine.__main__, engine.relay; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert not {"torch", "numpy", "typer", "rich", "numba"} & set(loaded.split())
