"""Files and folders that are this user's alone: who may read them, and how they are written."""

import errno
import os
import stat
import subprocess
import sys

import pytest
from private import ENGINE, holding, names, posix, refusal

from protocol.connection import write_connection
from protocol.keys import own_keys
from protocol.private_files import LONGEST_FILE, create_private, make_folder, read_private, write_private


@pytest.fixture
def folder(tmp_path):
    """A folder that only this user can read."""
    return make_folder(tmp_path / "own")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


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
def test_a_file_in_place_of_the_folder_is_named(folder):
    path = holding(folder / "file", "x")
    assert f"{path} is not a folder" in refusal(read_private, path / "engine.json", secret=False)


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
