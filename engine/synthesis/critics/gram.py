"""The gram critic: correlations of features, averaged over all positions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.synthesis.critics.base import FeatureMaps, Regions, Target, rows
from engine.synthesis.shares import weighted


@dataclass(frozen=True)
class GramSettings:
    """The gram critic has no settings."""

    side = 1


def gram_matrix(features: Tensor) -> Tensor:
    """Correlate the features: G = FᵀF / positions (Gatys et al. 2015, arXiv 1505.07376, eq. 2).

    Departs from the paper in dividing by the number of positions, so that pictures of different sizes compare.

    Args:
        features: Shape (positions, channels).

    Returns:
        Shape (channels, channels), symmetric.
    """
    return features.t() @ features / features.shape[0]


def gram_loss(canvas: Tensor, exemplar: Tensor) -> Tensor:
    """Squared difference of two Gram matrices over the squared norm of the exemplar's (ibid., eq. 3).

    Departs from the paper in that norm, which puts all layers of all encoders on one scale.

    Args:
        canvas: Shape (channels, channels).
        exemplar: Shape (channels, channels).

    Returns:
        A scalar; 0 for equal matrices, 1 for a canvas without any feature.
    """
    return ((canvas - exemplar) ** 2).sum() / (exemplar**2).sum().clamp_min(torch.finfo(exemplar.dtype).tiny)


class GramCritic:
    """Gram losses of several layers, weighted.

    Args:
        targets: The exemplar; of several sources, their matrices are averaged by their shares.
        layers: Weight of every layer.
        region: Positions of the canvas that are judged; all of them in a layer that is missing.
    """

    interval = 0

    def __init__(
        self,
        targets: Sequence[Target],
        layers: Mapping[str, float],
        *,
        region: Regions | None = None,
    ) -> None:
        self.layers = dict(layers)
        self._region = region or {}
        self._targets = {
            name: torch.stack([part * gram_matrix(one.rows(name)) for one, part in weighted(targets)]).sum(dim=0)
            for name in layers
        }

    def refresh(self, canvas: FeatureMaps, generator: torch.Generator) -> None:
        """Do nothing: the targets never change."""

    def losses(self, canvas: FeatureMaps) -> dict[str, Tensor]:
        """Measure the Gram loss of every layer."""
        return {
            name: gram_loss(gram_matrix(rows(canvas[name], self._region.get(name))), target)
            for name, target in self._targets.items()
        }
