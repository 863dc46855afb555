"""Steps that can be told as well as done."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Stage = Callable[[], Iterable["Action"]]
"""Looks at what is there and gives the actions that are still needed; what it sees, earlier stages have done."""


@dataclass(frozen=True)
class Action:
    """One step.

    Attributes:
        sentence: What it does, in the imperative.
        perform: Does it.
    """

    sentence: str
    perform: Callable[[], object]


def carry_out(stages: Iterable[Stage], *, dry: bool) -> int:
    """Tell each action, and do it.

    Args:
        stages: What gives the actions, in order.
        dry: Whether to tell them only.

    Returns:
        How many there were.
    """
    count = 0
    for stage in stages:
        for action in stage():
            count += 1
            print(f"would {action.sentence}" if dry else f"- {action.sentence}", flush=True)
            if not dry:
                action.perform()
    return count
