"""The interface of critics: losses over feature maps, with targets from the exemplar."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from engine.synthesis.shares import weighted

FeatureMaps = Mapping[str, Tensor]
"""Feature maps by layer, each of shape (1, channels, height, width)."""

Regions = Mapping[str, Tensor]
"""Boolean maps by layer, each of shape (height, width): the positions that count."""


@dataclass(frozen=True, eq=False)
class Target:
    """What a critic compares the canvas with: one source of the exemplar.

    Attributes:
        maps: Its feature maps.
        valid: Positions that may be used; all of them in a layer that is missing.
        share: Of the canvas that is to be like it, relative to the other targets'. A flipped, rotated or scaled copy
            of a source has none: patches may be those of the copy, statistics are those of the source.
    """

    maps: FeatureMaps
    valid: Regions = field(default_factory=dict)
    share: float = 1.0

    def rows(self, name: str) -> Tensor:
        """List the feature vectors of a layer that may be used, shape (positions, channels)."""
        return rows(self.maps[name], self.valid.get(name))


@dataclass(frozen=True, eq=False)
class Portion:
    """A part of the canvas, and what it is compared with.

    Attributes:
        targets: Sources of the exemplar.
        region: Positions of the canvas that are judged; all of them in a layer that is missing.
        layers: Layers in which there is enough of it; None for all.
        share: Of the whole loss.
    """

    targets: Sequence[Target]
    region: Regions = field(default_factory=dict)
    layers: Collection[str] | None = None
    share: float = 1.0

    def has(self, layer: str) -> bool:
        """Whether there is enough of it in a layer."""
        return self.layers is None or layer in self.layers


class Critic(Protocol):
    """A loss over feature maps.

    Attributes:
        layers: The layers that it needs, with their weights.
        interval: Steps between two calls of `refresh`; 0 for a critic whose targets never change.
    """

    layers: dict[str, float]
    interval: int

    def refresh(self, canvas: FeatureMaps, generator: torch.Generator) -> None:
        """Choose new targets for the canvas as it is now."""

    def losses(self, canvas: FeatureMaps) -> dict[str, Tensor]:
        """Measure the canvas on every layer, scalars; about 1 for features unlike any of the exemplar's."""


def total_loss(losses: Mapping[str, Tensor], layers: Mapping[str, float]) -> Tensor:
    """Weighted mean of a critic's losses, a scalar; layers without a loss count as 0."""
    return torch.stack([layers[name] * loss for name, loss in losses.items()]).sum() / sum(layers.values())


def spread(targets: Sequence[Target], name: str) -> float:
    """Mean variance of a layer's channels: the unit in which distances on all layers of all encoders compare."""
    parts = [(target.rows(name), part) for target, part in weighted(targets)]
    mean = sum((part * listed.mean(dim=0) for listed, part in parts), start=parts[0][0].new_zeros(()))
    energy, variance = 0.0, 0.0
    for listed, part in parts:
        energy += part * float((listed**2).mean())
        variance += part * float(listed.var(dim=0, unbiased=False).mean())
        if len(parts) > 1:
            variance += part * float(((listed.mean(dim=0) - mean) ** 2).mean())
    # In an exemplar of one color the variance is rounding, and in units of that any canvas is infinitely far away.
    return max(1e-4 * energy + 1e-6, variance)


def rows(maps: Tensor, region: Tensor | None = None) -> Tensor:
    """List feature vectors as rows, shape (positions, channels); only those of `region`, where it is given."""
    listed = maps[0].flatten(1).t()
    return listed if region is None else listed[region.flatten()]
