"""A running engine and several clients, each with its own pace."""

import select
import time

import pytest
from engines import JOB_SECONDS, end_of, heard, long_job, short_job, started

from protocol.messages import Accepted, Cancelled, Done, Frame, JobEnd, Pong, Progress


@pytest.fixture
def other(engine, client):  # noqa: ARG001 - the first one has waited until the worker is ready
    with engine.client("other") as connected:
        yield connected


def wait_for(client, wanted, seconds=JOB_SECONDS):
    """Ask for the status until it is as wanted, and give it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = client.status()
        if wanted(found):
            return found
        time.sleep(0.02)
    raise AssertionError(f"it did not come to be so: {found}")


# Turns.


def test_clients_take_turns(client, other):
    started(client, long_job())
    client.submit(long_job("second"))
    client.submit(short_job("third"))
    other.submit(short_job("theirs"))
    assert next(other.events("theirs", 5)) == Accepted("theirs", 1)
    client.cancel("long")
    # The second one would go on until it is cancelled.
    assert isinstance(end_of(other, "theirs"), Done)
    client.cancel("second")
    assert isinstance(end_of(client, "third"), Done)


def test_whoever_has_to_wait_longer_because_of_turns_is_told_so(client, other):
    started(client, long_job())
    client.submit(short_job("second"))
    client.submit(short_job("third"))
    assert next(client.events("second", 5)) == Accepted("second", 1)
    assert next(client.events("third", 5)) == Accepted("third", 2)
    other.submit(short_job("theirs"))
    assert next(other.events("theirs", 5)) == Accepted("theirs", 1)
    assert next(client.events("second", 5)) == Accepted("second", 2)
    assert next(client.events("third", 5)) == Accepted("third", 3)


def test_two_clients_may_have_jobs_of_one_name(client, other):
    for each, size in ((client, 32), (other, 48)):
        each.submit(short_job("same", width=size))
    assert [end_of(each, "same").raster.width for each in (client, other)] == [32, 48]


def test_nobody_can_cancel_the_job_of_another(client, other):
    started(client, long_job())
    other.cancel("long")
    other.ping(3)
    assert heard(other) == [Pong(3)]
    (worker,) = client.status().workers
    assert worker.state == "working"


# Clients that read slowly.

PICTURES = {"width": 256, "height": 256, "recipe": "gram", "layers": (("relu1_1", 1.0),), "frame_interval": 0.05}
# What fits into the buffers on the way.
ON_THE_WAY = 20


def test_who_reads_nothing_for_a_while_gets_few_old_frames_and_then_the_newest(client, other):
    other.submit(long_job(**PICTURES))
    shown = wait_for(client, lambda status: status.workers[0].step >= 60).workers[0].step
    frames = []
    for event in other.events("long", JOB_SECONDS):
        if isinstance(event, Frame):
            frames.append(event.step)
            if event.step >= shown:
                break
    print(f"frames of {shown} steps: {frames}")
    assert frames == sorted(frames)
    assert len(frames) < ON_THE_WAY


def test_who_reads_nothing_while_a_job_runs_gets_few_frames_and_its_result(client, other):
    done = client.status().done
    other.submit(short_job(**PICTURES, steps=60))
    wait_for(client, lambda status: status.done > done)
    *events, end = other.events("short", JOB_SECONDS)
    frames = [event.step for event in events if isinstance(event, Frame)]
    print(f"frames of {end.step} steps: {frames}")
    assert isinstance(end, Done)
    assert 0 < len(frames) < ON_THE_WAY
    assert frames == sorted(frames)


@pytest.mark.alone
def test_who_reads_nothing_holds_nobody_up(client, other):
    other.submit(long_job(**PICTURES))
    slowest = 0.0
    until = time.monotonic() + JOB_SECONDS
    while client.status().workers[0].step < 60:
        assert time.monotonic() < until
        began = time.monotonic()
        client.ping(1)
        assert heard(client) == [Pong(1)]
        slowest = max(slowest, time.monotonic() - began)
    print(f"pong: after {slowest:.3f} s at most")
    assert slowest < 0.5
    other.cancel("long")
    client.submit(short_job())
    assert isinstance(end_of(client, "short"), Done)


# Clients that leave.


@pytest.mark.alone
def test_what_a_client_that_leaves_has_handed_in_is_cancelled(engine, client):
    before = client.status()
    with engine.client("leaving") as leaving:
        started(leaving, long_job())
        leaving.submit(short_job("waits"))
        assert wait_for(client, lambda status: status.waiting == 1)
    began = time.monotonic()
    after = wait_for(client, lambda status: status.workers[0].state == "ready" and not status.waiting)
    seconds = time.monotonic() - began
    print(f"cancelled: {seconds:.2f} s after the client has left")
    assert after.cancelled - before.cancelled == 2
    assert after.done == before.done
    assert "leaving" not in {c.client for c in after.clients}
    # 2 s is what is meant; a loaded computer may take longer.
    assert seconds < 3


def test_the_job_of_a_client_that_leaves_makes_way_for_that_of_another(engine, client):
    with engine.client("leaving") as leaving:
        started(leaving, long_job())
        client.submit(short_job())
    assert isinstance(end_of(client, "short"), Done)


# Clients with a main loop of their own.


def test_a_program_that_watches_the_descriptor_gets_every_event(client):
    client.submit(short_job(width=64, height=64, steps=40, octaves=2, frame_interval=0.0))
    woken, seen = 0, []
    until = time.monotonic() + JOB_SECONDS
    while not seen or not isinstance(seen[-1], JobEnd):
        assert time.monotonic() < until
        readable, _, _ = select.select([client.fileno()], [], [], 0.2)
        woken += len(readable)
        seen += client.poll()
    assert woken > 0
    assert seen[0] == Accepted("short", 0)
    assert isinstance(seen[-1], Done)
    assert [(event.octave, event.step > 0) for event in seen if isinstance(event, Frame)] == [(1, False), (1, True)]
    assert any(isinstance(event, Progress) for event in seen)


def test_events_of_several_jobs_come_as_they_happen(client):
    for name in ("a", "b", "c"):
        client.submit(short_job(name))
    ends = []
    until = time.monotonic() + JOB_SECONDS
    while len(ends) < 3:
        assert time.monotonic() < until
        ends += [event.job for event in client.poll(0.2) if isinstance(event, JobEnd)]
    assert ends == ["a", "b", "c"]


def test_jobs_can_be_followed_in_another_order_than_they_end(client):
    started(client, long_job())
    client.submit(short_job("next"))
    client.cancel("long")
    assert isinstance(end_of(client, "next"), Done)
    assert isinstance(end_of(client, "long"), Cancelled)
