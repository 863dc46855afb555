"""Count what has become of a batch so far."""

import time
from collections import Counter
from typing import Any

from engine.batch.running import Ended, Outcome


class Tally:
    """The counts of a running batch.

    Attributes:
        count: Number of its jobs.
    """

    def __init__(self, count: int) -> None:
        """Begin now."""
        self.count = count
        self._began = time.monotonic()
        self._outcomes: Counter[Outcome] = Counter()
        self._pixels = 0

    def add(self, ended: Ended) -> None:
        """Count a job that has ended."""
        self._outcomes[ended.outcome] += 1
        if ended.outcome is Outcome.DONE and ended.entry is not None:
            self._pixels += ended.entry.width * ended.entry.height

    @property
    def ended(self) -> int:
        """Jobs that have ended."""
        return self._outcomes.total()

    @property
    def failed(self) -> int:
        """Jobs that have failed, in this run or an earlier one."""
        return self._outcomes[Outcome.FAILED] + self._outcomes[Outcome.FAILED_BEFORE]

    def outlook(self) -> str:
        """Return failures so far and the time left, for people; empty before the first texture."""
        parts = [f"{self.failed} failed"] if self.failed else []
        if made := self._outcomes[Outcome.DONE] + self._outcomes[Outcome.FAILED]:
            # As if no more of them were skipped.
            left = (time.monotonic() - self._began) / made * (self.count - self.ended)
            parts.append(f"{duration(left)} left")
        return ", ".join(parts)

    def summary(self) -> dict[str, Any]:
        """Return the counts by name, with seconds and pixels per second."""
        seconds = time.monotonic() - self._began
        return {
            "textures": self.count,
            "done": self._outcomes[Outcome.DONE],
            "failed": self.failed,
            "skipped": self._outcomes[Outcome.SKIPPED],
            "seconds": round(seconds, 3),
            "pixels_per_second": round(self._pixels / max(seconds, 1e-9), 1),
        }

    def sentence(self) -> str:
        """Return the summary for people."""
        found = self.summary()
        counts = f"{found['done']} done, {found['failed']} failed, {found['skipped']} skipped of {self.count}"
        return f"{counts} in {duration(found['seconds'])}; {found['pixels_per_second']:,.0f} pixels per second"


def duration(seconds: float) -> str:
    """Return seconds for people, such as `2 h 5 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
