"""The patch critic: every small neighbourhood of the canvas should be one of the exemplar's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.synthesis.critics.base import FeatureMaps, Regions, spread
from engine.synthesis.encoders.network import PIXELS
from engine.synthesis.wrap import NO_WRAP, Wrap

SIDE = 3
CACHED = 16 * 2**20
"""Bytes of similarities that a processor's caches hold, more or less."""


@dataclass(frozen=True)
class PatchSettings:
    """How patches are matched.

    Attributes:
        interval: Steps between two searches.
        overuse: What is taken off a patch's similarity for each time that it was used beyond its even share.
        noise: Standard deviation of the noise added to the canvas's features before the search, in units of theirs.
        keys: The most exemplar patches of a layer that are searched; of more than that, evenly spread ones are.
        memory: Bytes that one chunk of the search may take.
    """

    interval: int = 10
    overuse: float = 0.01
    noise: float = 0.0
    keys: int = 16384
    memory: int = 256 * 2**20


@dataclass(frozen=True)
class PatchBook:
    """Patches of one layer, out of one or several exemplar pictures.

    Attributes:
        vectors: Feature vectors of all positions, shape (positions, channels).
        places: Rows of `vectors` that make up each patch, row-major, shape (patches, 9), int64.
        keys: Patches as unit vectors, shape (patches, 9 × channels), channels varying fastest.
    """

    vectors: Tensor
    places: Tensor
    keys: Tensor


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
    """Gather patches as unit vectors, shape (patches, 9 × channels)."""
    return F.normalize(vectors[places].flatten(1), dim=1)


def make_book(maps: Sequence[Tensor], valid: Sequence[Tensor | None], most: int = 16384) -> PatchBook:
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
    return PatchBook(listed, numbered, unit_patches(listed, numbered))


def near_patches(vectors: Tensor, places: Tensor, unit: float, *, keys: bool) -> Tensor:
    """Gather patches such that the product of a query and a key is the larger, the nearer they are to each other.

    For a query q the nearest of all keys k is that with the largest q·k − |k|²/2. Correlation, which is used on
    features, does not tell bright pixels from dark ones.

    Args:
        vectors: Feature vectors of all positions, shape (positions, channels).
        places: Rows of `vectors` that make up each patch, shape (patches, 9).
        unit: Squared difference that counts as one for a channel.
        keys: Whether these are keys, or queries.

    Returns:
        Shape (patches, 9 × channels + 1).
    """
    found = vectors[places].flatten(1)
    found = found / (unit * found.shape[1]) ** 0.5
    last = -0.5 * (found**2).sum(dim=1, keepdim=True) if keys else torch.ones_like(found[:, :1])
    return torch.cat([found, last], dim=1)


def match_patches(
    queries: Tensor, keys: Tensor, *, overuse: float = 0.0, memory: int = 256 * 2**20, order: Tensor | None = None
) -> Tensor:
    """Find the key of every query that it correlates with best (Li & Wand 2016, arXiv 1601.04589, eq. 3).

    The search is exact: a matrix product, in chunks. With `overuse`, keys that earlier chunks used beyond their even
    share of all queries lose that much similarity per even share; the paper does not have this.

    Args:
        queries: Unit vectors, shape (queries, length).
        keys: Unit vectors, shape (keys, length).
        overuse: Penalty, 0 for plain nearest neighbours.
        memory: Bytes that the similarities of one chunk may take.
        order: Order in which queries are served, which matters with `overuse` alone; as they come by default.

    Returns:
        For each query the number of its key, int64.
    """
    found = torch.empty(len(queries), dtype=torch.int64, device=queries.device)
    used = torch.zeros(len(keys), dtype=queries.dtype, device=queries.device)
    share = max(1.0, len(queries) / len(keys))
    chunk = max(1, memory // (len(keys) * queries.element_size()))
    if overuse:
        # Usage is only known between chunks, so there have to be some.
        chunk = min(chunk, max(64, -(-len(queries) // 16)))
    if order is None:
        order = torch.arange(len(queries), device=queries.device)
    rows = chunk if queries.is_cuda else max(1, min(chunk, CACHED // (len(keys) * queries.element_size())))
    # Written again and again: memory that is fresh for every block costs the processor more than the product.
    similarity = queries.new_empty(min(rows, len(queries)), len(keys))
    for part in torch.split(order, chunk):
        surplus = overuse * (used / share - 1).clamp_min_(0)
        for block in torch.split(part, rows):
            here = torch.mm(queries[block], keys.t(), out=similarity[: len(block)])
            if overuse:
                here -= surplus
            found[block] = here.argmax(dim=1)
        if overuse:
            used += torch.bincount(found[part], minlength=len(keys)).to(used)
    return found


def vote(book: PatchBook, matches: Tensor, places: Tensor, positions: int) -> Tensor:
    """Average the matched patches where they overlap.

    The squared distance of all canvas patches to their matches (ibid., eq. 2) and the squared distance of the
    features to this average differ by a constant and a factor, so the average is all that the loss needs.

    Args:
        book: The exemplar's patches.
        matches: For each canvas patch the number of its exemplar patch.
        places: Positions of each canvas patch, shape (patches, 9).
        positions: Number of positions on the canvas.

    Returns:
        Features, shape (positions, channels); those of positions under no patch are 0.
    """
    total = book.vectors.new_zeros(positions, book.vectors.shape[1])
    count = book.vectors.new_zeros(positions, 1)
    one = count.new_ones(len(places), 1)
    for corner in range(places.shape[1]):
        # No position comes twice under one corner, so the sum has one order and the same result on any device.
        total.index_add_(0, places[:, corner], book.vectors[book.places[matches, corner]])
        count.index_add_(0, places[:, corner], one)
    return total / count.clamp_min(1)


def patch_loss(canvas: Tensor, target: Tensor) -> Tensor:
    """Mean squared difference of features to their target, both of shape (positions, channels)."""
    return F.mse_loss(canvas, target)


class PatchCritic:
    """Patch losses of several layers, weighted.

    Args:
        exemplars: Feature maps of the exemplar, and of its flipped, turned or scaled copies.
        layers: Weight of every layer.
        settings: How patches are matched.
        valid: For each exemplar, the positions that may be used; all of them in a layer that is missing.
        region: Positions of the canvas that are judged; likewise.
        wrap: Axes along which the canvas wraps around.
    """

    def __init__(
        self,
        exemplars: Sequence[FeatureMaps],
        layers: Mapping[str, float],
        settings: PatchSettings,
        *,
        valid: Sequence[Regions] | None = None,
        region: Regions | None = None,
        wrap: Wrap = NO_WRAP,
    ) -> None:
        self.interval = settings.interval
        self.layers = dict(layers)
        self._settings = settings
        self._region = region or {}
        self._wrap = wrap
        masks = valid or [{} for _ in exemplars]
        self._books = {
            name: make_book([maps[name] for maps in exemplars], [m.get(name) for m in masks], settings.keys)
            for name in layers
        }
        self._spread = {name: spread(exemplars[0][name], masks[0].get(name)) for name in layers}
        if book := self._books.get(PIXELS):
            keys = near_patches(book.vectors, book.places, self._spread[PIXELS], keys=True)
            self._books[PIXELS] = replace(book, keys=keys)
        self._targets: dict[str, tuple[Tensor, Tensor]] = {}

    @torch.no_grad()
    def refresh(self, canvas: FeatureMaps, generator: torch.Generator) -> None:
        """Match the canvas's patches anew."""
        for name, book in self._books.items():
            maps = canvas[name].detach()
            height, width = maps.shape[2:]
            vectors = maps[0].flatten(1).t()
            places = patch_places(height, width, wrap=self._wrap, device=maps.device)
            if name in self._region:
                places = places[self._region[name].flatten()[places].any(dim=1)]
            searched = vectors
            if self._settings.noise:
                drawn = torch.randn(vectors.shape, generator=generator).to(vectors)
                searched = vectors + self._settings.noise * vectors.std() * drawn
            order = torch.randperm(len(places), generator=generator).to(maps.device)
            matches = match_patches(
                self._queries(name, searched, places),
                book.keys,
                overuse=self._settings.overuse,
                memory=self._settings.memory,
                order=order,
            )
            target = vote(book, matches, places, len(vectors))
            covered = torch.zeros(len(vectors), dtype=torch.bool, device=maps.device)
            covered[places.flatten()] = True
            if name in self._region:
                covered &= self._region[name].flatten()
            positions = torch.nonzero(covered)[:, 0]
            self._targets[name] = (positions, target[positions])

    def losses(self, canvas: FeatureMaps) -> dict[str, Tensor]:
        """Measure the patch loss of every layer."""
        return {
            name: patch_loss(canvas[name][0].flatten(1).t()[positions], target) / self._spread[name]
            for name, (positions, target) in self._targets.items()
        }

    def _queries(self, name: str, vectors: Tensor, places: Tensor) -> Tensor:
        if name == PIXELS:
            return near_patches(vectors, places, self._spread[name], keys=False)
        return unit_patches(vectors, places)
