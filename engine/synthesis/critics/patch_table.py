"""Targets of the patch critic by a list of all patches of the exemplar."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.synthesis.critics.patch_search import AllKeys, KeyTree, PatchSearch
from engine.synthesis.critics.patches import (
    average_matches,
    exemplar_patches,
    patch_places,
    scaled_patches,
    unit_patches,
)
from engine.synthesis.wrap import NO_WRAP, Wrap


class PatchTable:
    """Nearest patches of one layer, searched anew each time.

    Args:
        maps: Of one or several exemplars, each (1, channels, height, width).
        valid: For each exemplar, the positions that may be used, (height, width), or None for all.
        unit: Squared difference per channel that makes for a squared distance of 1, to compare patches by distance;
            None to compare them by correlation.
        tree: Whether a tree finds patches that are nearly as near as the nearest; on the CPU, without a penalty.
        keys: The most patches to search; of more than that, evenly spread ones are.
        repetition_penalty: What is taken off a patch's similarity for each time that it was used beyond its share.
        memory: Bytes that one chunk of an exact search may take.
        wrap: Axes along which patches of the canvas reach over the border to the other side.
    """

    def __init__(
        self,
        maps: Sequence[Tensor],
        valid: Sequence[Tensor | None],
        *,
        unit: float | None = None,
        tree: bool = False,
        keys: int = 16384,
        repetition_penalty: float = 0.0,
        memory: int = 256 * 2**20,
        wrap: Wrap = NO_WRAP,
    ) -> None:
        self._unit = unit
        self._wrap = wrap
        self._patches = exemplar_patches(maps, valid, keys)
        listed = self._gather(self._patches.vectors, self._patches.places)
        self._search: PatchSearch
        if tree:
            self._search = KeyTree(listed)
        else:
            self._search = AllKeys(
                listed, by_distance=unit is not None, repetition_penalty=repetition_penalty, memory=memory
            )

    def targets(
        self, maps: Tensor, region: Tensor | None, generator: torch.Generator
    ) -> tuple[Tensor, Tensor | None]:
        """Match the canvas's patches and average the matched ones where they overlap; see `PatchField.targets`."""
        height, width = maps.shape[2:]
        vectors = maps[0].flatten(1).t()
        places = patch_places(height, width, wrap=self._wrap, device=maps.device)
        if region is not None:
            places = places[region.flatten()[places].any(dim=1)]
        order = torch.randperm(len(places), generator=generator).to(maps.device)
        matches = self._search.match(self._gather(vectors, places), order=order)
        found = average_matches(self._patches, matches, places, len(vectors))
        judged = torch.zeros(len(vectors), dtype=torch.bool, device=maps.device)
        judged[places.flatten()] = True
        if region is not None:
            judged &= region.flatten()
        if bool(judged.all()):
            return found, None
        positions = torch.nonzero(judged)[:, 0]
        return found[positions], positions

    def _gather(self, vectors: Tensor, places: Tensor) -> Tensor:
        if self._unit is None:
            return unit_patches(vectors, places)
        return scaled_patches(vectors, places, self._unit)
