"""L-BFGS, kept in the box [0, 1] and guarded against blowing up."""

import math
from collections import deque

import torch
from torch import Tensor

from engine.synthesis.solvers.base import Evaluate

TINY = 1e-30
# Pairs of differences that are kept, and the factor by which a loss may rise.
HISTORY, BLOW_UP = 20, 2.0


class LBFGS:
    """Limited-memory BFGS without line search: one evaluation a step (Liu & Nocedal 1989).

    Without a line search a step may blow up. One after which the loss is not finite, or above `BLOW_UP` times that
    before, is undone: the picture goes back, the curvature history is dropped, and the next step is a short one along
    the gradient; step lengths recover over the steps that follow.

    Args:
        picture: Where to start, values in [0, 1].
        step_size: Share of the quasi-Newton step that is taken, in (0, 1].
        longest: The most that any value may move in one step.
    """

    def __init__(self, picture: Tensor, step_size: float = 1.0, *, longest: float = 0.3) -> None:
        self.picture = picture.clone()
        self.step_size = step_size
        self.undone = 0
        self._longest = longest
        self._trust = 1.0
        self._last: tuple[Tensor, Tensor, Tensor] | None = None
        self._pairs: deque[tuple[Tensor, Tensor]] = deque(maxlen=HISTORY)

    def forget(self) -> None:
        """Drop the curvature history, and with it the loss that the next one would be compared with."""
        self._pairs.clear()
        self._last = None

    def step(self, evaluate: Evaluate) -> Tensor:
        """Take one step, or undo the last one; returns the loss of the picture that the step set out from."""
        loss, gradient = evaluate(self.picture)
        if self._last is not None:
            picture, last_loss, last_gradient = self._last
            if (
                not bool(torch.isfinite(loss))
                or not bool(torch.isfinite(gradient).all())
                or bool(loss > BLOW_UP * last_loss)
            ):
                self.undone += 1
                self._pairs.clear()
                self._trust *= 0.1
                self.picture, loss, gradient = picture.clone(), last_loss, last_gradient
            else:
                moved, turned = self.picture - picture, gradient - last_gradient
                # Only pairs of positive curvature keep the approximation positive definite.
                if bool((moved * turned).sum() > 1e-10 * (turned * turned).sum()):
                    self._pairs.append((moved, turned))
                self._trust = min(1.0, self._trust * 1.5)
        elif not bool(torch.isfinite(gradient).all()):
            return loss
        self._last = (self.picture.clone(), loss, gradient)
        # Values that stand at the border and would leave take no part, or they would spoil the curvature of the rest.
        inside = ~(((self.picture <= 0) & (gradient > 0)) | ((self.picture >= 1) & (gradient < 0)))
        direction = self._direction(gradient * inside) * inside
        largest = float(direction.abs().max())
        # Without curvature a gradient has no natural length: the value that moves most moves by a tenth of the range.
        furthest = self._longest if self._pairs else min(0.1, self._longest)
        length = min(self.step_size if self._pairs else math.inf, furthest / max(largest, TINY))
        self.picture = (self.picture - self._trust * length * direction).clamp_(0, 1)
        return loss

    def _direction(self, gradient: Tensor) -> Tensor:
        """Multiply the gradient with the approximate inverse Hessian by the two-loop recursion."""
        direction = gradient.clone()
        factors = []
        for moved, turned in reversed(self._pairs):
            factor = (moved * direction).sum() / (moved * turned).sum()
            direction -= factor * turned
            factors.append(factor)
        if self._pairs:
            moved, turned = self._pairs[-1]
            direction *= (moved * turned).sum() / (turned * turned).sum()
        for (moved, turned), factor in zip(self._pairs, reversed(factors), strict=True):
            direction += moved * (factor - (turned * direction).sum() / (moved * turned).sum())
        return direction
