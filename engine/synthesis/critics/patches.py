"""Patches of feature maps: numbered, gathered, and averaged where they overlap."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.synthesis.wrap import NO_WRAP, Wrap

SIDE = 3


@dataclass(frozen=True)
class ExemplarPatches:
    """Patches of one layer, out of one or several exemplar pictures.

    Attributes:
        vectors: Feature vectors of all positions, shape (positions, channels).
        places: Rows of `vectors` that make up each patch, row-major, shape (patches, 9), int64.
    """

    vectors: Tensor
    places: Tensor


def patch_places(height: int, width: int, *, wrap: Wrap = NO_WRAP, device: torch.device | None = None) -> Tensor:
    """Number the positions of every 3×3 patch of a map.

    Args:
        height: Of the map.
        width: Of the map.
        wrap: Axes along which patches reach over the border to the other side; of the others only whole ones count.
        device: Where to put the result.

    Returns:
        Row-major numbers, shape (patches, 9), int64.
    """
    positions = torch.arange(height * width, device=device).reshape(height, width)
    if wrap.y:
        positions = torch.cat([positions[-1:], positions, positions[:1]])
    if wrap.x:
        positions = torch.cat([positions[:, -1:], positions, positions[:, :1]], dim=1)
    windows = positions.unfold(0, SIDE, 1).unfold(1, SIDE, 1)
    return windows.reshape(-1, SIDE * SIDE)


def unit_patches(vectors: Tensor, places: Tensor) -> Tensor:
    """Gather patches as unit vectors, to compare them by correlation; arguments and shape as of `scaled_patches`."""
    return F.normalize(vectors[places].flatten(1), dim=1)


def scaled_patches(vectors: Tensor, places: Tensor, unit: float) -> Tensor:
    """Gather patches to compare them by distance.

    Args:
        vectors: Feature vectors of all positions, shape (positions, channels).
        places: Rows of `vectors` that make up each patch, shape (patches, 9).
        unit: Squared difference per channel that makes for a squared distance of 1.

    Returns:
        Shape (patches, 9 × channels), channels varying fastest.
    """
    found = vectors[places].flatten(1)
    return found / math.sqrt(unit * found.shape[1])


def exemplar_patches(maps: Sequence[Tensor], valid: Sequence[Tensor | None], most: int = 16384) -> ExemplarPatches:
    """Collect the patches of an exemplar's maps.

    Args:
        maps: One or several (1, channels, height, width).
        valid: For each map, the positions that may be used, (height, width), or None for all.
        most: How many patches to keep.

    Returns:
        Patches whose nine positions are all valid; all patches where that leaves none; evenly spread ones of these
        where there are more than `most`.
    """
    vectors, places, allowed = [], [], []
    offset = 0
    for one, mask in zip(maps, valid, strict=True):
        height, width = one.shape[2:]
        found = patch_places(height, width, device=one.device)
        keep = torch.ones(len(found), dtype=torch.bool, device=one.device)
        if mask is not None:
            keep = mask.flatten()[found].all(dim=1)
        vectors.append(one[0].flatten(1).t())
        places.append(found + offset)
        allowed.append(keep)
        offset += height * width
    listed, numbered, keep = torch.cat(vectors), torch.cat(places), torch.cat(allowed)
    if keep.any():
        numbered = numbered[keep]
    if len(numbered) > most:
        numbered = numbered[torch.linspace(0, len(numbered) - 1, most).long().to(numbered.device)]
    return ExemplarPatches(listed, numbered)


def average_matches(patches: ExemplarPatches, matches: Tensor, places: Tensor, positions: int) -> Tensor:
    """Average the matched patches where they overlap.

    The squared distance of all canvas patches to their matches (Li & Wand 2016, arXiv 1601.04589, eq. 2) and the
    squared distance of the features to this average differ by a constant and a factor, so the average is all that the
    loss needs.

    Args:
        patches: The exemplar's patches.
        matches: For each canvas patch the number of its exemplar patch.
        places: Positions of each canvas patch, shape (patches, 9).
        positions: Number of positions on the canvas.

    Returns:
        Features, shape (positions, channels); those of positions under no patch are 0.
    """
    total = patches.vectors.new_zeros(positions, patches.vectors.shape[1])
    count = patches.vectors.new_zeros(positions, 1)
    one = count.new_ones(len(places), 1)
    for corner in range(places.shape[1]):
        # No position comes twice under one corner, so the sum has one order and the same result on any device.
        total.index_add_(0, places[:, corner], patches.vectors[patches.places[matches, corner]])
        count.index_add_(0, places[:, corner], one)
    return total / count.clamp_min(1)
