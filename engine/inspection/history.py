"""What a run tells while it goes on, kept step by step."""

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
    """A run, step by step; every curve has a value for each step, NaN where the critic took no part.

    Attributes:
        octaves: Index of the octave of every step.
        losses: Curve of every critic.
        layer_losses: Curve of every layer by critic, without its weight.
        undone: Steps, from 1, at which the solver found that the one before had blown up, and undid it.
        ends: The canvas at the end of every octave, by its index, coarse to fine.
        seconds: At the end of every step, from the start.
    """

    octaves: NDArray[np.int64]
    losses: Mapping[str, Curve]
    layer_losses: Mapping[str, Mapping[str, Curve]]
    undone: tuple[int, ...]
    ends: Mapping[int, Tensor]
    seconds: Curve

    @property
    def steps(self) -> int:
        """How many steps there were."""
        return len(self.octaves)

    @property
    def picture(self) -> Tensor:
        """The result, shape (1, 3, height, width)."""
        return list(self.ends.values())[-1]

    def last(self, critic: str) -> float | None:
        """Loss of a critic at the last step that it took part in; None where it was never finite."""
        finite = self.losses[critic][np.isfinite(self.losses[critic])]
        return float(finite[-1]) if len(finite) else None

    def at_end(self, critic: str) -> float | None:
        """Loss of a critic at the last step of all; None where it took no part in it."""
        loss = float(self.losses[critic][-1])
        return loss if math.isfinite(loss) else None

    def span(self, octave: int) -> tuple[int, int]:
        """First and last step of an octave, from 1."""
        found = np.flatnonzero(self.octaves == octave)
        return int(found[0]) + 1, int(found[-1]) + 1


def follow(
    snapshots: Iterable[Snapshot], clock: Callable[[], float], tell: Callable[[Snapshot], None] | None = None
) -> History:
    """Follow a run to its end.

    Args:
        snapshots: Those of the run.
        clock: Tells the time, seconds.
        tell: Told of every snapshot as it comes.

    Returns:
        What they told.
    """
    began = clock()
    taken: list[Snapshot] = []
    seconds: list[float] = []
    ends: dict[int, Tensor] = {}
    undone: list[int] = []
    before = 0
    for snapshot in snapshots:
        if tell is not None:
            tell(snapshot)
        ends[snapshot.octave] = snapshot.picture
        # Between two pieces of a step the snapshot before comes again.
        if snapshot.step == (taken[-1].step if taken else 0):
            continue
        # Each octave counts from 0, and has nothing to undo at its first step.
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
