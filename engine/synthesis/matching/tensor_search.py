"""One search in tensors (after Barnes et al. 2009, "PatchMatch").

Departs from the paper in that all places are searched at once, and that matches spread in jumps (Rong & Tan 2006,
"Jump Flooding in GPU"), each from the field as it was before the jump, in place of from neighbor to neighbor.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.synthesis.matching.field import Floats, MatchField
from engine.synthesis.matching.random_bits import halves, random_bits
from engine.synthesis.matching.search import Query
from engine.synthesis.matching.tensor_patches import Comparison
from engine.synthesis.matching.tensor_places import bounds, moved, numbered, pieces

# Jumps that are tried together: each alone is no better, and takes twice as many operations.
JUMPS = ((8, 4), (2, 1))
MARGIN = JUMPS[0][0]
NEIGHBORS = ((-1, 0), (1, 0), (0, -1), (0, 1))
# What is known of each candidate takes no more than half of this; patches that are compared take the other half.
BYTES_EACH = 256


@dataclass(frozen=True, eq=False)
class SourceTensors:
    """A source on the device: channels (height, width, channels); where it may be sampled, and labels, in one row."""

    channels: Tensor
    usable: Tensor
    labels: Tensor | None = None


class TensorSearch:
    """A search on its way: the places that are wanted, in a row, with their matches.

    Args:
        device: Where.
        memory: The most bytes for what is compared at once.
        field: To start from.
        query: The canvas, where something is wanted.
        source: The exemplar.
        penalty: Added to the cost of each place of it.
    """

    def __init__(
        self,
        device: torch.device,
        memory: int,
        field: MatchField,
        query: Query,
        source: SourceTensors,
        penalty: Floats | None,
    ) -> None:
        self._device, self._memory = device, memory
        part = self._part = bounds(query.wanted, query.wrap)
        wanted = self._wanted = np.ascontiguousarray(query.wanted[part])
        margin = 2 * query.radius
        around = (slice(part[0].start, part[0].stop + margin), slice(part[1].start, part[1].stop + margin))
        canvas = self.held(query.channels[around])
        trust = None if query.trust is None else self.held(query.trust[around])
        self._comparison = Comparison(canvas, source.channels, trust, query.radius, memory // 2)
        self._usable, self._penalty = source.usable, None if penalty is None else self.held(penalty).flatten()
        self._corner = (part[0].start, part[1].start)
        self._width, self._wide, self._radius = canvas.shape[1], source.channels.shape[1], query.radius
        self._last = torch.tensor(source.channels.shape[:2], dtype=torch.int32, device=device) - 1
        # Numbers of the places that are wanted, with a margin in which all jumps end.
        map_ = numbered(wanted, MARGIN, query.wrap)
        self._numbers, self._line = self.held(map_).flatten(), map_.shape[1]
        self._at = self.held(np.argwhere(wanted).astype(np.int32))
        self._places = self.held(field.places[part][wanted].astype(np.int32))
        self._costs = self.held(field.costs[part][wanted])
        self._labels = source.labels
        self._label_costs = None
        if query.label_costs is not None and source.labels is not None:
            self._label_costs = self.held(query.label_costs[part][wanted])

    def held(self, values: NDArray[Any]) -> Tensor:
        """Move values to the device."""
        return moved(values, self._device)

    def write(self, field: MatchField) -> None:
        """Write what was found to a field."""
        field.places[self._part][self._wanted] = self._places.cpu().numpy()
        field.costs[self._part][self._wanted] = self._costs.cpu().numpy()

    def measure(self) -> None:
        """Compute all costs anew."""
        for piece in self._pieces(1):
            places = self._flat(self._places[piece])
            found = self._comparison.whole(self._corners(piece), places - self._radius * (self._wide + 1))
            extra = self._extra(piece, places)
            self._costs[piece] = found if extra is None else found + extra

    def spread(self, jumps: Sequence[int]) -> Iterator[None]:
        """Try how the matches go on of the places that lie so many pixels away."""
        before = self._places.clone()
        offsets = self.held(np.array([(jump * down, jump * across) for jump in jumps for down, across in NEIGHBORS]))
        over = (offsets[:, 0] * self._line + offsets[:, 1])[:, None]
        offsets = offsets.int()
        for piece in self._pieces(len(offsets)):
            at = self._at[piece] + MARGIN
            numbers = self._numbers[at[:, 0] * self._line + at[:, 1] + over]
            candidates = before[numbers.clamp(min=0)] - offsets[:, None]
            self._consider(piece, candidates, numbers >= 0)
            yield

    def guess(self, offered: Tensor | None, tries: int, reach: int, seed: int) -> Iterator[None]:
        """Try offsets, chosen at random if there are more of them than tries, and random places, ever nearer."""
        tries = 0 if offered is None else min(tries, len(offered))
        sizes = [reach >> turn for turn in range(reach.bit_length())]
        if not tries and not sizes:
            return
        radii = torch.tensor(sizes, dtype=torch.int32, device=self._device)[:, None, None]
        turns = torch.arange(tries + len(sizes), device=self._device) + 2
        for piece in self._pieces(len(turns)):
            rows, columns = self._absolute(piece)
            bits = halves(random_bits(seed, rows, columns, turns))
            found = list[Tensor]()
            if offered is not None and tries:
                drawn = bits[0][:tries] % len(offered) if tries < len(offered) else turns[:tries, None] - 2
                found.append(torch.stack([rows, columns], dim=1).int() + offered[drawn])
            if sizes:
                # The window ends where the source does: what is drawn beyond would be lost.
                places = self._places[piece]
                low, high = (places - radii).clamp(min=0), torch.minimum(places + radii, self._last)
                far = torch.stack([each[tries:] for each in bits], dim=2)
                found.append(low + (far % (high - low + 1)).int())
            self._consider(piece, torch.cat(found) if len(found) > 1 else found[0])
            yield

    def _consider(self, piece: slice, candidates: Tensor, valid: Tensor | None = None) -> None:
        """Take the best one of several candidates for each place of a piece, if it is better than what is there.

        Args:
            piece: Of the places that are wanted.
            candidates: Int32, shape (candidates, places, 2), anywhere.
            valid: Which of them count, boolean (candidates, places); None for all.
        """
        here, costs = self._places[piece], self._costs[piece]
        inside = torch.minimum(candidates.clamp(min=0), self._last)
        flat = self._flat(inside)
        counts = self._usable[flat] & (inside == candidates).all(dim=2) & (flat != self._flat(here))
        if valid is not None:
            counts &= valid
        extra = self._extra(piece, flat)
        most = costs.expand(flat.shape) if extra is None else costs - extra
        chosen = (counts & (most > 0)).flatten().nonzero()[:, 0]
        if not len(chosen):
            return
        corners = self._corners(piece)[chosen % len(here)]
        others = flat.flatten()[chosen] - self._radius * (self._wide + 1)
        kept, found = self._comparison.nearer(corners, others, most.flatten()[chosen])
        if not len(kept):
            return
        chosen = chosen[kept]
        every = torch.full(flat.shape, torch.inf, device=self._device)
        every.view(-1)[chosen] = found if extra is None else found + extra.flatten()[chosen]
        best = every.argmin(dim=0, keepdim=True)
        least = every.gather(0, best)[0]
        better = least < costs
        taken = candidates.gather(0, best[..., None].expand(-1, -1, 2))[0]
        self._places[piece] = torch.where(better[:, None], taken, here)
        self._costs[piece] = torch.where(better, least, costs)

    def _extra(self, piece: slice, flat: Tensor) -> Tensor | None:
        """Give what places cost besides, (…, places), for their numbers (…, places); None for nothing."""
        extra = None if self._penalty is None else self._penalty[flat]
        if self._label_costs is None or self._labels is None:
            return extra
        labels = self._labels[flat].long()
        costs = self._label_costs[piece].t().gather(0, labels.reshape(-1, labels.shape[-1])).reshape(labels.shape)
        return costs if extra is None else extra + costs

    def _pieces(self, candidates: int) -> Iterator[slice]:
        return pieces(len(self._at), self._memory // (candidates * BYTES_EACH))

    def _corners(self, piece: slice) -> Tensor:
        """Number the first pixels of the canvas's patches."""
        at = self._at[piece].long()
        return at[:, 0] * self._width + at[:, 1]

    def _absolute(self, piece: slice) -> tuple[Tensor, Tensor]:
        """Give rows and columns in the whole canvas."""
        at = self._at[piece].long()
        return at[:, 0] + self._corner[0], at[:, 1] + self._corner[1]

    def _flat(self, places: Tensor) -> Tensor:
        found: Tensor = places[..., 0].long() * self._wide + places[..., 1]
        return found
