"""Measures of quality: distance of a texture from its exemplar, and share that was copied."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.encoders import Encoder
from engine.synthesis.ranking import quantiles

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
PROJECTIONS = 128
RANKS = 1024
PATCH = 11
STRIDE = 4
# Exemplars of more pixels than this are searched at every other position, or the search takes minutes.
DENSE_LIMIT = 40_000
# Places in the exemplar that differ by so many pixels are the same, because the search has a spacing.
TOLERANCE = 2


@dataclass(frozen=True)
class Measures:
    """Measures of one texture.

    Attributes:
        distance: Sliced Wasserstein distance of the features over their spread, mean of the layers; 0 is the same
            statistics. Copying scores well here: read it with `copied`.
        sharpness: Gradient energy over the exemplar's; below 1 is blur, above is noise.
        copied: Share of neighboring patches whose nearest patches in the exemplar are neighbors too, in [0, 1].
        coverage: Share of the exemplar's patches that are the nearest of some patch, over what could be reached.
    """

    distance: float
    sharpness: float
    copied: float
    coverage: float


@torch.no_grad()
def measure(exemplar: Tensor, texture: Tensor, encoder: Encoder) -> Measures:
    """Measure a texture.

    Args:
        exemplar: RGB in [0, 1], shape (1, 3, height, width).
        texture: Likewise, of any size.
        encoder: Gives the features; best another one than the texture was made with.

    Returns:
        The measures.
    """
    copied, coverage = copying(exemplar, texture)
    return Measures(
        distance=distance(exemplar, texture, encoder),
        sharpness=math.sqrt(_gradient_energy(texture) / max(_gradient_energy(exemplar), 1e-12)),
        copied=copied,
        coverage=coverage,
    )


def distance(exemplar: Tensor, texture: Tensor, encoder: Encoder) -> float:
    """Compare the distributions of the features along fixed random directions, mean of the layers that fit."""
    shortest = min(*exemplar.shape[2:], *texture.shape[2:])
    layers = [name for name in LAYERS if name in encoder.layers and shortest // encoder.layers[name].stride >= 2]
    known, made = encoder(exemplar, layers), encoder(texture, layers)
    generator = torch.Generator().manual_seed(0)
    found = []
    for name in layers:
        drawn = torch.randn(PROJECTIONS, known[name].shape[1], generator=generator)
        directions = F.normalize(drawn).to(exemplar)
        a, b = (quantiles(directions @ maps[name][0].flatten(1), RANKS) for maps in (known, made))
        found.append(math.sqrt(float(((a - b) ** 2).mean() / a.var(dim=1).mean())))
    return sum(found) / len(found)


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest patch of the exemplar for every fourth patch of a texture, along both axes.

    Attributes:
        places: Row and column of the nearest patches, on the CPU, shape (2, rows, columns).
        reached: How many different patches could have been found at most.
    """

    places: Tensor
    reached: int

    def links(self) -> tuple[Tensor, Tensor]:
        """Tell which neighbors came from neighbors.

        Returns:
            For each pair of patches side by side, shape (rows, columns - 1), and one above the other, shape
                (rows - 1, columns), whether both have the same offset in the exemplar, up to the spacing of the
                search.
        """
        rows, columns = self.places.shape[1:]
        grid = torch.stack(torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")) * STRIDE
        offsets = self.places - grid
        right = (offsets[:, :, 1:] - offsets[:, :, :-1]).abs() <= TOLERANCE
        below = (offsets[:, 1:] - offsets[:, :-1]).abs() <= TOLERANCE
        return right.all(dim=0), below.all(dim=0)


def find_nearest(exemplar: Tensor, texture: Tensor, valid: Tensor | None = None) -> Nearest | None:
    """Search the exemplar for the nearest patch of every patch, by comparing all.

    Args:
        exemplar: RGB in [0, 1], shape (1, 3, height, width).
        texture: Likewise, of any size.
        valid: Pixels of the exemplar that may be used, above 0.5, shape (1, 1, height, width); None for all.

    Returns:
        The nearest patches; None where no patch of the exemplar may be used.
    """
    step = 2 if exemplar.shape[2] * exemplar.shape[3] > DENSE_LIMIT else 1
    queries = F.unfold(texture, PATCH, stride=STRIDE)[0].t()
    keys = F.unfold(exemplar, PATCH, stride=step)[0].t()
    norms = (keys**2).sum(dim=1)
    if valid is not None:
        allowed = F.unfold((valid > 0.5).float(), PATCH, stride=step)[0].amin(dim=0) > 0
        if not allowed.any():
            return None
        norms = norms.masked_fill(~allowed, torch.inf)
    found = torch.cat([(norms - 2 * part @ keys.t()).argmin(dim=1) for part in torch.split(queries, 512)]).cpu()
    across = (exemplar.shape[3] - PATCH) // step + 1
    rows, columns = ((n - PATCH) // STRIDE + 1 for n in texture.shape[2:])
    places = torch.stack([found // across * step, found % across * step]).reshape(2, rows, columns)
    return Nearest(places, min(len(queries), int(norms.isfinite().sum())))


def copying(exemplar: Tensor, texture: Tensor, valid: Tensor | None = None) -> tuple[float, float]:
    """Measure how much was copied in blocks, and how much of the exemplar was used at all.

    Args:
        exemplar: RGB in [0, 1], shape (1, 3, height, width).
        texture: Likewise, of any size.
        valid: Pixels of the exemplar that may be used, above 0.5, shape (1, 1, height, width); None for all.

    Returns:
        Share of neighboring patches whose nearest ones are neighbors, and coverage, both in [0, 1]; 0 where no
            patch of the exemplar may be used.
    """
    nearest = find_nearest(exemplar, texture, valid)
    if nearest is None:
        return 0.0, 0.0
    right, _ = nearest.links()
    return float(right.float().mean()), nearest.places.flatten(1).unique(dim=1).shape[1] / nearest.reached


def _gradient_energy(picture: Tensor) -> float:
    across = (picture[..., 1:] - picture[..., :-1]) ** 2
    down = (picture[..., 1:, :] - picture[..., :-1, :]) ** 2
    return float(across.mean() + down.mean())
