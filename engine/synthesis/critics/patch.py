"""The patch critic: distance of each patch of the canvas to its nearest patch of the exemplar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.synthesis.critics.base import FeatureMaps, Regions, Target, spread
from engine.synthesis.critics.patch_field import PatchField
from engine.synthesis.critics.patch_table import PatchTable
from engine.synthesis.critics.patches import SIDE
from engine.synthesis.wrap import NO_WRAP, Wrap
from protocol.vocabulary import PIXELS


@dataclass(frozen=True)
class PatchSettings:
    """How patches are matched.

    Attributes:
        interval: Steps between two searches.
        repetition_penalty: What is taken off a patch's similarity for each time that it was used beyond its share.
        noise: Standard deviation of the noise added to the canvas's features before the search, in units of theirs.
        keys: The most exemplar patches of a layer in an exact search; of more, evenly spread ones are taken.
        memory: Bytes that one chunk of an exact search may take.
        exact: The most exemplar patches of a layer that are searched exactly on the CPU. Of more than that, a match
            field finds near ones of features, and a tree of pixels.
        tree_keys: The most exemplar patches of a layer in a tree, likewise.
    """

    interval: int = 10
    repetition_penalty: float = 0.01
    noise: float = 0.0
    keys: int = 16384
    memory: int = 256 * 2**20
    exact: int = 512
    tree_keys: int = 65536

    side = SIDE


def patch_loss(canvas: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of features to their target, both of shape (positions, channels)."""
    return F.mse_loss(canvas, target)


class PatchCritic:
    """Patch losses of several layers, weighted (Li & Wand 2016, arXiv 1601.04589).

    Args:
        targets: The sources of the exemplar, and their flipped, rotated or scaled copies.
        layers: Weight of every layer.
        settings: How patches are matched.
        region: Positions of the canvas that are judged; all of them in a layer that is missing.
        wrap: Axes along which the canvas wraps around.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        layers: Mapping[str, float],
        settings: PatchSettings,
        *,
        region: Regions | None = None,
        wrap: Wrap = NO_WRAP,
    ) -> None:
        self.interval = settings.interval
        self.layers = dict(layers)
        self._settings = settings
        self._region = region or {}
        self._wrap = wrap
        self._spread = {name: spread(targets, name) for name in layers}
        self._matchers = {
            name: self._matcher(name, [one.maps[name] for one in targets], [one.valid.get(name) for one in targets])
            for name in layers
        }
        self._targets: dict[str, tuple[Tensor, Tensor | None]] = {}

    @torch.no_grad()
    def refresh(self, canvas: FeatureMaps, generator: torch.Generator) -> None:
        """Match the canvas's patches anew."""
        for name, matcher in self._matchers.items():
            maps = canvas[name].detach()
            if self._settings.noise:
                drawn = torch.randn(maps.shape, generator=generator).to(maps)
                maps = maps + self._settings.noise * maps.std() * drawn
            found = matcher.targets(maps, self._region.get(name), generator)
            before = self._targets.get(name)
            if before is not None and before[0].shape == found[0].shape:
                # Into the same memory: a captured step reads its targets there.
                before[0].copy_(found[0])
            else:
                self._targets[name] = found

    def losses(self, canvas: FeatureMaps) -> dict[str, Tensor]:
        """Measure the patch loss of every layer."""
        losses = {}
        for name, (target, positions) in self._targets.items():
            vectors = canvas[name].permute(0, 2, 3, 1).flatten(0, 2)
            judged = vectors if positions is None else vectors[positions]
            losses[name] = patch_loss(judged, target) / self._spread[name]
        return losses

    def _matcher(self, name: str, maps: Sequence[Tensor], valid: Sequence[Tensor | None]) -> PatchField | PatchTable:
        chosen = self._settings
        patches = sum((one.shape[2] - SIDE + 1) * (one.shape[3] - SIDE + 1) for one in maps)
        many = patches > chosen.exact and maps[0].device.type == "cpu" and maps[0].dtype == torch.float32
        if many and name != PIXELS:
            return PatchField(maps, valid, repetition_penalty=chosen.repetition_penalty, wrap=self._wrap)
        tree = many and not chosen.repetition_penalty
        return PatchTable(
            maps,
            valid,
            # Correlation does not tell bright pixels from dark ones.
            unit=self._spread[name] if name == PIXELS else None,
            tree=tree,
            keys=chosen.tree_keys if tree else chosen.keys,
            repetition_penalty=chosen.repetition_penalty,
            memory=chosen.memory,
            wrap=self._wrap,
        )
