"""What the file system refuses: one line with the path and a remedy, status 2, and nothing left behind."""

import ctypes
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import forking
import pytest
from calling import QUICK, ROOT
from pictures import load

from engine.synthesis.compiling import cache_folder

if sys.platform == "win32":
    pytest.skip("Windows has other names, links and permissions", allow_module_level=True)

import resource  # Windows has none

NOBODY = 65534


def named(suffix):
    return f"{'n' * 300}{suffix}"


def loop(suffix):
    Path(f"loop{suffix}").symlink_to(f"loop{suffix}")
    return f"loop{suffix}"


def loop_of_folders(suffix):
    Path("round").symlink_to("round")
    return f"round/file{suffix}"


def folder(suffix):
    Path(f"folder{suffix}").mkdir()
    Path(f"folder{suffix}/note").write_bytes(b"mine")
    return f"folder{suffix}"


def pipe(suffix):
    os.mkfifo(f"pipe{suffix}")
    return f"pipe{suffix}"


BAD = {
    "a name of 300 bytes": named,
    "a link to itself": loop,
    "below a link to itself": loop_of_folders,
    "below a file": lambda suffix: f"bricks.png/file{suffix}",
    "a NUL": lambda suffix: f"a\0b{suffix}",
    "empty": lambda _: "",
    "a folder": folder,
    "a pipe": pipe,
    "in no folder": lambda suffix: f"nowhere/file{suffix}",
}
FILL = ("synthesize", "--canvas", "bricks.png", "-o", "out.png")
MAKE = ("synthesize", "bricks.png", "-o", "out.png")
# Command, what is put before the path, and the path's suffix.
PLACES = {
    "exemplar": (("synthesize", "-o", "out.png"), "", ".png"),
    "canvas": (("synthesize", "-o", "out.png", "--mask", "bricks.png"), "--canvas", ".png"),
    "mask": (FILL, "--mask", ".png"),
    "exemplar mask": (MAKE, "--exemplar-mask", ".png"),
    "init": (MAKE, "--init", ".png"),
    "weights": (MAKE, "--weights", ".safetensors"),
    "engine": (MAKE, "--engine", ".json"),
    "output": (("synthesize", "bricks.png"), "-o", ".png"),
    "output of several": (("synthesize", "bricks.png", "--variations", "2"), "-o", ".jpg"),
    "record": ((*MAKE, *QUICK), "--record", ".gif"),
    "record to video": ((*MAKE, *QUICK), "--record", ".mp4"),
    "record to a folder": ((*MAKE, *QUICK), "--record", ""),
    "features of": (("inspect", "features", "-o", "sheets"), "", ".png"),
    "features to": (("inspect", "features", "bricks.png"), "-o", ".png"),
    "grams of": (("inspect", "grams", "bricks.png", "-o", "out.png"), "", ".png"),
    "grams by": (("inspect", "grams", "bricks.png", "-o", "out.png"), "--weights", ".pth"),
    "layers of": (("inspect", "layers", "-o", "out.png"), "", ".png"),
    "losses to": (("inspect", "losses", "bricks.png"), "--output", ".svg"),
    "matches of": (("inspect", "matches", "bricks.png", "-o", "out.png"), "", ".png"),
    "numbers": (("inspect", "matches", "bricks.png", "bricks.png", "-o", "out.png"), "--numbers", ".json"),
    "judge": (("inspect", "recipes", "bricks.png", "-o", "out.png"), "--judge", ".pth"),
    "status": (("status",), "--engine", ".json"),
    "stop": (("stop",), "--engine", ".json"),
    "keys": (("keys",), "--file", ""),
    "authorized keys": (("serve",), "--authorized-keys", ""),
    "log file": (("serve",), "--log-file", ".log"),
    "log file of a detached": (("serve", "--detach"), "--log-file", ".log"),
}
# Another name is made of it, or there is nothing wrong with it.
SOUND = {
    ("output of several", "a link to itself"),
    ("output of several", "a folder"),
    ("output of several", "a pipe"),
    ("features to", "a folder"),
    ("keys", "in no folder"),
}


def listed(place):
    return sorted(str(path) for path in place.rglob("*"))


def assert_told(told, path=""):
    status, out, err = told
    assert (status, out) == (2, ""), err
    assert len(err.splitlines()) == 1, err
    assert err.startswith("texture-engine: ")
    assert "Traceback" not in err
    assert path in err


@pytest.fixture(autouse=True)
def _own_state(monkeypatch, tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    state.chmod(0o700)
    monkeypatch.setenv("TEXTURE_ENGINE_FOLDER", str(state))


@pytest.mark.parametrize("place", PLACES)
def test_a_path_that_cannot_be_used_is_told_before_any_work(subtests, call, here, place):
    command, option, suffix = PLACES[place]
    for bad, made in BAD.items():
        if (place, bad) in SOUND:
            continue
        with subtests.test(bad=bad):
            path = made(suffix)
            before = listed(here)
            told = call(*command, *([option] if option else []), path)
            assert_told(told, "" if "\0" in path else path.partition("/")[0][:60])
            assert listed(here) == before


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
    """The folder of the exemplar, which can be removed afterwards, with a home in it."""
    (here / "home").mkdir()
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
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", [("-o", "-"), ("-o", "out.png", "--json")])
def test_a_full_disk_behind_standard_output_is_told(here, arguments):
    with Path("/dev/full").open("wb") as full:
        done = forking.run(
            [*forking.PROGRAM, "synthesize", "bricks.png", *QUICK, "--local", "-q", *arguments],
            cwd=here,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=full,
            timeout=100,
        )
    assert_told((done.returncode, "", done.stderr.decode()))


# Files that are write-protected.


@pytest.mark.parametrize("more", [(), ("--force",), ("--pick", "2")])
def test_an_input_is_no_output_whatever_is_forced(call, here, more):
    before = (here / "bricks.png").read_bytes()
    (here / "bricks.png").chmod(0o444)
    told = call("synthesize", "bricks.png", *QUICK, "-q", "-o", "bricks.png", *more)
    assert_told(told, "bricks.png is an input")
    assert "--force" not in told[2]
    assert (here / "bricks.png").read_bytes() == before


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


def test_a_device_behind_a_link_is_not_replaced(call, here):
    (here / "out.png").symlink_to(os.devnull)
    assert_told(call(*MAKE, *QUICK), "out.png")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


# The user's own folder.


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep caches elsewhere")
def test_a_plain_local_run_makes_nothing_but_the_cache_of_compiled_functions(place):
    home = place / "home"
    cache = home / ".cache" / "gimp-texture-synthesis" / "compiled"
    # Functions that are compiled already: compiling them takes longer than all other tests of this file.
    # Another process may be at it just now: what it writes has another name until it is whole.
    shutil.copytree(cache_folder(), cache, ignore=shutil.ignore_patterns("*.tmp.*"))
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "TEXTURE_", "NUMBA_"))}
    done = subprocess.run(
        [sys.executable, "-m", "engine", *MAKE, *QUICK, "--local"],
        cwd=place,
        env={**plain, "PYTHONPATH": str(ROOT), "HOME": str(home)},
        capture_output=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    # A driver of NVIDIA's keeps a cache of its own.
    driver = home / ".nv"
    made = [path for path in home.rglob("*") if path.is_file() and not path.is_relative_to(driver)]
    assert [path for path in made if not path.is_relative_to(cache)] == []
    assert [path.name for path in home.iterdir() if path != driver] == [".cache"]
    assert list((home / ".cache").iterdir()) == [cache.parent]
    assert list(cache.parent.iterdir()) == [cache]


def test_a_library_that_does_not_load_is_told_in_one_line(here):
    (here / "broken" / "numpy").mkdir(parents=True)
    (here / "broken" / "numpy" / "__init__.py").write_text("raise ImportError('made for another Python')")
    done = subprocess.run(
        [sys.executable, "-m", "engine", "synthesize", "bricks.png", "-o", "out.png", *QUICK, "--local"],
        cwd=here,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(here / "broken"), str(ROOT)])},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert_told((done.returncode, done.stdout, done.stderr), "made for another Python")


@pytest.mark.skipif(sys.platform == "win32", reason="names are text there")
def test_a_name_that_is_no_text_is_printed_byte_for_byte(here):
    done = subprocess.run(
        [sys.executable, "-m", "engine", "synthesize", b"\xff.png", "-o", "out.png", "--local"],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        timeout=100,
    )
    assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
    assert b"\xff.png" in done.stderr


@pytest.mark.parametrize("words", [["doctor", "--quick"], ["synthesize", "bricks.png", "-o", "out.png"]])
def test_a_command_in_a_folder_that_was_deleted_says_so(tmp_path, words):
    place = tmp_path / "gone"
    place.mkdir()
    done = subprocess.run(
        ["sh", "-c", 'rmdir "$PWD" && exec "$@"', "sh", sys.executable, "-m", "engine", *words],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "folder" in done.stderr
    assert "space" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
