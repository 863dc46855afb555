"""Matching in tensors, for a GPU: all places at once.

The same seed gives the same bytes on the same device: chance belongs to places, sums have one order, and nothing is
written to one place from two.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.synthesis.matching.field import Bools, Floats, MatchField, MatchSource, Places
from engine.synthesis.matching.search import Query
from engine.synthesis.matching.tensor_patches import halved
from engine.synthesis.matching.tensor_places import bounds, moved, numbered, pieces
from engine.synthesis.matching.tensor_search import JUMPS, SourceTensors, TensorSearch

# Bytes for what is compared at once: on a CPU a piece of the work is then a moment, on a GPU it keeps all of it busy.
MEMORY_ON_CPU = 16 * 2**20
MEMORY = 256 * 2**20


class TensorMatcher:
    """Matching on a device of torch; see `Matcher`.

    Args:
        device: Where.
        memory: The most bytes for what is compared at once; the same is found with any number.
    """

    def __init__(self, device: torch.device, memory: int | None = None) -> None:
        self._device = device
        self._memory = memory or (MEMORY_ON_CPU if device.type == "cpu" else MEMORY)
        self._exemplars = WeakKeyDictionary[MatchSource, SourceTensors]()

    def measure(self, field: MatchField, query: Query, source: MatchSource, penalty: Floats | None = None) -> None:
        """Compute the costs of a field anew; see `search.measure`."""
        if query.wanted.any():
            search = TensorSearch(self._device, self._memory, field, query, self._kept(source), penalty)
            search.measure()
            search.write(field)

    def improve(
        self,
        field: MatchField,
        query: Query,
        source: MatchSource,
        penalty: Floats | None = None,
        *,
        passes: int,
        seed: int,
        reach: int | None = None,
        proposals: Places | None = None,
        tries: int = 0,
    ) -> Iterator[float]:
        """Search for nearer patches; see `search.improve`. The field is changed after each pass."""
        if not query.wanted.any():
            return
        search = TensorSearch(self._device, self._memory, field, query, self._kept(source), penalty)
        offered = None if proposals is None or not len(proposals) else search.held(proposals.astype(np.int32))
        for turn in range(passes):
            drawn = (seed * 1009 + turn) & 0x7FFFFFFFFFFFFFFF
            far = max(source.usable.shape) if reach is None else reach
            for _ in chain(*map(search.spread, JUMPS), search.guess(offered, tries, far, drawn)):
                yield turn / passes
            search.write(field)

    def vote(
        self,
        field: MatchField,
        source: MatchSource,
        wanted: Bools,
        free: Bools,
        weights: Floats | None,
        found: Floats,
        *,
        radius: int,
        padding: int,
        wrap: tuple[bool, bool] = (False, False),
    ) -> None:
        """Make the canvas of the patches that overlap at each place; see `voting.vote`."""
        if not wanted.any() or not free.any():
            return
        part = bounds(wanted | free, wrap)
        inside, made = np.ascontiguousarray(wanted[part]), np.ascontiguousarray(free[part])
        map_ = numbered(inside, radius, wrap)
        width, wide = map_.shape[1], source.channels.shape[1]
        numbers = self._held(map_).flatten()
        how = self._held((field.costs if weights is None else weights)[part][inside])
        places = self._held(field.places[part][inside]).long()
        places = places[:, 0] * wide + places[:, 1]
        colors = self._kept(source).channels.flatten(0, 1)
        steps = torch.arange(-radius, radius + 1, device=self._device)
        over, taken = ((steps[:, None] * each + steps).flatten()[:, None] for each in (width, wide))
        rows, columns = np.nonzero(made)
        centers = self._held((rows + radius) * width + columns + radius)
        colored = colors.new_empty(len(centers), colors.shape[1])
        covered = torch.empty(len(centers), dtype=torch.bool, device=self._device)
        # Numbers of a patch take 40 bytes.
        together = self._memory // (len(over) * (40 + 4 * colors.shape[1]))
        for piece in pieces(len(centers), together):
            there = numbers[centers[piece] + over].long()
            known = there >= 0
            there.clamp_(min=0)
            origins = places[there] - taken
            if weights is None:
                costs = how[there].masked_fill_(~known, torch.inf)
                colored[piece] = colors[origins.gather(0, costs.argmin(dim=0, keepdim=True))[0]]
                covered[piece] = known.any(dim=0)
            else:
                counts = how[there] * known
                total = halved(colors[origins].mul_(counts[..., None]))
                weight = halved(counts)
                covered[piece] = weight > 0
                colored[piece] = total / weight[:, None]
        marked = made.copy()
        marked[made] = covered.cpu().numpy()
        height, length = free.shape
        inner = found[padding : padding + height, padding : padding + length][part]
        inner[marked] = colored[covered].cpu().numpy()

    def _kept(self, source: MatchSource) -> SourceTensors:
        """Move a source to the device, once for as long as it lives."""
        kept = self._exemplars.get(source)
        if kept is None:
            usable = self._held(source.usable).flatten()
            labels = None if source.labels is None else self._held(source.labels).flatten()
            kept = self._exemplars[source] = SourceTensors(self._held(source.channels), usable, labels)
        return kept

    def _held(self, values: NDArray[Any]) -> Tensor:
        return moved(values, self._device)
