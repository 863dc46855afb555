"""An engine among clients that mean harm: none of it stops it, slows others down or stays in its memory.

Some print what others notice of it (`-s` or `-rP` shows it); docs/faults.md has the figures.
"""

import random
import sys
import time
from contextlib import suppress
from dataclasses import fields, replace

import msgpack
import pytest
import zmq
from engines import end_of, long_job, running, short_job, started
from hostile import Pinger, Stranger, descriptors, hung_up, listening, memory, plain_sockets

from engine.request_errors import RequestError
from protocol.client import EngineClient
from protocol.codec import encode
from protocol.connection import read_connection, split_address
from protocol.errors import EngineRefusedError
from protocol.keys import CLIENT_KEYS, make_keys, own_keys
from protocol.messages import (
    Accepted,
    Cancel,
    Cancelled,
    Done,
    Failed,
    Frame,
    Hello,
    Ping,
    Pong,
    Prepared,
    Progress,
    StatusRequest,
    Synthesize,
    Welcome,
)
from protocol.status import Status
from protocol.version import PROTOCOL

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="what a process takes is read from /proc"),
    pytest.mark.usefixtures("costs", "unharmed"),
]

# What an engine takes by default would ask too much of the computer that runs the tests.
MESSAGE_BYTES = 2**22
# What the C library keeps for later is given back all the time, so that its memory is what the front holds.
PROGRAM = f"""
import ctypes, threading, time
from engine.service.front import ServeOptions
from engine.service.serving import run_engine
from protocol.limits import Limits
def give_back():
    while True:
        ctypes.CDLL(None).malloc_trim(0)
        time.sleep(0.5)
threading.Thread(target=give_back, daemon=True).start()
run_engine(ServeOptions(devices=("cpu",), limits=Limits(message_bytes={MESSAGE_BYTES})))
"""
HEADER_BYTES = 2**16
MOST_CLIENTS = 64
# Bounds on a computer that is busy with other tests as well.
JOB_SECONDS = 30
PONG_SECONDS = 3
GONE_SECONDS = 60
GREETING = b"\xff" + bytes(8) + b"\x7f"
NOT_UNDERSTOOD = {"bad-message", "unknown-type", "too-large"}
ODDITIES = (
    None, True, -1, 0, 1.5, 2**31, 2**63, 2**64 - 1, "", "x", "\0", "x" * 5000, b"x", [], [[]], [["x", 1.0]], {},
    {"x": {}}, float("nan"), float("inf"), msgpack.ExtType(5, b""),
)  # fmt: skip


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with running(tmp_path_factory.mktemp("hostile") / "engine", program=("-c", PROGRAM)) as started:
        started.client().close()
        yield started


@pytest.fixture(scope="module")
def good(engine):
    """A client that behaves, and is to notice nothing."""
    with engine.client("good") as client:
        engine.ready(client)
        yield client


@pytest.fixture(scope="module")
def connection(engine):
    return read_connection(engine.file)


@pytest.fixture(scope="module")
def keys(engine):
    return own_keys(engine.folder / CLIENT_KEYS)


@pytest.fixture(scope="module")
def context():
    made = zmq.Context()
    made.max_sockets = 2000
    yield made
    made.destroy(0)


@pytest.fixture(scope="module")
def costs(engine, good, context, connection, keys):
    """What the front takes once it has had messages of every size, some of which the system keeps ready for more."""
    for _ in range(3):
        assert_done(good)
        for _ in range(20):
            with Stranger(context, connection, keys) as stranger:
                stranger.greet().say([b"rubbish"], StatusRequest(), [b"rubbish", bytes(MESSAGE_BYTES)])
                stranger.answers(3)
        wait_until_alone(good)
    return memory(engine.process.pid), descriptors(engine.process.pid)


@pytest.fixture
def unharmed(engine, good):
    """After every attack, whoever behaves gets what they ask for."""
    yield
    began = time.monotonic()
    assert_done(good)
    assert time.monotonic() - began < JOB_SECONDS
    assert engine.process.poll() is None


@pytest.fixture
def stranger(context, connection, keys):
    """A client with the right key and no manners."""
    with Stranger(context, connection, keys) as made:
        yield made.greet()


def test_random_bytes_are_refused_one_by_one(stranger):
    chance = chances(0)
    for _ in range(300):
        frames = [chance.randbytes(chance.choice((0, 1, 2, 9, 99, 9999))) for _ in range(chance.randint(1, 4))]
        stranger.say(frames)
        assert_not_understood(stranger.hear())
    assert stranger.hear(100) is None


def test_random_bytes_from_somebody_who_has_not_said_hello(context, connection, keys, good):
    chance = chances(1)
    wait_until_alone(good)
    with Stranger(context, connection, keys) as unknown:
        for _ in range(100):
            unknown.say([chance.randbytes(chance.randint(0, 99))])
            # Strangers are answered only if they take it at once.
            if answer := unknown.hear(200):
                assert_not_understood(answer)
        for message in (StatusRequest(), Ping(1), Cancel("x"), short_job()):
            assert answered(unknown, message).code == "hello-first"
        assert [client.client for client in good.status().clients] == ["good"]


def test_truncated_messages_are_refused(stranger):
    header, pixels = encode(short_job("cut"))
    for length in range(len(header)):
        stranger.say([header[:length], pixels])
        assert_not_understood(stranger.hear())
    for length in range(0, len(pixels), 50):
        stranger.say([header, pixels[:length]])
        assert_not_understood(stranger.hear(), job="cut")
    stranger.say([header])
    assert_not_understood(stranger.hear(), job="cut")


def test_flipped_bits_are_refused_or_harmless(stranger):
    chance = chances(2)
    header, pixels = encode(short_job("flip", steps=1))
    for _ in range(100):
        flipped = bytearray(header)
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        stranger.say([bytes(flipped), pixels])
        end = end_heard(stranger)
        assert isinstance(end, Done | Failed)
        assert getattr(end, "code", "") != "internal"


def test_header_that_is_too_long(stranger):
    stranger.say([bytes(HEADER_BYTES + 1)])
    assert stranger.hear().code == "too-large"


@pytest.mark.parametrize("frames", [1, 2])
def test_frame_that_is_far_too_large_ends_the_connection(stranger, frames):
    stranger.say([b"x"] * (frames - 1) + [bytes(2 * MESSAGE_BYTES)])
    # Its socket comes back by itself, to an engine that does not know it.
    assert answered(stranger, Ping(1)).code == "hello-first"


def test_frame_that_is_as_large_as_may_be(stranger):
    header, pixels = encode(short_job("full"))
    stranger.say([header, pixels + bytes(MESSAGE_BYTES - len(pixels))])
    assert isinstance(end_heard(stranger), Done)
    stranger.say([header, pixels + bytes(MESSAGE_BYTES - len(pixels) + 1)])
    assert_not_understood(stranger.hear(), job="full")


@pytest.mark.parametrize("count", [1, 3, 50, 5000])
def test_wrong_number_of_frames(stranger, count):
    frames = [*encode(short_job("parts")), *[b""] * count]
    stranger.say(frames[:1] if count == 1 else frames[:count])
    assert_not_understood(stranger.hear(), job="parts")
    # As a REQ socket would send it.
    stranger.say([b"", *encode(Ping(1))])
    assert_not_understood(stranger.hear())


def test_fields_of_a_wrong_kind_or_size(stranger):
    header, pixels = plain(short_job("odd", steps=1))
    for field in fields(Synthesize):
        for oddity in ODDITIES:
            stranger.say([msgpack.packb({**header, field.name: oddity}), pixels])
            assert_told_what_is_wrong(end_heard(stranger))


def test_rasters_of_a_wrong_kind_or_size(stranger):
    header, pixels = plain(short_job("odd", steps=1))
    sides = (7, 31, 33, 2**20, 2**31 - 1, len(pixels), len(pixels) + 1, -len(pixels))
    for field in ("width", "height", "channels", "depth", "offset"):
        for oddity in (*ODDITIES, *sides):
            picture = {**header["sources"][0]["picture"], field: oddity}
            stranger.say([msgpack.packb({**header, "sources": [{"picture": picture}]}), pixels])
            assert_told_what_is_wrong(end_heard(stranger))


def test_pixels_that_do_not_match_their_raster(stranger):
    header, pixels = plain(short_job("odd"))
    for wrong in (b"", pixels[:-1], pixels[: len(pixels) // 2]):
        stranger.say([msgpack.packb(header), wrong])
        assert_not_understood(stranger.hear(), job="odd")
    for sides in ((2**31, 2**31), (2**31, 1), (1, 2**31), (33, 32)):
        picture = {**header["sources"][0]["picture"], "width": sides[0], "height": sides[1]}
        stranger.say([msgpack.packb({**header, "sources": [{"picture": picture}]}), pixels])
        assert_not_understood(stranger.hear(), job="odd")


@pytest.mark.parametrize(
    "deep", [b"\x91" * 60_000, b"\x81\xa1a" * 20_000, b"\xdd\xff\xff\xff\xff", b"\xdf" + b"\xff" * 4]
)
def test_deep_and_endless_msgpack(stranger, deep):
    stranger.say([deep])
    assert_not_understood(stranger.hear())
    stranger.say([b"\x82\xa4type\xaasynthesize\xa6layers" + deep])
    assert_not_understood(stranger.hear())


def test_words_so_long_that_the_answer_would_not_fit(stranger):
    for words in (
        {"weights": "a/" * 1999},
        {"weights": "a" * 4000},
        {"layers": [["x" * 30_000, 1.0], ["y" * 30_000, 1.0]]},
    ):
        header, pixels = plain(short_job("words"))
        stranger.say([msgpack.packb({**header, **words}), pixels])
        assert_told_what_is_wrong(end_heard(stranger))


def test_ten_thousand_jobs_at_once(context, connection, keys, engine, good):
    with Pinger(engine) as pinger, Stranger(context, connection, keys, sndhwm=0) as flood:
        flood.greet()
        asked = short_job()
        for number in range(10_000):
            flood.say(replace(asked, job=f"job-{number}"))
        # Nobody reads the answers, so that the client is taken for gone, and its jobs with it.
        wait_until(lambda: (status := good.status()).waiting == 0 and len(status.clients) == 2, GONE_SECONDS)
        answers = list(iter(lambda: flood.hear(1000), None))
        assert {answer.code for answer in answers if isinstance(answer, Failed)} == {"busy", "hello-first"}
        assert isinstance(answered(flood, Hello(PROTOCOL, "flood")), Welcome)
    assert_prompt(pinger)


def test_ten_thousand_jobs_of_one_name(context, connection, keys, engine, good):
    with Pinger(engine) as pinger, Stranger(context, connection, keys, sndhwm=0) as flood:
        flood.greet()
        asked = encode(long_job("same"))
        for _ in range(10_000):
            flood.say(asked)
        wait_until(lambda: (status := good.status()).waiting == 0 and len(status.clients) == 2, GONE_SECONDS)
        answers = list(iter(lambda: flood.hear(1000), None))
        assert {answer.code for answer in answers if isinstance(answer, Failed)} == {"duplicate-job", "hello-first"}
    assert_prompt(pinger)


def test_many_requests_at_once_are_answered_in_turn_to_those_who_read(stranger, engine):
    with Pinger(engine) as pinger:
        stranger.say(*[Ping(number) for number in range(1, 300)])
        assert stranger.answers(299) == [Pong(number) for number in range(1, 300)]
    assert_prompt(pinger)


def test_client_that_never_reads(context, connection, keys, engine, good):
    with Pinger(engine) as pinger, Stranger(context, connection, keys, rcvhwm=1, rcvbuf=4096) as deaf:
        deaf.greet()
        done = good.status().done
        for number in range(16):
            deaf.say(short_job(f"unread-{number}", width=128, height=128, frame_interval=0.0))
        # Its jobs run, other clients' between them, though it takes nothing of what comes of them.
        assert_done(good)
        wait_until(lambda: good.status().done == done + 17, GONE_SECONDS)
        # What it leaves unread is not lost before it is too much.
        ends = []
        while len(ends) < 16:
            if isinstance(heard := deaf.hear(), Done):
                ends.append(heard.job)
        assert ends == [f"unread-{number}" for number in range(16)]
    assert_prompt(pinger)


def test_client_that_asks_and_never_reads(context, connection, keys, engine, good):
    before = memory(engine.process.pid)
    with Stranger(context, connection, keys, rcvhwm=1, rcvbuf=4096, sndhwm=0) as deaf:
        deaf.greet("deaf")
        for _ in range(20_000):
            deaf.say(StatusRequest())
        wait_until(lambda: [client.client for client in good.status().clients] == ["good"], GONE_SECONDS)
        assert memory(engine.process.pid) - before < 2**25


def test_two_hundred_clients_that_vanish(context, connection, keys, good):
    for number in range(200):
        with Stranger(context, connection, keys) as passing:
            passing.say(Hello(PROTOCOL, "passing"))
            if number % 2:
                assert isinstance(passing.hear(), Welcome | Failed)
    wait_until_alone(good)


def test_more_clients_than_there_may_be(context, connection, keys, engine, good):
    wait_until_alone(good)
    crowd = [Stranger(context, connection, keys).greet() for _ in range(MOST_CLIENTS - 1)]
    try:
        assert len(good.status().clients) == MOST_CLIENTS
        with Stranger(context, connection, keys) as one_too_many:
            one_too_many.say(Hello(PROTOCOL, "late"))
            answer = one_too_many.hear()
            assert (answer.code, answer.hint) == ("busy", "close one of them")
            one_too_many.say(short_job())
            assert one_too_many.hear().code == "hello-first"
        with pytest.raises(EngineRefusedError, match="64 clients are connected, and the engine accepts no more"):
            EngineClient.connect(engine.file, name="late", keys=keys)
        # Who is in may say hello again.
        crowd[0].greet("another name")
    finally:
        for each in crowd:
            each.close()
    wait_until_alone(good)
    EngineClient.connect(engine.file, name="late", keys=keys).close()


def test_hello_twice(context, connection, keys, good):
    wait_until_alone(good)
    with Stranger(context, connection, keys) as stranger:
        stranger.greet("first").greet("second")
        assert sorted(client.client for client in good.status().clients) == ["good", "second"]


def test_cancelling_what_is_not_there(stranger):
    stranger.say(*[Cancel(f"job-{number}", keep=bool(number % 2)) for number in range(500)], Ping(1))
    assert stranger.hear() == Pong(1)


def test_names_of_jobs_are_each_clients_own(stranger, good):
    started(good, long_job("same"))
    stranger.say(short_job("same"))
    assert stranger.hear() == Accepted("same", 1)
    # Neither the one nor the other is ended by it.
    stranger.say(Cancel("same"))
    assert isinstance(stranger.hear(), Cancelled)
    stranger.say(Cancel("same"), Ping(1))
    assert stranger.hear() == Pong(1)
    reached = good.status().workers[0].step
    assert any(
        isinstance(event, Progress) and event.step > reached + 10 for event in good.events("same", JOB_SECONDS)
    )
    good.cancel("same")
    assert isinstance(end_of(good, "same"), Cancelled)


def test_routing_id_of_another_client(context, connection, keys, good):
    wait_until_alone(good)
    with Stranger(context, connection, keys, routing_id=b"mine") as first:
        first.greet("first")
        with Stranger(context, connection, keys, routing_id=b"mine") as second:
            second.say(Hello(PROTOCOL, "thief"), StatusRequest())
            # Who comes second under a name is not heard, and hears nothing that is not meant for it.
            assert second.hear(500) is None
            first.say(StatusRequest())
            answer = first.hear()
            assert isinstance(answer, Status)
            assert sorted(client.client for client in answer.clients) == ["first", "good"]


def test_nothing_listens_but_the_door_for_clients(connection, engine, good):
    assert good.status().workers[0].state == "ready"
    assert listening(engine.process.pid) == {split_address(connection.address)[1]}


@pytest.mark.parametrize("how", ["no mechanism", "a password", "an unknown key", "another engine's key"])
def test_nobody_without_a_key_is_answered(context, connection, keys, good, how):
    options = {
        "no mechanism": {},
        "a password": {"plain_username": b"good", "plain_password": b"good"},
        "an unknown key": {"keys": make_keys()},
        "another engine's key": {"keys": keys, "server": make_keys().public},
    }[how]
    wait_until_alone(good)
    with Stranger(context, connection, **options) as locked_out:
        # The engine may have hung up before all of it was said.
        with suppress(zmq.Again):
            locked_out.say(Hello(PROTOCOL, "let me in"), StatusRequest(), short_job())
        assert not locked_out.socket.poll(1000)
        assert not locked_out.let_in()
        assert [client.client for client in good.status().clients] == ["good"]


def test_three_hundred_connections_that_say_nothing_or_nonsense(connection, engine):
    nonsense = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 100
    without_curve = GREETING + b"\3\0NULL" + bytes(16) + b"\0" + bytes(31) + b"\4\x19\5READY" + bytes(19)
    with (
        Pinger(engine) as pinger,
        plain_sockets(connection, 75) as silent,
        plain_sockets(connection, 75, GREETING[:5]) as half,
        plain_sockets(connection, 75, nonsense) as loud,
        plain_sockets(connection, 75, without_curve) as naked,
    ):
        until = time.monotonic() + GONE_SECONDS
        assert all(hung_up(each, until - time.monotonic()) for each in [*loud, *naked, *half, *silent])
    assert_prompt(pinger)


def test_nothing_of_it_stays(engine, good, costs):
    """Last: what the front takes after all of the above."""
    wait_until_alone(good)
    (bytes_before, files_before), process = costs, engine.process.pid
    wait_until(lambda: descriptors(process) <= files_before + 3, GONE_SECONDS)
    wait_until(lambda: memory(process) < 1.05 * bytes_before + 10 * 2**20, GONE_SECONDS)
    print(f"MEMORY|{bytes_before / 2**20:.1f} MiB before, {memory(process) / 2**20:.1f} MiB after")
    assert "Traceback" not in engine.log.read_text()


def chances(seed):
    return random.Random(seed)  # noqa: S311


def plain(request):
    """A message as it would be written by hand: the header's map, and the pixels."""
    header, pixels = encode(request)
    return msgpack.unpackb(header), pixels


def end_heard(stranger):
    """Wait for the end of the one job that was handed in, or for its refusal."""
    while not isinstance(heard := stranger.hear(), Done | Failed | Cancelled):
        assert isinstance(heard, Accepted | Prepared | Progress | Frame), heard
    return heard


def assert_not_understood(answer, job=None):
    assert isinstance(answer, Failed), answer
    assert answer.code in NOT_UNDERSTOOD
    assert answer.job == job
    assert answer.message


def assert_told_what_is_wrong(end):
    codes = {each.code for each in (RequestError, *RequestError.__subclasses__())}
    assert isinstance(end, Done) or end.code in {*NOT_UNDERSTOOD, *codes, "no-device"}, end


def assert_prompt(pinger):
    print(f"PONG|{pinger.longest:.3f} s at most, of {pinger.count}")
    assert pinger.longest < PONG_SECONDS


def answered(stranger, message):
    """Say something until there is an answer."""
    until = time.monotonic() + JOB_SECONDS
    while time.monotonic() < until:
        stranger.say(message)
        if (answer := stranger.hear(200)) is not None:
            return answer
    return None


def assert_done(client):
    client.submit(short_job())
    assert isinstance(end_of(client, "short"), Done)


def wait_until(happens, seconds):
    until = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < until
        time.sleep(0.02)


def wait_until_alone(good):
    wait_until(lambda: [client.client for client in good.status().clients] == ["good"], GONE_SECONDS)
