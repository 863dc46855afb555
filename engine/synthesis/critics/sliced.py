"""The sliced critic: the whole distribution of the features, compared along random directions."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.synthesis.critics.base import FeatureMaps, Regions, spread
from engine.synthesis.encoders.network import stride_of
from engine.synthesis.ranking import sort_rows, sort_values


@dataclass(frozen=True)
class SlicedSettings:
    """How closely the sliced critic looks.

    Attributes:
        directions: Random directions drawn anew for each step, on layers of the picture's own resolution; others have
            more of them by as much as their maps are narrower.
        positions: The most positions of a layer that are projected and sorted in one step.
        patch: Side of the neighbourhoods whose distribution is compared; 1 for single feature vectors.
    """

    directions: int = 32
    positions: int = 65536
    patch: int = 1


def random_directions(count: int, channels: int, patch: int, generator: torch.Generator) -> Tensor:
    """Draw unit vectors in the space of feature patches, shape (count, channels, patch, patch)."""
    return F.normalize(torch.randn(count, channels * patch * patch, generator=generator)).reshape(
        count, channels, patch, patch
    )


def quantiles(projections: Tensor, count: int) -> Tensor:
    """Read the quantile function of every row at `count` evenly spaced ranks.

    Args:
        projections: Shape (directions, positions).
        count: How many ranks.

    Returns:
        Ascending values, shape (directions, count); linear between neighbours where `count` is not `positions`.
    """
    ordered = sort_values(projections)
    if count == ordered.shape[1]:
        return ordered
    return F.interpolate(ordered[None], size=count, mode="linear", align_corners=True)[0]


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
    _, order = sort_rows(canvas.detach())
    target = torch.empty_like(canvas).scatter_(1, order, quantiles(exemplar, canvas.shape[1]))
    return F.mse_loss(canvas, target)


@dataclass(frozen=True)
class Lattice:
    """Positions of a map that one step looks at: every `stride`-th, from `top` and `left` on."""

    stride: int = 1
    top: int = 0
    left: int = 0


def draw_lattice(maps: Tensor, most: int, generator: torch.Generator, patch: int = 1) -> Lattice:
    """Choose the densest lattice with at most `most` positions of a map, at a random offset, a whole patch in it."""
    height, width = maps.shape[2:]
    stride = 1
    while -(-height // stride) * -(-width // stride) > most:
        stride += 1
    top, left = torch.randint(stride, (2,), generator=generator).tolist()
    return Lattice(stride, top % (height - patch + 1), left % (width - patch + 1))


def project(maps: Tensor, directions: Tensor, lattice: Lattice, keep: Tensor | None = None) -> Tensor:
    """Project the patches of a map that lie whole inside it.

    Args:
        maps: Shape (1, channels, height, width).
        directions: Shape (directions, channels, patch, patch).
        lattice: Which patches, by their top left corners.
        keep: For every top left corner of a whole patch whether it counts, boolean; None for all.

    Returns:
        Shape (directions, patches).
    """
    top, left, stride = lattice.top, lattice.left, lattice.stride
    if directions.shape[2] == 1:
        # A product with the transposed list of vectors needs no copy of maps in the channels-last format.
        vectors = maps[0, :, top::stride, left::stride].permute(1, 2, 0).flatten(0, 1)
        found = directions[:, :, 0, 0] @ vectors.t()
    else:
        found = F.conv2d(maps[:, :, top:, left:], directions, stride=stride)[0].flatten(1).contiguous()
    return found if keep is None else found[:, keep[top::stride, left::stride].flatten()]


def whole_patches(positions: Tensor | None, patch: int) -> Tensor | None:
    """Mark the patches of which all positions are marked, by their top left corners; all patches if none is."""
    if positions is None:
        return None
    unmarked = F.max_pool2d((~positions).float()[None, None], patch, stride=1)[0, 0]
    return unmarked == 0 if bool((unmarked == 0).any()) else None


def centred_patches(positions: Tensor | None, patch: int, *, wrap: bool = False) -> Tensor | None:
    """Mark the patches of which the middle is marked, by their top left corners, from all positions with `wrap`."""
    if positions is None:
        return None
    before, after = patch // 2, patch - 1 - patch // 2
    if wrap:
        return positions.roll((-before, -before), (0, 1))
    height, width = positions.shape
    return positions[before : height - after, before : width - after]


class SlicedCritic:
    """Sliced losses of several layers, weighted, along directions that change with each step.

    With patches larger than 1 on the layer `pixels` it compares the distribution of small pieces of the picture
    itself (Elnekave & Weiss 2022, arXiv 2203.11862): noise that an encoder does not see stands out there.

    Args:
        exemplar: Feature maps of the exemplar.
        layers: Weight of every layer.
        settings: What a step looks at.
        valid: Positions of the exemplar that may be used; all of them in a layer that is missing.
        region: Positions of the canvas that are judged; likewise.
        wrap: Whether the canvas wraps around.
    """

    interval = 1

    def __init__(
        self,
        exemplar: FeatureMaps,
        layers: Mapping[str, float],
        settings: SlicedSettings,
        *,
        valid: Regions | None = None,
        region: Regions | None = None,
        wrap: bool = False,
    ) -> None:
        self.layers = dict(layers)
        self._settings = settings
        self._wrap = wrap
        patch = settings.patch
        self._exemplar = {name: exemplar[name] for name in layers}
        self._valid = {name: whole_patches((valid or {}).get(name), patch) for name in layers}
        self._region = {name: centred_patches((region or {}).get(name), patch, wrap=wrap) for name in layers}
        self._spread = {name: spread(exemplar[name], (valid or {}).get(name)) for name in layers}
        self._looks: dict[str, tuple[Tensor, Lattice, Lattice]] = {}

    def refresh(self, canvas: FeatureMaps, generator: torch.Generator) -> None:
        """Draw new directions, and new positions where there are more than one step looks at."""
        most = self._settings.positions
        for name in self.layers:
            maps = canvas[name]
            # Deep layers have many channels and few positions: more directions are needed there, and cost no more.
            count = self._settings.directions * max(1, stride_of(name) // 2)
            drawn = random_directions(count, maps.shape[1], self._settings.patch, generator)
            here = draw_lattice(maps, most, generator, self._settings.patch)
            there = draw_lattice(self._exemplar[name], most, generator, self._settings.patch)
            self._looks[name] = (drawn.to(maps), here, there)

    def losses(self, canvas: FeatureMaps) -> dict[str, Tensor]:
        """Measure the sliced loss of every layer; 0 where a layer has no position to look at."""
        losses = {}
        for name in self.layers:
            directions, here, there = self._looks[name]
            maps = canvas[name]
            if self._wrap and self._settings.patch > 1:
                maps = F.pad(maps, (0, self._settings.patch - 1, 0, self._settings.patch - 1), mode="circular")
            projected = project(maps, directions, here, self._region[name])
            wanted = project(self._exemplar[name], directions, there, self._valid[name])
            seen = projected.shape[1] and wanted.shape[1]
            losses[name] = sliced_loss(projected, wanted) / self._spread[name] if seen else maps.sum() * 0
        return losses
