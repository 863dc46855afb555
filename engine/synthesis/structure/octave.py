"""The canvas at one scale, with its match field."""

from collections.abc import Iterator

import numpy as np
from scipy import ndimage

from engine.synthesis.matching import MatchField, Preference, Sought, Source, improve, measure, vote
from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.pyramid import COLORS, Level

RADIUS = 3
SIDE = 2 * RADIUS + 1
PATCH = np.ones((SIDE, SIDE), bool)
# What is known counts for more than what is guessed, and the more the nearer it is (Wexler et al. 2007).
CONFIDENCE = 1.3
PASSES = 3
TRIES = 6
RING = np.ones((5, 5), bool)
# Share of a patch that has to be known before the patch says anything.
ENOUGH = 0.2
PEELING = 6
# Differences below this are not seen.
LEAST_ENERGY = 0.002

Wrap = tuple[bool, bool]
"""Whether rows, and columns, go on at the other side."""


class Octave:
    """The canvas at one scale, with its match field.

    Args:
        canvas: What is known, and what is not.
        source: The exemplar at the same scale.
        generator: Of what is drawn by chance.
        wrap: Whether rows, and columns, of the canvas go on at the other side.

    Attributes:
        canvas: Channels, with `RADIUS` more pixels on every side.
        free: The hole, boolean (height, width).
        wanted: Where the centers of patches lie that touch it.
        source: The exemplar.
        field: Nearest patches.
    """

    def __init__(
        self, canvas: Level, source: Level, generator: np.random.Generator, wrap: Wrap = (False, False)
    ) -> None:
        self.level, self.wrap = canvas, wrap
        self.free = ~canvas.known
        self.wanted = dilated(self.free, PATCH, wrap)
        self.canvas = padded(canvas.channels, RADIUS, wrap)
        self.source = Source(source.channels, whole_patches(source.known), np.zeros((*source.size, 0), np.float32))
        self.field = MatchField(np.zeros((*canvas.size, 2), np.int32), np.zeros(canvas.size, np.float32))
        self._preference = Preference(np.zeros(source.size, np.float32))
        self._listed = np.argwhere(self.source.usable).astype(np.int32)
        self._generator = generator
        depth = distances(self.wanted, wrap)
        self._confidence = (CONFIDENCE ** -np.minimum(depth, 60)).astype(np.float32)

    @property
    def channels(self) -> Floats:
        """The canvas without its margin, a view."""
        return self.canvas[RADIUS:-RADIUS, RADIUS:-RADIUS]

    def put(self, channels: Floats) -> None:
        """Put other channels into the canvas."""
        self.canvas = padded(channels, RADIUS, self.wrap)

    def take(self, places: Places) -> None:
        """Start from places in the exemplar, int32 (height, width, 2); those of no use are drawn by chance."""
        high, wide = self.source.usable.shape
        rows, columns = places[..., 0], places[..., 1]
        good = (rows >= 0) & (columns >= 0) & (rows < high) & (columns < wide)
        good &= self.source.usable[np.clip(rows, 0, high - 1), np.clip(columns, 0, wide - 1)]
        self.field.places[...] = places
        drawn = self.wanted & ~good
        self.field.places[drawn] = self._listed[self._generator.integers(len(self._listed), size=int(drawn.sum()))]
        self.field.places[~self.wanted] = self._listed[0]

    def lay(self) -> None:
        """Fill the hole with what the field says, all patches alike."""
        self._vote(self.wanted, self.free, np.ones(self.free.shape, np.float32))

    def peel(self, seed: int) -> Iterator[None]:
        """Fill the hole from its border inwards, ring by ring, by what is known of the patches (Newson et al. 2017).

        Args:
            seed: Of what is drawn by chance.

        Yields:
            Nothing, between two pieces of the work.
        """
        known = ~self.free
        nearest = ndimage.distance_transform_edt(self.free, return_distances=False, return_indices=True)
        self.put(self.level.channels[nearest[0], nearest[1]])
        while not known.all():
            ring = dilated(known, RING, self.wrap) & ~known
            share = ndimage.uniform_filter(known.astype(np.float32), SIDE, mode="nearest")
            here = self.wanted & dilated(ring, RING, self.wrap) & (share > ENOUGH)
            if not ring.any() or not here.any():
                return
            trust = padded(known[..., None].astype(np.float32), RADIUS, self.wrap)[..., 0]
            sought = self._sought(here, np.ascontiguousarray(trust))
            measure(self.field, sought, self.source, self._preference)
            yield from improve(self.field, sought, self.source, self._preference, passes=PEELING, seed=seed)
            self._vote(here, ring, self._weights(here))
            known = known | ring
            seed += 1

    def round(self, seed: int, proposals: Places | None = None) -> Iterator[None]:
        """Search once for nearer patches, and vote.

        Args:
            seed: Of what is drawn by chance.
            proposals: Offsets to try besides, int32 (count, 2).

        Yields:
            Nothing, between two pieces of the work.
        """
        sought = self._sought(self.wanted)
        measure(self.field, sought, self.source, self._preference)
        yield from improve(
            self.field,
            sought,
            self.source,
            self._preference,
            passes=PASSES,
            seed=seed,
            proposals=proposals,
            tries=TRIES,
        )
        self._vote(self.wanted, self.free, self._weights(self.wanted) * self._confidence)

    def energy(self) -> float:
        """Measure how badly the canvas fits as it is; costs are those of the field then.

        A large smooth thing costs little inside and shows at its border, so the mean over the hole and that over its
        border count alike.
        """
        measure(self.field, self._sought(self.wanted), self.source, self._preference)
        apart = np.sqrt(np.maximum(self.field.costs, 0)) / SIDE
        border = self.wanted & dilated(~self.free, PATCH, self.wrap)
        return float((apart[self.wanted].mean() + LEAST_ENERGY) * (apart[border].mean() + LEAST_ENERGY))

    def said(self) -> Floats:
        """Average what the patches say of all that they cover, of what is known too: RGB (height, width, 3)."""
        found = np.zeros((*self.free.shape, self.canvas.shape[2]), np.float32)
        weights = self._weights(self.wanted)
        vote(self.field, self.source, self.wanted, self.wanted, weights, found, radius=RADIUS, padding=0, wrap=self.wrap)
        return found[..., :COLORS]

    def origins(self) -> Places:
        """Find for each pixel that a patch covers the place in the exemplar that the best one takes it from."""
        high, wide = self.source.usable.shape
        grid = np.stack(np.indices((high, wide)), axis=-1).astype(np.float32)
        source = Source(grid, self.source.usable, self.source.means)
        found = np.zeros((*self.free.shape, 2), np.float32)
        vote(self.field, source, self.wanted, self.wanted, None, found, radius=RADIUS, padding=0, wrap=self.wrap)
        return found.astype(np.int32)

    def _sought(self, wanted: Bools, trust: Floats | None = None) -> Sought:
        return Sought(self.canvas, wanted, np.zeros((*wanted.shape, 0), np.float32), RADIUS, trust)

    def _weights(self, wanted: Bools) -> Floats:
        scale = np.percentile(self.field.costs[wanted], 75) + 1e-5
        found: Floats = (np.exp(-self.field.costs / (2 * scale)) + 1e-4).astype(np.float32)
        return found

    def _vote(self, wanted: Bools, free: Bools, weights: Floats) -> None:
        vote(
            self.field, self.source, wanted, free, weights, self.canvas, radius=RADIUS, padding=RADIUS, wrap=self.wrap
        )
        self.put(self.channels)


def whole_patches(known: Bools) -> Bools:
    """Mark the centers of the patches that are known wholly; all that lie inside where none is."""
    inner = np.zeros_like(known)
    middle = (slice(RADIUS, -RADIUS), slice(RADIUS, -RADIUS))
    inner[middle] = ndimage.binary_erosion(known, PATCH)[middle]
    return inner


def padded(channels: Floats, margin: int, wrap: Wrap) -> Floats:
    """Add a margin: what lies on the other side where an axis wraps, else a mirror image."""
    for axis in (0, 1):
        pads = [(0, 0)] * channels.ndim
        pads[axis] = (margin, margin)
        channels = np.pad(channels, pads, mode="wrap" if wrap[axis] else "symmetric")
    return np.ascontiguousarray(channels)


def dilated(marked: Bools, shape: Bools, wrap: Wrap) -> Bools:
    """Widen what is marked, over a border that wraps too."""
    if not any(wrap):
        return np.asarray(ndimage.binary_dilation(marked, shape))
    margin = shape.shape[0] // 2
    pads = [(margin, margin) if each else (0, 0) for each in wrap]
    wide = ndimage.binary_dilation(np.pad(marked, pads, mode="wrap"), shape)
    rows, columns = (slice(pad[0], wide.shape[axis] - pad[1]) for axis, pad in enumerate(pads))
    return np.ascontiguousarray(wide[rows, columns])


def distances(marked: Bools, wrap: Wrap) -> Floats:
    """Measure how deep each place lies in what is marked, pixels; the border of a picture is no end."""
    pads = [(side // 2, side // 2) if each else (0, 0) for side, each in zip(marked.shape, wrap, strict=True)]
    wide = np.pad(marked, pads, mode="wrap") if any(wrap) else marked
    if wide.all():
        return np.full(marked.shape, float(max(marked.shape)), np.float32)
    found = ndimage.distance_transform_edt(wide)
    rows, columns = (slice(pad[0], wide.shape[axis] - pad[1]) for axis, pad in enumerate(pads))
    return np.ascontiguousarray(found[rows, columns], np.float32)
