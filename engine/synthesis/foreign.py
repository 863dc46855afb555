"""Leaves out of the exemplar what its layout has nowhere."""

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.synthesis.exemplar import Exemplar, ExemplarSource, exemplar_of, source_at
from engine.synthesis.octaves import scaled

# Levels of each channel that count as one color, of which the neighbors are still alike.
LEVELS = 16
# Pixels around a foreign color that blend into it, at the layout's scale.
FRINGE = 3
# Less of a source than this is noise; more is not a small thing that the layout left out.
LEAST, MOST = 0.001, 0.1


def without_foreign(exemplar: Exemplar, layout: Tensor, halvings: int) -> Exemplar:
    """Leave out the colors that a layout has nowhere, such as those of a caption on a wall.

    Critics match distributions: of a color that no patch brought along, they would tint something else.

    Args:
        exemplar: The sample texture.
        layout: Picture that patches of it make, shape (1, 3, height, width).
        halvings: Scale of the layout.

    Returns:
        The exemplar; itself if next to nothing, or more than a small part of a source, is foreign.
    """
    red, green, blue = _levels(layout)
    placed = torch.zeros((1, 1, LEVELS, LEVELS, LEVELS), device=layout.device)
    placed[0, 0, red, green, blue] = 1
    alike = F.max_pool3d(placed, 3, stride=1, padding=1)[0, 0] > 0
    sources = exemplar.sources
    narrowed = [_narrowed(each, alike, halvings) for each in sources]
    if all(new is old for new, old in zip(narrowed, sources, strict=True)):
        return exemplar
    return exemplar_of(narrowed)


def _narrowed(source: ExemplarSource, alike: Tensor, halvings: int) -> ExemplarSource:
    small = source_at(source, scaled(source.size, halvings))
    red, green, blue = _levels(small.picture)
    sampled = torch.ones_like(red, dtype=torch.bool) if small.valid is None else small.valid[0, 0] >= 0.5
    foreign = ~alike[red, green, blue] & sampled
    if not LEAST <= float(foreign.sum()) / max(1, int(sampled.sum())) <= MOST:
        return source
    grown = F.max_pool2d(foreign[None, None].to(source.picture), 2 * FRINGE + 1, stride=1, padding=FRINGE)
    kept = 1 - F.interpolate(grown, source.size, mode="nearest")
    return replace(source, valid=kept if source.valid is None else kept * source.valid)


def _levels(picture: Tensor) -> Tensor:
    """Round colors to levels, int64 (3, height, width)."""
    return (picture[0] * LEVELS).long().clamp(0, LEVELS - 1)
