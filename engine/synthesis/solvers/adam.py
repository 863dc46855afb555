"""Adam, kept in the box [0, 1]."""

import torch
from torch import Tensor

from engine.synthesis.solvers.base import Evaluate

# A loss that is rounding alone: its gradient points anywhere, and steps are as long as ever however short it is.
SOLVED = 1e-6
# Decay of the mean gradient, and of the mean squared one.
MOMENTUM, SCALING = 0.9, 0.99


class Adam:
    """Adam (Kingma & Ba 2015, arXiv 1412.6980) with projection to the box; takes losses that change with each step.

    Args:
        picture: Where to start, values in [0, 1].
        step_size: Step length, in units of the picture's values.
        damping: How much gradients far below the mean count for less, relative to it: without, they all make steps
            of one length, and smooth areas, where there is least to mend, grow grain.
        axes: How a step of length 1 along each axis of colors changes a color, one per column, (3, 3); None for
            steps of red, green and blue.
    """

    def __init__(
        self, picture: Tensor, step_size: float, *, damping: float = 0.0, axes: Tensor | None = None
    ) -> None:
        self.picture = picture.clone()
        self._step_size = picture.new_full((), step_size)
        self.undone = 0
        self._damping = damping
        self._axes = axes
        self.forget()

    def forget(self) -> None:
        """Start again with empty means."""
        self._steps = self.picture.new_zeros(())
        self._mean = torch.zeros_like(self.picture)
        self._square = torch.zeros_like(self.picture)

    @property
    def step_size(self) -> float:
        """Step length, in units of the picture's values."""
        return float(self._step_size)

    @step_size.setter
    def step_size(self, length: float) -> None:
        # On the device: a captured step reads it there.
        self._step_size.fill_(length)

    def step(self, evaluate: Evaluate) -> Tensor:
        """Take one step; none where the gradient is not finite, or nothing is left to do."""
        # In tensors alone, which stay where they are: a question of the host's would have a GPU wait for the answer,
        # and what is captured once is replayed on the same memory.
        loss, gradient = evaluate(self.picture)
        usable = (loss >= SOLVED) & torch.isfinite(gradient).all()
        if self._axes is not None:
            gradient = torch.einsum("ca,bchw->bahw", self._axes, gradient)
        self._steps += usable
        self._mean.copy_(torch.where(usable, self._mean.lerp(gradient, 1 - MOMENTUM), self._mean))
        square = (self._square * SCALING).addcmul_(gradient, gradient, value=1 - SCALING)
        self._square.copy_(torch.where(usable, square, self._square))
        scale = (self._square / (1 - SCALING**self._steps)).sqrt_()
        scale += self._damping * scale.mean(dim=(2, 3), keepdim=True) + 1e-12
        change = self._mean / scale
        if self._axes is not None:
            change = torch.einsum("ca,bahw->bchw", self._axes, change)
        moved = (self.picture - change.mul_(self._step_size / (1 - MOMENTUM**self._steps))).clamp_(0, 1)
        self.picture.copy_(torch.where(usable, moved, self.picture))
        return loss
