"""Steps of an installation, which can be printed or performed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Stage = Callable[[], Iterable["Action"]]
"""A function that inspects what earlier stages have left, and returns the actions that are still needed."""


@dataclass(frozen=True)
class Action:
    """One step.

    Attributes:
        sentence: What it does, in the imperative.
        perform: Function that does it.
    """

    sentence: str
    perform: Callable[[], object]


def carry_out(stages: Iterable[Stage], *, dry: bool) -> int:
    """Print each action, and perform it.

    Args:
        stages: Functions that return the actions, in order.
        dry: Whether to print the actions without performing them.

    Returns:
        The number of actions.
    """
    count = 0
    for stage in stages:
        for action in stage():
            count += 1
            print(f"would {action.sentence}" if dry else f"- {action.sentence}", flush=True)
            if not dry:
                action.perform()
    return count
