"""Snapshots of the canvas during synthesis."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class Snapshot:
    """The canvas after one step.

    Attributes:
        octave: Index of the octave; 0 is full size.
        step: Steps done in the whole job; 0 is the canvas to start from. It stays between two pieces of a step.
        steps: Steps of the whole job.
        losses: Loss of every critic that took part in the step; none while patches are searched.
        picture: RGB in [0, 1], at the octave's size, shape (1, 3, height, width); no later step changes it.
        layer_losses: The same for every layer that each critic looks at, without its weight.
        undone: Steps of this octave that the solver has undone because they blew up.
        share: Share of the work that is done, about, in [0, 1].
        ends: Whether it is the last one of its octave.
        origins: Row and column of the exemplar that each pixel is taken from, int32 (height, width, 2), in the last
            snapshot of an exemplar with maps; else None.
    """

    octave: int
    step: int
    steps: int
    losses: Mapping[str, float]
    picture: Tensor
    layer_losses: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: MappingProxyType({}))
    undone: int = 0
    share: float = 0.0
    ends: bool = False
    origins: NDArray[np.int32] | None = None
