"""Recording a run of the terminal without slowing it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.record import Recorder, open_recorder
from engine.synthesis import Snapshot
from engine.tensors import to_array

if TYPE_CHECKING:
    from engine.inspection.growth import Growth

SHARE = 0.03
"""Share of the run that frames may take as they come, and again what the file takes at the end."""
FEWEST_FRAMES = 8
"""So many are recorded however short the run is."""
CAUTION = 0.6
"""Share of the time left that is counted on: the coarse octaves make its estimate up to 1.7 times too long."""


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
    with open_recorder(path, size[::-1] if growth is None else growth.size) as recorder:
        pace = Pace(time.perf_counter())
        waiting: Snapshot | None = None

        def show(snapshot: Snapshot) -> None:
            nonlocal waiting
            waiting = snapshot
            start = time.perf_counter()
            if growth is not None:
                growth.note(snapshot)
            if pace.is_due(snapshot, start):
                _add(recorder, growth, snapshot)
                waiting = None
                pace.count += 1
            pace.spent += time.perf_counter() - start

        yield show
        if waiting is not None:
            _add(recorder, growth, waiting)
        recorder.seconds = SHARE * (time.perf_counter() - pace.began)


class Pace:
    """Spreads as many frames as there is time for evenly over the steps.

    Evenly over the time there would be hardly any of the coarse octaves, which are over at once, and in which most
    happens.

    Attributes:
        began: When the run did, seconds.
        count: Frames taken.
        spent: Seconds they took.
    """

    def __init__(self, began: float) -> None:
        """Begin at a time, seconds."""
        self.began = began
        self.count = 0
        self.spent = 0.0

    def is_due(self, snapshot: Snapshot, now: float) -> bool:
        """Whether to take a frame.

        Args:
            snapshot: The latest one.
            now: Seconds.

        Returns:
            Whether its turn has come, by what the run will take at a guess and a frame has taken so far.
        """
        run = now - self.began - self.spent
        if not self.count or not snapshot.share:
            return not self.count
        run += CAUTION * run * (1 / snapshot.share - 1)
        affordable = max(FEWEST_FRAMES, SHARE * run * self.count / max(self.spent, 1e-9))
        return snapshot.step * affordable >= self.count * snapshot.steps


def _add(recorder: Recorder, growth: "Growth | None", snapshot: Snapshot) -> None:
    recorder.add(_plain(snapshot) if growth is None else growth.frame(snapshot))


def _plain(snapshot: Snapshot) -> np.ndarray:
    return np.rint(to_array(snapshot.picture) * 255).astype(np.uint8)
