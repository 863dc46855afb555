"""A batch, run in this process: what is done stays done, and an error of one texture stops no other."""

import json
from concurrent.futures import BrokenExecutor, Future
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from calling import QUICK
from pictures import bricks, bytes_of, save
from PIL import Image
from test_batch_manifest import defaults, manifest

from engine.batch.engine_executor import EngineExecutor
from engine.batch.journal import DONE, FAILED, JOURNAL, Entry, Journal, entries
from engine.batch.publishing import publish
from engine.batch.requests import jobs_of
from engine.batch.running import BatchOptions, Outcome, run_batch
from engine.batch.work import Failure, Made, make
from engine.cli.batch import show_end
from engine.options.failures import CommandError
from protocol.messages import Cancelled, Welcome
from protocol.messages import Failed as FailedJob
from protocol.version import PROTOCOL

SMALL = {"quality": "draft", "steps": 1, "size": "48x40", "device": "cpu"}


class Here:
    """An executor that makes what it is given in this process, at once, and notes it."""

    capacity = 2

    def __init__(self, begin=make):
        self.begin = begin
        self.names = []

    def submit(self, work):
        self.names.append(Path(work.spec.files[0]).stem)
        future = Future()
        try:
            future.set_result(self.begin(work))
        except BrokenExecutor as error:
            future.set_exception(error)
        return future

    def wait(self, making):
        return set(making)

    def close(self):
        pass


def quick(_work):
    """What a texture would be, without making it."""
    return Made((b"a picture",), 48, 40, 0.5, "cpu", {"sliced": 0.25})


def run(folder, sources, executor, options=None, **given):
    """Run a batch to its end; gives what became of each texture."""
    with Journal(folder) as journal:
        ended = run_batch(
            jobs_of(sources, defaults(**SMALL, **given), None), executor, journal, options or BatchOptions()
        )
        return {each.job.name: each.outcome for each in ended}


def journal_of(folder):
    return [json.loads(line) for line in (folder / JOURNAL).read_text().splitlines()]


@pytest.fixture
def pictures(tmp_path):
    (tmp_path / "in").mkdir()
    for number, name in enumerate(("a", "b", "c")):
        save(tmp_path / "in" / f"{name}.png", bricks(seed=number))
    return tmp_path / "in"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def test_textures_have_the_bytes_that_synthesize_gives_them(call, here, out):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        assert run(out, [here / "bricks.png"], Here(), BatchOptions(threads=1), variations=2, seed=3) == {
            "bricks-3.png": Outcome.DONE,
            "bricks-4.png": Outcome.DONE,
        }
        for seed in (3, 4):
            arguments = (
                "bricks.png",
                "-o",
                f"{seed}.png",
                *QUICK,
                "--device",
                "cpu",
                "--seed",
                seed,
                "--local",
                "-q",
            )
            assert call("synthesize", *arguments) == (0, "", "")
            assert (out / f"bricks-{seed}.png").read_bytes() == (here / f"{seed}.png").read_bytes()
    finally:
        torch.set_num_threads(threads)


def test_what_is_done_is_not_made_again(pictures, out):
    run(out, [pictures], Here(quick))
    again = Here(quick)
    assert set(run(out, [pictures], again).values()) == {Outcome.SKIPPED}
    assert again.names == []


@pytest.mark.parametrize("change", ["output deleted", "exemplar changed", "another setting"])
def test_it_is_made_again_if_it_is_not_there_or_another(pictures, out, change):
    run(out, [pictures], Here(quick))
    given = {}
    if change == "output deleted":
        (out / "b.png").unlink()
    elif change == "exemplar changed":
        save(pictures / "b.png", bricks(seed=9))
    else:
        given = {"noise": 0.5}
    again = Here(quick)
    run(out, [pictures], again, **given)
    assert again.names == (["a", "b", "c"] if given else ["b"])


def test_where_it_is_computed_makes_no_other_request(pictures, out):
    run(out, [pictures], Here(quick))
    again = Here(quick)
    with Journal(out) as journal:
        jobs = jobs_of([pictures], defaults(**{**SMALL, "device": "cuda", "memory": "9GiB"}), None)
        assert {each.outcome for each in run_batch(jobs, again, journal, BatchOptions())} == {Outcome.SKIPPED}


def test_a_texture_that_fails_stops_no_other_and_is_told_with_its_reason(pictures, out):
    (pictures / "b.png").write_bytes(b"no picture")
    executor = Here(lambda work: made if isinstance(made := quick_if_read(work), Failure) else quick(work))
    assert run(out, [pictures], executor) == {"a.png": Outcome.DONE, "b.png": Outcome.FAILED, "c.png": Outcome.DONE}
    (failed,) = [each for each in entries(out / JOURNAL) if each.state == FAILED]
    assert "b.png is not a readable picture" in failed.reason
    assert not (out / "b.png").exists()


def quick_if_read(work):
    from engine.batch.work import begin_work

    return begin_work(work)


def test_what_has_failed_is_tried_again_only_if_that_is_asked_for(pictures, out):
    run(out, [pictures], Here(lambda _work: Failure("it is cloudy")))
    patient = Here(quick)
    assert set(run(out, [pictures], patient).values()) == {Outcome.FAILED_BEFORE}
    assert patient.names == []
    assert set(run(out, [pictures], Here(quick), BatchOptions(retry_failed=True)).values()) == {Outcome.DONE}
    # Its failure is history then.
    assert set(run(out, [pictures], Here(quick)).values()) == {Outcome.SKIPPED}


def test_a_file_that_has_gone_since_is_a_failure_of_one_texture(pictures, out):
    def vanish(work):
        (pictures / "c.png").unlink(missing_ok=True)
        return quick(work)

    executor = Here(vanish)
    executor.capacity = 1
    assert run(out, [pictures], executor)["c.png"] is Outcome.FAILED


def test_a_process_that_dies_costs_only_the_texture_that_kills_it(pictures, out):
    def die(work):
        if work.spec.files[0].stem == "b":
            raise BrokenExecutor
        return quick(work)

    class Company(Here):
        """All that is in the making dies with it, as in a pool."""

        def submit(self, work):
            future = Future()
            future.work = work
            self.names.append(work.spec.files[0].stem)
            return future

        def wait(self, making):
            try:
                found = [self.begin(each.work) for each in making]
            except BrokenExecutor as error:
                for each in making:
                    each.set_exception(error)
            else:
                for each, made in zip(making, found, strict=True):
                    each.set_result(made)
            return set(making)

    executor = Company(die)
    assert run(out, [pictures], executor) == {"a.png": Outcome.DONE, "b.png": Outcome.FAILED, "c.png": Outcome.DONE}
    assert executor.names.count("b") == 2
    assert executor.names.count("a") == 2


def test_jobs_are_taken_only_as_there_is_room_for_them(pictures, out):
    taken = []

    def watched():
        for job in jobs_of([pictures], defaults(**SMALL), None):
            taken.append(job.name)
            yield job

    with Journal(out) as journal:
        next(run_batch(watched(), Here(quick), journal, BatchOptions()))
    assert taken == ["a.png", "b.png"]


# The journal.


def test_a_torn_line_at_its_end_is_no_obstacle(pictures, out):
    run(out, [pictures], Here(quick))
    whole = (out / JOURNAL).read_bytes()
    lines = whole.splitlines(keepends=True)
    for length in (1, len(lines[-1]) // 2, len(lines[-1]) - 2):
        (out / JOURNAL).write_bytes(b"".join(lines[:-1]) + lines[-1][:length])
        again = Here(quick)
        run(out, [pictures], again)
        assert len(again.names) == 1
        assert len([each for each in entries(out / JOURNAL) if each.state == DONE]) == 3


def test_lines_of_another_kind_are_skipped(out):
    out.mkdir()
    strange = [b"\xff", b"[]", b"{}", b'{"state": 1}', b"null", b'{"state": "done", "request": "00", "output": "a"}']
    (out / JOURNAL).write_bytes(b"\n".join(strange) + b"\n")
    assert [each.output for each in entries(out / JOURNAL)] == ["a"]


def test_two_batches_do_not_write_to_one_folder(out):
    with Journal(out), pytest.raises(CommandError, match="another batch is writing to"):
        Journal(out)
    with Journal(out):
        pass


def test_the_entry_is_there_before_the_file_has_its_name(out, monkeypatch):
    with Journal(out) as journal:
        entry = Entry(state=DONE, request="ab" * 16, output="a.png")
        seen = []
        rename = Path.replace
        monkeypatch.setattr(Path, "replace", lambda *paths: (seen.append(journal_of(out)), rename(*paths)))
        publish(journal, entry, [out / "a.png"], [b"first"], force=False)
        assert [each["output"] for each in seen[0]] == ["a.png"]
        # The old file would count as the new one.
        publish(journal, replace(entry, request="cd" * 16), [out / "a.png"], [b"second"], force=False)
        assert len(seen[1]) == 1
    assert len(journal_of(out)) == 2
    assert [path.name for path in out.iterdir() if path.suffix == ".part"] == []


@pytest.mark.parametrize("moment", ["written", "noted"])
def test_a_crash_leaves_no_half_file_and_the_next_run_no_trace_of_it(pictures, out, monkeypatch, moment):
    class Crash(BaseException):
        pass

    def crash(*_):
        raise Crash

    with monkeypatch.context() as broken:
        broken.setattr(*((Journal, "add", crash) if moment == "written" else (Path, "replace", crash)))
        with pytest.raises(Crash):
            run(out, [pictures], Here(quick))
    assert [path.name for path in out.glob("*.png")] == []
    assert len([*out.glob(".*.part")]) == 1
    assert set(run(out, [pictures], Here(quick)).values()) == {Outcome.DONE}
    assert [*out.glob(".*.part")] == []


def test_what_reading_and_writing_lose_is_told_and_in_the_journal(pictures, out, capsys):
    Image.fromarray(bytes_of(bricks(seed=0))).quantize(16).save(pictures / "a.png")
    ink = np.zeros((64, 64, 4), np.uint8)
    ink[..., :3] = 255 - bytes_of(bricks(seed=1))
    tifffile.imwrite(pictures / "b.tif", ink, photometric="separated")
    (pictures / "b.png").unlink()
    with Journal(out) as journal:
        for ended in run_batch(jobs_of([pictures], defaults(**SMALL), None), Here(), journal, BatchOptions()):
            show_end(ended, as_json=False, quiet=ended.job.name == "b.png")
    told = {entry["output"]: entry["remarks"] for entry in journal_of(out)}
    assert {name: len(remarks) for name, remarks in told.items()} == {"a.png": 1, "b.png": 1, "c.png": 0}
    assert "palette" in told["a.png"][0]
    assert "CMYK" in told["b.png"][0]
    assert capsys.readouterr().err == f"texture-engine: {told['a.png'][0]}\n"


def test_what_is_too_small_to_be_measured_is_made_all_the_same(tmp_path, out):
    save(tmp_path / "small.png", bricks(8, 10))
    assert run(out, [tmp_path / "small.png"], Here(), BatchOptions(measured=True)) == {"small.png": Outcome.DONE}
    assert "distance" not in journal_of(out)[0]["measures"]


def test_a_write_protected_file_is_kept_and_told(pictures, out):
    out.mkdir()
    (out / "b.png").write_bytes(b"mine")
    (out / "b.png").chmod(0o444)
    assert run(out, [pictures], Here(quick))["b.png"] is Outcome.FAILED
    assert (out / "b.png").read_bytes() == b"mine"
    assert run(out, [pictures], Here(quick), BatchOptions(force=True, retry_failed=True))["b.png"] is Outcome.DONE


def test_maps_of_a_material_are_finished_together(tmp_path, out):
    for name in ("moss_color", "moss_normal"):
        save(tmp_path / f"{name}.png", bricks())
    lines = tmp_path / manifest(tmp_path, {"exemplars": ["moss_color.png", "moss_normal.png"], "steps": None})
    given = {**SMALL, "steps": None}
    for wanted in (Outcome.DONE, Outcome.SKIPPED):
        with Journal(out) as journal:
            jobs = jobs_of([lines], defaults(**given), None)
            assert [each.outcome for each in run_batch(jobs, Here(), journal, BatchOptions())] == [wanted]
    assert sorted(path.name for path in out.glob("*.png")) == ["moss_color.png", "moss_normal.png"]
    (out / "moss_normal.png").unlink()
    with Journal(out) as journal:
        jobs = jobs_of([lines], defaults(**given), None)
        assert [each.outcome for each in run_batch(jobs, Here(), journal, BatchOptions())] == [Outcome.DONE]


class Ending:
    """A client of an engine that ends with its first job."""

    welcome = Welcome(PROTOCOL, "", devices=("cpu",))

    def submit(self, request):
        self.job = request.job

    def poll(self, _timeout):
        return [FailedJob("engine-ended", "the engine has ended", "start it again, then repeat the job", self.job)]

    def close(self):
        pass


def test_a_batch_ends_with_its_engine_and_counts_no_texture_as_failed(pictures, out):
    with pytest.raises(CommandError, match="the engine has ended: start it again"):
        run(out, [pictures], EngineExecutor(Ending()))
    assert journal_of(out) == []


class Ended(Ending):
    """A client of an engine that makes nothing of its jobs."""

    def __init__(self):
        self.jobs = []

    def submit(self, request):
        self.jobs.append(request.job)

    def poll(self, _timeout):
        jobs, self.jobs = self.jobs, []
        return [Cancelled(job) for job in jobs]


def test_a_fault_of_the_program_at_one_texture_stops_no_other(pictures, out, monkeypatch):
    def fails(*_):
        raise RuntimeError("a fault")

    monkeypatch.setattr("engine.batch.engine_executor.finish_work", fails)
    assert run(out, [pictures], EngineExecutor(Ended())) == dict.fromkeys(("a.png", "b.png", "c.png"), Outcome.FAILED)
    assert all("a fault" in entry["reason"] for entry in journal_of(out))
