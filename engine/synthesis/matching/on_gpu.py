"""Matching on a GPU by Triton kernels: one launch for each batch of candidates.

The same seed gives the same bytes on the same device: chance belongs to places, sums have one order, and nothing is
written to one place from two.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.synthesis.matching import search_kernels, vote_kernel
from engine.synthesis.matching.field import Bools, Floats, MatchField, MatchSource, Places
from engine.synthesis.matching.search import Query

# Places of one program, and values of a patch that are compared at once, powers of two.
BLOCK, CHUNK = 32, 64
# Jumps that are tried together.
JUMPS = ((8, 4), (2, 1))


@dataclass(frozen=True, eq=False)
class _Exemplar:
    """A source on the device."""

    channels: Tensor
    usable: Tensor
    labels: Tensor | None


class TritonMatcher:
    """Matching on a device of torch that has Triton; see `Matcher`.

    Args:
        device: Where.
        block: Places of one program, a power of two.
    """

    def __init__(self, device: torch.device, block: int = BLOCK) -> None:
        self._device, self._block = device, block
        self._exemplars = WeakKeyDictionary[MatchSource, _Exemplar]()

    def measure(self, field: MatchField, query: Query, source: MatchSource, penalty: Floats | None = None) -> None:
        """Compute the costs of a field anew; see `search.measure`."""
        if query.wanted.any():
            search = _Search(self._device, self._block, field, query, self._kept(source), penalty)
            search.measure()
            field.costs[search.part] = search.costs.cpu().numpy()

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
        """Search for nearer patches; see `search.improve`. The field is changed when that ends or is given up."""
        if not query.wanted.any():
            return
        search = _Search(self._device, self._block, field, query, self._kept(source), penalty)
        offered = np.zeros((0, 2), np.int32) if proposals is None else proposals.astype(np.int32)
        held, far = moved(offered, self._device), max(source.usable.shape) if reach is None else reach
        try:
            for turn in range(passes):
                for jumps in JUMPS:
                    search.spread(jumps)
                search.guess(held, min(tries, len(offered)), far, (seed * 1009 + turn) & 0x7FFFFFFFFFFFFFFF)
                yield (turn + 1) / passes
        finally:
            field.places[search.part] = search.places.cpu().numpy()
            field.costs[search.part] = search.costs.cpu().numpy()

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
        exemplar, device = self._kept(source), self._device
        how = field.costs if weights is None else weights
        at = _numbers(moved(free[part], device))
        inside = moved(wanted[part], device)
        height, length = inside.shape
        channels = source.channels.shape[2]
        colors = torch.zeros((height, length, channels), device=device)
        covered = torch.zeros((height, length), dtype=torch.uint8, device=device)
        with _active(device):
            vote_kernel.vote[(-(-len(at) // self._block),)](
                at,
                len(at),
                inside,
                moved(field.places[part], device),
                moved(how[part], device),
                exemplar.channels,
                colors,
                covered,
                height,
                length,
                source.channels.shape[1],
                WRAP_ROWS=wrap[0],
                WRAP_COLUMNS=wrap[1],
                AVERAGE=weights is not None,
                RADIUS=radius,
                CHANNELS=channels,
                LANES=1 << (channels - 1).bit_length(),
                BLOCK=self._block,
            )
        inner = found[padding : padding + free.shape[0], padding : padding + free.shape[1]][part]
        np.copyto(inner, colors.cpu().numpy(), where=covered.bool().cpu().numpy()[..., None])

    def _kept(self, source: MatchSource) -> _Exemplar:
        """Move a source to the device, once for as long as it lives."""
        kept = self._exemplars.get(source)
        if kept is None:
            labels = None if source.labels is None else moved(source.labels, self._device)
            kept = _Exemplar(moved(source.channels, self._device), moved(source.usable, self._device), labels)
            self._exemplars[source] = kept
        return kept


class _Search:
    """A search on its way: the part of the canvas around what is wanted, and its matches."""

    def __init__(
        self,
        device: torch.device,
        block: int,
        field: MatchField,
        query: Query,
        source: _Exemplar,
        penalty: Floats | None,
    ) -> None:
        part = self.part = bounds(query.wanted, query.wrap)
        around = tuple(slice(each.start, each.stop + 2 * query.radius) for each in part)
        self._device, self._block, self._wrap = device, block, query.wrap
        self._wanted = moved(query.wanted[part], device)
        self._at = _numbers(self._wanted)
        self.places, self.costs = moved(field.places[part], device), moved(field.costs[part], device)
        if device.type == "cpu":
            # There they may share the memory of the field, which has to stay right when a search is given up.
            self.places, self.costs = self.places.clone(), self.costs.clone()
        self._canvas, self._usable = moved(query.channels[around], device), source.usable
        labeled = query.label_costs is not None and source.labels is not None
        nothing = self.costs
        self._compared = (
            self._canvas,
            source.channels,
            nothing if query.trust is None else moved(query.trust[around], device),
        )
        self._extra = (
            nothing if penalty is None else moved(penalty, device),
            source.labels if labeled else self.places,
            moved(query.label_costs[part], device) if labeled and query.label_costs is not None else nothing,
            query.label_costs.shape[2] if query.label_costs is not None else 0,
        )
        self._sizes = (*self._wanted.shape, *source.usable.shape)
        self._fixed: dict[str, Any] = {
            "RADIUS": query.radius,
            "CHANNELS": source.channels.shape[2],
            "TRUSTED": query.trust is not None,
            "PENALIZED": penalty is not None,
            "LABELED": labeled,
            "CHUNK": CHUNK,
            "BLOCK": block,
        }

    def measure(self) -> None:
        """Compute all costs anew."""
        _, length, _, wide = self._sizes
        with _active(self._device):
            search_kernels.measure[self._grid](
                *self._listed, self.places, self.costs, *self._compared, *self._extra, length, wide, **self._fixed
            )

    def spread(self, jumps: tuple[int, int]) -> None:
        """Try how the matches go on of the places that lie so many pixels away."""
        after = self.places.clone()
        with _active(self._device):
            search_kernels.spread[self._grid](
                *self._listed,
                self._wanted,
                self.places,
                after,
                self.costs,
                *self._compared,
                self._usable,
                *self._extra,
                *self._sizes,
                *jumps,
                WRAP_ROWS=self._wrap[0],
                WRAP_COLUMNS=self._wrap[1],
                **self._fixed,
            )
        self.places = after

    def guess(self, offered: Tensor, tries: int, reach: int, seed: int) -> None:
        """Try offsets, chosen at random if there are more of them than tries, and random places, ever nearer."""
        with _active(self._device):
            search_kernels.guess[self._grid](
                *self._listed,
                self.places,
                self.costs,
                *self._compared,
                self._usable,
                *self._extra,
                *self._sizes[1:],
                *(each.start for each in self.part),
                offered if len(offered) else self.places,
                len(offered),
                tries,
                reach,
                seed,
                **self._fixed,
            )

    @property
    def _listed(self) -> tuple[Tensor, int]:
        return self._at, len(self._at)

    @property
    def _grid(self) -> tuple[int]:
        return (-(-len(self._at) // self._block),)


def moved(values: NDArray[Any], device: torch.device) -> Tensor:
    """Move values to a device, booleans as bytes; on the CPU the tensor may share their memory."""
    whole = np.ascontiguousarray(values)
    whole = whole.view(np.uint8) if whole.dtype == bool else whole
    return torch.from_numpy(whole if whole.flags.writeable else whole.copy()).to(device)


def bounds(marked: Bools, wrap: tuple[bool, bool]) -> tuple[slice, slice]:
    """Bound what is marked, of which there is something; an axis that wraps is whole."""
    lines = (np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0)))
    rows, columns = (
        slice(0, side) if wraps else slice(int(each[0]), int(each[-1]) + 1)
        for each, side, wraps in zip(lines, marked.shape, wrap, strict=True)
    )
    return rows, columns


def _numbers(marked: Tensor) -> Tensor:
    """Number what is marked, row by row, int32."""
    return marked.flatten().nonzero()[:, 0].int()


def _active(device: torch.device) -> torch.cuda.device:
    """Let kernels start on a device: Triton takes the current one. Does nothing for the CPU."""
    return torch.cuda.device(device if device.type == "cuda" else -1)
