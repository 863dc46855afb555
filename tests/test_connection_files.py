"""The connection file: where it is, what it says, and whether an engine still listens there."""

import json
import os
import socket
import sys
from dataclasses import replace

import pytest
from private import BEYOND, ENGINE, holding, posix, refusal

from protocol.connection import (
    connection_path,
    engine_state,
    find_engine,
    is_listening,
    read_connection,
    split_address,
    write_connection,
)
from protocol.errors import NoEngineError, StaleFileError
from protocol.private_files import make_folder, state_folder
from protocol.processes import ProcessState


@pytest.fixture
def folder(tmp_path):
    """A folder that only this user can read."""
    return make_folder(tmp_path / "own")


# Where they are.


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """An environment that says only where home is."""
    for name in ("TEXTURE_ENGINE_FOLDER", "SNAP_REAL_HOME", "XDG_CONFIG_HOME", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return monkeypatch


linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems keep settings elsewhere")


@linux
def test_files_are_in_the_folder_of_gimps_settings(bare, tmp_path):  # noqa: ARG001 - it sets the environment
    assert state_folder() == tmp_path / ".config/GIMP/texture-synthesis"


@linux
def test_flatpaks_own_folder_of_settings_is_passed_over(bare, tmp_path):
    bare.setenv("XDG_CONFIG_HOME", str(tmp_path / "sandbox"))
    assert state_folder() == tmp_path / ".config/GIMP/texture-synthesis"


@linux
def test_in_a_snap_home_is_the_real_one(bare, tmp_path):
    bare.setenv("HOME", str(tmp_path / "snap/gimp/393"))
    bare.setenv("SNAP_REAL_HOME", str(tmp_path))
    assert state_folder() == tmp_path / ".config/GIMP/texture-synthesis"


def test_a_variable_puts_them_anywhere(bare, tmp_path):
    bare.setenv("SNAP_REAL_HOME", str(tmp_path / "home"))
    bare.setenv("TEXTURE_ENGINE_FOLDER", str(tmp_path / "elsewhere"))
    assert state_folder() == tmp_path / "elsewhere"
    assert connection_path() == tmp_path / "elsewhere/engine.json"


def test_an_empty_variable_says_nothing(bare):
    expected = state_folder()
    bare.setenv("TEXTURE_ENGINE_FOLDER", "")
    assert state_folder() == expected


# Where the engine listens.


@pytest.mark.parametrize("address", [ENGINE.address, "tcp://[::1]:7777", "tcp://render.example.org:65535"])
def test_a_connection_is_read_as_it_was_written(folder, address):
    connection = replace(ENGINE, address=address)
    write_connection(folder / "engine.json", connection)
    assert read_connection(folder / "engine.json") == connection


def test_what_a_later_engine_adds_to_the_file_is_ignored(folder):
    path = holding(folder / "engine.json", json.dumps({**ENGINE.__dict__, "later": [1, {}]}))
    assert read_connection(path) == ENGINE


def test_what_an_earlier_engine_left_out_of_the_file_is_not_known(folder):
    earlier = {name: value for name, value in vars(ENGINE).items() if name != "process_mark"}
    path = holding(folder / "engine.json", json.dumps(earlier))
    assert read_connection(path) == ENGINE
    assert engine_state(replace(ENGINE, process=os.getpid(), host=socket.gethostname())) is ProcessState.UNKNOWN


def changed(**values):
    return json.dumps({**ENGINE.__dict__, **values}).encode()


BROKEN_CONNECTIONS = {
    "empty": b"",
    "half": changed()[:50],
    "no text": b"\xff\xfe\xfa",
    "a list": b"[]",
    "a number": b"7",
    "nothing": b"null",
    "a deep one": b"[" * 100_000,
    **{
        f"no {name}": json.dumps({k: v for k, v in ENGINE.__dict__.items() if k != name}).encode()
        for name in vars(ENGINE)
        # Which an older engine does not write.
        if name != "process_mark"
    },
    "an address that is none": changed(address="127.0.0.1"),
    "an address that is a number": changed(address=7),
    "a process without a number": changed(process="engine"),
    "an infinite process": changed(process=float("inf")),
    "a process that is nothing": changed(process=None),
    "a protocol of one number": changed(protocol=[1]),
    "a protocol of three numbers": changed(protocol=[1, 0, 0]),
    "a protocol that is a number": changed(protocol=1),
    "a protocol of words": changed(protocol=["one", "zero"]),
    "a start without a time": changed(started="today"),
    "a start far beyond": changed(started=10**400),
}


@pytest.mark.parametrize("name", BROKEN_CONNECTIONS)
def test_a_broken_connection_file_is_told_with_what_to_do(folder, name):
    path = holding(folder / "engine.json", BROKEN_CONNECTIONS[name])
    sentence = f"{path} is not a connection file: remove it, and start the engine again"
    assert refusal(read_connection, path) == sentence


@pytest.mark.parametrize("key", ["", "x", None, BEYOND])
def test_a_connection_without_a_key_is_refused(folder, key):
    path = holding(folder / "engine.json", changed(public_key=key))
    assert refusal(read_connection, path) == f"{path} has no public key: remove it, and start the engine again"


@posix
def test_a_connection_that_others_can_change_is_refused(folder):
    path = holding(folder / "engine.json", changed(), 0o666)
    assert refusal(read_connection, path) == f"{path} can be written by others: run `chmod go-w {path}`"


ADDRESSES = {
    "tcp://127.0.0.1:40123": ("127.0.0.1", 40123),
    "tcp://[::1]:7777": ("::1", 7777),
    "tcp://[fe80::1%eth0]:7777": ("fe80::1%eth0", 7777),
    "tcp://[::ffff:10.0.0.1]:1": ("::ffff:10.0.0.1", 1),
    "tcp://render.example.org:65535": ("render.example.org", 65535),
    "tcp://my_computer-2:80": ("my_computer-2", 80),
    "tcp://*:80": ("*", 80),
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_has_a_host_and_a_port(address):
    assert split_address(address) == ADDRESSES[address]


NO_ADDRESSES = [
    "",
    "127.0.0.1:80",
    "http://127.0.0.1:80",
    "ipc:///tmp/engine",
    "tcp://127.0.0.1",
    "tcp://:80",
    "tcp://127.0.0.1:",
    "tcp://127.0.0.1:0",
    "tcp://127.0.0.1:65536",
    "tcp://127.0.0.1:-1",
    "tcp://127.0.0.1:80:90",
    "tcp://127.0.0.1:80/",
    "tcp://127.0.0.1:80\n",
    "tcp://127.0.0.1:٨٠",
    "tcp://two words:80",
    "tcp://nul\0:80",
    "tcp://::1:80",
    "tcp://[]:80",
    "tcp://[::1:80",
    "tcp://[local host]:80",
]


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_anything_else_is_no_address(address):
    with pytest.raises(ValueError, match="is not an address: give one such as tcp://") as caught:
        split_address(address)
    assert repr(address) in str(caught.value)


# Whether it still does.


@pytest.fixture
def listening():
    """A socket that listens, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server, f"tcp://127.0.0.1:{server.getsockname()[1]}"


def test_a_socket_that_listens_is_seen(listening):
    assert is_listening(replace(ENGINE, address=listening[1]))


def test_a_socket_that_listens_on_ipv6_is_seen():
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this computer has no IPv6")
    with server:
        assert is_listening(replace(ENGINE, address=f"tcp://[::1]:{server.getsockname()[1]}"))


def test_a_socket_that_has_been_closed_is_missed(listening):
    server, address = listening
    server.close()
    assert not is_listening(replace(ENGINE, address=address))


@pytest.mark.parametrize("host", ["two..dots", "a" * 64, "."])
def test_nothing_listens_at_a_name_that_no_computer_can_have(host):
    assert not is_listening(replace(ENGINE, address=f"tcp://{host}:7777"))


def test_an_engine_that_listens_is_found(folder, listening):
    connection = replace(ENGINE, address=listening[1])
    write_connection(folder / "engine.json", connection)
    assert find_engine(folder / "engine.json") == connection


def test_an_engine_that_never_was_is_not_found(folder):
    path = folder / "engine.json"
    with pytest.raises(NoEngineError) as caught:
        find_engine(path)
    assert str(caught.value) == f"no engine is running ({path} does not exist): start one with `texture-engine serve`"


def test_an_engine_that_left_its_file_behind_is_not_found(folder, listening):
    server, address = listening
    server.close()
    path = folder / "engine.json"
    write_connection(path, replace(ENGINE, address=address))
    with pytest.raises(StaleFileError) as caught:
        find_engine(path)
    assert str(caught.value) == (
        f"no engine is running (nothing listens at {address}, which {path} names): "
        "start one with `texture-engine serve`"
    )


def test_half_a_file_is_none_that_an_engine_keeps(folder):
    path = holding(folder / "engine.json", changed()[:50])
    with pytest.raises(StaleFileError, match="is not a connection file"):
        find_engine(path)


@posix
def test_a_file_that_others_can_change_is_no_sign_that_there_is_no_engine(folder):
    path = holding(folder / "engine.json", changed(), 0o666)
    assert "can be written by others" in refusal(find_engine, path)
