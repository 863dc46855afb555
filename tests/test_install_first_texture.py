"""`install.py`: the texture that it offers to make, as a check."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pictures import bricks, save
from PIL import Image

from installation.first_texture import FILE, made

TERMINAL = 120


def test_a_texture_is_made_and_its_cost_told(tmp_path):
    save(tmp_path / "bricks.png", bricks(64, 64))
    cost = made(Path(sys.executable), tmp_path / "bricks.png", tmp_path / "made.png", "64x64")
    with Image.open(tmp_path / "made.png") as picture:
        assert picture.size == (64, 64)
    assert cost.seconds > 0
    assert cost.starting > 0
    assert cost.device.split(":")[0] in {"cpu", "cuda", "mps", "xpu"}


def test_a_texture_that_cannot_be_made_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="status"):
        made(Path(sys.executable), tmp_path / "none.png", tmp_path / "made.png", "64x64")
    assert not (tmp_path / "made.png").exists()


def test_an_engine_that_cannot_make_it_is_told_with_what_to_do(home):
    give_exemplar(home)
    (home.source / "examples/cobbles.png").write_bytes(b"no picture")
    told = home.run("--first-texture")
    assert told.returncode == 1
    # The engine has said more before it.
    said = told.stderr.splitlines()[-1]
    assert said.startswith("install.py: the first texture failed (")
    assert said.endswith("--check`, which says what is wrong")


def test_without_a_terminal_nobody_is_asked(home):
    give_exemplar(home)
    assert "first texture" not in home.install()


@pytest.mark.parametrize(("words", "asked"), [((), True), (("--no-first-texture",), False)])
def test_in_a_terminal_the_user_is_asked(home, words, asked):
    pty = pytest.importorskip("pty", reason="Windows has no such terminals")
    give_exemplar(home)
    home.gimp()
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        home.command(*words), env=home.surroundings(), cwd=home.folder, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        os.write(ours, b"n\n")
        said = read_all(ours)
        assert process.wait(TERMINAL) == 0
    assert ("Make a first texture" in said) == asked
    assert not (home.data / FILE).exists()


def test_uninstalling_removes_it(own_home):
    # Its own environment: that of the other homes is one for all.
    own_home.gimp()
    own_home.install()
    (own_home.data / FILE).touch()
    own_home.install("--uninstall")
    assert not own_home.data.exists()


def give_exemplar(home):
    """Put the exemplar into a checkout that has none."""
    (home.source / "examples").mkdir()
    save(home.source / "examples" / "cobbles.png", bricks(32, 32))


def read_all(terminal):
    """Read from a terminal until all that write to it have ended."""
    said = b""
    while True:
        try:
            found = os.read(terminal, 4096)
        except OSError:
            break
        if not found:
            break
        said += found
    os.close(terminal)
    return said.decode()
