"""What every critic is: a loss over feature maps, with its targets taken from the exemplar."""

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor

FeatureMaps = Mapping[str, Tensor]
"""Feature maps by layer, each of shape (1, channels, height, width)."""

Regions = Mapping[str, Tensor]
"""Boolean maps by layer, each of shape (height, width): the positions that count."""


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


def spread(maps: Tensor, valid: Tensor | None) -> float:
    """Mean variance of a layer's channels: the unit in which distances on all layers of all encoders compare."""
    listed = rows(maps, valid)
    # In an exemplar of one color the variance is rounding, and in units of that any canvas is infinitely far away.
    least = 1e-4 * float((listed**2).mean()) + 1e-6
    return max(least, float(listed.var(dim=0, unbiased=False).mean()))


def rows(maps: Tensor, region: Tensor | None = None) -> Tensor:
    """List feature vectors as rows, shape (positions, channels); only those of `region`, where it is given."""
    listed = maps[0].flatten(1).t()
    return listed if region is None else listed[region.flatten()]
