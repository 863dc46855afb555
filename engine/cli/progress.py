"""Progress bars."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from protocol.messages import Progress as JobProgress

if TYPE_CHECKING:
    from engine.batch.tally import Tally
    from engine.tiles.running import Report

LOG_SECONDS = 10.0
"""Between lines about a batch, where stderr is not a terminal."""


@contextmanager
def download_bar(*, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show the progress of a download, once there is one.

    Args:
        quiet: Show nothing. Nothing is shown either if stderr is not a terminal.

    Yields:
        A callback that takes the bytes done and the bytes in total, or None.
    """
    console = Console(file=sys.stderr)
    # In a file or a pipe, a bar would leave empty lines.
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (TextColumn("weights"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("weights", total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total or None, visible=True)


@contextmanager
def job_bar(title: str, *, quiet: bool) -> Iterator[Callable[[JobProgress], None]]:
    """Show the progress of a job: the download of weights, then steps.

    Args:
        title: Title of the bar.
        quiet: Show nothing. Nothing is shown either if stderr is not a terminal.

    Yields:
        A callback that takes the job's progress.
    """
    with ExitStack() as stack:
        bars: dict[str, Callable[[JobProgress], None]] = {}

        def show(progress: JobProgress) -> None:
            if progress.stage not in bars:
                # Two bars at once would overwrite each other.
                stack.close()
                bars.clear()
                bars[progress.stage] = _bar_for(stack, progress.stage, title, quiet=quiet)
            bars[progress.stage](progress)

        yield show


def _bar_for(stack: ExitStack, stage: str, title: str, *, quiet: bool) -> Callable[[JobProgress], None]:
    if stage == "weights":
        fetching = stack.enter_context(download_bar(quiet=quiet))
        return lambda one: fetching(one.step, one.steps) if fetching is not None else None
    if stage == "synthesis":
        steps = stack.enter_context(step_bar(title, quiet=quiet))
        return lambda one: steps(one.octave, one.step, one.steps, one.losses)
    return lambda _one: None


@contextmanager
def step_bar(title: str, *, quiet: bool) -> Iterator[Callable[[int, int, int, Mapping[str, float]], None]]:
    """Show octave, step, loss and time left.

    Args:
        title: Title of the bar.
        quiet: Show nothing. Nothing is shown either if stderr is not a terminal.

    Yields:
        A callback that takes the octave, the step, the steps in total and the losses.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("octave {task.fields[octave]}  step {task.completed}/{task.total}  loss {task.fields[loss]}"),
        TimeRemainingColumn(),
    )
    with _bar(*columns, quiet=quiet) as bar:
        task = bar.add_task(title, total=None, octave="", loss="")

        def show(octave: int, step: int, steps: int, losses: Mapping[str, float]) -> None:
            loss = f"{sum(losses.values()):.3g}" if losses else "–"
            bar.update(task, completed=step, total=steps, octave=f"1:{2**octave}", loss=loss)

        yield show


@contextmanager
def batch_bar(tally: "Tally", *, quiet: bool) -> Iterator[Callable[[], None]]:
    """Show how many textures of a batch have ended, and the time left.

    Args:
        tally: Counts them.
        quiet: Show nothing. If stderr is not a terminal, there is a line every ten seconds instead of a bar.

    Yields:
        A callback for each texture that has ended.
    """
    columns = (TextColumn("{task.completed} of {task.total}"), BarColumn(), TextColumn("{task.fields[said]}"))
    with _bar(*columns, quiet=quiet) as bar:
        task = bar.add_task("batch", total=tally.count, said="")
        said = time.monotonic()

        def show() -> None:
            nonlocal said
            bar.update(task, completed=tally.ended, said=tally.outlook())
            if not quiet and not bar.console.is_terminal and time.monotonic() - said > LOG_SECONDS:
                said = time.monotonic()
                print(f"{tally.ended} of {tally.count}, {tally.outlook()}", file=sys.stderr)

        yield show


@contextmanager
def tile_bar(title: str, *, quiet: bool) -> "Iterator[Report]":
    """Show how many tiles are made, and the time left.

    Args:
        title: Title of the bar.
        quiet: Show nothing. Nothing is shown either if stderr is not a terminal.

    Yields:
        A callback that takes the progress.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("tile {task.fields[tiles]}/{task.fields[count]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    # Of the whole canvas: tiles take minutes.
    with _bar(*columns, quiet=quiet, speed_estimate_period=3600) as bar:
        task = bar.add_task(title, total=1.0, tiles=0, count="?")
        yield lambda one: bar.update(task, completed=one.share, tiles=one.tiles, count=one.total)


def _bar(*columns: ProgressColumn, quiet: bool, speed_estimate_period: float = 30.0) -> Progress:
    console = Console(file=sys.stderr)
    return Progress(
        *columns,
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
        speed_estimate_period=speed_estimate_period,
    )
