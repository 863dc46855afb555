"""The plug-in's jobs at a real engine."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from engines import JOB_SECONDS, forked, long_job, pixels, short_job, started
from plugin_links import installation_of, linked, reach

from gimp_plugin.job_sequence import JobSequence, State
from protocol.messages import Cancelled, Done, Failed, Progress, Source, Synthesize

POLL_SECONDS = 0.05


class Recording:
    """Notes what a work shows, in order."""

    def __init__(self):
        self.said, self.fractions, self.left, self.frames = [], [], [], []

    def on_message(self, sentence):
        self.said.append(sentence)

    def on_progress(self, fraction, seconds_left):
        self.fractions.append(fraction)
        self.left.append(seconds_left)

    def on_frame(self, frame, number):
        self.frames.append((number, frame))


@pytest.fixture
def show():
    return Recording()


@pytest.fixture
def installation(engine):
    return installation_of(engine.folder)


@pytest.fixture
def link(installation, client):  # noqa: ARG001 - the worker is ready once there is the client
    with linked(installation) as found:
        reach(found)
        yield found


@pytest.fixture
def work(link, show):
    return lambda *jobs: JobSequence(link, jobs, show)


def run(work, until=lambda: False):
    """Poll until the jobs have ended, or a condition holds."""
    latest = time.monotonic() + JOB_SECONDS
    while not until() and work.poll(POLL_SECONDS):
        assert time.monotonic() < latest
    return work.state


def steady(job="steady", **changes):
    """A job of a moment, with frames."""
    return short_job(job, **{"width": 48, "height": 48, "octaves": 2, "steps": 15, "frame_interval": 0.01, **changes})


# The end of a work.


def test_a_job_is_done(work, show):
    made = work(short_job(seed=5))
    assert made.state is State.WORKING
    assert run(made) is State.DONE
    (texture,) = made.textures
    assert (texture.seed, texture.finished, pixels(texture.raster).shape) == (5, True, (32, 32, 3))
    assert (made.problem, show.frames) == ("", [])
    assert not made.poll()


def test_jobs_are_done_one_after_the_other(work, show):
    made = work(*(steady("same-name", seed=seed) for seed in (1, 2, 3)))
    assert run(made) is State.DONE
    assert [texture.seed for texture in made.textures] == [1, 2, 3]
    assert len({bytes(texture.raster.data) for texture in made.textures}) == 3
    numbers = [number for number, _ in show.frames]
    assert numbers == sorted(numbers)
    assert set(numbers) == {0, 1, 2}


def test_frames_come_from_the_coarsest_octave_on_and_in_order(work, show):
    assert run(work(steady())) is State.DONE
    places = [(-frame.octave, frame.step) for _, frame in show.frames]
    assert places == sorted(places)
    assert {frame.octave for _, frame in show.frames} == {0, 1}


def test_progress_of_real_jobs_goes_past_the_first_of_two(work, show):
    assert run(work(*(steady(seed=seed, steps=75) for seed in range(2)))) is State.DONE
    print(f"{len(show.fractions)} reports, up to {max(show.fractions):.3f}")
    assert all(0 <= fraction <= 1 for fraction in show.fractions)
    assert show.fractions[0] < 0.5 < show.fractions[-1]
    assert all(seconds >= 0 for seconds in show.left if seconds is not None)


def scripted(installation, show, *events, job=None):
    """A work at an engine that says these things of its job, whatever it is."""
    work = JobSequence(ScriptedLink(installation, events), [job or short_job()] * 2, show)
    while work.poll() and work._link.script:  # noqa: SLF001
        pass
    return work


class ScriptedLink:
    """Says what a real engine says seldom."""

    problem, saying, connected = "", "", True

    def __init__(self, installation, events):
        self.installation, self.script = installation, list(events)
        self.client, self.job = self, None

    def submit(self, request):
        self.job = request.job

    def poll(self, timeout):  # noqa: ARG002
        return [replace(self.script.pop(0), job=self.job)] if self.job and self.script else []


def synthesis(seconds, seconds_left):
    return Progress("", "synthesis", 0, 1, 10, {}, seconds, seconds_left)


def test_progress_counts_seconds_of_all_jobs(installation, show):
    work = scripted(installation, show, synthesis(0.0, None), synthesis(1.0, 3.0), synthesis(3.0, 1.0))
    assert work.state is State.WORKING
    assert show.fractions == [0, 1 / 8, 3 / 8]
    assert show.left == [None, 7, 5]


@pytest.mark.parametrize(
    "then", [synthesis(2.0, 6.0), synthesis(2.0, None)], ids=["more is left", "nothing is known"]
)
def test_progress_never_falls(installation, show, then):
    scripted(installation, show, synthesis(1.0, 1.0), then)
    assert show.fractions == sorted(show.fractions)


# Ended early.


def test_a_work_that_is_stopped_brings_the_picture_so_far(work, show):
    made = work(long_job(seed=9))
    run(made, until=lambda: len(show.frames) > 2)
    made.stop(keep=True)
    # Once more is no matter.
    made.stop(keep=True)
    assert run(made) is State.STOPPED
    (texture,) = made.textures
    assert (texture.seed, texture.finished, pixels(texture.raster).shape) == (9, False, (64, 64, 3))


def test_a_work_that_is_cancelled_brings_nothing_and_the_engine_is_free_again(work, show, engine, client):
    made = work(long_job())
    run(made, until=lambda: show.frames)
    made.stop(keep=False)
    assert made.state is State.CANCELLED
    assert (made.poll(), made.textures) == (False, [])
    engine.ready(client)


def test_who_stops_and_then_loses_patience_may_cancel(work, show):
    made = work(long_job())
    run(made, until=lambda: show.frames)
    made.stop(keep=True)
    made.stop(keep=False)
    assert (made.state, made.poll()) == (State.CANCELLED, False)


def test_a_work_that_has_not_begun_is_cancelled_at_once(work):
    made = work(short_job())
    made.stop(keep=True)
    assert (made.state, made.poll(), made.textures) == (State.CANCELLED, False, [])


def test_what_was_finished_before_a_stop_is_kept_with_the_picture_so_far(work, show):
    made = work(short_job(seed=1), long_job(seed=2), short_job(seed=3))
    run(made, until=lambda: any(number == 1 for number, _ in show.frames))
    made.stop(keep=True)
    assert run(made) is State.STOPPED
    assert [(texture.seed, texture.finished) for texture in made.textures] == [(1, True), (2, False)]


def test_what_was_finished_is_kept_where_the_next_one_has_no_picture_yet(work):
    made = work(short_job(seed=1), long_job(seed=2))
    run(made, until=lambda: made.textures)
    made.stop(keep=True)
    assert run(made) is State.STOPPED
    assert made.textures[0].seed == 1


def test_the_next_work_of_the_same_link_hears_nothing_of_the_one_that_was_cancelled(work, show):
    first = work(long_job("steady", width=96, height=96))
    run(first, until=lambda: show.frames)
    first.stop(keep=False)
    show.frames.clear()
    second = work(steady(width=48, height=48))
    assert run(second) is State.DONE
    assert pixels(second.textures[0].raster).shape == (48, 48, 3)
    assert {(frame.width, frame.height) for _, frame in show.frames} == {(48, 48)}


# Maps.


PICTURE = short_job().sources[0].picture


def job_of_maps(**changes):
    return replace(short_job(**changes), sources=(Source(PICTURE, maps=(PICTURE,)),))


def test_maps_come_with_the_places_of_their_pixels(installation, show):
    made = scripted(installation, show, Done("", PICTURE, origins=PICTURE), job=job_of_maps())
    assert [texture.origins for texture in made.textures] == [PICTURE]


def test_a_set_that_is_stopped_brings_nothing_but_those_before(installation, show):
    assert scripted(installation, show, Cancelled("", PICTURE), job=job_of_maps()).state is State.CANCELLED
    made = scripted(installation, show, Done("", PICTURE, origins=PICTURE), Cancelled("", PICTURE), job=job_of_maps())
    assert (made.state, len(made.textures)) == (State.STOPPED, 1)


def test_a_preview_of_a_set_is_one_picture(installation, show):
    assert (
        scripted(installation, show, Done("", PICTURE), Done("", PICTURE), job=job_of_maps(preview=True)).state
        is State.DONE
    )


# Waiting.


def test_whoever_waits_for_others_is_told_so(work, show, client):
    # The one that runs counts.
    started(client, long_job())
    made = work(short_job())
    # An engine that is slow to answer has something said before that.
    assert run(made, until=lambda: show.said[-1:] == ["Waiting; textures ahead in the queue: 1"]) is State.WORKING
    client.cancel("long")
    assert run(made) is State.DONE


# What goes wrong.


@pytest.mark.parametrize(
    ("job", "sentence"),
    [
        (short_job(recipe="weave"), "recipe is 'weave'"),
        (Synthesize("x"), "there is nothing to take the texture from"),
        (short_job(width=32, height=32, encoder="vgg99"), "encoder is 'vgg99'"),
    ],
    ids=["recipe", "no exemplar", "encoder"],
)
def test_a_job_that_the_engine_refuses_is_explained(work, job, sentence):
    made = work(job, short_job())
    assert run(made) is State.FAILED
    assert made.problem.startswith("The engine says: ")
    assert sentence in made.problem
    assert made.problem.endswith(".")
    assert ".." not in made.problem
    assert made.textures == []


def test_what_was_finished_before_a_failure_is_kept(work):
    made = work(short_job(seed=1), short_job(recipe="weave"))
    assert run(made) is State.FAILED
    assert made.textures[0].seed == 1


def test_a_number_that_no_message_holds_fails_with_a_sentence(work):
    made = work(short_job(seed=2**70))
    assert run(made) is State.FAILED
    assert "a number of more than 64 bits" in made.problem


SENTENCES = {
    "out-of-memory": "There is not enough memory for this. Choose a smaller size, or a lower quality.",
    "worker-died": "The engine's worker process has crashed, perhaps because memory ran out. "
    "Try again, or choose a smaller size.",
    "too-large": "The picture is too large for the engine. Select less of it.",
    "too-few-opaque": "Only opaque pixels are sampled, and there are hardly any: turn off “Opaque texture”, or "
    "choose another exemplar.",
    "no-worker": "The engine cannot compute on this computer: run `python3 install.py --check`, which says what is "
    "wrong. (its words)",
    "version": "The plug-in and the engine are not compatible (its words): run `python3 install.py --upgrade`",
    "anything-else": "The engine says: its words (its hint).",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_a_failure_is_told_in_words_for_painters(installation, show, code):
    work = scripted(installation, show, Failed(code, "its words", "its hint"))
    assert (work.state, work.problem) == (State.FAILED, SENTENCES[code])


def test_what_the_engine_says_of_a_setting_names_it_as_the_dialog_does(installation, show):
    work = scripted(installation, show, Failed("bad-request", "leave out `flatten` and `strength`"))
    assert work.problem == "The engine says: leave out “Opaque texture” and strength."


def test_what_becomes_of_another_job_of_the_same_link_is_no_matter(work, link):
    made = work(steady())
    made.poll()
    link.client.submit(short_job("another", recipe="weave"))
    assert run(made) is State.DONE


def test_an_engine_that_dies_in_the_middle_is_told_and_the_link_finds_the_next_one(tmp_path, show):
    installation = installation_of(tmp_path / "engine")
    with forked(installation.folder, "--device", "cpu") as engine:
        with engine.client():
            pass
        with linked(installation) as link:
            reach(link)
            made = JobSequence(link, [long_job()], show)
            run(made, until=lambda: show.frames)
            engine.kill()
            assert run(made) is State.FAILED
            assert (
                made.problem == "The connection to the engine was lost. Try again: the engine will be started again."
            )
            with forked(installation.folder, "--device", "cpu") as second:
                with second.client():
                    pass
                link.reconnect()
                reach(link)
                assert link.client.status().process == second.process.pid


def test_an_engine_that_is_lost_and_still_there_is_said_to_hang(tmp_path, show):
    with forked(tmp_path / "engine", "--device", "cpu") as engine:
        with engine.client():
            pass
        work = scripted(installation_of(engine.folder), show, Failed("engine-lost", "the engine has gone"))
        assert work.problem == (
            "The engine does not answer: it hangs, or its keys were changed while it ran. "
            f"End its process {engine.process.pid}, then try again."
        )


def test_an_engine_that_is_about_to_end_is_lost_and_does_not_hang(tmp_path, show):
    with forked(tmp_path / "engine", "--device", "cpu") as engine:
        with engine.client():
            pass
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: (time.sleep(0.3), engine.kill()))
            work = scripted(installation_of(engine.folder), show, Failed("engine-lost", "the engine has gone"))
        assert work.problem == "The connection to the engine was lost. Try again: the engine will be started again."


def test_a_link_that_comes_to_nothing_fails_the_work_with_its_sentence(tmp_path, show):
    installation = installation_of(tmp_path / "engine")
    with linked(installation) as link:
        made = JobSequence(link, [short_job()], show)
        assert run(made) is State.FAILED
        assert made.problem == link.problem
        assert f"`{installation.installer} --check`" in made.problem
    assert show.said[0] == "Looking for the engine…"
