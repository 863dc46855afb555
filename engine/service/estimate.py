"""How long a job will take."""

from collections.abc import Mapping

# What a step costs besides its pixels, as a share of a step at full size: seen with `photo` at 256² and 512².
BASE = 0.02


def work(steps: Mapping[int, int], done: int) -> float:
    """Weigh the first steps of a job, coarse to fine, by the pixels that each changes.

    Args:
        steps: Steps by index of octave, coarse to fine.
        done: How many of them.

    Returns:
        Their weight; that of a step at full size is about 1.
    """
    total = 0.0
    for octave, count in steps.items():
        part = min(done, count)
        total += part * (0.25**octave + BASE)
        done -= part
    return total


def seconds_left(steps: Mapping[int, int], done: int, seconds: float) -> float | None:
    """Estimate how long a job will go on.

    Args:
        steps: Steps by index of octave, coarse to fine.
        done: Steps done.
        seconds: How long they took.

    Returns:
        Seconds, or None before the first step.
    """
    weight = work(steps, done)
    if not weight:
        return None
    return seconds * (work(steps, sum(steps.values())) / weight - 1)
