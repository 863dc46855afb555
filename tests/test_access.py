"""Whose clients come in: `texture-engine keys`, and engines that others can reach."""

import pytest
from engines import end_of, forked, forked_terminal, short_job

from protocol.client import EngineClient
from protocol.connection import read_connection
from protocol.errors import EngineLostError
from protocol.keys import CLIENT_KEYS, make_keys, own_keys, read_authorized
from protocol.messages import Done
from protocol.status import Status


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "engine"


def keys(folder, *options):
    told = forked_terminal(folder, "keys", *options)
    assert (told.returncode, told.stderr) == (0, "")
    return told.stdout.splitlines()


def assert_refused(told, sentence):
    assert (told.returncode, told.stdout) == (2, ""), told.stderr
    assert told.stderr.startswith("texture-engine: ")
    assert told.stderr.count("\n") == 1
    assert sentence in told.stderr


# The command.


def test_keys_shows_this_users_public_key_and_makes_it_if_need_be(folder):
    first, key, others = keys(folder)
    assert first == f"your public key, in {folder / CLIENT_KEYS}:"
    assert key == own_keys(folder / CLIENT_KEYS).public
    assert others == f"no other clients are authorized in {folder / 'authorized_keys'}"
    assert keys(folder)[1] == key


def test_keys_are_added_with_a_name_listed_and_removed(folder):
    desk, den = (make_keys().public for _ in range(2))
    keys(folder, "--add", desk, "--name", "the   desk")
    shown = keys(folder, "--add", den)
    assert shown[2:] == [
        f"authorized clients on other computers, in {folder / 'authorized_keys'}:",
        f"{desk} the desk",
        den,
    ]
    assert read_authorized(folder / "authorized_keys") == {desk: "the desk", den: ""}
    assert keys(folder, "--remove", desk)[3:] == [den]


def test_a_key_that_is_added_again_has_its_new_name(folder):
    key = make_keys().public
    keys(folder, "--add", key, "--name", "desk")
    assert keys(folder, "--add", key, "--name", "den")[3:] == [f"{key} den"]


def test_keys_can_be_in_another_file(folder, tmp_path):
    key, file = make_keys().public, tmp_path / "friends"
    keys(folder, "--file", file, "--add", key, "--name", "desk")
    assert read_authorized(file) == {key: "desk"}
    assert not (folder / "authorized_keys").exists()


def test_what_is_no_key_is_refused(folder):
    assert_refused(
        forked_terminal(folder, "keys", "--add", "desk"), "'desk' is not a public key: give the 40 characters"
    )
    assert not (folder / "authorized_keys").exists()


def test_a_name_alone_is_refused(folder):
    assert_refused(forked_terminal(folder, "keys", "--name", "desk"), "give --add KEY, too")


def test_a_key_that_is_not_there_cannot_be_removed(folder):
    key = make_keys().public
    assert_refused(forked_terminal(folder, "keys", "--remove", key), "is not in")


def test_of_a_name_that_is_to_be_removed_the_key_is_shown(folder):
    key, other = (make_keys().public for _ in range(2))
    keys(folder, "--add", key, "--name", "desk")
    keys(folder, "--add", other)
    assert_refused(forked_terminal(folder, "keys", "--remove", "desk"), f"'desk' is a name, of {key}")
    # A key without a name has no empty one.
    assert_refused(forked_terminal(folder, "keys", "--remove", ""), "is not in")
    assert read_authorized(folder / "authorized_keys") == {key: "desk", other: ""}


def test_a_file_with_something_else_in_it_is_left_as_it_is(folder, tmp_path):
    file = tmp_path / "diary"
    file.write_text("dear diary\n")
    told = forked_terminal(folder, "keys", "--file", file, "--add", make_keys().public)
    assert_refused(told, "diary, line 1 is not a public key of 40 characters")
    assert file.read_text() == "dear diary\n"


def test_a_file_that_cannot_be_written_is_told_in_one_line(folder, tmp_path):
    told = forked_terminal(folder, "keys", "--file", tmp_path / "nowhere" / "friends", "--add", make_keys().public)
    assert_refused(told, "nowhere of friends does not exist")


# An engine that others can reach.


@pytest.fixture(scope="module")
def open_engine(tmp_path_factory):
    """An engine at every address of this computer, and the file of those who may come in."""
    folder = tmp_path_factory.mktemp("engines") / "engine"
    friends = folder.with_name("friends")
    keys(folder, "--file", friends, "--add", make_keys().public, "--name", "nobody")
    options = ("--device", "cpu", "--listen", "tcp://0.0.0.0:*", "--authorized-keys", str(friends))
    with forked(folder, *options) as engine, engine.client() as client:
        engine.ready(client)
        yield engine, friends


def connect(engine, owner, timeout=60.0):
    return EngineClient.connect(engine.file, name="guest", keys=owner, timeout=timeout)


def assert_no_answer(engine, owner):
    with pytest.raises(EngineLostError, match="does not know this client's key"):
        connect(engine, owner, timeout=0.5)


def test_this_users_own_clients_find_it_at_this_computer(open_engine):
    engine, _ = open_engine
    assert read_connection(engine.file).address.startswith("tcp://127.0.0.1:")
    with engine.client() as client:
        assert isinstance(client.status(), Status)


def test_a_stranger_gets_no_answer_at_all(open_engine):
    engine, _ = open_engine
    assert_no_answer(engine, make_keys())
    assert "refused an unknown key, from 127.0.0.1" in engine.log.read_text()


def test_a_key_that_is_added_counts_at_once_and_one_that_is_removed_no_more(open_engine):
    engine, friends = open_engine
    guest = make_keys()
    assert_no_answer(engine, guest)
    keys(engine.folder, "--file", friends, "--add", guest.public, "--name", "guest")
    with connect(engine, guest) as client:
        client.submit(short_job())
        assert isinstance(end_of(client, "short"), Done)
    keys(engine.folder, "--file", friends, "--remove", guest.public)
    assert_no_answer(engine, guest)
