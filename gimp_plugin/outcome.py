"""Outcome of a run of a procedure."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Outcome:
    """How it ended.

    Attributes:
        problem: What went wrong, for the user, or nothing.
        misused: Whether that is how the procedure was called.
        cancelled: Whether the user wanted no result.
        image: The image with the result.
        layers: The layers of the result.
        text: The result of a procedure, for people.
    """

    problem: str = ""
    misused: bool = False
    cancelled: bool = False
    image: Any = None
    layers: tuple[Any, ...] = ()
    text: str = ""
