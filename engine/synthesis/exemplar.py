"""The exemplar at every octave, and which of its positions may be sampled."""

from collections.abc import Collection
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.synthesis.octaves import Size
from engine.synthesis.resample import fill_unknown, resize, resize_masked
from protocol.vocabulary import LAYERS


@dataclass(frozen=True)
class Exemplar:
    """The sample texture.

    Attributes:
        picture: RGB in [0, 1], shape (1, 3, height, width).
        valid: 1 where the picture may be sampled, in [0, 1], shape (1, 1, height, width); None for everywhere.
    """

    picture: Tensor
    valid: Tensor | None = None

    @property
    def size(self) -> Size:
        """Height and width, pixels."""
        height, width = self.picture.shape[2:]
        return height, width

    def colors(self) -> Tensor:
        """List the pixels that may be sampled, shape (pixels, 3)."""
        listed = self.picture[0].flatten(1).t()
        return listed if self.valid is None else listed[_sampled(self.valid).flatten()]


def exemplar_at(exemplar: Exemplar, size: Size) -> Exemplar:
    """Resample the exemplar for an octave, filling what may not be sampled from what lies around it."""
    if exemplar.valid is None:
        return Exemplar(resize(exemplar.picture, size).clamp(0, 1))
    # Unfilled, a hole would show convolutions near it an edge that the texture does not have.
    picture, valid = resize_masked(exemplar.picture, exemplar.valid, size)
    return Exemplar(fill_unknown(picture, _sampled(valid).to(valid)).clamp(0, 1), valid)


def _sampled(valid: Tensor) -> Tensor:
    """Mark the pixels that count as valid; where scattered ones have thinned out below a half, the best there are."""
    return valid >= min(0.5, float(valid.max()))


def valid_regions(valid: Tensor | None, layers: Collection[str]) -> dict[str, Tensor]:
    """Find the positions of each layer that see valid pixels alone, or nearly.

    A position sees about three of its neighbors' width into every direction. What was filled in there would be
    recognized, next to a hole of the canvas above all, and copied into it.

    Args:
        valid: Shape (1, 1, height, width), in [0, 1], or None.
        layers: Names.

    Returns:
        Boolean maps (height, width) by layer. Where a margin of three would leave less than a quarter of the valid
        positions, it is narrower; a layer without any valid position keeps the best that it has.
    """
    if valid is None:
        return {}
    found = {}
    for layer in layers:
        stride = LAYERS[layer]
        covered = F.avg_pool2d(valid, stride) if stride > 1 else valid
        own = covered >= min(0.99, float(covered.max()))
        for margin in (3, 2, 1, 0):
            kept = F.max_pool2d((~own).float(), 2 * margin + 1, stride=1, padding=margin) == 0
            if 4 * int(kept.sum()) >= int(own.sum()):
                break
        found[layer] = kept[0, 0]
    return found


def varied_copies(exemplar: Exemplar, *, flips: bool, rotations: bool, scales: tuple[float, ...]) -> list[Exemplar]:
    """Make the exemplar's mirrored, turned and scaled copies, without the exemplar itself.

    Args:
        exemplar: The original.
        flips: Add the mirror image.
        rotations: Add copies rotated by 90°, 180° and 270°, of the mirror image too where there is one.
        scales: Add copies of these relative sizes.

    Returns:
        The copies.
    """
    tensors = [exemplar.picture] if exemplar.valid is None else [exemplar.picture, exemplar.valid]
    stacked = torch.cat(tensors, dim=1)
    stacks = [stacked, stacked.flip(3)] if flips else [stacked]
    if rotations:
        stacks += [torch.rot90(s, k, (2, 3)) for s in stacks for k in (1, 2, 3)]
    height, width = exemplar.size
    stacks += [resize(stacked, (max(1, round(height * s)), max(1, round(width * s)))).clamp(0, 1) for s in scales]
    return [Exemplar(s[:, :3], None if exemplar.valid is None else s[:, 3:]) for s in stacks[1:]]
