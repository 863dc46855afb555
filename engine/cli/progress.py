"""Progress bars."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)


@contextmanager
def download_bar(*, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show how far a download has come, once there is one.

    Args:
        quiet: Show nothing; nor is anything shown where stderr is no terminal.

    Yields:
        A function to be told the bytes done and the bytes in all, or None.
    """
    console = Console(file=sys.stderr)
    # Into a file or a pipe a bar writes nothing but empty lines.
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (TextColumn("weights"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("weights", total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total or None, visible=True)


@contextmanager
def step_bar(title: str, *, quiet: bool) -> Iterator[Callable[[int, int, int, Mapping[str, float]], None]]:
    """Show octave, step, loss and time left.

    Args:
        title: What is being made.
        quiet: Show nothing; nor is anything shown where stderr is no terminal.

    Yields:
        A function to be told the octave, the step, the steps in all and the losses.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("octave {task.fields[octave]}  step {task.completed}/{task.total}  loss {task.fields[loss]}"),
        TimeRemainingColumn(),
    )
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task(title, total=None, octave="", loss="")

        def show(octave: int, step: int, steps: int, losses: Mapping[str, float]) -> None:
            loss = f"{sum(losses.values()):.3g}" if losses else "–"
            bar.update(task, completed=step, total=steps, octave=f"1:{2**octave}", loss=loss)

        yield show
