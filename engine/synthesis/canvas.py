"""The canvas: what is being made, and what of it is kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.synthesis.exemplar import Exemplar
from engine.synthesis.octaves import Size
from engine.synthesis.resample import fill_unknown, resize_masked
from engine.synthesis.structure.islands import Hole
from engine.synthesis.wrap import NO_WRAP, Wrap, pad_after
from protocol.vocabulary import LAYERS

# Width of the rim of a hole, pixels.
RIM = 2


@dataclass(frozen=True)
class Surroundings:
    """What a canvas keeps.

    Attributes:
        known: The picture to keep, RGB in [0, 1], shape (1, 3, height, width).
        mask: 1 where the canvas is to be synthesized, 0 where it is kept, soft between, (1, 1, height, width).
        offset: Row and column of its first pixel in the exemplar, where both are of one picture.
        islands: Holes that lie far from each other, and are filled one after the other; none where they are one.
        fits: Whether what is made has to fit what is kept; else it is a new texture, laid into the hole.
    """

    known: Tensor
    mask: Tensor
    offset: tuple[int, int] | None = None
    islands: Sequence[Hole] = ()
    fits: bool = True

    @property
    def size(self) -> Size:
        """Height and width, pixels."""
        height, width = self.known.shape[2:]
        return height, width


def compose(free: Tensor, surroundings: Surroundings | None) -> Tensor:
    """Lay the free picture into what is kept: mask × free + (1 − mask) × known; exactly `known` where mask is 0."""
    if surroundings is None:
        return free
    # In one pass: of a large canvas, two products and their sum would take twice the memory.
    return torch.lerp(surroundings.known, free, surroundings.mask.expand_as(free))


def surroundings_at(surroundings: Surroundings, size: Size, *, wrap: Wrap = NO_WRAP) -> Surroundings:
    """Resample the surroundings for an octave; what the mask hides does not bleed into what is kept."""
    if surroundings.size == size:
        return surroundings
    kept = 1 - surroundings.mask
    known, weight = resize_masked(surroundings.known, kept, size, wrap=wrap)
    return Surroundings(fill_unknown(known, (weight > 0.01).to(weight), wrap=wrap).clamp(0, 1), 1 - weight)


def inner_part(surroundings: Surroundings) -> Tensor:
    """Mark the pixels of the free part that are further than `RIM` from what is kept.

    A border that is softer than this is wide has no rim.

    Args:
        surroundings: What is kept.

    Returns:
        Boolean, shape (1, 1, height, width).
    """

    def most(values: Tensor) -> Tensor:
        return F.max_pool2d(values, 2 * RIM + 1, 1, RIM)

    mask = surroundings.mask
    soft = (most(1 - mask) < 0.99) & (most(mask) < 0.99)
    return (most((mask < 0.5).to(mask)) == 0) | soft


def judged_regions(
    surroundings: Surroundings | None, layers: Collection[str], *, wrap: Wrap = NO_WRAP
) -> dict[str, Tensor]:
    """Find the positions of each layer that lie in the free part of the canvas.

    Positions outside see free pixels too, at their rims, but their features are mostly given: judged as well, they
    would bend those few pixels out of shape to make up for it.

    Args:
        surroundings: What is kept, or None for a canvas that is all free.
        layers: Names.
        wrap: Axes along which the canvas wraps around; an odd row or column shares a position with the first one.

    Returns:
        Boolean maps (height, width) by layer: half of what lies below the position is free, or as much as anywhere.
    """
    if surroundings is None:
        return {}
    found = {}
    for layer in layers:
        stride = LAYERS[layer]
        free = surroundings.mask
        free = pad_after(free, wrap, rows=-free.shape[2] % stride, columns=-free.shape[3] % stride)
        free = F.avg_pool2d(free, stride) if stride > 1 else free
        found[layer] = (free >= min(0.5, float(free.max())))[0, 0]
    return found


def noise_start(exemplar: Exemplar, size: Size, generator: torch.Generator) -> Tensor:
    """Draw white noise like the exemplar's colors, cut to [0, 1], shape (1, 3, *size)."""
    return color_noise(exemplar, size, generator).clamp(0, 1)


def color_noise(exemplar: Exemplar, size: Size, generator: torch.Generator) -> Tensor:
    """Draw white noise with the mean and covariance of the exemplar's colors, shape (1, 3, *size), of any value."""
    colors = exemplar.colors()
    drawn = torch.randn(size[0] * size[1], 3, generator=generator).to(colors)
    centered = colors - colors.mean(dim=0)
    values, vectors = torch.linalg.eigh(centered.t() @ centered / len(colors))
    mixed: Tensor = drawn @ (vectors * values.clamp_min(0).sqrt()).t() + colors.mean(dim=0)
    return mixed.t().reshape(1, 3, *size)


def shuffled_start(exemplar: Exemplar, size: Size, generator: torch.Generator) -> Tensor:
    """Draw pixels of the exemplar, with replacement, shape (1, 3, *size)."""
    colors = exemplar.colors()
    drawn = torch.randint(len(colors), (size[0] * size[1],), generator=generator).to(colors.device)
    return colors[drawn].t().reshape(1, 3, *size)
