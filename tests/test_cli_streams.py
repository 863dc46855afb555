"""Standard output that takes nothing, or only a part of what is written."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import forking
import pytest
from calling import QUICK, ROOT

resource = pytest.importorskip("resource")
FULL = Path("/dev/full")
LARGE = 10**6
WRITE = f"from engine.cli.standard_output import write_output; write_output(bytes({LARGE}))"
# As an interpreter does it, and as in many containers.
BUFFERINGS = ["", "1"]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes end otherwise there")


def start(*arguments, here, buffering="", **options):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": buffering}
    return forking.start(arguments, cwd=here, env=environment, stderr=subprocess.PIPE, text=True, **options)


def assert_output_refused(process):
    _, err = process.communicate(timeout=100)
    assert process.returncode
    assert "standard output cannot be written" in err.splitlines()[-1]
    assert "Traceback" not in err
    return err


@pytest.mark.parametrize("buffering", BUFFERINGS)
def test_a_reader_that_goes_away_meanwhile_is_told(here, buffering):
    process = start("-c", WRITE, here=here, buffering=buffering, stdout=subprocess.PIPE)
    assert process.stdout.read(10)
    process.stdout.close()
    process.stdout = None
    assert "standard output cannot be written" in process.communicate(timeout=100)[1]
    assert process.returncode


@pytest.mark.parametrize("buffering", BUFFERINGS)
def test_a_disk_that_is_full_after_a_part_is_told(here, buffering):
    limits = [(resource.RLIMIT_FSIZE, (4096, 4096))]
    with (here / "part.png").open("wb") as file:
        process = start("-c", WRITE, limits=limits, here=here, buffering=buffering, stdout=file)
    assert "standard output cannot be written" in process.communicate(timeout=100)[1]
    assert process.returncode


def test_a_reader_that_has_gone_is_told_in_one_line(here):
    reading, writing = os.pipe()
    os.close(reading)
    process = start(
        "-m", "engine", "synthesize", "bricks.png", "-o", "-", *QUICK, "--local", "-q", here=here, stdout=writing
    )
    os.close(writing)
    assert len(assert_output_refused(process).splitlines()) == 1
    assert process.returncode == 2


COMMANDS = {
    "json of a texture": ("synthesize", "bricks.png", "-o", "out.png", *QUICK, "--local", "-q", "--json"),
    "keys": ("keys",),
    "version": ("--version",),
}


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("buffering", BUFFERINGS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_is_told_as_that_of_standard_output(here, command, buffering):
    with FULL.open("w") as full:
        process = start("-m", "engine", *COMMANDS[command], here=here, buffering=buffering, stdout=full)
    assert len(assert_output_refused(process).splitlines()) == 1
    assert process.returncode == 2


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_help_is_printed_in_any_encoding(here, encoding):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding}
    words = (sys.executable, "-m", "engine", "synthesize", "--help")
    ended = subprocess.run(words, cwd=here, env=environment, capture_output=True, timeout=100, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"--output" in ended.stdout


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("buffering", BUFFERINGS)
def test_a_full_disk_behind_stderr_ends_no_work(here, buffering):
    command = ("synthesize", "bricks.png", "-o", "out.png", *QUICK, "--local", "--variations", "2")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": buffering}
    with FULL.open("w") as full:
        process = forking.start(("-m", "engine", *command), cwd=here, env=environment, stderr=full)
    assert process.wait(timeout=100) == 0
    assert {each.name for each in here.glob("out*.png")} == {"out-1.png", "out-2.png"}


def test_a_full_pipe_behind_stderr_that_must_not_be_waited_for_ends_no_work(here):
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    code = (
        "import sys; from engine.cli.standard_output import lose_messages; lose_messages(); "
        f"print('x' * {LARGE}, file=sys.stderr); print('done')"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=here, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=writing, stdout=-1
    )
    os.close(writing)
    assert process.communicate(timeout=100)[0].strip() == b"done"
    os.close(reading)
    assert process.returncode == 0


@pytest.mark.parametrize(
    "command", [("synthesize", "bricks.png", "-o", "out.png"), ("batch", "bricks.png", "-o", "new")]
)
def test_json_to_a_closed_standard_output_is_refused_before_any_work(here, command):
    words = shlex.join([sys.executable, "-m", "engine", *command, "--json", "-q", "--local"])
    ended = subprocess.run(
        ["sh", "-c", f"{words} >&-"],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 2
    assert "--json" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert not (here / "out.png").exists()
