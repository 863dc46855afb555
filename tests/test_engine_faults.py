"""What breaks around a running engine, and how soon it works again.

Every test prints `FAULT|name|seconds` (shown by `-s` or `-rP`); docs/faults.md has the figures, which
`TEXTURE_TEST_UNFORKED=1` gives: without it, no worker loads its libraries.
"""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from engines import (
    END_SECONDS,
    JOB_SECONDS,
    SERVE,
    START_SECONDS,
    end_of,
    forked,
    forked_terminal,
    long_job,
    raster,
    short_job,
    started,
    surroundings,
)
from hostile import descriptors, plain_sockets
from pictures import bricks

from protocol.client import EngineClient
from protocol.connection import CONNECTION_FILE, read_connection
from protocol.errors import EngineLostError, StaleFileError
from protocol.keys import CLIENT_KEYS, ENGINE_KEYS, make_keys, own_keys
from protocol.messages import Done, Failed, Pong, Progress, Welcome

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals, limits and /proc are Linux's")

ON_CPU = ("--device", "cpu")
# A client of its own process, so that it can be killed and stopped; it tells of its first job.
VICTIM = """
import sys
from pathlib import Path
from protocol.client import EngineClient
from protocol.messages import Canvas, Source, Synthesize
from protocol.raster import Raster
from protocol.vocabulary import Settings

grays = Raster(32, 32, 1, "u8", bytes(range(256)) * 4)
with EngineClient.connect(Path(sys.argv[1]), name="victim") as client:
    for name in ("runs", "waits", "waits-too"):
        client.submit(Synthesize(name, (Source(grays),), Canvas(width=64, height=64), Settings(steps=100_000)))
    for event in client.events("runs"):
        print(event.type, getattr(event, "code", ""), getattr(event, "message", ""), flush=True)
"""
# A client that is busy with something else, while frames of its job arrive.
DREAMER = """
import sys, time
from pathlib import Path
from protocol.client import EngineClient
from protocol.messages import Canvas, Source, Synthesize
from protocol.raster import Raster
from protocol.vocabulary import Settings

grays = Raster(32, 32, 1, "u8", bytes(range(256)) * 4)
with EngineClient.connect(Path(sys.argv[1]), name="dreamer") as client:
    how = {"settings": Settings(steps=100_000), "frame_interval": 0.01}
    client.submit(Synthesize("dream", (Source(grays),), Canvas(width=64, height=64), **how))
    print(next(event.type for event in client.events("dream") if event.type == "progress" and event.step))
    time.sleep(3)
    client.cancel("dream")
    print(*[event.type for event in client.events("dream")][-1:])
"""
# An engine that does not wait long for those who say nothing.
IMPATIENT = """
from engine.service.front import ServeOptions
from engine.service.serving import run_engine
from protocol.limits import Limits
run_engine(ServeOptions(devices=("cpu",), limits=Limits(quiet_seconds=3)))
"""
# An engine whose clock is wrong by as many seconds as its first argument says.
WRONG_CLOCK = """
import sys, time
right, wrong = time.time, float(sys.argv[1])
time.time = lambda: right() + wrong
from engine.service.front import ServeOptions
from engine.service.serving import run_engine
run_engine(ServeOptions(devices=("cpu",)))
"""


@pytest.fixture(scope="module")
def survivor(tmp_path_factory):
    """One engine for all the faults that it is to survive."""
    with forked(tmp_path_factory.mktemp("survivor") / "engine", *ON_CPU) as engine:
        yield engine


@pytest.fixture
def client(survivor):
    """A client of the survivor, whose worker is ready."""
    with survivor.client() as connected:
        survivor.ready(connected)
        yield connected


@pytest.fixture
def measured(request):
    """Measure how long what is done within takes, print it, and hold it against a bound.

    Where a process starts meanwhile, the bound is that of a busy computer: importing torch is most of it.
    """

    @contextmanager
    def measure(bound=START_SECONDS):
        began = time.monotonic()
        yield
        seconds = time.monotonic() - began
        print(f"FAULT|{request.node.name.removeprefix('test_')}|{seconds:.2f}")
        assert seconds < bound

    return measure


@pytest.mark.alone
def test_worker_killed_in_the_midst_of_a_job(client, measured):
    worker = start(client, long_job())
    with measured():
        os.kill(worker, signal.SIGKILL)
        with within(3):
            end = end_of(client, "long")
        assert_done(client)
    assert end.code == "worker-died"
    told = r"the worker process was killed by signal 9 \(SIGKILL\) at step [1-9]\d* of 100000"
    assert re.fullmatch(told, end.message)
    assert "repeat the job" in end.hint


@pytest.mark.alone
def test_worker_killed_while_idle(client, measured):
    (was,) = client.status().workers
    with measured():
        os.kill(was.process, signal.SIGKILL)
        # Another is started before anybody asks.
        wait_until(lambda: client.status().workers[0].process not in {None, was.process}, 3)
        assert_done(client)


def test_worker_without_memory(client, measured):
    (worker,) = client.status().workers
    _, most = resource.prlimit(worker.process, resource.RLIMIT_AS)
    resource.prlimit(worker.process, resource.RLIMIT_AS, (address_space(worker.process) + 2**25, most))
    large = short_job("large", exemplar=raster(bricks(512, 512)), width=1024, height=1024)
    with measured():
        end = run(client, large)
        if client.status().workers[0].process == worker.process:
            resource.prlimit(worker.process, resource.RLIMIT_AS, (most, most))
        assert_done(client)
    assert isinstance(end, Failed)
    assert end.code in {"out-of-memory", "worker-died"}
    assert "memory" in end.message + end.hint
    assert "smaller size" in end.hint


def test_worker_that_cannot_start(tmp_path, measured):
    with forked(tmp_path / "engine", "--device", "cuda:63") as engine, engine.client() as client:
        with measured():
            end = run(client, short_job("first"))
        assert end.code == "no-worker"
        assert end.message.startswith("the engine cannot compute: device 'cuda:63' is")
        assert "texture-engine doctor" in end.hint
        tried = starts_for_nothing(engine)
        # For longer than a start takes, nobody asks for anything, and nothing starts.
        until = time.monotonic() + 2
        while time.monotonic() < until:
            assert client.poll(0.2) == []
            assert [worker.state for worker in client.status().workers] == ["resting"]
        assert starts_for_nothing(engine) == tried
        # Whoever asks has it tried again: the device may have come to be there.
        assert run(client, short_job("second")).code == "no-worker"
        assert starts_for_nothing(engine) == tried + 1


@pytest.mark.alone
def test_front_killed(tmp_path, measured):
    folder = tmp_path / "engine"
    with forked(folder, *ON_CPU) as engine, engine.client() as client:
        worker = start(client, long_job("runs"))
        client.submit(long_job("waits"))
        with measured(2):
            engine.kill()
            ended = ends(client, "runs", "waits")
            assert_gone(worker, 2)
        assert [end.code for end in ended] == ["engine-lost"] * 2
        assert [end.message for end in ended] == ["the connection to the engine broke off"] * 2
        assert "start the engine again" in ended[0].hint
        # The same client finds the next engine of this folder.
        with forked(folder, *ON_CPU), within(START_SECONDS):
            assert next_event(client, Welcome)
            assert_done(client)


@pytest.mark.alone
def test_front_killed_and_its_connection_file_left(tmp_path, measured):
    folder = tmp_path / "engine"
    with forked(folder, *ON_CPU) as engine:
        engine.client().close()
    words = rf"left behind by process {engine.process.pid}, which has ended\): start one with `texture-engine serve`"
    with within(3), pytest.raises(StaleFileError, match=words):
        EngineClient.connect(engine.file, name="late", keys=make_keys())
    with measured(), forked(folder, *ON_CPU) as anew, anew.client() as client:
        assert read_connection(engine.file).process == anew.process.pid
        assert_done(client)


def test_front_that_hangs(client, survivor, measured):
    before = client.status().cancelled
    # The engine itself asks for more patience.
    client.welcome = replace(client.welcome, silence=3.0)
    start(client, long_job())
    os.kill(survivor.process.pid, signal.SIGSTOP)
    try:
        with within(START_SECONDS):
            (end,) = ends(client, "long")
    finally:
        os.kill(survivor.process.pid, signal.SIGCONT)
    assert (end.code, end.message) == ("engine-lost", "the engine did not answer for 3 s")
    with measured():
        assert next_event(client, Welcome)
        # What nobody waits for any more has been cancelled.
        assert_done(client)
    assert client.status().cancelled == before + 1


@pytest.mark.alone
def test_front_without_descriptors(client, survivor, measured):
    front = survivor.process.pid
    usual = resource.prlimit(front, resource.RLIMIT_NOFILE)
    worker = start(client, long_job())
    resource.prlimit(front, resource.RLIMIT_NOFILE, (descriptors(front) + 10, usual[1]))
    try:
        with plain_sockets(read_connection(survivor.file), 100):
            # One may be left: of a file that was open for a moment when the last connection came.
            most, _ = resource.prlimit(front, resource.RLIMIT_NOFILE)
            wait_until(lambda: descriptors(front) >= most - 1, START_SECONDS)
            # It notices, tells and answers what it can without any more.
            os.kill(worker, signal.SIGKILL)
            with within(5):
                assert end_of(client, "long").code == "worker-died"
            assert client.status().workers[0].state == "resting"
            end = run(client, short_job("meanwhile"))
            assert (end.code, end.message) == (
                "no-worker",
                "the engine cannot compute: the system cannot start a process (Too many open files)",
            )
    finally:
        resource.prlimit(front, resource.RLIMIT_NOFILE, usual)
    with measured():
        assert_done(client)


def test_client_killed_with_jobs(client, survivor, measured):
    before = client.status().cancelled
    with victim(survivor) as other:
        assert jobs_of(client, "victim") == [3]
        with measured():
            other.kill()
            wait_until_alone(client)
    assert client.status().cancelled == before + 3
    assert_done(client)


def test_connection_file_deleted(client, survivor, measured):
    was = survivor.file.read_bytes()
    with measured():
        survivor.file.unlink()
        wait_until(survivor.file.exists, START_SECONDS)
        assert_done(client)
    assert survivor.file.read_bytes() == was
    with survivor.client("late") as late:
        assert_done(late)


@pytest.mark.parametrize("rubbish", [b"", b"\xff\0", b"[" * 100_000], ids=["nothing", "no_text", "deep"])
def test_connection_file_replaced_by_rubbish(client, survivor, measured, rubbish):
    was = survivor.file.read_bytes()
    with measured():
        survivor.file.write_bytes(rubbish)
        wait_until(lambda: survivor.file.read_bytes() == was, START_SECONDS)
        assert_done(client)
    with survivor.client("late") as late:
        assert_done(late)


def test_folder_gone_for_a_while(client, survivor, measured):
    away = survivor.folder.with_name("away")
    survivor.folder.rename(away)
    # More than one look of the engine at its connection file.
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        assert_done(client)
    (away / CONNECTION_FILE).unlink()
    with measured():
        away.rename(survivor.folder)
        wait_until(survivor.file.exists, START_SECONDS)
        with survivor.client("late") as late:
            assert_done(late)


def test_connection_file_is_rubbish_when_the_engine_is_lost(tmp_path, measured):
    folder = tmp_path / "engine"
    with forked(folder, *ON_CPU) as engine, engine.client() as client:
        started(client, long_job())
        engine.stop()
        (end,) = ends(client, "long")
        assert (end.code, end.message) == ("engine-ended", "the engine has ended: it received SIGINT")
        engine.file.write_bytes(b"rubbish")
        engine.file.chmod(0o600)
        # It looks for another engine once a second, and says nothing as long as there is none.
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            assert client.poll(0.2) == []
            assert not client.connected
        with forked(folder, *ON_CPU), measured():
            assert next_event(client, Welcome)


def test_log_on_a_full_disk(tmp_path, measured):
    log = tmp_path / "full.log"
    log.symlink_to("/dev/full")
    with measured(), forked(tmp_path / "engine", *ON_CPU, "--log-file", str(log)) as engine:
        with engine.client() as client:
            assert_done(client)
        assert engine.stop() == 0
    assert engine.log.read_text() == ""


def test_log_that_nobody_reads_any_more(tmp_path, measured):
    folder = tmp_path / "engine"
    process = subprocess.Popen([sys.executable, *SERVE, *ON_CPU], stderr=subprocess.PIPE, env=surroundings(folder))
    try:
        assert b"listening" in process.stderr.readline()
        process.stderr.close()
        keys = own_keys(folder / CLIENT_KEYS)
        with measured(), EngineClient.connect(folder / CONNECTION_FILE, name="test", keys=keys) as client:
            assert_done(client)
            client.shutdown()
            assert process.wait(END_SECONDS) == 0
    finally:
        process.kill()
        process.wait(END_SECONDS)


@pytest.mark.parametrize("seconds", [-1e9, 1e9], ids=["slow", "fast"])
def test_wrong_clock(tmp_path, measured, seconds):
    folder = tmp_path / "engine"
    with forked(folder, str(seconds), program=("-c", WRONG_CLOCK)) as engine, measured(), engine.client() as client:
        assert abs(read_connection(engine.file).started - time.time() - seconds) < 60
        client.ping(7)
        assert next_event(client, Pong).number == 7
    # What it has left behind does not keep the next one from starting.
    with forked(folder, *ON_CPU) as anew, anew.client():
        assert read_connection(anew.file).process == anew.process.pid


@pytest.mark.parametrize("name", [ENGINE_KEYS, CLIENT_KEYS])
@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        (0o602, "{0} can be written by others: run `chmod go-w {0}`"),
        (0o640, "{0} can be read by others: run `chmod 600 {0}`"),
    ],
    ids=["to_write", "to_read"],
)
def test_keys_open_to_others(tmp_path, measured, name, mode, sentence):
    file = with_keys(tmp_path) / name
    file.chmod(mode)
    assert_refused(file.parent, sentence.format(file))
    file.chmod(0o600)
    assert_starts(file.parent, measured)


def test_folder_open_to_others(tmp_path, measured):
    folder = with_keys(tmp_path)
    folder.chmod(0o770)
    assert_refused(folder, f"{folder} can be written by others: run `chmod go-w {folder}`")
    folder.chmod(0o700)
    assert_starts(folder, measured)


def test_authorized_keys_open_to_others(tmp_path, measured):
    folder, file = with_keys(tmp_path), tmp_path / "authorized_keys"
    file.write_text(f"{make_keys().public} desk\n")
    file.chmod(0o646)
    options = ("--authorized-keys", str(file))
    assert_refused(folder, f"{file} can be written by others: run `chmod go-w {file}`", *options)
    file.chmod(0o644)
    assert_starts(folder, measured, *options)


@pytest.mark.alone
def test_authorized_keys_broken_meanwhile(tmp_path, measured):
    file, theirs = tmp_path / "authorized_keys", make_keys()
    good = f"{theirs.public} desk\n"
    file.write_text(good)
    file.chmod(0o600)

    def come_in(timeout):
        return EngineClient.connect(engine.file, name="desk", keys=theirs, timeout=timeout)

    with forked(tmp_path / "engine", *ON_CPU, "--authorized-keys", str(file)) as engine:
        engine.client().close()
        with come_in(START_SECONDS) as before:
            file.write_text("no key\n")
            with pytest.raises(EngineLostError, match="does not know this client's key"):
                come_in(1)
            # Who is in stays in, and this user's own clients still come in.
            assert_done(before)
            with engine.client() as own:
                assert_done(own)
            file.write_text(good)
            with measured(5), come_in(5) as again:
                assert_done(again)
    assert f"some clients are refused: {file}, line 1 is not a public key" in engine.log.read_text()


@pytest.mark.parametrize("left", [False, True], ids=["new", "used_before"])
def test_folder_that_cannot_be_written(tmp_path, measured, left):
    folder = with_keys(tmp_path)
    if left:
        (folder / "engine.lock").touch(0o600)
    with unwritable(folder):
        assert_refused(folder, f"{folder}/{'.engine.json.' if left else 'engine.lock cannot be written'}")
    assert_starts(folder, measured)


def test_folder_that_cannot_be_written_any_more(tmp_path, measured):
    folder = tmp_path / "engine"
    with forked(folder, *ON_CPU) as engine, engine.client() as client:
        started(client, long_job())
        with unwritable(folder):
            engine.process.send_signal(signal.SIGTERM)
            # It tells its clients all the same.
            (end,) = ends(client, "long")
            assert (end.code, end.message) == ("engine-ended", "the engine has ended: it received SIGTERM")
            assert engine.process.wait(END_SECONDS) == 0
            assert engine.file.exists()
        with measured(), forked(folder, *ON_CPU):
            assert next_event(client, Welcome)


def test_client_that_hangs(tmp_path, measured):
    with forked(tmp_path / "engine", program=("-c", IMPATIENT)) as engine, engine.client() as client:
        engine.ready(client)
        with victim(engine) as other:
            assert jobs_of(client, "victim") == [3]
            with measured():
                other.send_signal(signal.SIGSTOP)
                wait_until_alone(client)
            assert client.status().cancelled == 3
            assert_done(client)
            # When it comes to, it learns what it has missed.
            other.send_signal(signal.SIGCONT)
            *_, last = other.stdout
            told = r"failed engine-lost the engine (was restarted, or has dropped this client|did not answer .*)"
            assert re.fullmatch(told, last.strip())


def test_client_that_reads_nothing_for_a_while(client, survivor, measured):
    command = [sys.executable, "-c", DREAMER, str(survivor.file)]
    with measured():
        dreamer = subprocess.run(
            command, capture_output=True, text=True, timeout=JOB_SECONDS, env=surroundings(survivor.folder)
        )
        assert (dreamer.returncode, dreamer.stderr) == (0, "")
        assert_done(client)
    assert dreamer.stdout.split() == ["progress", "cancelled"]


def test_worker_that_hangs_in_a_job_that_is_cancelled(client, measured):
    """The slow one: a step is given ten seconds."""
    worker = start(client, long_job())
    os.kill(worker, signal.SIGSTOP)
    with measured():
        client.cancel("long")
        with within(START_SECONDS):
            assert end_of(client, "long").type == "cancelled"
        assert_done(client)
    assert_gone(worker, END_SECONDS)


@contextmanager
def within(seconds):
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def wait_until(happens, seconds):
    until = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < until
        time.sleep(0.02)


def wait_until_alone(client):
    """Wait until there is no other client, and nothing to do."""

    def alone():
        status = client.status()
        return len(status.clients) == 1 and not status.waiting and status.workers[0].state == "ready"

    wait_until(alone, START_SECONDS)


@contextmanager
def victim(engine):
    """Another client, in a process of its own, with one job that runs and two that wait."""
    command = [sys.executable, "-c", VICTIM, str(engine.file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=surroundings(engine.folder))
    try:
        assert "progress" in (line.strip() for line in process.stdout)
        yield process
    finally:
        process.kill()
        process.wait(END_SECONDS)
        process.stdout.close()


@contextmanager
def unwritable(folder):
    """A folder where nothing can be made or removed, not even by root."""
    root = os.getuid() == 0
    if root:
        tool = shutil.which("chattr")
        if not tool or subprocess.run([tool, "+i", folder], capture_output=True).returncode:
            pytest.skip("root may write everywhere, and this file system makes nothing immutable")
    else:
        folder.chmod(0o500)
    try:
        yield
    finally:
        if root:
            subprocess.run([tool, "-i", folder], check=True)
        else:
            folder.chmod(0o700)


def with_keys(tmp_path):
    """A folder with the keys of an engine that has ended."""
    folder = tmp_path / "engine"
    folder.mkdir(mode=0o700)
    for name in (CLIENT_KEYS, ENGINE_KEYS):
        own_keys(folder / name)
    return folder


def assert_refused(folder, sentence, *options):
    refused = forked_terminal(folder, "serve", *ON_CPU, *options)
    assert refused.returncode == 2
    assert sentence in " ".join(refused.stderr.split())
    assert "Traceback" not in refused.stderr


def assert_starts(folder, measured, *options):
    with measured(), forked(folder, *ON_CPU, *options) as engine:
        engine.client().close()


def start(client, job):
    """Hand in a job, wait for its second step, and tell its worker's process."""
    client.submit(job)
    for event in client.events(job.job, JOB_SECONDS):
        if isinstance(event, Progress) and event.step > 1:
            break
    (worker,) = client.status().workers
    return worker.process


def run(client, job):
    client.submit(job)
    return end_of(client, job.job)


def assert_done(client):
    assert isinstance(run(client, short_job()), Done)


def ends(client, *jobs):
    """Wait for the ends of jobs, whatever comes besides."""
    found = {}
    until = time.monotonic() + JOB_SECONDS
    while set(jobs) - set(found) and time.monotonic() < until:
        found |= {event.job: event for event in client.poll(0.2) if event.type in {"done", "failed", "cancelled"}}
    return [found[job] for job in jobs]


def next_event(client, kind):
    """Wait for an event of a kind; None if none comes."""
    until = time.monotonic() + JOB_SECONDS
    while time.monotonic() < until:
        for event in client.poll(0.2):
            if isinstance(event, kind):
                return event
    return None


def jobs_of(client, name):
    return [found.jobs for found in client.status().clients if found.client == name]


def starts_for_nothing(engine):
    """Count the processes of workers that ended before they could work."""
    return engine.log.read_text().count("before it was ready")


def address_space(process):
    """What a process may address now, bytes."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[0]) * resource.getpagesize()


def assert_gone(process, seconds):
    """Wait until a process has ended that is not this one's child."""
    try:
        watch = os.pidfd_open(process)
    except ProcessLookupError:
        return
    try:
        assert select.select([watch], [], [], seconds)[0]
    finally:
        os.close(watch)
