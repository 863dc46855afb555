"""The sliced critic: distributions of features, compared along random directions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.synthesis.critics.base import FeatureMaps, Portion, spread
from engine.synthesis.critics.draws import Drawn, DrawsOnDevice, Grid, Wanted, as_directions, draw
from engine.synthesis.ranking import pair_by_rank
from engine.synthesis.shares import weighted
from engine.synthesis.wrap import NO_WRAP, Wrap, pad_after
from protocol.vocabulary import LAYERS

# One step looks at so many positions of each source at least.
FEWEST_POSITIONS = 1024


@dataclass(frozen=True)
class SlicedSettings:
    """How closely the sliced critic looks.

    Attributes:
        projections: Random directions drawn anew for each step, on layers of the picture's own resolution; others
            have more of them by as much as their maps are narrower.
        positions: The most positions of a layer that are projected and sorted in one step.
        side: Of the neighborhoods whose distribution is compared; 1 for single feature vectors.
    """

    projections: int = 32
    positions: int = 65536
    side: int = 1


def sliced_loss(canvas: Tensor, exemplar: Tensor) -> Tensor:
    """Sliced Wasserstein distance of two sets of projected features (Heitz et al. 2021, arXiv 2006.07229, eq. 5).

    Every value of the canvas is pulled to the exemplar's value of the same rank. The sets may differ in size: the
    exemplar's quantile function is then read at the canvas's ranks, where the paper repeats features.

    Args:
        canvas: Projections, shape (directions, positions).
        exemplar: Projections, shape (directions, other positions).

    Returns:
        Mean squared difference, a scalar.
    """
    return F.mse_loss(canvas, pair_by_rank(canvas.detach(), exemplar))


class _Projection(torch.autograd.Function):
    """Project single feature vectors, with a gradient in the channels-last format.

    The gradient of indexing comes in another format, and all that follows in the backward pass then takes longer.
    """

    @staticmethod
    def forward(ctx: Any, maps: Tensor, directions: Tensor, lattice: Grid) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(directions)
        ctx.size, ctx.lattice = maps.shape[2:], lattice
        # A product with the transposed list of vectors needs no copy of maps in the channels-last format.
        return directions @ lattice.of(maps[0].permute(1, 2, 0)).flatten(0, 1).t()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        (directions,) = ctx.saved_tensors
        found = gradient.t() @ directions
        if len(found) == ctx.size.numel():
            whole = found.reshape(*ctx.size, -1)
        else:
            whole = found.new_zeros(*ctx.size, found.shape[1])
            ctx.lattice.put(whole, found)
        return whole.permute(2, 0, 1)[None], None, None


class _WeightedDifference(torch.autograd.Function):
    """Sum squared differences of projections, each position with its weight, of which the root is given.

    What torch makes of the same expression goes through memory twice as often.
    """

    @staticmethod
    def forward(ctx: Any, projected: Tensor, due: Tensor, roots: Tensor) -> Tensor:  # noqa: ANN401
        apart = (projected - due).mul_(roots).flatten()
        ctx.size, ctx.roots, ctx.apart = projected.shape, roots, apart
        return torch.dot(apart, apart)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        return (2 * gradient * ctx.roots) * ctx.apart.reshape(ctx.size), None, None


def project(maps: Tensor, directions: Tensor, lattice: Grid) -> Tensor:
    """Project the patches of a map that lie whole inside it.

    Args:
        maps: Shape (1, channels, height, width).
        directions: Shape (directions, channels, patch, patch).
        lattice: Which patches, by their top left corners.

    Returns:
        Shape (directions, patches).
    """
    if directions.shape[2] == 1:
        found: Tensor = _Projection.apply(maps, directions[:, :, 0, 0], lattice)
    else:
        found = F.conv2d(lattice.shifted(maps), directions, stride=lattice.stride)[0].flatten(1).contiguous()
    return found


def whole_patches(positions: Tensor | None, patch: int) -> Tensor | None:
    """Mark the patches of which all positions are marked, by their top left corners; all patches if none is."""
    if positions is None:
        return None
    unmarked = F.max_pool2d((~positions).float()[None, None], patch, stride=1)[0, 0]
    return unmarked == 0 if bool((unmarked == 0).any()) else None


def centered_patches(positions: Tensor | None, patch: int, *, wrap: Wrap = NO_WRAP) -> Tensor | None:
    """Mark the patches of which the middle is marked, by their top left corners.

    Args:
        positions: Which positions are marked, boolean (height, width); None for all.
        patch: Side of the patches.
        wrap: Axes along which patches reach over the border to the other side.

    Returns:
        Boolean, for every patch, smaller by a patch less one along an axis that does not wrap; None for all.
    """
    if positions is None:
        return None
    before, after = patch // 2, patch - 1 - patch // 2
    for axis, wraps in enumerate((wrap.y, wrap.x)):
        side = positions.shape[axis]
        positions = positions.roll(-before, axis) if wraps else positions.narrow(axis, before, side - before - after)
    return positions


def mixed(parts: Sequence[tuple[Tensor, float]]) -> Tensor:
    """Mix sets of projections, so that each makes up its part of the whole.

    Args:
        parts: Projections, shape (directions, positions of this set), each with its part; the parts add up to 1.

    Returns:
        Shape (directions, positions): evenly spread ones of each set, all of the set that is scarcest.
    """
    if len(parts) == 1:
        return parts[0][0]
    most = min(projected.shape[1] / part for projected, part in parts)
    counts = [min(projected.shape[1], max(1, round(part * most))) for projected, part in parts]
    return torch.cat(
        [
            projected[:, torch.arange(count, device=projected.device) * projected.shape[1] // max(1, count)]
            for (projected, _), count in zip(parts, counts, strict=True)
        ],
        dim=1,
    )


class SlicedCritic:
    """Sliced losses of several layers, weighted, along directions that change with each step.

    With patches larger than 1 on the layer `pixels` it compares the distribution of small pieces of the picture
    itself (Elnekave & Weiss 2022, arXiv 2203.11862): noise that an encoder does not see stands out there.

    Args:
        portions: Parts of the canvas, each with its targets: of several sources, as much of each counts as its share
            is.
        layers: Weight of every layer.
        settings: What a step looks at.
        wrap: Axes along which the canvas wraps around.
    """

    interval = 1

    def __init__(
        self,
        portions: Sequence[Portion],
        layers: Mapping[str, float],
        settings: SlicedSettings,
        *,
        wrap: Wrap = NO_WRAP,
    ) -> None:
        self.layers = dict(layers)
        self._settings = settings
        self._wrap = wrap
        # Feature maps that several portions look at are projected once.
        self._maps: list[FeatureMaps] = []
        self._counts: list[float] = []
        for one in portions:
            for target, part in weighted(one.targets):
                number = next((n for n, maps in enumerate(self._maps) if maps is target.maps), len(self._maps))
                if number == len(self._maps):
                    self._maps.append(target.maps)
                    self._counts.append(0.0)
                self._counts[number] += part * one.share
        self._compared = {name: [self._compare(one, name) for one in portions if one.has(name)] for name in layers}
        self._drawn: Mapping[str, Drawn] = {}
        self._draws: DrawsOnDevice | None = None

    @property
    def repeatable(self) -> bool:
        """Whether its losses ask the device nothing, so that they can be captured once and replayed."""
        return all(each.whole for compared in self._compared.values() for each in compared)

    def refresh(self, canvas: FeatureMaps, generator: torch.Generator) -> None:
        """Draw new directions, and new positions where there are more than one step looks at."""
        wanted = {name: self._wanted(name, canvas) for name in self.layers}
        side = self._settings.side
        device = next(iter(canvas.values())).device
        if device.type == "cuda":
            # On the card, and where it was drawn before: a step that is replayed has no time for the host's numbers.
            self._draws = self._draws or DrawsOnDevice(wanted, side, generator, device)
            self._draws.redraw()
            self._drawn = self._draws.layers
            return
        self._drawn = {name: draw(each, side, generator) for name, each in wanted.items()}

    def redraw(self) -> None:
        """Draw anew on the card, for maps of the same sizes as before."""
        if self._draws is not None:
            self._draws.redraw()

    def _wanted(self, name: str, canvas: FeatureMaps) -> Wanted:
        height, width = canvas[name].shape[2:]
        # Deep layers have many channels and few positions: more directions are needed there, and cost no more.
        count = self._settings.projections * max(1, LAYERS[name] // 2)
        sources = [
            (one[name].shape[2], one[name].shape[3], self._most(name, canvas, part))
            for one, part in zip(self._maps, self._counts, strict=True)
        ]
        return Wanted(count, canvas[name].shape[1], (height, width, self._settings.positions), sources)

    def _most(self, name: str, canvas: FeatureMaps, part: float) -> int:
        """Say how many positions of a source one step looks at: of several, half as many as the canvas has."""
        most = self._settings.positions
        if len(self._maps) == 1:
            return most
        return max(FEWEST_POSITIONS, min(most, round(part / 2 * min(most, canvas[name][0, 0].numel()))))

    def losses(self, canvas: FeatureMaps) -> dict[str, Tensor]:
        """Measure the sliced loss of every layer; 0 where a layer has no position to look at."""
        losses = {}
        for name in self.layers:
            drawn, maps = self._drawn[name], canvas[name]
            here, there = drawn.here, drawn.there
            directions = as_directions(drawn.numbers, self._settings.side).to(maps)
            if self._settings.side > 1:
                maps = pad_after(maps, self._wrap, rows=self._settings.side - 1, columns=self._settings.side - 1)
            projected = project(maps, directions, here)
            targets = [
                project(one[name], directions, lattice) for one, lattice in zip(self._maps, there, strict=True)
            ]
            losses[name] = self._loss(name, projected, here, targets, there)
        return losses

    def _loss(
        self, name: str, projected: Tensor, here: Grid, targets: Sequence[Tensor], there: Sequence[Grid]
    ) -> Tensor:
        compared = self._compared[name]
        if len(compared) == 1 and compared[0].region is None:
            (whole,) = compared
            wanted = whole.mixed(targets, there)
            if not projected.shape[1] or not wanted.shape[1]:
                return projected.sum() * 0
            return whole.share * sliced_loss(projected, wanted) / whole.spread
        # One difference of all positions: a gradient of each portion's own would be put together piece by piece.
        due, roots = torch.zeros_like(projected), projected.new_zeros(projected.shape[1])
        for each in compared:
            chosen = _chosen(projected, each.region, here)
            wanted = each.mixed(targets, there)
            if len(chosen) and wanted.shape[1]:
                seen = projected.detach().index_select(1, chosen)
                due.index_copy_(1, chosen, pair_by_rank(seen, wanted))
                roots.index_fill_(0, chosen, (each.share / (each.spread * seen.numel())) ** 0.5)
        found: Tensor = _WeightedDifference.apply(projected, due, roots)
        return found

    def _compare(self, portion: Portion, name: str) -> "_Compared":
        side = self._settings.side
        targets = []
        for target, part in weighted(portion.targets):
            number = next(number for number, maps in enumerate(self._maps) if maps is target.maps)
            targets.append((number, whole_patches(target.valid.get(name), side), part))
        region = centered_patches(portion.region.get(name), side, wrap=self._wrap)
        return _Compared(targets, region, portion.share, spread(portion.targets, name))


@dataclass(frozen=True, eq=False)
class _Compared:
    """What a layer of a portion is compared with.

    Attributes:
        targets: Number of the maps, patches that may be used, and part of the whole.
        region: Patches of the canvas that are judged.
        share: Of the loss.
        spread: See `spread`.
    """

    targets: Sequence[tuple[int, Tensor | None, float]]
    region: Tensor | None
    share: float
    spread: float

    @property
    def whole(self) -> bool:
        """Whether all positions count, of the canvas and of the targets."""
        return self.region is None and all(valid is None for _, valid, _ in self.targets)

    def mixed(self, projected: Sequence[Tensor], lattices: Sequence[Grid]) -> Tensor:
        """Mix what may be used of the projected targets."""
        return mixed([(_kept(projected[n], valid, lattices[n]), part) for n, valid, part in self.targets])


def _kept(projected: Tensor, keep: Tensor | None, lattice: Grid) -> Tensor:
    return projected if keep is None else projected.index_select(1, _chosen(projected, keep, lattice))


def _chosen(projected: Tensor, keep: Tensor | None, lattice: Grid) -> Tensor:
    """Number the projections that are kept: faster than picking them by a mask."""
    if keep is None:
        return torch.arange(projected.shape[1], device=projected.device)
    return lattice.of(keep).flatten().nonzero()[:, 0]
