"""Let many clients at one engine, some of them rude, and print what became of their jobs and of its memory.

    python benchmarks/soak.py
    python benchmarks/soak.py --jobs 5000 --clients 16 --seconds 7200 --seed 1

The engine is one of its own in a temporary folder. Exit status 1 where a job ends as it should not, or a process of
the engine has grown by 5 % since the warm-up. Memory and descriptors are read from /proc: this runs on Linux only.
"""

import argparse
import os
import platform
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue

import numpy as np
from service import OwnEngine, own_engine, percent

from protocol.client import EngineClient
from protocol.errors import EngineError, ProtocolError
from protocol.messages import Accepted, Canvas, Done, Failed, Frame, JobEnd, Progress, Source, Synthesize
from protocol.raster import Raster
from protocol.status import Status
from protocol.vocabulary import Settings

JOB_SECONDS = 120.0
REST_SECONDS = 30.0
TURN_SECONDS = 0.2
TELL_SECONDS = 10.0
MOST_GROWTH = 5.0
MIB = 2**20

SHARES = {"plain": 0.7, "cancelled": 0.15, "abandoned": 0.1, "bad": 0.05}
RECIPES = ("photo", "photo", "sliced", "gram", "patch")
# What is wrong with a bad request, and the code that it is to be refused with.
FAULTS: tuple[tuple[str, dict[str, object], str], ...] = (
    ("settings", {"recipe": "none"}, "bad-message"),
    ("", {"sources": ()}, "bad-request"),
    ("canvas", {"height": None}, "bad-request"),
    ("canvas", {"mask": Raster(1, 1, 1, "u8", b"\0")}, "bad-request"),
    ("", {"sources": (Source(Raster(1, 1, 1, "f32", b"\0\0\xc0\x7f")),)}, "bad-request"),
    ("settings", {"device": "none"}, "no-device"),
    ("settings", {"steps": -1}, "bad-message"),
    ("canvas", {"width": 2**40}, "bad-message"),
)


@dataclass(frozen=True)
class Plan:
    """What a client does with one job.

    Attributes:
        kind: `plain`, `cancelled`, `abandoned` (the client goes without a word, and comes again) or `bad`.
        request: The job.
        code: What it is to fail with, or nothing.
        moment: Seconds after which it is cancelled or abandoned.
        nap: Seconds that the client sleeps over every event.
    """

    kind: str
    request: Synthesize
    code: str = ""
    moment: float = 0.0
    nap: float = 0.0


@dataclass
class Story:
    """What became of a job.

    Attributes:
        plan: What was to be done with it.
        end: `done`, `failed`, `cancelled`, `abandoned` or `lost`.
        trouble: What went otherwise than it should, or nothing.
        seconds: After how many seconds `accepted`, `frame`, the `end`, and the end after `cancel` came.
    """

    plan: Plan
    end: str = "lost"
    trouble: str = ""
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Usage:
    """What a process takes: its id, resident bytes, and open files and sockets."""

    process: int
    memory: int
    descriptors: int


def draw_plan(seed: int, number: int, sides: Sequence[int]) -> Plan:
    """Draw what is done with the job of this number, of some of these sides; the same for the same seed."""
    chance = np.random.default_rng([seed, number])
    kind = str(chance.choice(list(SHARES), p=list(SHARES.values())))
    height, width, sample = (int(side) for side in chance.choice(sides, 3))
    hasty = kind in {"plain", "bad"}
    request = Synthesize(
        f"job-{number}",
        (Source(Raster(sample, sample, 3, "u8", chance.bytes(3 * sample * sample))),),
        Canvas(width=width, height=height),
        Settings(
            recipe=str(chance.choice(RECIPES)),
            steps=int(chance.integers(2, 9) if hasty else chance.integers(20, 200)),
            octaves=int(chance.integers(1, 3)),
            seamless="both" if chance.random() < 0.3 else "none",
            seed=number,
        ),
        frame_interval=float(chance.choice([0.0, 0.02, 0.2])) if chance.random() < 0.6 else None,
        frame_limit=int(chance.choice([0, 24])),
    )
    code = ""
    if kind == "bad":
        part, fault, code = FAULTS[chance.integers(len(FAULTS))]
        changes = {part: replace(getattr(request, part), **fault)} if part else fault
        request = replace(request, **changes)
    nap = chance.uniform(0.05, 0.3) if chance.random() < 0.1 else 0.0
    return Plan(kind, request, code, float(chance.uniform(0, 2)), float(nap))


class Visitor:
    """One client, one job at a time.

    Attributes:
        stories: What became of its jobs.
    """

    def __init__(self, engine: OwnEngine, number: int) -> None:
        self.stories: list[Story] = []
        self._name = f"visitor {number}"
        self._engine = engine
        self._client = engine.connect(self._name)

    def work(self, plans: "SimpleQueue[Plan]", until: float) -> None:
        """Hand in jobs while there are plans, and time."""
        while time.monotonic() < until:
            try:
                story = Story(plans.get_nowait())
            except Empty:
                return
            self.stories.append(story)
            try:
                self._follow(story)
            except (EngineError, ProtocolError) as error:
                story.trouble = f"{type(error).__name__}: {error}"
            if story.trouble or story.end in {"abandoned", "lost"}:
                self.leave()
                self._client = self._engine.connect(self._name)

    def leave(self) -> None:
        """Close the connection."""
        self._client.close()

    def _follow(self, story: Story) -> None:
        plan, client = story.plan, self._client
        began = time.monotonic()
        client.submit(plan.request)
        acts = began + plan.moment if plan.kind in {"cancelled", "abandoned"} else float("inf")
        while (now := time.monotonic()) < began + JOB_SECONDS:
            for event in client.poll(max(0.0, min(TURN_SECONDS, acts - now))):
                note(story, event, began)
                if isinstance(event, JobEnd):
                    return
                time.sleep(plan.nap)
            if time.monotonic() < acts or "accepted" not in story.seconds:
                continue
            acts = float("inf")
            if plan.kind == "abandoned":
                story.end = "abandoned"
                return
            story.seconds["asked"] = time.monotonic() - began
            client.cancel(plan.request.job, keep=plan.request.settings.seed % 2 == 0)
        story.trouble = f"nothing came of it in {JOB_SECONDS:g} s"


def note(story: Story, event: object, began: float) -> None:
    """Write down when an event came, and whether an end is one that was to come."""
    plan, seconds, now = story.plan, story.seconds, time.monotonic() - began
    canvas = plan.request.canvas
    if isinstance(event, Accepted | Progress | Frame | JobEnd) and event.job != plan.request.job:
        story.trouble = f"{event.type} of {event.job} came in its place"
    if isinstance(event, Accepted):
        seconds.setdefault("accepted", now)
    elif isinstance(event, Frame):
        seconds.setdefault("frame", now)
        if plan.request.frame_interval is None:
            story.trouble = "a frame came that was not asked for"
    elif isinstance(event, JobEnd):
        story.end = event.type
        code = event.code if isinstance(event, Failed) else ""
        allowed = {"bad": {"failed"}, "plain": {"done"}}.get(plan.kind, {"done", "cancelled"})
        if event.type not in allowed or code != plan.code:
            story.trouble = f"{event.type} {code} {event.message if isinstance(event, Failed) else ''}"
        seconds["end"] = now
        if event.type == "cancelled" and "asked" in seconds:
            seconds["after cancel"] = now - seconds["asked"]
        if isinstance(event, Done) and (event.raster.width, event.raster.height) != (canvas.width, canvas.height):
            story.trouble = f"the texture has {event.raster.width}x{event.raster.height} pixels"


def usage(process: int) -> Usage:
    """Read what a process takes."""
    folder = Path("/proc") / str(process)
    pages = int((folder / "statm").read_text(encoding="ascii").split()[1])
    return Usage(process, pages * os.sysconf("SC_PAGE_SIZE"), len(list((folder / "fd").iterdir())))


def usages(status: Status) -> list[Usage]:
    """Read what the front takes, and every worker that has a process."""
    return [usage(process) for process in [status.process, *(w.process for w in status.workers)] if process]


def rest(engine: OwnEngine, monitor: EngineClient, clients: int) -> Status:
    """Wait until no job waits or runs, and besides the monitor only so many clients are left.

    Returns:
        What the engine says then.

    Raises:
        EngineError: It does not come to rest.
    """
    until = time.monotonic() + REST_SECONDS
    while time.monotonic() < until:
        status = engine.ready(monitor)
        if not status.waiting and len(status.clients) == clients + 1:
            # What the last jobs leave is freed by then, and every worker has sent its memory.
            time.sleep(2 * TURN_SECONDS)
            return status
        time.sleep(TURN_SECONDS)
    raise EngineError(f"after {REST_SECONDS:g} s there are {status.waiting} jobs and {len(status.clients)} clients")


class Soak:
    """The clients, and the engine that they are let at."""

    def __init__(self, engine: OwnEngine, options: argparse.Namespace) -> None:
        self._engine = engine
        self._options = options
        self._until = time.monotonic() + options.seconds
        self._monitor = engine.connect("monitor")
        engine.ready(self._monitor)
        self._visitors = [Visitor(engine, number) for number in range(options.clients)]
        self._pool = ThreadPoolExecutor(options.clients)

    @property
    def stories(self) -> list[Story]:
        """What became of every job so far."""
        return [story for visitor in self._visitors for story in visitor.stories]

    def run(self, count: int, first: int) -> Status:
        """Have so many jobs handed in from this number on, wait until all are done, and return the status."""
        options, plans = self._options, SimpleQueue[Plan]()
        for number in range(first, first + count):
            plans.put(draw_plan(options.seed, number, options.sides))
        runs = [self._pool.submit(visitor.work, plans, self._until) for visitor in self._visitors]
        running = set(runs)
        while running:
            running = wait(running, TELL_SECONDS).not_done
            taken = ", ".join(f"{found.memory / MIB:.1f} MiB" for found in usages(self._monitor.status()))
            print(f"{count - plans.qsize()} of {count} jobs; front, worker: {taken}", file=sys.stderr)
        for each in runs:
            each.result()
        return rest(self._engine, self._monitor, options.clients)

    def leave(self) -> None:
        """Close every connection."""
        self._pool.shutdown()
        for visitor in self._visitors:
            visitor.leave()
        self._monitor.close()


def count_rows(stories: list[Story], seconds: float) -> list[str]:
    """Format how the jobs ended."""
    ends = Counter("failed otherwise" if story.trouble and story.end == "failed" else story.end for story in stories)
    report = {
        "handed in": len(stories),
        "done": ends["done"],
        "cancelled": ends["cancelled"],
        "failed as they should": ends["failed"],
        "failed otherwise": ends["failed otherwise"],
        "abandoned by their client": ends["abandoned"],
        "lost": ends["lost"],
    }
    lines = [f"| {name} | {count} |" for name, count in report.items()]
    return ["| jobs | |", "|---|---|", *lines, f"| seconds | {seconds:.0f} |"]


def latency_rows(stories: list[Story]) -> list[str]:
    """Format how long clients waited that did not sleep; most of it for the jobs of others."""
    awake = [story for story in stories if not story.plan.nap]
    plain = [story for story in awake if story.plan.kind == "plain"]
    kinds = (
        ("handed in → `accepted`", "accepted", awake),
        ("handed in → first `frame`", "frame", plain),
        ("handed in → `done`", "end", plain),
        ("`cancel` → `cancelled`", "after cancel", awake),
    )
    lines = ["| seconds | median | 95 % | most | jobs |", "|---|---|---|---|---|"]
    for name, key, asked in kinds:
        found = sorted(story.seconds[key] for story in asked if key in story.seconds)
        if found:
            cells = (statistics.median(found), found[int(0.95 * (len(found) - 1))], found[-1])
            lines.append(f"| {name} | {' | '.join(f'{cell:.3f}' for cell in cells)} | {len(found)} |")
    return lines


def usage_rows(before: list[Usage], after: list[Usage]) -> list[str]:
    """Format what the processes have taken, and take."""
    lines = [
        "| process | after the warm-up, MiB | at the end, MiB | growth, % | descriptors | at the end |",
        "|---|---|---|---|---|---|",
    ]
    for number, (sooner, later) in enumerate(zip(before, after, strict=True)):
        memory = f"{sooner.memory / MIB:.1f} | {later.memory / MIB:.1f} | {percent(later.memory, sooner.memory):.1f}"
        name = "front" if not number else "worker" if len(after) == 2 else f"worker {number}"
        lines.append(f"| {name} | {memory} | {sooner.descriptors} | {later.descriptors} |")
    return lines


def faults(stories: list[Story], before: list[Usage], after: list[Usage], status: Status) -> list[str]:
    """List what is not as it should be."""
    found = [f"{s.plan.request.job} ({s.plan.kind}): {s.end}, {s.trouble}" for s in stories if s.trouble]
    for sooner, later in zip(before, after, strict=True):
        if sooner.process != later.process:
            found.append(f"process {sooner.process} has ended, and {later.process} is in its place")
        elif percent(later.memory, sooner.memory) >= MOST_GROWTH:
            found.append(f"process {later.process} has grown by {percent(later.memory, sooner.memory):.1f} %")
        elif later.descriptors > sooner.descriptors:
            found.append(f"process {later.process} has {later.descriptors - sooner.descriptors} descriptors more")
    # The engine counts no job that it has not taken.
    refused = sum(story.plan.code in {"no-device", "bad-message"} for story in stories)
    ended = status.done + status.failed + status.cancelled
    if ended != len(stories) - refused:
        found.append(f"the engine tells of the end of {ended} jobs, and has taken {len(stories) - refused}")
    return found


def soak(engine: OwnEngine, options: argparse.Namespace) -> list[str]:
    """Let the clients at the engine and print the tables.

    Args:
        engine: The engine, just started.
        options: How many jobs and clients, for how long.

    Returns:
        What is not as it should be.
    """
    began = time.monotonic()
    run = Soak(engine, options)
    try:
        before = usages(run.run(options.warm_up, 0))
        warm = len(run.stories)
        status = run.run(options.jobs, options.warm_up)
        after = usages(status)
    finally:
        run.leave()
    stories = run.stories
    print("\n".join(count_rows(stories, time.monotonic() - began)), end="\n\n")
    print("\n".join(latency_rows(stories)), end="\n\n")
    print("\n".join(usage_rows(before, after)))
    found = faults(stories, before, after, status)
    return found if warm == options.warm_up else [*found, "time was up before the warm-up was done"]


def main() -> None:
    """Start an engine, soak it, and tell by the exit status whether all was well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=900.0, help="no job is handed in after so long")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--warm-up", type=int, default=20, help="jobs before memory is measured first")
    parser.add_argument("--sides", type=int, nargs="+", default=[32, 48, 64], help="widths and heights, pixels")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    print(f"{platform.platform()}, device {options.device}, {options.clients} clients, seed {options.seed}\n")
    with own_engine(options.device) as engine:
        try:
            found = soak(engine, options)
        except EngineError as error:
            found = [str(error)]
        words = engine.last_message() if found else ""
    if found:
        print(*found, words, sep="\n", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
