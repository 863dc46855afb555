"""Files and folders that a user may not read or write, or only by force: told in one line, and nothing is lost."""

import ctypes
import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import forking
import pytest
from calling import QUICK, ROOT
from file_places import MAKE, PLACES, assert_told
from pictures import load

if sys.platform == "win32":
    pytest.skip("Windows has other names, links and permissions", allow_module_level=True)

import resource  # Windows has none

NOBODY = 65534


@pytest.fixture(autouse=True)
def _own_state(monkeypatch, tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    state.chmod(0o700)
    monkeypatch.setenv("TEXTURE_ENGINE_FOLDER", str(state))


# As a user whom permissions bind.
DROP_FROM_BOUNDING_SET = 24
DAC_OVERRIDE, DAC_READ_SEARCH = 1, 2
LIBRARY = ctypes.CDLL(None) if sys.platform == "linux" and os.geteuid() == 0 else None


def bind():
    """Bind a new process to permissions, also one of the superuser."""
    for capability in (DAC_OVERRIDE, DAC_READ_SEARCH) if LIBRARY else ():
        LIBRARY.prctl(DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)


def is_bound():
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).chmod(0)
        reading = [sys.executable, "-c", "import sys; open(sys.argv[1])", file.name]
        return subprocess.run(reading, capture_output=True, preexec_fn=bind).returncode != 0


needs_a_user = pytest.mark.skipif(not is_bound(), reason="permissions bind nobody here")
SMALL = (resource.RLIMIT_FSIZE, (1000, 1000))
# A WebP of 48×40 pixels has 2.5 kB and fits. A recording does not: with as few frames as on a slow computer, 4.8 kB.
BETWEEN = (resource.RLIMIT_FSIZE, (3000, 3000))


@pytest.fixture
def place(here):
    """The folder of the exemplar, which can be removed afterwards."""
    yield here
    for path in here.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)


# Many commands in one process: the libraries are loaded once.
IN_TURN = """
import contextlib, io, json, os, sys
from engine.cli import main

told = []
for folder, arguments in json.load(sys.stdin):
    os.chdir(folder)
    sys.argv = ["texture-engine", *arguments]
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            main()
        except SystemExit as ended:
            told.append([ended.code, out.getvalue(), err.getvalue()])
print(json.dumps(told))
"""


def started(place, *words, limits=(), **how):
    """Run Python in a folder as a user whom permissions bind."""
    return forking.run(
        words,
        cwd=place,
        # Python puts a compiled module in place even if a limit on files has cut it short.
        env={**os.environ, "PYTHONPATH": str(ROOT), **forking.ONE_THREAD, "PYTHONDONTWRITEBYTECODE": "1"},
        text=True,
        timeout=120,
        bound=bind,
        limits=limits,
        **how,
    )


def run(place, *arguments, limits=()):
    """Run the program: its exit status, and what it says."""
    done = started(place, "-m", "engine", *arguments, limits=limits)
    return done.returncode, done.stdout, done.stderr


def run_each(place, commands, limits=()):
    """Run the program with each of these arguments, each in a folder: what `run` gives, of each."""
    runs = json.dumps([[str(folder), command] for folder, command in commands])
    done = started(place, "-c", IN_TURN, limits=limits, given=runs)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def rooms(place, names):
    """A folder with the exemplar for each of these names."""
    found = {name: place / name.replace(" ", "-") for name in names}
    for folder in found.values():
        folder.mkdir()
        shutil.copy(place / "bricks.png", folder)
    return found


def closed_folder(place, mode):
    folder = place / "closed"
    folder.mkdir()
    shutil.copy(place / "bricks.png", folder / "bricks.png")
    folder.chmod(mode)


@needs_a_user
@pytest.mark.parametrize("closed", ["file", "folder"])
def test_what_may_not_be_read_is_told_as_that_and_not_as_damaged(subtests, place, closed):
    found = rooms(place, ("exemplar", "mask", "canvas", "weights", "engine", "grams of", "status"))
    path = "secret.png" if closed == "file" else "closed/bricks.png"
    commands = []
    for name, room in found.items():
        if closed == "file":
            shutil.copy(place / "bricks.png", room / path)
            (room / path).chmod(0)
        else:
            closed_folder(room, 0o000)
        command, option, _ = PLACES[name]
        commands.append((room, [*command, *([option] if option else []), path]))
    for name, (status, out, err) in zip(found, run_each(place, commands), strict=True):
        with subtests.test(place=name):
            assert_told((status, out, err), path)
            assert "may not be read" in err
            assert "damaged" not in err
            assert "check its permissions" in err


@needs_a_user
@pytest.mark.parametrize("mode", [0o000, 0o500])
def test_a_folder_that_may_not_be_entered_or_written_to_is_told(subtests, place, mode):
    found = rooms(place, ("output", "record", "record to a folder", "features to", "numbers", "log file"))
    commands = []
    for name, room in found.items():
        command, option, suffix = PLACES[name]
        closed_folder(room, mode)
        commands.append((room, [*command, option, f"closed/new{suffix}"]))
    for (name, room), (status, out, err) in zip(found.items(), run_each(place, commands), strict=True):
        with subtests.test(place=name):
            assert_told((status, out, err), "closed")
            assert "permission" in err.lower()
            assert not list(room.glob("*out*"))


@needs_a_user
def test_a_recording_and_a_picture_larger_than_allowed_leave_nothing_behind(subtests, place):
    found = rooms(place, ("none", ".gif", ".webp", "folder", *([".mp4"] if find_spec("av") else [])))
    (found["none"] / "out.png").write_bytes(b"old")
    recorded = {"none": [], "folder": ["--record", "run"]}
    commands = [
        (room, [*MAKE, *QUICK, "--local", "-q", *recorded.get(name, ["--record", f"run{name}"])])
        for name, room in found.items()
    ]
    for (name, room), told in zip(found.items(), run_each(place, commands, limits=[SMALL]), strict=True):
        with subtests.test(recorded=name):
            assert_told(told, "out.png")
            left = {"bricks.png", "out.png"} if name == "none" else {"bricks.png"}
            assert {path.name for path in room.iterdir()} == left
    assert (found["none"] / "out.png").read_bytes() == b"old"


@needs_a_user
@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_a_recording_that_cannot_be_written_does_not_take_the_texture_with_it(place, suffix):
    name = f"run{suffix}"
    status, out, err = run(
        place, "synthesize", "bricks.png", "-o", "out.webp", *QUICK, "-q", "--record", name, limits=[BETWEEN]
    )
    assert_told((status, out, err), name)
    assert not list(place.glob("run*"))
    assert load(place / "out.webp").shape == (40, 48, 3)


@pytest.mark.parametrize("option", ["-o", "--record"])
def test_a_write_protected_file_is_replaced_only_by_force(call, here, option):
    target = here / ("kept.png" if option == "-o" else "kept.gif")
    target.write_bytes(b"mine")
    target.chmod(0o444)
    arguments = ("synthesize", "bricks.png", *QUICK, "-q", option, target.name)
    arguments += () if option == "-o" else ("-o", "out.png")
    told = call(*arguments)
    assert_told(told, target.name)
    assert "--force" in told[2]
    assert target.read_bytes() == b"mine"
    assert call(*arguments, "--force")[0] == 0
    assert target.read_bytes() != b"mine"


@needs_a_user
def test_a_file_of_another_user_is_replaced_only_by_force(place):
    if os.geteuid() != 0:
        pytest.skip("only the superuser can make one")
    (place / "out.png").write_bytes(b"theirs")
    os.chown(place / "out.png", NOBODY, NOBODY)
    status, out, err = run(place, *MAKE, *QUICK)
    assert_told((status, out, err), "out.png")
    assert (place / "out.png").read_bytes() == b"theirs"


def test_a_write_protected_figure_is_not_replaced(call, here):
    (here / "kept.png").write_bytes(b"mine")
    (here / "kept.png").chmod(0o444)
    assert_told(call("inspect", "matches", "bricks.png", "bricks.png", "-o", "kept.png"), "kept.png")
    assert (here / "kept.png").read_bytes() == b"mine"
