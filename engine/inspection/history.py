"""The history of a run, step by step."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from engine.synthesis import Snapshot

Curve = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class History:
    """The history of a run. Every curve has a value per step, NaN if the critic took no part.

    Attributes:
        octaves: Index of the octave of each step.
        losses: Curve of each critic.
        layer_losses: Curve of each layer by critic, unweighted.
        undone: Steps, from 1, at which the solver undid the step before, which had diverged.
        ends: The canvas at the end of each octave, by its index, coarse to fine.
        seconds: Time at the end of each step, from the start.
    """

    octaves: NDArray[np.int64]
    losses: Mapping[str, Curve]
    layer_losses: Mapping[str, Mapping[str, Curve]]
    undone: tuple[int, ...]
    ends: Mapping[int, Tensor]
    seconds: Curve

    @property
    def steps(self) -> int:
        """Number of steps."""
        return len(self.octaves)

    @property
    def picture(self) -> Tensor:
        """The result, shape (1, 3, height, width)."""
        return list(self.ends.values())[-1]

    def last(self, critic: str) -> float | None:
        """Return the last finite loss of a critic, or None."""
        finite = self.losses[critic][np.isfinite(self.losses[critic])]
        return float(finite[-1]) if len(finite) else None

    def at_end(self, critic: str) -> float | None:
        """Return the loss of a critic at the last step, or None if it took no part."""
        loss = float(self.losses[critic][-1])
        return loss if math.isfinite(loss) else None

    def span(self, octave: int) -> tuple[int, int]:
        """Return the first and last step of an octave, from 1."""
        found = np.flatnonzero(self.octaves == octave)
        return int(found[0]) + 1, int(found[-1]) + 1


def follow(
    snapshots: Iterable[Snapshot], clock: Callable[[], float], on_snapshot: Callable[[Snapshot], None] | None = None
) -> History:
    """Follow a run to its end.

    Args:
        snapshots: Snapshots of the run.
        clock: Returns the time, seconds.
        on_snapshot: Called with every snapshot.

    Returns:
        The history.
    """
    began = clock()
    taken: list[Snapshot] = []
    seconds: list[float] = []
    ends: dict[int, Tensor] = {}
    undone: list[int] = []
    before = 0
    for snapshot in snapshots:
        if on_snapshot is not None:
            on_snapshot(snapshot)
        ends[snapshot.octave] = snapshot.picture
        # Between two pieces of a step, the previous snapshot is repeated.
        if snapshot.step == (taken[-1].step if taken else 0):
            continue
        # Each octave counts from 0, and cannot undo at its first step.
        if snapshot.undone > before:
            undone.append(snapshot.step)
        before = snapshot.undone
        taken.append(snapshot)
        seconds.append(clock() - began)
    critics = dict.fromkeys(name for one in taken for name in one.losses)
    layers = {
        name: dict.fromkeys(layer for one in taken for layer in one.layer_losses.get(name, {})) for name in critics
    }
    return History(
        octaves=np.array([one.octave for one in taken], np.int64),
        losses={name: _curve([one.losses for one in taken], name) for name in critics},
        layer_losses={
            name: {layer: _curve([one.layer_losses.get(name, {}) for one in taken], layer) for layer in found}
            for name, found in layers.items()
        },
        undone=tuple(undone),
        ends=ends,
        seconds=np.array(seconds),
    )


def _curve(steps: list[Mapping[str, float]], name: str) -> Curve:
    return np.array([step.get(name, np.nan) for step in steps], np.float64)
