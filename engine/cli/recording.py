"""Recording a run of the terminal without slowing it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.record import open_recorder
from engine.synthesis import Snapshot
from engine.tensors import to_array

if TYPE_CHECKING:
    from engine.inspection.growth import Growth

SHARE = 0.04
"""Share of the run that frames may take as they come, and again what the file takes at the end."""
FEWEST_FRAMES = 8
"""So many are recorded however short the run is."""


@contextmanager
def recording(path: Path, size: tuple[int, int], growth: "Growth | None") -> Iterator[Callable[[Snapshot], None]]:
    """Record a run, leaving out frames that would slow it.

    Args:
        path: The file or folder.
        size: Height and width of the texture, pixels.
        growth: What draws the frames; None for the picture alone.

    Yields:
        A function to be told of every snapshot; the last one is always recorded.
    """
    began = time.perf_counter()
    spent, count = 0.0, 0
    waiting: Snapshot | None = None
    with open_recorder(path, size[::-1] if growth is None else growth.size) as recorder:

        def add(snapshot: Snapshot) -> None:
            nonlocal waiting, count
            recorder.add(_plain(snapshot) if growth is None else growth.frame(snapshot))
            waiting = None
            count += 1

        def show(snapshot: Snapshot) -> None:
            nonlocal spent, waiting
            start = time.perf_counter()
            waiting = snapshot
            if growth is not None:
                growth.note(snapshot)
            if count < FEWEST_FRAMES or spent < SHARE * (start - began):
                add(snapshot)
            spent += time.perf_counter() - start

        yield show
        if waiting is not None:
            add(waiting)
        recorder.seconds = SHARE * (time.perf_counter() - began)


def _plain(snapshot: Snapshot) -> np.ndarray:
    return np.rint(to_array(snapshot.picture) * 255).astype(np.uint8)
