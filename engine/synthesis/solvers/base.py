"""What every solver is."""

from collections.abc import Callable
from typing import Protocol

from torch import Tensor

Evaluate = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Gives the loss, a scalar, and its gradient at a picture."""


class Solver(Protocol):
    """An optimizer of one picture.

    Attributes:
        picture: Where it stands, values in [0, 1].
        step_size: Length of its steps.
        undone: Steps that it has undone because they blew up.
    """

    picture: Tensor
    step_size: float
    undone: int

    def step(self, evaluate: Evaluate) -> Tensor:
        """Take one step with one evaluation; returns the loss before it."""

    def forget(self) -> None:
        """Drop what was learnt of the loss's shape, because the loss has changed."""
