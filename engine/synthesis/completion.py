"""Completion: a first filling of a hole with shifted copies of the exemplar that fit together and to the border."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.synthesis.alignment import Ground, Offset, covering_alignments, find_alignments, laid_over
from engine.synthesis.canvas import Surroundings
from engine.synthesis.exemplar import Exemplar
from engine.synthesis.octaves import Size

LARGEST_CANVAS = 512**2
# What is done without a pause: the pixels of all alignments that are compared or laid over the canvas.
PIECE = 2**20
LARGEST_EXEMPLAR = 1024**2
MARGIN = 48
# Seen with five channels of features and their transforms.
BYTES_PER_PIXEL = 1024
# Radii of what a place is compared by, in depths of the hole: from all around it to its nearest neighbours.
WINDOWS = (0.75, 0.75, 0.5, 0.5, 0.33, 0.33, 0.25, 0.25, 0.15, 0.15, 0.1, 0.1)
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


Filling = tuple[Tensor, Tensor]


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
def complete(exemplar: Exemplar, surroundings: Surroundings, memory: int = 2**33) -> Iterator[Filling | None]:
    """Fill the hole of a canvas with shifted copies of the exemplar.

    Every pixel of the hole is given one of the exemplar's alignments with the surroundings (see `find_alignments`):
    the one at which the exemplar differs least from the canvas, within a window that begins as wide as the hole, so
    that the border alone decides, and ends at a few pixels. Between two windows the hole is filled with what its
    pixels' alignments bring, averaged where they meet (Wexler et al. 2007, "Space-Time Completion of Video").
    Departs from both papers in that the windows shrink in place of the picture: regular structures finer than a
    coarse scale can show would be lost there. For large holes all this is done on a smaller scale, and only what was
    chosen is laid over the hole at full size.

    Args:
        exemplar: The sample texture.
        surroundings: What the canvas keeps, at full size.
        memory: Bytes that synthesis may take: with little of it, more is done on a smaller scale.

    Yields:
        None between two pieces of the work. After each round the canvas, filled, and 1 for each of its pixels that is
        still missing, else 0; the last ones are the result. They never come where the exemplar is too small for the
        hole.
    """
    free = (surroundings.mask >= min(0.5, float(surroundings.mask.max()))).to(surroundings.mask)
    extent = _bounds(free > 0, 0)
    most = memory // BYTES_PER_PIXEL
    # Halved without end, the margin alone is left.
    halvings = _halvings(extent, max(5 * MARGIN**2, min(LARGEST_CANVAS, most // 4)))
    (top, bottom), (left, right) = (
        (max(0, first - (MARGIN << halvings)), min(side, last + (MARGIN << halvings)))
        for (first, last), side in zip(extent, surroundings.size, strict=True)
    )
    cut = (..., slice(top, bottom), slice(left, right))
    picture, valid = _cropped(exemplar, min(LARGEST_EXEMPLAR, most) << 2 * halvings)
    site = whole = _Site(surroundings.known[cut], free[cut], picture, valid)
    for _ in range(halvings):
        yield None
        site = site.halved()
    if not bool(site.valid.any()) or not bool(_inner(1 - site.free).any()):
        return

    def shown(filling: Filling) -> Filling:
        everything, missing = surroundings.known.clone(), torch.zeros_like(free)
        canvas, filled = (_repeated(values, 1 << halvings, whole.size) for values in filling)
        everything[cut] = torch.where(whole.free > 0, canvas, whole.known)
        missing[cut] = whole.free * (1 - filled)
        return everything, missing

    offsets, left_over = yield from _alignments(site)
    if left_over > MOST_MISSING:
        return
    depth = _depth(site.free)
    filling = site.known * (1 - site.free), torch.zeros_like(site.free)
    for width in (max(NARROWEST, round(share * depth)) for share in WINDOWS):
        labels = yield from _choose(site, offsets, filling, width)
        filling = yield from _vote(site, offsets, labels)
        yield shown(filling)
    if halvings:
        offsets = [(rows << halvings, columns << halvings) for rows, columns in offsets]
        labels = _repeated(labels, 1 << halvings, whole.size)
        canvas, missing = surroundings.known.clone(), torch.zeros_like(free)
        canvas[cut], filled = yield from _vote(whole, offsets, labels)
        missing[cut] = whole.free - filled
        yield canvas, missing


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


def _alignments(site: _Site) -> Generator[None, None, tuple[list[Offset], float]]:
    """List alignments with the surroundings, and more where those do not reach; tell what share is left then."""
    canvas = Ground(_features(site.known), _inner(1 - site.free))
    exemplar = Ground(_features(site.picture), _inner(site.valid))
    found = yield from find_alignments(canvas, exemplar, site.free, most=16, each=8)
    yield
    left = yield from _missing(site, site.free, found)
    more = covering_alignments(site.valid, left, most=32)
    left = yield from _missing(site, left, more)
    return found + more, float(left.sum() / site.free.sum())


def _missing(site: _Site, missing: Tensor, offsets: Sequence[Offset]) -> Generator[None, None, Tensor]:
    """Leave what is missing where no offset brings the exemplar to."""
    together = max(1, PIECE // missing.numel())
    for number, offset in enumerate(offsets):
        if number % together == 0:
            yield
            if not bool(missing.any()):
                break
        missing = missing * (1 - laid_over(site.valid, offset, site.size))
    return missing


def _choose(site: _Site, offsets: Sequence[Offset], filling: Filling, width: int) -> Generator[None, None, Tensor]:
    """Choose for every place the alignment at which the exemplar differs least from the canvas around."""
    canvas, filled = filling
    usable, features, wanted = _inner(site.valid), _features(site.picture), _features(canvas)
    certain = _inner(1 - site.free)
    known = 1 - site.free
    # Where nothing has been filled yet, differences to the void tell nothing.
    trust = KNOWN * (known if bool(filled.any()) else _inner(known)) + filled
    step = max(1, width // 4)
    seen = _spread_out(trust, width, step).clamp_min(1e-6)
    least = torch.full_like(site.free, torch.inf)
    labels = torch.zeros_like(site.free, dtype=torch.int64)
    together = max(1, PIECE // site.free.numel())
    for number, offset in enumerate(offsets):
        if number % together == 0:
            yield
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


def _vote(site: _Site, offsets: Sequence[Offset], labels: Tensor) -> Generator[None, None, Filling]:
    """Fill the hole with what its pixels' alignments bring, averaged where they meet; tell which pixels were."""
    total, count = torch.zeros_like(site.known), torch.zeros_like(site.free)
    reached = F.max_pool2d(site.free, 2 * VOTES + 1, 1, VOTES) > 0
    labels = torch.where(reached, labels, -1)
    done = 0
    for number in labels[site.free > 0].unique().tolist():
        mine = labels == number
        (top, bottom), (left, right) = _bounds(mine, VOTES)
        part = (..., slice(top, bottom), slice(left, right))
        votes = F.avg_pool2d(mine[part].to(total), 2 * VOTES + 1, 1, VOTES)
        offset, size = (offsets[number][0] + top, offsets[number][1] + left), (bottom - top, right - left)
        votes = votes * laid_over(site.valid, offset, size)
        total[part] += votes * laid_over(site.picture, offset, size)
        count[part] += votes
        done += mine.numel() // 4 + votes.numel()
        if done > PIECE:
            done = 0
            yield
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


def _bounds(marked: Tensor, reach: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Find the first and the end of the rows and columns with something marked, and as many more each way."""
    found = []
    for other in (1, 0):
        places = marked[0, 0].any(other).nonzero()[:, 0]
        found.append((max(0, int(places[0]) - reach), min(marked.shape[3 - other], int(places[-1]) + 1 + reach)))
    return found[0], found[1]


def _depth(free: Tensor) -> int:
    """Count the pixels from the border of a hole to its innermost place, rows and columns alike."""
    height, width = free.shape[2:]
    sums = F.pad((1 - free[0, 0]).double().cumsum(0).cumsum(1), (1, 0, 1, 0))
    rows, columns = (torch.arange(side, device=free.device) for side in (height, width))
    least, most = 0, max(height, width)
    while least < most:
        reach = (least + most) // 2
        (top, bottom), (left, right) = (
            ((places - reach).clamp_min(0), (places + reach + 1).clamp_max(side))
            for places, side in ((rows, height), (columns, width))
        )
        kept = sums[bottom][:, right] - sums[top][:, right] - sums[bottom][:, left] + sums[top][:, left]
        least, most = (reach + 1, most) if bool((kept == 0).any()) else (least, reach)
    return least


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
