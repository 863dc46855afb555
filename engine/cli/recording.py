"""Record a run without slowing it down."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.record.frames import RecordedFrame
from engine.record.recorder import open_recorder
from engine.synthesis import Snapshot

if TYPE_CHECKING:
    from engine.inspection.growth import Growth
    from engine.service.hooks import Shown

SHARE = 0.03
"""Share of the run's time for frames, and as much again for writing the file."""
FEWEST_FRAMES = 8
"""Minimum number of frames, however short the run is."""
CAUTION = 0.6
"""Factor on the estimated time left, which is up to 1.7 times too long during the coarse octaves."""


@contextmanager
def recording(
    path: Path, size: tuple[int, int], growth: "Growth | None", shown: "Shown"
) -> Iterator[Callable[[Snapshot], None]]:
    """Record a run, skipping frames that would slow it down.

    Args:
        path: The file or folder.
        size: Height and width of the texture, pixels.
        growth: Draws the frames; None records the picture alone.
        shown: Makes of a snapshot's picture what its result looks like.

    Yields:
        A callback that takes every snapshot; the last one is always recorded.
    """
    with open_recorder(path, size[::-1] if growth is None else growth.size) as recorder:
        pace = Pace(time.perf_counter())
        waiting: Snapshot | None = None

        def frame_of(snapshot: Snapshot) -> RecordedFrame:
            picture = np.rint(shown(snapshot.picture) * 255).astype(np.uint8)
            return picture if growth is None else growth.frame(snapshot, picture)

        def show(snapshot: Snapshot) -> None:
            nonlocal waiting
            waiting = snapshot
            start = time.perf_counter()
            if growth is not None:
                growth.note(snapshot)
            if pace.is_due(snapshot, start):
                recorder.add(frame_of(snapshot))
                waiting = None
                pace.count += 1
            pace.spent += time.perf_counter() - start

        yield show
        if waiting is not None:
            recorder.add(frame_of(waiting))
        recorder.seconds = SHARE * (time.perf_counter() - pace.began)


class Pace:
    """Spreads as many frames as there is time for evenly over the steps.

    If they were spread evenly over the time, the coarse octaves, which are the shortest and change most, would have
    hardly any.

    Attributes:
        began: Start of the run, seconds.
        count: Frames taken.
        spent: Seconds that they took.
    """

    def __init__(self, began: float) -> None:
        """Start at a time, seconds."""
        self.began = began
        self.count = 0
        self.spent = 0.0

    def is_due(self, snapshot: Snapshot, now: float) -> bool:
        """Return whether to take a frame.

        Args:
            snapshot: The latest one.
            now: The time, seconds.

        Returns:
            Whether a frame is due, by the estimated time of the run and the time that frames have taken so far.
        """
        run = now - self.began - self.spent
        if not self.count or not snapshot.share:
            return not self.count
        run += CAUTION * run * (1 / snapshot.share - 1)
        affordable = max(FEWEST_FRAMES, SHARE * run * self.count / max(self.spent, 1e-9))
        return snapshot.step * affordable >= self.count * snapshot.steps
