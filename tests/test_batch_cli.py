"""`texture-engine batch` as a program of its own: interrupted, killed, through an engine."""

import json
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from calling import assert_refused, contents, start_process
from engines import JOB_SECONDS, forked, forked_terminal
from pictures import bricks, save

from engine.batch.journal import JOURNAL

QUICK = ("--quality", "draft", "--steps", "1", "--size", "48x40", "--device", "cpu")
OWN = ("--local", "--workers", "1")
# So many that some are left to make when the batch is interrupted, on a busy computer, too.
COUNT = 8


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with exemplars in it, where no engine is found."""
    (tmp_path / "in").mkdir()
    for number in range(COUNT):
        save(tmp_path / "in" / f"{number}.png", bricks(seed=number))
    monkeypatch.setenv("TEXTURE_ENGINE_FOLDER", str(tmp_path / "nobody"))
    return tmp_path


def ended(process):
    out, err = process.communicate(timeout=JOB_SECONDS)
    return process.returncode, out, err


def finished(folder):
    """The outputs that are there."""
    return {path.name for path in folder.glob("*.png")}


def wait_for(process, folder, count):
    until = time.monotonic() + JOB_SECONDS
    while len(finished(folder)) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)


def children(parent):
    """Processes of a process, where the system lists them in files."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # After the name, which may have anything in it, come state and parent.
            found += [stat.parent] if int(stat.read_text().rpartition(")")[2].split()[1]) == parent else []
    return found


def wait_for_end(processes):
    """Wait until none is left: they would compute for nobody."""
    until = time.monotonic() + JOB_SECONDS
    while any(each.exists() for each in processes):
        assert time.monotonic() < until
        time.sleep(0.02)


def summary(out):
    return json.loads(out.splitlines()[-1])["summary"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a child alone")
def test_a_batch_that_is_killed_and_interrupted_goes_on_and_gives_the_same_bytes(folder):
    out = folder / "out"
    for number, kind in enumerate((signal.SIGKILL, signal.SIGINT), 1):
        process = start_process("batch", "in", "-o", "out", *QUICK, *OWN, cwd=folder)
        wait_for(process, out, number)
        helpers = children(process.pid)
        process.send_signal(kind)
        status, _, err = ended(process)
        assert status == (-signal.SIGKILL if kind == signal.SIGKILL else 130), err
        wait_for_end(helpers)
    assert err.splitlines()[-1] == "texture-engine: interrupted: run the same command again to resume"
    before = {path: path.stat().st_mtime_ns for path in out.glob("*.png")}
    assert 2 <= len(before) < COUNT
    status, told, err = ended(start_process("batch", "in", "-o", "out", *QUICK, *OWN, "--json", cwd=folder))
    assert status == 0, err
    assert summary(told)["skipped"] == len(before)
    assert summary(told)["done"] == COUNT - len(before)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert finished(out) == {f"{number}.png" for number in range(COUNT)}
    assert [path.name for path in out.iterdir() if path.suffix == ".part"] == []
    for name in ("0.png", "3.png"):
        alone = start_process("synthesize", f"in/{name}", "-o", name, *QUICK, "--local", "-q", cwd=folder)
        assert ended(alone) == (0, "", "")
        assert (folder / name).read_bytes() == (out / name).read_bytes()


def test_an_engine_makes_the_same_and_the_page_shows_it(folder, tmp_path):
    (folder / "list.jsonl").write_text(
        "\n".join(
            json.dumps(each)
            for each in ({"exemplar": "in/0.png", "variations": 2}, {"exemplar": "bad.png"}, {"exemplar": "in/1.png"})
        )
    )
    (folder / "bad.png").write_bytes(b"no picture")
    arguments = ("batch", "list.jsonl", "--json", "--report", "report.html", *QUICK)
    with forked(tmp_path / "engine", "--device", "cpu") as engine, engine.client("watcher") as watcher:
        engine.ready(watcher)
        told = forked_terminal(engine.folder, *arguments, "-o", "there", cwd=folder)
        assert watcher.status().done == 3
    assert told.returncode == 1
    states = [json.loads(line).get("state") for line in told.stdout.splitlines()[:-1]]
    assert sorted(states) == ["done", "done", "done", "failed"]
    assert summary(told.stdout) | {"seconds": 0, "pixels_per_second": 0} == {
        "textures": 4,
        "done": 3,
        "failed": 1,
        "skipped": 0,
        "seconds": 0,
        "pixels_per_second": 0,
    }
    # Where it takes its time, there are lines about the progress between them.
    first, *_, last = [line for line in told.stderr.splitlines() if line.startswith("texture-engine: ")]
    assert "bad.png failed: " in first
    assert "is not a readable picture" in first
    assert "1 of 4 textures failed" in last
    here = ended(start_process(*arguments, "-o", "here", "--workers", "1", cwd=folder))
    assert here[0] == 1
    there, own = contents(folder / "there"), contents(folder / "here")
    assert {path.name: data for path, data in there.items() if path.suffix == ".png"} == {
        path.name: data for path, data in own.items() if path.suffix == ".png"
    }
    assert {path.name for path in there} == {"0-0.png", "0-1.png", "1.png", JOURNAL, ".batch.lock"}
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.count("<img ") == 6
    assert ">distance<" in page


def test_a_page_may_be_in_the_new_folder_of_its_batch(call, folder, monkeypatch):
    monkeypatch.chdir(folder)
    Path("bad.png").write_bytes(b"no picture")
    assert call("batch", "bad.png", "-o", "new/out", "--report", "new/out/page.html", "--workers", "1")[0] == 1
    assert "bad.png" in Path("new/out/page.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("in",), "--output is missing"),
        (("nowhere", "-o", "out"), "nowhere does not exist"),
        (("none-*.png", "-o", "out"), "matches no file"),
        (("in", "-o", "out", "--name", "{steam}.png"), "{steam}"),
        (("in", "-o", "out", "--report", "page.txt"), "--report is 'page.txt': name an .html file"),
        (("in", "-o", "out", "--report", "none/page.html"), "the folder none of page.html does not exist"),
        (("in", "-o", "out", "--gpus", "1"), "--gpus is for a Ray cluster"),
        (("in", "-o", "out", "--local", "--ray"), "--ray excludes"),
        (("in", "-o", "out", "--local", "--engine", "e.json"), "--engine excludes"),
        (("in", "-o", "out", "--noise", "3"), "--noise"),
        (("in", "-o", "in/0.png"), "0.png"),
    ],
)
def test_a_mistake_is_told_before_anything_is_made(call, folder, monkeypatch, arguments, said):
    monkeypatch.chdir(folder)
    before = contents(folder)
    assert_refused(call("batch", *arguments), said)
    assert contents(folder) == before
