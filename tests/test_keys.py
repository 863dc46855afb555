"""Keys of the engine and of its clients, and the list of those who may come in."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import zmq
from private import BEYOND, KEYS, holding, names, posix, refusal

from protocol.keys import make_keys, own_keys, read_authorized
from protocol.private_files import make_folder
from protocol.z85 import is_key

ROOT = Path(__file__).parents[1]


@pytest.fixture
def folder(tmp_path):
    """A folder that only this user can read."""
    return make_folder(tmp_path / "own")


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
