"""Completion: a first filling of a hole with shifted copies of the exemplar that fit together and to the border."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.synthesis.alignment import Ground, Offset, covering_alignments, find_alignments, laid_over
from engine.synthesis.canvas import Surroundings
from engine.synthesis.exemplar import Exemplar
from engine.synthesis.octaves import Size

LARGEST_CANVAS = 512**2
LARGEST_EXEMPLAR = 1024**2
MARGIN = 48
# Seen with five channels of features and their transforms.
BYTES_PER_PIXEL = 1024
# Radii of what a place is compared by, in depths of the hole: from all around it to its nearest neighbours.
WINDOWS = (0.75, 0.75, 0.5, 0.5, 0.33, 0.33, 0.25, 0.25, 0.15, 0.15, 0.1, 0.1)
LAST_WINDOWS = (6, 4, 4)
NARROWEST = 4
# A squared difference beyond this is another structure, however large it is.
WORST = 0.3
GRADIENTS = 3.0
# What is known counts for more than what has been filled in.
KNOWN = 2.0
UNSEEN = 0.1
# Of a hole that the exemplar cannot cover any further, the rest would not fit to what the draft has.
MOST_MISSING = 0.1
OVERALL = 0.5
VOTES = 2


@dataclass(frozen=True)
class _Site:
    """What is worked on at one scale.

    Attributes:
        known: The canvas around the hole, shape (1, 3, height, width).
        free: 1 in the hole, else 0.
        picture: The exemplar.
        valid: 1 where it may be sampled, else 0.
    """

    known: Tensor
    free: Tensor
    picture: Tensor
    valid: Tensor

    @property
    def size(self) -> Size:
        """Height and width of the canvas, pixels."""
        height, width = self.free.shape[2:]
        return height, width

    def halved(self) -> "_Site":
        """Halve the scale exactly, so that offsets halve too; a pixel counts as known if all four below it are."""
        kept = 1 - self.free
        pictures = [
            F.avg_pool2d(picture * mask, 2, ceil_mode=True) / F.avg_pool2d(mask, 2, ceil_mode=True).clamp_min(1e-6)
            for picture, mask in ((self.known, kept), (self.picture, self.valid))
        ]
        free = F.max_pool2d(self.free, 2, ceil_mode=True)
        return _Site(pictures[0], free, pictures[1], 1 - F.max_pool2d(1 - self.valid, 2, ceil_mode=True))


@torch.no_grad()
def complete(exemplar: Exemplar, surroundings: Surroundings, memory: int = 2**33) -> Iterator[tuple[Tensor, Tensor]]:
    """Fill the hole of a canvas with shifted copies of the exemplar.

    Every pixel of the hole is given one of the exemplar's alignments with the surroundings (see `find_alignments`):
    the one at which the exemplar differs least from the canvas, within a window that begins as wide as the hole, so
    that the border alone decides, and ends at a few pixels. Between two windows the hole is filled with what its
    pixels' alignments bring, averaged where they meet (Wexler et al. 2007, "Space-Time Completion of Video").
    Departs from both papers in that the windows shrink in place of the picture: regular structures finer than a
    coarse scale can show would be lost there. Large holes are begun on a smaller scale all the same.

    Args:
        exemplar: The sample texture.
        surroundings: What the canvas keeps, at full size.
        memory: Bytes that synthesis may take: with little of it, more is done on a smaller scale.

    Yields:
        After each round the canvas, filled, and 1 for each of its pixels that is still missing, else 0; the last ones
        are the result. Nothing where the exemplar is too small for the hole.
    """
    free = (surroundings.mask >= min(0.5, float(surroundings.mask.max()))).to(surroundings.mask)
    rows, columns = free[0, 0].any(1).nonzero()[:, 0], free[0, 0].any(0).nonzero()[:, 0]
    extent = [(int(places[0]), int(places[-1]) + 1) for places in (rows, columns)]
    most = memory // BYTES_PER_PIXEL
    # Halved without end, the margin alone is left.
    halvings = _halvings(extent, max(5 * MARGIN**2, min(LARGEST_CANVAS, most // 4)))
    (top, bottom), (left, right) = (
        (max(0, first - (MARGIN << halvings)), min(side, last + (MARGIN << halvings)))
        for (first, last), side in zip(extent, surroundings.size, strict=True)
    )
    cut = (..., slice(top, bottom), slice(left, right))
    picture, valid = _cropped(exemplar, min(LARGEST_EXEMPLAR, most) << 2 * halvings)
    sites = [_Site(surroundings.known[cut], free[cut], picture, valid)]
    for _ in range(halvings):
        sites.append(sites[-1].halved())
    if not bool(sites[-1].valid.any()) or not bool(_inner(1 - sites[-1].free).any()):
        return
    offsets: list[Offset] = []
    labels = torch.zeros_like(sites[-1].free, dtype=torch.int64)
    for site in reversed(sites):
        if site is sites[-1]:
            offsets, left_over = _alignments(site)
            if left_over > MOST_MISSING:
                return
            depth = _depth(site.free)
            widths: Sequence[int] = [max(NARROWEST, round(share * depth)) for share in WINDOWS]
            canvas, filled = site.known * (1 - site.free), torch.zeros_like(site.free)
        else:
            # What took part on the smaller scale is all there is to choose from.
            used, places = labels.unique(return_inverse=True)
            offsets = [(2 * offsets[n][0], 2 * offsets[n][1]) for n in used.tolist()]
            labels = _repeated(places, 2, site.size)
            canvas, filled = _vote(site, offsets, labels)
            widths = LAST_WINDOWS
        for width in widths:
            labels = _choose(site, offsets, canvas, filled, width)
            canvas, filled = _vote(site, offsets, labels)
            if site is sites[0]:
                shown, missing = surroundings.known.clone(), torch.zeros_like(free)
                shown[cut], missing[cut] = canvas, site.free - filled
                yield shown, missing


def _halvings(extent: Sequence[tuple[int, int]], most: int) -> int:
    """Count how often a hole's extent has to be halved, so that it has no more pixels, with a margin around."""
    halvings = 0
    while True:
        height, width = ((last - first >> halvings) + 2 * MARGIN for first, last in extent)
        if height * width <= most:
            return halvings
        halvings += 1


def _cropped(exemplar: Exemplar, most: int) -> tuple[Tensor, Tensor]:
    """Cut the middle out of an exemplar of more pixels than are searched."""
    picture = exemplar.picture
    valid = torch.ones_like(picture[:, :1]) if exemplar.valid is None else (exemplar.valid >= 0.99).to(picture)
    height, width = exemplar.size
    ratio = min(1.0, (most / (height * width)) ** 0.5)
    tall, wide = int(height * ratio), int(width * ratio)
    cut = (
        ...,
        slice((height - tall) // 2, (height - tall) // 2 + tall),
        slice((width - wide) // 2, (width - wide) // 2 + wide),
    )
    return picture[cut], valid[cut]


def _alignments(site: _Site) -> tuple[list[Offset], float]:
    """List alignments with the surroundings, and more where those do not reach; tell what share is left then."""
    canvas = Ground(_features(site.known), _inner(1 - site.free))
    exemplar = Ground(_features(site.picture), _inner(site.valid))
    found = find_alignments(canvas, exemplar, site.free, most=16, each=8)
    found += covering_alignments(site.valid, _missing(site, found), most=32)
    return found, float(_missing(site, found).sum() / site.free.sum())


def _missing(site: _Site, offsets: Sequence[Offset]) -> Tensor:
    missing = site.free.clone()
    for offset in offsets:
        missing *= 1 - laid_over(site.valid, offset, site.size)
    return missing


def _choose(site: _Site, offsets: Sequence[Offset], canvas: Tensor, filled: Tensor, width: int) -> Tensor:
    """Choose for every place the alignment at which the exemplar differs least from the canvas around."""
    usable, features, wanted = _inner(site.valid), _features(site.picture), _features(canvas)
    certain = _inner(1 - site.free)
    known = 1 - site.free
    # Where nothing has been filled yet, differences to the void tell nothing.
    trust = KNOWN * (known if bool(filled.any()) else _inner(known)) + filled
    step = max(1, width // 4)
    seen = _spread_out(trust, width, step).clamp_min(1e-6)
    least = torch.full_like(site.free, torch.inf)
    labels = torch.zeros_like(site.free, dtype=torch.int64)
    for number, offset in enumerate(offsets):
        weight = trust * laid_over(usable, offset, site.size)
        apart = (wanted - laid_over(features, offset, site.size)).square_().sum(1, keepdim=True).clamp_max_(WORST)
        overall = (apart * weight * certain).sum() / (weight * certain).sum().clamp_min(1e-6)
        sums = _spread_out(torch.cat([apart * weight, weight], 1), width, step)
        cost = sums[:, :1] / sums[:, 1:].clamp_min(1e-6) + UNSEEN * (1 - sums[:, 1:] / seen) + OVERALL * overall
        cost = _repeated(cost, step, site.size)
        cost = torch.where(laid_over(site.valid, offset, site.size) > 0, cost, torch.inf)
        better = cost < least
        least, labels = torch.where(better, cost, least), torch.where(better, number, labels)
    return labels


def _vote(site: _Site, offsets: Sequence[Offset], labels: Tensor) -> tuple[Tensor, Tensor]:
    """Fill the hole with what its pixels' alignments bring, averaged where they meet; tell which pixels were."""
    total, count = torch.zeros_like(site.known), torch.zeros_like(site.free)
    for number in labels[site.free > 0].unique().tolist():
        votes = F.avg_pool2d((labels == number).to(total), 2 * VOTES + 1, 1, VOTES)
        votes = votes * laid_over(site.valid, offsets[number], site.size)
        total += votes * laid_over(site.picture, offsets[number], site.size)
        count += votes
    filled = site.free * (count > 0)
    return site.known * (1 - site.free) + filled * total / count.clamp_min(1e-6), filled


def _features(picture: Tensor) -> Tensor:
    """List colours, and the gradients of what they have in common: shape (1, 5, height, width)."""
    gray = picture.mean(1, keepdim=True)
    across = F.pad(gray[..., 1:] - gray[..., :-1], (0, 1, 0, 0))
    down = F.pad(gray[..., 1:, :] - gray[..., :-1, :], (0, 0, 0, 1))
    return torch.cat([picture, GRADIENTS * across, GRADIENTS * down], 1)


def _inner(usable: Tensor) -> Tensor:
    """Leave out what borders on something unusable, where gradients are of the edge."""
    return 1 - F.max_pool2d(1 - usable, 3, 1, 1)


def _depth(free: Tensor) -> int:
    """Count the pixels from the border of a hole to its innermost place."""
    depth = 0
    inside = free
    while float(inside.sum()):
        inside, depth = 1 - F.max_pool2d(1 - inside, 3, 1, 1), depth + 1
        if depth > max(free.shape):
            break
    return depth


def _spread_out(values: Tensor, width: int, step: int) -> Tensor:
    """Average over windows of about a radius, on a grid as coarse as the window allows."""
    if step > 1:
        values = F.avg_pool2d(values, step, ceil_mode=True, count_include_pad=False)
    radius = max(1, width // step // 2)
    for _ in range(2):
        values = F.avg_pool2d(values, 2 * radius + 1, 1, radius)
    return values


def _repeated(values: Tensor, step: int, size: Size) -> Tensor:
    if step == 1:
        return values
    return values.repeat_interleave(step, 2).repeat_interleave(step, 3)[..., : size[0], : size[1]]
