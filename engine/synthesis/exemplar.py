"""The exemplar at every octave, and which of its positions may be sampled."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.synthesis.octaves import Size, scaled
from engine.synthesis.resample import fill_unknown, resize, resize_masked
from protocol.vocabulary import LAYERS


@dataclass(frozen=True, eq=False)
class ExemplarSource:
    """A picture that is sampled.

    Attributes:
        picture: RGB in [0, 1], shape (1, 3, height, width).
        valid: 1 where the picture may be sampled, in [0, 1], shape (1, 1, height, width); None for everywhere.
        share: Of the canvas that is to come from it, relative to the other sources'. A copy of a source has none.
        labels: Which of the labels of a guide each pixel has, from 0 on, shape (1, 1, height, width); None where that
            is the number of the source.
    """

    picture: Tensor
    valid: Tensor | None = None
    share: float = 1.0
    labels: Tensor | None = None

    @property
    def size(self) -> Size:
        """Height and width, pixels."""
        height, width = self.picture.shape[2:]
        return height, width

    def colors(self) -> Tensor:
        """List the pixels that may be sampled, shape (pixels, 3)."""
        listed = self.picture[0].flatten(1).t()
        return listed if self.valid is None else listed[_sampled(self.valid).flatten()]


@dataclass(frozen=True, eq=False)
class Exemplar(ExemplarSource):
    """The sample texture: a source, and further ones where several textures are mixed.

    Attributes:
        more: Further sources.
        maps: What is compared of further maps of its only source, shape (1, channels, height, width); None for none.
    """

    more: tuple[ExemplarSource, ...] = ()
    maps: Tensor | None = None

    @property
    def sources(self) -> tuple[ExemplarSource, ...]:
        """All sources."""
        return (ExemplarSource(self.picture, self.valid, self.share, self.labels), *self.more)

    @property
    def narrowest(self) -> Size:
        """The least height, and the least width, of all sources, pixels."""
        heights, widths = zip(*(each.size for each in self.sources), strict=True)
        return min(heights), min(widths)

    def colors(self) -> Tensor:
        """List the pixels of all sources that may be sampled, shape (pixels, 3)."""
        return torch.cat([each.colors() for each in self.sources])

    def changed(self, change: Callable[[Tensor], Tensor]) -> "Exemplar":
        """Change the pictures of all sources alike."""
        more = tuple(replace(each, picture=change(each.picture)) for each in self.more)
        return replace(self, picture=change(self.picture), more=more)


def exemplar_of(sources: Sequence[ExemplarSource]) -> Exemplar:
    """Make an exemplar of one or several sources."""
    first, *more = sources
    return Exemplar(first.picture, first.valid, first.share, first.labels, tuple(more))


def source_at(source: ExemplarSource, size: Size) -> ExemplarSource:
    """Resample a source for an octave, filling what may not be sampled from what lies around it."""
    labels = None if source.labels is None else F.interpolate(source.labels, size, mode="nearest")
    if source.valid is None:
        return replace(source, picture=resize(source.picture, size).clamp(0, 1), labels=labels)
    # Unfilled, a hole would show convolutions near it an edge that the texture does not have.
    picture, valid = resize_masked(source.picture, source.valid, size)
    filled = fill_unknown(picture, _sampled(valid).to(valid)).clamp(0, 1)
    return replace(source, picture=filled, valid=valid, labels=labels)


def labeled(source: ExemplarSource, number: int, label: int) -> ExemplarSource | None:
    """Narrow a source to what has one label.

    Args:
        source: The source.
        number: Its number, which is the label of all of it if it has no labels.
        label: The label.

    Returns:
        The source, of which only that may be sampled; None if nothing is left.
    """
    if source.labels is None:
        return source if number == label else None
    valid = (source.labels == label).to(source.picture)
    if source.valid is not None:
        valid = valid * source.valid
    return replace(source, valid=valid, labels=None) if bool((valid > 0).any()) else None


def exemplar_at(exemplar: Exemplar, halvings: int) -> Exemplar:
    """Resample all sources for the octave of so many halvings; see `source_at`."""
    return exemplar_of([source_at(each, scaled(each.size, halvings)) for each in exemplar.sources])


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


def varied_copies(
    source: ExemplarSource, *, flips: bool, rotations: bool, scales: tuple[float, ...]
) -> list[ExemplarSource]:
    """Make a source's mirrored, rotated and scaled copies, without the source itself.

    Args:
        source: The original.
        flips: Add the mirror image.
        rotations: Add copies rotated by 90°, 180° and 270°, of the mirror image too where there is one.
        scales: Add copies of these relative sizes.

    Returns:
        The copies, which have no share.
    """
    tensors = [source.picture] if source.valid is None else [source.picture, source.valid]
    stacked = torch.cat(tensors, dim=1)
    stacks = [stacked, stacked.flip(3)] if flips else [stacked]
    if rotations:
        stacks += [torch.rot90(s, k, (2, 3)) for s in stacks for k in (1, 2, 3)]
    height, width = source.size
    stacks += [resize(stacked, (max(1, round(height * s)), max(1, round(width * s)))).clamp(0, 1) for s in scales]
    return [ExemplarSource(s[:, :3], None if source.valid is None else s[:, 3:], 0.0) for s in stacks[1:]]
