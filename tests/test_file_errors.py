"""What the file system refuses: one line with the path and a remedy, status 2, and nothing left behind."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import forking
import pytest
from calling import QUICK, ROOT
from file_places import MAKE, PLACES, assert_told

from engine.synthesis.compiling import cache_folder

if sys.platform == "win32":
    pytest.skip("Windows has other names, links and permissions", allow_module_level=True)


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
# Another name is made of it, or there is nothing wrong with it.
SOUND = {
    ("output of several", "a link to itself"),
    ("output of several", "a folder"),
    ("output of several", "a pipe"),
    ("features to", "a folder"),
    ("keys", "in no folder"),
}


def listed(here):
    return sorted(str(path) for path in here.rglob("*"))


@pytest.fixture(autouse=True)
def _own_state(monkeypatch, tmp_path_factory):
    state = tmp_path_factory.mktemp("state")
    state.chmod(0o700)
    monkeypatch.setenv("TEXTURE_ENGINE_FOLDER", str(state))


@pytest.mark.parametrize("where", PLACES)
def test_a_path_that_cannot_be_used_is_told_before_any_work(subtests, call, here, where):
    command, option, suffix = PLACES[where]
    for bad, made in BAD.items():
        if (where, bad) in SOUND:
            continue
        with subtests.test(bad=bad):
            path = made(suffix)
            before = listed(here)
            told = call(*command, *([option] if option else []), path)
            assert_told(told, "" if "\0" in path else path.partition("/")[0][:60])
            assert listed(here) == before


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


def test_a_device_behind_a_link_is_not_replaced(call, here):
    (here / "out.png").symlink_to(os.devnull)
    assert_told(call(*MAKE, *QUICK), "out.png")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


# The user's own folder.


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep caches elsewhere")
def test_a_plain_local_run_makes_nothing_but_the_cache_of_compiled_functions(here):
    home = here / "home"
    home.mkdir()
    cache = home / ".cache" / "gimp-texture-synthesis" / "compiled"
    # Functions that are compiled already: compiling them takes longer than all other tests of this file.
    # Another process may be at it just now: what it writes has another name until it is whole.
    shutil.copytree(cache_folder(), cache, ignore=shutil.ignore_patterns("*.tmp.*"))
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "TEXTURE_", "NUMBA_"))}
    done = subprocess.run(
        [sys.executable, "-m", "engine", *MAKE, *QUICK, "--local"],
        cwd=here,
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
    gone = tmp_path / "gone"
    gone.mkdir()
    done = subprocess.run(
        ["sh", "-c", 'rmdir "$PWD" && exec "$@"', "sh", sys.executable, "-m", "engine", *words],
        cwd=gone,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "folder" in done.stderr
    assert "space" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
