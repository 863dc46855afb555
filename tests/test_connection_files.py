"""Keys and the connection file: who may read and change them, and what they say."""

import errno
import json
import os
import socket
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import zmq

from protocol.connection import (
    Connection,
    connection_path,
    engine_state,
    find_engine,
    is_listening,
    read_connection,
    split_address,
    write_connection,
)
from protocol.errors import NoEngineError, StaleFileError, UnsafeFileError
from protocol.keys import make_keys, own_keys, read_authorized
from protocol.private_files import (
    LONGEST_FILE,
    create_private,
    make_folder,
    read_private,
    state_folder,
    write_private,
)
from protocol.processes import ProcessState
from protocol.z85 import is_key

ROOT = Path(__file__).parents[1]
KEYS = make_keys()
ENGINE = Connection("tcp://127.0.0.1:40123", KEYS.public, 4711, "workstation", "0.1.0", (1, 0), 1760000000.5)

posix = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no modes: a user's folders are closed to others"
)


@pytest.fixture
def folder(tmp_path):
    """A folder that only this user can read."""
    return make_folder(tmp_path / "own")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def holding(path, content, permissions=0o600):
    """Write a file as anybody may have."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(permissions)
    return path


def names(folder):
    """What is in a folder, drafts too."""
    return sorted(path.name for path in folder.iterdir())


def refusal(call, *arguments, **options):
    """The sentence with which a file is refused."""
    with pytest.raises(UnsafeFileError) as caught:
        call(*arguments, **options)
    return str(caught.value)


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


# Who may read and change them.


@posix
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_folder_and_files_are_the_users_alone_whatever_is_usual(tmp_path, mask):
    usual = os.umask(mask)
    try:
        folder = make_folder(tmp_path / "own")
        write_private(folder / "written", b"x")
        create_private(folder / "created", b"x")
        own_keys(folder / "keys")
        write_connection(folder / "connection", ENGINE)
    finally:
        os.umask(usual)
    assert mode(folder) == 0o700
    assert {path.name: mode(path) for path in folder.iterdir()} == dict.fromkeys(
        ("written", "created", "keys", "connection"), 0o600
    )


def test_a_folder_is_made_with_those_above_it_and_made_once(tmp_path):
    folder = tmp_path / "a/b/c"
    assert make_folder(folder) == folder
    assert make_folder(folder) == folder
    assert folder.is_dir()


@posix
@pytest.mark.parametrize("permissions", [0o620, 0o602, 0o666], ids=oct)
@pytest.mark.parametrize("secret", [True, False], ids=["secret", "public"])
def test_a_file_that_others_can_write_is_refused(folder, secret, permissions):
    path = holding(folder / "file", "x", permissions)
    assert refusal(read_private, path, secret=secret) == f"{path} can be written by others: run `chmod go-w {path}`"


@posix
@pytest.mark.parametrize("permissions", [0o640, 0o604, 0o610], ids=oct)
def test_a_secret_that_others_can_read_is_refused(folder, permissions):
    path = holding(folder / "file", "x", permissions)
    assert refusal(read_private, path, secret=True) == f"{path} can be read by others: run `chmod 600 {path}`"
    assert read_private(path, secret=False) == b"x"


@posix
@pytest.mark.parametrize("permissions", [0o770, 0o707, 0o777], ids=oct)
def test_a_file_in_a_folder_that_others_can_write_to_is_refused(folder, permissions):
    path = holding(folder / "file", "x")
    folder.chmod(permissions)
    sentence = f"{folder} can be written by others: run `chmod go-w {folder}`"
    assert refusal(read_private, path, secret=False) == sentence
    assert refusal(make_folder, folder) == sentence


@posix
@pytest.mark.parametrize("permissions", [0o1777, 0o1770], ids=oct)
def test_a_folder_like_tmp_where_nobody_can_replace_what_is_anothers_will_do(folder, permissions):
    path = holding(folder / "file", "x")
    folder.chmod(permissions)
    assert read_private(path, secret=True) == b"x"
    assert make_folder(folder) == folder


@posix
def test_a_sticky_file_is_not_taken_for_such_a_folder(folder):
    path = holding(folder / "file", "x", 0o1666)
    assert "can be written by others" in refusal(read_private, path, secret=False)


@posix
def test_a_folder_that_others_can_only_look_into_will_do(folder):
    path = holding(folder / "file", "x")
    folder.chmod(0o755)
    assert read_private(path, secret=True) == b"x"


as_root = pytest.mark.skipif(
    sys.platform == "win32" or os.getuid() != 0, reason="only root can give a file to somebody else"
)


@as_root
def test_a_file_of_another_user_is_refused(folder):
    path = holding(folder / "file", "x")
    os.chown(path, 12345, -1)
    sentence = f"{path} belongs to another user: remove it, or set TEXTURE_ENGINE_FOLDER"
    assert refusal(read_private, path, secret=False) == sentence


@as_root
def test_a_folder_of_another_user_is_refused(folder):
    path = holding(folder / "file", "x")
    os.chown(folder, 12345, -1)
    sentence = f"{folder} belongs to another user: remove it, or set TEXTURE_ENGINE_FOLDER"
    assert refusal(read_private, path, secret=False) == sentence
    assert refusal(make_folder, folder) == sentence


def test_a_folder_where_a_file_is_cannot_be_made(folder):
    path = holding(folder / "file", "x")
    assert refusal(make_folder, path).startswith(f"{path} cannot be created (File exists): set TEXTURE_ENGINE_FOLDER")


def test_a_folder_within_a_file_cannot_be_made(folder):
    path = holding(folder / "file", "x") / "below"
    assert refusal(make_folder, path).endswith("): set TEXTURE_ENGINE_FOLDER to another folder")


@posix
def test_a_pipe_in_place_of_a_file_is_not_waited_for(folder):
    os.mkfifo(folder / "file", 0o600)
    assert "is a pipe" in refusal(read_private, folder / "file", secret=False)


@posix
def test_a_folder_in_place_of_a_file_cannot_be_read(folder):
    (folder / "file").mkdir()
    sentence = f"{folder / 'file'} cannot be read (Is a directory): check its permissions, or remove it"
    assert refusal(read_private, folder / "file", secret=False) == sentence


def test_a_file_that_is_not_there_is_not_found(folder):
    with pytest.raises(FileNotFoundError):
        read_private(folder / "file", secret=False)


def test_a_file_that_is_far_too_long_is_refused(folder):
    assert len(read_private(holding(folder / "file", bytes(LONGEST_FILE)), secret=True)) == LONGEST_FILE
    path = holding(folder / "file", bytes(LONGEST_FILE + 1))
    sentence = f"{path} has more than 1048576 bytes, so it is not a file of the engine: remove it"
    assert refusal(read_private, path, secret=True) == sentence


# Whole or not at all.


def test_a_written_file_takes_the_place_of_the_one_before(folder):
    holding(folder / "file", "before", 0o666)
    write_private(folder / "file", b"after")
    assert read_private(folder / "file", secret=True) == b"after"
    assert names(folder) == ["file"]


def test_a_created_file_takes_no_other_ones_place(folder):
    assert create_private(folder / "file", b"first")
    assert not create_private(folder / "file", b"second")
    assert read_private(folder / "file", secret=True) == b"first"
    assert names(folder) == ["file"]


@posix
def test_a_link_is_replaced_and_not_followed(folder):
    holding(folder / "other", "untouched")
    (folder / "file").symlink_to(folder / "other")
    write_private(folder / "file", b"new")
    assert (folder / "other").read_bytes() == b"untouched"
    assert not (folder / "file").is_symlink()


def test_a_file_in_a_folder_that_is_not_there_cannot_be_written(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_private(tmp_path / "none/file", b"x")


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(folder):
    (folder / "file").mkdir()
    with pytest.raises(OSError):  # noqa: PT011 - which one depends on the system
        write_private(folder / "file", b"x")
    assert names(folder) == ["file"]


@pytest.fixture
def tiny(tmp_path):
    """A disk of 64 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir(mode=0o700)
    try:
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", str(disk)], capture_output=True
        )
    except FileNotFoundError:
        pytest.skip("there is no command `mount` here")
    if made.returncode:
        pytest.skip("only root can mount a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("write", [write_private, create_private])
def test_a_full_disk_is_told_and_leaves_what_was_there(tiny, write):
    write_private(tiny / "file", b"before")
    with pytest.raises(OSError, match="No space left") as caught:
        write(tiny / "file", bytes(2**17))
    assert caught.value.errno == errno.ENOSPC
    assert read_private(tiny / "file", secret=True) == b"before"
    assert names(tiny) == ["file"]


def test_on_a_full_disk_there_are_no_keys(tiny):
    holding(tiny / "ballast", bytes(2**16))
    path = tiny / "client.secret"
    assert refusal(own_keys, path).startswith(f"{path} cannot be written (No space left on device): check ")
    assert names(tiny) == ["ballast"]


# Keys.


def test_keys_are_made_once_and_fit_each_other(folder):
    made = own_keys(folder / "client.secret")
    assert own_keys(folder / "client.secret") == made
    assert zmq.curve_public(made.secret.encode()) == made.public.encode()
    assert names(folder) == ["client.secret"]


def test_a_secret_is_not_shown():
    assert KEYS.secret not in repr(KEYS)


def test_sixteen_threads_at_once_get_one_and_the_same_key(folder):
    found, start = [], threading.Barrier(16)

    def ask():
        start.wait(60)
        found.append(own_keys(folder / "client.secret"))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 16
    assert len(set(found)) == 1
    assert names(folder) == ["client.secret"]


def test_sixteen_processes_at_once_get_one_and_the_same_key(folder):
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from protocol.keys import own_keys\n"
        "print(flush=True)\n"
        "input()\n"
        "print(own_keys(Path(sys.argv[1])).public)\n"
    )
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(folder / "client.secret")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(16)
    ]
    for process in asking:
        process.stdout.readline()
    for process in asking:
        process.stdin.write("\n")
        process.stdin.flush()
    found = [process.communicate()[0].strip() for process in asking]
    assert found == [own_keys(folder / "client.secret").public] * 16
    assert names(folder) == ["client.secret"]


BEYOND = "$" * 40
"""Characters of a key that stand for more than 32 bytes hold."""

BROKEN_KEYS = {
    "empty": b"",
    "no JSON": b"public",
    "no text": b"\xff\xfe\xfa",
    "a list": b"[]",
    "a number": b"7",
    "nothing": b"null",
    "a deep one": b"[" * 100_000,
    "no secret": json.dumps({"public": KEYS.public}).encode(),
    "no public half": json.dumps({"secret": KEYS.secret}).encode(),
    "a short secret": json.dumps({"public": KEYS.public, "secret": KEYS.secret[:39]}).encode(),
    "a secret that is none": json.dumps({"public": KEYS.public, "secret": None}).encode(),
    "a secret of other letters": json.dumps({"public": KEYS.public, "secret": "ä" * 40}).encode(),
    "a secret beyond 32 bytes": json.dumps({"public": KEYS.public, "secret": BEYOND}).encode(),
    "another's public half": json.dumps({"public": make_keys().public, "secret": KEYS.secret}).encode(),
}


@pytest.mark.parametrize("name", BROKEN_KEYS)
def test_a_broken_key_file_is_told_and_left_alone(folder, name):
    path = holding(folder / "client.secret", BROKEN_KEYS[name])
    assert refusal(own_keys, path) == f"{path} is broken: remove it, and a new key is created"
    assert path.read_bytes() == BROKEN_KEYS[name]


@posix
def test_keys_that_others_can_read_are_refused(folder):
    own_keys(folder / "client.secret")
    (folder / "client.secret").chmod(0o644)
    assert "can be read by others: run `chmod 600" in refusal(own_keys, folder / "client.secret")


def test_keys_in_a_folder_that_is_not_there_are_told(tmp_path):
    path = tmp_path / "none/client.secret"
    assert refusal(own_keys, path).startswith(f"{path} cannot be written (No such file or directory): check ")


@pytest.mark.parametrize("words", [KEYS.public, KEYS.secret, "0" * 40], ids=["public", "secret", "zeros"])
def test_forty_characters_for_32_bytes_are_a_key(words):
    assert is_key(words)


@pytest.mark.parametrize(
    "words",
    ["", KEYS.public[:35], KEYS.public + "00000", "~" * 40, "ä" * 40, BEYOND],
    ids=["empty", "short", "long", "other letters", "no ASCII", "beyond"],
)
def test_anything_else_is_no_key(words):
    assert not is_key(words)


# Those who may come in.


def test_authorized_keys_are_listed_with_names_and_comments(folder):
    first, second, third = (make_keys().public for _ in range(3))
    path = holding(
        folder / "authorized",
        f"# Those of the studio\n#\n\n{first} Anna's laptop \n   {second}\r\n  #{third} has left\n",
        0o644,
    )
    assert read_authorized(path) == {first: "Anna's laptop", second: ""}


def test_no_key_can_be_taken_for_a_comment():
    assert not is_key("#" + "0" * 39)


def test_nobody_may_come_in_by_an_empty_file(folder):
    assert read_authorized(holding(folder / "authorized", "")) == {}


BAD_LINES = {
    "a short key": KEYS.public[:39],
    "a word": "Anna",
    "a key beyond 32 bytes": BEYOND,
    "a name before the key": f"Anna {KEYS.public}",
    "a key of another program": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC",
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_line_that_is_no_key_is_named_by_its_number(folder, name):
    path = holding(folder / "authorized", f"# Keys\n{KEYS.public} Bert\n\n{BAD_LINES[name]}\n")
    sentence = f"{path}, line 4 is not a public key of 40 characters: correct it"
    assert refusal(read_authorized, path) == sentence


def test_authorized_keys_that_are_not_there_are_told_with_the_command_that_makes_them(folder):
    path = folder / "authorized"
    sentence = f"{path} does not exist: create it with `texture-engine keys --add KEY --file {path}`"
    assert refusal(read_authorized, path) == sentence


def test_authorized_keys_that_are_no_text_are_refused(folder):
    path = holding(folder / "authorized", b"\xff\xfe")
    assert refusal(read_authorized, path) == f"{path} is not a text file: give a file with one public key per line"


@posix
def test_authorized_keys_that_others_can_change_are_refused(folder):
    path = holding(folder / "authorized", KEYS.public, 0o664)
    assert refusal(read_authorized, path) == f"{path} can be written by others: run `chmod go-w {path}`"


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
