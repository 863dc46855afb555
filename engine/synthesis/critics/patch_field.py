"""Search for nearest patches of feature maps with a match field, where comparing all of them takes too long."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from engine.synthesis.critics.patches import SIDE
from engine.synthesis.matching import MatchField, MatchSource, Query, improve, join, measure, vote
from engine.synthesis.pixels import as_array
from engine.synthesis.wrap import NO_WRAP, Wrap

RADIUS = SIDE // 2
# Each round goes through the canvas forwards and backwards.
ROUNDS = 2
FIRST_ROUNDS = 4


class PatchField:
    """Nearest patches of one layer, kept from one search to the next.

    Correlation is compared approximately: each feature vector is divided by the norm of the patch around it, and the
    squared distance of unit vectors is 2 − 2 × their correlation.

    Args:
        maps: Of one or several exemplars, each (1, channels, height, width), float32 on the CPU.
        valid: For each exemplar, the positions that may be used, (height, width), or None for all.
        repetition_penalty: What is taken off a patch's similarity for each time that it was used beyond its share.
        wrap: Axes along which patches of the canvas reach over the border to the other side.
    """

    def __init__(
        self,
        maps: Sequence[Tensor],
        valid: Sequence[Tensor | None],
        *,
        repetition_penalty: float = 0.0,
        wrap: Wrap = NO_WRAP,
    ) -> None:
        self._repetition_penalty = repetition_penalty
        self._wrap = wrap
        centers = [patch_centers(one.shape[2:], mask) for one, mask in zip(maps, valid, strict=True)]
        if not any(bool(mask.any()) for mask in centers):
            valid = [None] * len(maps)
            centers = [patch_centers(one.shape[2:]) for one in maps]
        self._least_norm = 1e-3 * float(patch_norms(maps[0], valid[0]).mean()) + 1e-12
        usable = [mask.numpy() for mask in centers]
        self._features = _joined(maps, usable)
        self._compared = _joined([self._scaled(one, mask) for one, mask in zip(maps, valid, strict=True)], usable)
        self._penalty = np.zeros(self._compared.usable.shape, np.float32)
        self._field: MatchField | None = None

    def targets(
        self, maps: Tensor, region: Tensor | None, generator: torch.Generator
    ) -> tuple[Tensor, Tensor | None]:
        """Match the canvas's patches and average the matched ones where they overlap.

        Args:
            maps: Of the canvas, shape (1, channels, height, width), of the same size each time.
            region: Positions that are judged, boolean (height, width); None for all.
            generator: Random generator.

        Returns:
            The average at each judged position under a patch, a row each, and the row-major numbers of these
            positions, int64; None for all.
        """
        wanted = patch_centers(maps.shape[2:], wrap=self._wrap)
        if region is not None:
            wanted &= _near(region, self._wrap)
        covered = _near(wanted, self._wrap)
        if region is not None:
            covered &= region
        field = self._search(maps, wanted.numpy(), generator)
        found = np.zeros((*wanted.shape, maps.shape[1]), np.float32)
        even = np.ones(wanted.shape, np.float32)
        both, axes = (wanted.numpy(), covered.numpy()), (self._wrap.y, self._wrap.x)
        vote(field, self._features, *both, even, found, radius=RADIUS, padding=0, wrap=axes)
        targets = torch.from_numpy(found).flatten(0, 1)
        if bool(covered.all()):
            return targets, None
        positions = torch.nonzero(covered.flatten())[:, 0]
        return targets[positions], positions

    def _search(self, maps: Tensor, wanted: NDArray[np.bool_], generator: torch.Generator) -> MatchField:
        seed = int(torch.randint(2**31, (), generator=generator))
        channels = as_array(_padded(self._scaled(maps, wrap=self._wrap), self._wrap))
        axes = (self._wrap.y, self._wrap.x)
        query = Query(channels, wanted, RADIUS, wrap=axes)
        rounds = ROUNDS if self._field else FIRST_ROUNDS
        field = self._field = self._field or self._drawn(wanted.shape, seed)
        measure(field, query, self._compared, self._penalty)
        for number in range(rounds):
            if self._repetition_penalty:
                self._punish(field, wanted)
                measure(field, query, self._compared, self._penalty)
            for _ in improve(field, query, self._compared, self._penalty, passes=2, seed=seed + number):
                pass
        return field

    def _drawn(self, size: tuple[int, ...], seed: int) -> MatchField:
        places = np.argwhere(self._compared.usable).astype(np.int32)
        drawn = np.random.default_rng(seed).integers(len(places), size=size)
        return MatchField(places[drawn], np.zeros(size, np.float32))

    def _punish(self, field: MatchField, wanted: NDArray[np.bool_]) -> None:
        usable, penalty = self._compared.usable, self._penalty
        places = np.ravel_multi_index(tuple(field.places[wanted].T), usable.shape)
        used = np.bincount(places, minlength=usable.size).reshape(usable.shape)
        share = max(1.0, len(places) / np.count_nonzero(usable))
        surplus = np.maximum(used / share - 1, 0).astype(np.float32)
        # By half: all users of a patch would leave it at once, and come back at once.
        penalty += 0.5 * (2 * self._repetition_penalty * surplus - penalty)

    def _scaled(self, maps: Tensor, valid: Tensor | None = None, *, wrap: Wrap = NO_WRAP) -> Tensor:
        return maps / patch_norms(maps, valid, wrap=wrap).clamp_min(self._least_norm)


def patch_norms(maps: Tensor, valid: Tensor | None = None, *, wrap: Wrap = NO_WRAP) -> Tensor:
    """Measure the norm of the patch around each position, by its valid part, shape (1, 1, height, width)."""
    known = torch.ones_like(maps[:, :1]) if valid is None else valid[None, None].to(maps)
    energy = F.avg_pool2d(_padded(known * (maps**2).sum(dim=1, keepdim=True), wrap), SIDE, 1)
    share = F.avg_pool2d(_padded(known, wrap), SIDE, 1)
    return (SIDE**2 * energy / share.clamp_min(1e-6)).sqrt()


def patch_centers(size: Sequence[int], valid: Tensor | None = None, *, wrap: Wrap = NO_WRAP) -> Tensor:
    """Mark the centers of patches that lie within a map and are valid everywhere, boolean, shape `size`."""
    spoilt = torch.zeros(*size, dtype=torch.bool) if valid is None else ~valid
    return ~_near(spoilt, wrap, border=True)


def _near(mask: Tensor, wrap: Wrap, *, border: bool = False) -> Tensor:
    """Mark what is at most half a patch away from what is marked, or, with `border`, from the border."""
    return F.max_pool2d(_padded(mask.float()[None, None], wrap, float(border)), SIDE, 1)[0, 0] > 0


def _padded(maps: Tensor, wrap: Wrap, value: float = 0.0) -> Tensor:
    """Add half a patch on every side: along an axis that wraps, what is on the other side; else a value."""
    for wraps, width in ((wrap.x, (RADIUS, RADIUS, 0, 0)), (wrap.y, (0, 0, RADIUS, RADIUS))):
        maps = F.pad(maps, width, mode="circular") if wraps else F.pad(maps, width, value=value)
    return maps


def _joined(maps: Sequence[Tensor], usable: Sequence[NDArray[np.bool_]]) -> MatchSource:
    """Join the maps of exemplars, each (1, channels, height, width), with the centers that may be used."""
    return join([MatchSource(as_array(one), mask) for one, mask in zip(maps, usable, strict=True)])[0]
