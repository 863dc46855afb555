"""Print a table of what the long-lived engine adds to a job, and how soon it answers.

    python benchmarks/service.py examples/cobbles.png
    python benchmarks/service.py examples/cobbles.png --device cuda --size 1024 --quality best

The engine is one of its own in a temporary folder; one that runs already is left alone.
"""

import argparse
import json
import math
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from engine.images import read_picture
from engine.service.rasters import raster_of
from protocol.client import EngineClient
from protocol.connection import CONNECTION_FILE
from protocol.errors import EngineError, NoEngineError
from protocol.keys import CLIENT_KEYS, own_keys
from protocol.messages import Cancelled, Canvas, Done, Frame, JobEnd, Progress, Source, Synthesize
from protocol.private_files import FOLDER_VARIABLE
from protocol.raster import Raster
from protocol.status import Status
from protocol.vocabulary import Settings

START_SECONDS = 60.0
STOP_SECONDS = 20.0
JOB_SECONDS = 600.0
LOOK_SECONDS = 0.01
FRAME_SECONDS = 0.5


class OwnEngine:
    """A running `texture-engine serve` in a folder of its own.

    Attributes:
        started: When its process was started, seconds of the monotonic clock.
    """

    def __init__(self, folder: Path, device: str) -> None:
        """Start the process."""
        self._folder = folder
        self._log = folder / "engine.log"
        self.started = time.monotonic()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "engine", "serve", "--device", device],
                stderr=log,
                env={**os.environ, FOLDER_VARIABLE: str(folder)},
            )

    def connect(self, name: str) -> EngineClient:
        """Connect as soon as it listens.

        Args:
            name: What the client is.

        Returns:
            A client that has been greeted.

        Raises:
            NoEngineError: It does not come to listen.
            EngineError: It has ended.
        """
        until = time.monotonic() + START_SECONDS
        keys = own_keys(self._folder / CLIENT_KEYS)
        while True:
            if self._process.poll() is not None:
                raise EngineError(f"the engine has ended:\n{self.last_message()}")
            try:
                return EngineClient.connect(self._folder / CONNECTION_FILE, name=name, keys=keys)
            except NoEngineError:
                if time.monotonic() > until:
                    raise
                time.sleep(LOOK_SECONDS)

    def ready(self, client: EngineClient) -> Status:
        """Wait until every worker has nothing to do but to wait for jobs.

        Args:
            client: To ask with.

        Returns:
            What the engine says then.

        Raises:
            EngineError: That takes too long.
        """
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            status = client.status()
            if all(worker.state == "ready" for worker in status.workers):
                return status
            time.sleep(LOOK_SECONDS)
        raise EngineError(f"no worker is ready after {START_SECONDS:g} s:\n{self.last_message()}")

    def last_message(self, lines: int = 20) -> str:
        """Read the end of its log."""
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self) -> None:
        """End it as Ctrl+C does, or by force where that does not help."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def own_engine(device: str) -> Iterator[OwnEngine]:
    """Run an engine in a temporary folder for a while."""
    with tempfile.TemporaryDirectory() as folder:
        engine = OwnEngine(Path(folder), device)
        try:
            yield engine
        finally:
            engine.stop()


@dataclass(frozen=True)
class Run:
    """A whole job, as its client saw it.

    Attributes:
        seconds: From handing it in to its end.
        first_seconds: From handing it in to its first frame; NaN without one.
        frames: How many came.
        gap: The longest time between two events of progress, seconds.
        end: Its end, with the picture, and the seconds by the engine's clock, from the job's start to its last step.
    """

    seconds: float
    first_seconds: float
    frames: int
    gap: float
    end: Done


def start_seconds(device: str) -> tuple[float, float]:
    """Start an engine; tell after how many seconds it answers `hello`, and its worker is ready."""
    with own_engine(device) as engine, engine.connect("benchmark") as client:
        answered = time.monotonic() - engine.started
        engine.ready(client)
        return answered, time.monotonic() - engine.started


def first_frame_seconds(client: EngineClient, request: Synthesize) -> float:
    """Time the way from handing in a job to its first frame, then cancel it."""
    began = time.monotonic()
    seconds = 0.0
    client.submit(replace(request, frame_interval=FRAME_SECONDS))
    for event in client.events(request.job, JOB_SECONDS):
        if isinstance(event, Frame) and not seconds:
            seconds = time.monotonic() - began
            client.cancel(request.job)
    return seconds


def cancel_seconds(client: EngineClient, request: Synthesize) -> float | None:
    """Time the way from asking for the end at octave 0 to that end; None where the job was done before."""
    asked = 0.0
    client.submit(request)
    for event in client.events(request.job, JOB_SECONDS):
        if isinstance(event, Progress) and event.stage == "synthesis" and event.octave == 0 and not asked:
            asked = time.monotonic()
            client.cancel(request.job)
        if isinstance(event, Cancelled):
            return time.monotonic() - asked
    return None


def run_job(client: EngineClient, request: Synthesize) -> Run:
    """Run a job to its end.

    Args:
        client: Of the engine.
        request: The job.

    Returns:
        What it took.

    Raises:
        EngineError: It failed.
    """
    began = time.monotonic()
    heard: list[float] = []
    frames, first = 0, math.nan
    end: JobEnd | None = None
    client.submit(request)
    for event in client.events(request.job, JOB_SECONDS):
        if isinstance(event, Frame):
            first = first if frames else time.monotonic() - began
            frames += 1
        elif isinstance(event, Progress):
            heard.append(time.monotonic())
        elif isinstance(event, JobEnd):
            end = event
    now = time.monotonic()
    if not isinstance(end, Done):
        raise EngineError(f"the job came to nothing: {end}")
    gap = max((later - sooner for sooner, later in zip(heard, [*heard[1:], now], strict=True)), default=0.0)
    return Run(now - began, first, frames, gap, end)


def run_alone(exemplar: Path, request: Synthesize, device: str) -> tuple[float, float]:
    """Run the same job in a process of its own; tell the whole seconds, and those that it says itself."""
    words = ["--size", f"{request.canvas.width}x{request.canvas.height}", "--quality", request.settings.quality]
    words += ["--recipe", request.settings.recipe]
    command = [sys.executable, "-m", "engine", "synthesize", str(exemplar), *words, "--device", device, "--local"]
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        done = subprocess.run(
            [*command, "--output", str(Path(folder) / "texture.png"), "--json", "--quiet"],
            check=True,
            capture_output=True,
            text=True,
        )
        return time.monotonic() - began, float(json.loads(done.stdout)["seconds"])


def measure_answers(client: EngineClient, request: Synthesize, repeat: int) -> dict[str, list[float]]:
    """Measure how soon a warm engine begins and ends a job."""
    ends = [cancel_seconds(client, request) for _ in range(repeat)]
    return {
        "handed in → first frame, s": [first_frame_seconds(client, request) for _ in range(repeat)],
        "cancel → cancelled, octave 0, s": [seconds for seconds in ends if seconds is not None],
    }


def measure_jobs(
    client: EngineClient, request: Synthesize, exemplar: Path, device: str, pairs: int
) -> dict[str, list[float]]:
    """Run the job without frames, with frames and without the engine, one after the other, several times."""
    plain, framed, alone = [], [], []
    for _ in range(pairs):
        plain.append(run_job(client, request))
        framed.append(run_job(client, replace(request, frame_interval=FRAME_SECONDS)))
        alone.append(run_alone(exemplar, request, device))
    both = list(zip(plain, alone, strict=True))
    return {
        "longest time between two events of progress, s": [run.gap for run in plain + framed],
        "job without frames, s": [run.seconds for run in plain],
        f"job with a frame every {FRAME_SECONDS:g} s, s": [run.seconds for run in framed],
        "frames of such a job": [float(run.frames) for run in framed],
        "cost of frames, %": [percent(b.seconds, a.seconds) for a, b in zip(plain, framed, strict=True)],
        "job without frames, by the engine's clock, s": [run.end.seconds for run in plain],
        "`synthesize --local`, by its own clock, s": [own for _, own in alone],
        "`synthesize --local`, the whole process, s": [whole for whole, _ in alone],
        "engine over `--local`, both by their own clocks, %": [percent(r.end.seconds, own) for r, (_, own) in both],
        "engine as its client sees it over the whole process, %": [percent(r.seconds, w) for r, (w, _) in both],
    }


def percent(value: float, base: float) -> float:
    """Tell by how much a value is above another, percent."""
    return 100 * (value / base - 1)


def rows(figures: dict[str, list[float]]) -> list[str]:
    """Format the lines of the table."""
    lines = []
    for name, found in figures.items():
        cells = [statistics.median(found), min(found), max(found)] if found else []
        digits = 1 if name.endswith("%") else 0 if name.startswith("frames") else 3
        shown = " | ".join(f"{cell:.{digits}f}" for cell in cells) or "– | – | –"
        lines.append(f"| {name} | {shown} | {len(found)} |")
    return lines


def print_table(options: argparse.Namespace, exemplar: Raster) -> None:
    """Take the figures and print them as they come."""
    print("| | median | least | most | runs |\n|---|---|---|---|---|")
    starts = [start_seconds(options.device) for _ in range(options.repeat)]
    numbers = {
        "process started → `hello` answered, s": [answered for answered, _ in starts],
        "process started → worker ready, s": [ready for _, ready in starts],
    }
    print("\n".join(rows(numbers)), flush=True)
    request = Synthesize(
        "job",
        (Source(exemplar),),
        Canvas(width=options.size, height=options.size),
        Settings(quality=options.quality, recipe=options.recipe),
    )
    with own_engine(options.device) as engine, engine.connect("benchmark") as client:
        engine.ready(client)
        run_job(client, replace(request, job="warm-up", settings=replace(request.settings, quality="draft")))
        print("\n".join(rows(measure_answers(client, request, options.repeat))), flush=True)
        print("\n".join(rows(measure_jobs(client, request, options.exemplar, options.device, options.pairs))))


def main() -> None:
    """Take every figure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exemplar", type=Path)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--quality", default="normal", choices=["draft", "normal", "best"])
    parser.add_argument("--recipe", default="photo")
    parser.add_argument("--repeat", type=int, default=5, help="starts, first frames and cancels")
    parser.add_argument("--pairs", type=int, default=3, help="whole jobs of each kind")
    options = parser.parse_args()
    exemplar = raster_of(read_picture(options.exemplar), "u8")
    print(f"{platform.platform()}, device {options.device}, an exemplar of {exemplar.width}×{exemplar.height},")
    print(f"a texture of {options.size}², quality {options.quality}, recipe {options.recipe}\n")
    print_table(options, exemplar)


if __name__ == "__main__":
    main()
