"""The canvas at one scale, with its match field."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.synthesis.matching import COMPILED, Matcher, MatchField, MatchSource, Query
from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.contrast import COARSEST
from engine.synthesis.structure.pyramid import COLORS, FEATURES, Level

Value = TypeVar("Value", bound=np.generic)

RADIUS = 3
SIDE = 2 * RADIUS + 1
PATCH = np.ones((SIDE, SIDE), bool)
# How far around a hole the patches reach that touch it.
COVERED = np.ones((4 * RADIUS + 1, 4 * RADIUS + 1), bool)
# What is known counts for more than what is guessed, and the more the nearer it is (Wexler et al. 2007).
CONFIDENCE = 1.3
PASSES = 3
# Once the field of a coarser octave is there to start from, a search need not go as far, nor as often.
PASSES_REFINED = 2
REACH_REFINED = 32
TRIES = 6
# Cost of a place that is used more than once, in spreads of costs per use (after Kaspar et al. 2015): without it what
# is smooth fits everywhere, and stones vanish among gravel.
EVENNESS = 0.5
LOW_COST = 10
RING = np.ones((5, 5), bool)
# Share of a patch that has to be known before the patch says anything.
ENOUGH = 0.2
PEELING = 6
# What is as good as nothing of a cost, in the costs by which patches are weighed, for colors of 8 bits.
LEAST_COST = 1e-5
# Differences below this are not seen.
LEAST_ENERGY = 0.002
# How far around a hole its roughness is compared, how rough, in values of [0, 1], all is at least, and by how much a
# ratio counts. Of 135 holes in 45 photographs, seven in busy parts were smooth blots without it; counted in full it
# put things into smooth parts.
AROUND = np.ones((9, 9), bool)
LEAST_ROUGHNESS = 0.01
ROUGHNESS_POWER = 0.75

Wrap = tuple[bool, bool]
"""Whether rows, and columns, go on at the other side."""


@dataclass(frozen=True, eq=False)
class Sampled:
    """The exemplar at one scale.

    Attributes:
        source: What is matched.
        listed: All places where the center of a patch may lie, one at least, int32 (count, 2).
        penalty: What each place costs besides, float32 (height, width); None for nothing.
    """

    source: MatchSource
    listed: Places
    penalty: Floats | None = None


def sampled(level: Level, labels: Places | None = None) -> Sampled:
    """Take a level of the exemplar, which has whole patches, and labels of its places, int32 (height, width)."""
    usable = whole_patches(level.known)
    return Sampled(MatchSource(level.channels, usable, labels), np.argwhere(usable).astype(np.int32))


class PatchOctave:
    """The canvas at one scale, with its match field.

    Args:
        canvas: What is known, and what is not.
        exemplar: What is sampled, at the same scale.
        generator: Of what is drawn by chance.
        wrap: Whether rows, and columns, of the canvas go on at the other side.
        matcher: Searches and votes.
        label_costs: What patches cost besides by their labels in the exemplar, float32 (height, width, labels); None
            for nothing.
        mirrored: Whether patches that reach beyond a border are compared by its mirror image, too, in which a line
            along the border is twice as wide.
        rounding: The step between two levels of colors, see `find_rounding`.

    Attributes:
        canvas: Channels, with `RADIUS` more pixels on every side.
        free: The hole, boolean (height, width).
        wanted: Where the centers of patches lie that touch it.
        source: The exemplar.
        field: Nearest patches.
    """

    def __init__(
        self,
        canvas: Level,
        exemplar: Sampled,
        generator: np.random.Generator,
        wrap: Wrap = (False, False),
        matcher: Matcher = COMPILED,
        label_costs: Floats | None = None,
        *,
        mirrored: bool = True,
        rounding: float = COARSEST,
    ) -> None:
        self.level, self.wrap, self._matcher, self._label_costs = canvas, wrap, matcher, label_costs
        self.free = ~canvas.known
        self.wanted = dilated(self.free, PATCH, wrap)
        self.canvas = padded(canvas.channels, RADIUS, wrap)
        self.source, self._penalty = exemplar.source, exemplar.penalty
        self.field = MatchField(np.zeros((*canvas.size, 2), np.int32), np.zeros(canvas.size, np.float32))
        # Texture energies of known pixels beside the hole are guesses, and change with what is in it.
        settled = canvas.known if canvas.settled is None else canvas.settled
        guessed = canvas.known & ~settled & dilated(self.free, COVERED, wrap)
        self._changed, self._guessed = self.free | guessed, np.nonzero(guessed)
        self._listed = exemplar.listed
        self._generator = generator
        self._least_cost = LEAST_COST * (rounding / COARSEST) ** 2
        self._inside = None if mirrored or not _nears_border(self.wanted, wrap) else inside(canvas.size, RADIUS, wrap)
        depth = distances(self.wanted, wrap)
        self._confidence = (CONFIDENCE ** -np.minimum(depth, 60)).astype(np.float32)

    @property
    def channels(self) -> Floats:
        """The canvas without its margin, a view."""
        return self.canvas[RADIUS:-RADIUS, RADIUS:-RADIUS]

    def put(self, channels: Floats) -> None:
        """Put other channels into the canvas; places stay."""
        channels[..., FEATURES:] = self.level.channels[..., FEATURES:]
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
        self._vote(self.wanted, self._changed, np.ones(self.free.shape, np.float32))

    def peel(self, seed: int) -> Iterator[None]:
        """Fill the hole from its border inwards, ring by ring, by what is known of patches (Newson et al. 2017)."""
        known = ~self.free
        if not known.any():
            self.lay()
            return
        self.put(self.level.channels[nearest(known, self.wrap)])
        modes = ["wrap" if each else "nearest" for each in self.wrap]
        while not known.all():
            ring = dilated(known, RING, self.wrap) & ~known
            share = ndimage.uniform_filter(known.astype(np.float32), SIDE, mode=modes)
            here = self.wanted & dilated(ring, RING, self.wrap) & (share > ENOUGH)
            if not ring.any() or not here.any():
                return
            trust = padded(known[..., None].astype(np.float32), RADIUS, self.wrap)[..., 0]
            trust = trust if self._inside is None else trust * self._inside
            query = self._sought(here, np.ascontiguousarray(trust))
            self._matcher.measure(self.field, query, self.source, self._penalty)
            for _ in self._matcher.improve(self.field, query, self.source, self._penalty, passes=PEELING, seed=seed):
                yield None
            self._vote(here, ring, self._weights(here))
            known = known | ring
            seed += 1

    def round(
        self, seed: int, proposals: Places | None = None, *, refined: bool = False, even: bool = False
    ) -> Iterator[None]:
        """Search once for nearer patches, and vote.

        Args:
            seed: Of what is drawn by chance.
            proposals: Offsets to try besides, int32 (count, 2).
            refined: Whether the field began as that of a coarser octave.
            even: Whether it costs to use a place more than once.

        Yields:
            Nothing, between two pieces of the work.
        """
        query = self._sought(self.wanted)
        # Costs of the round before are near enough to weigh uses by.
        repetition = self._repetition_penalty() if even else None
        both = [each for each in (self._penalty, repetition) if each is not None]
        penalty = sum(both[1:], both[0]) if both else None
        self._matcher.measure(self.field, query, self.source, penalty)
        for _ in self._matcher.improve(
            self.field,
            query,
            self.source,
            penalty,
            passes=PASSES_REFINED if refined else PASSES,
            seed=seed,
            reach=REACH_REFINED if refined else None,
            proposals=proposals,
            tries=TRIES,
        ):
            yield None
        if repetition is not None:
            paid = repetition[self.field.places[..., 0], self.field.places[..., 1]]
            self.field.costs[...] = np.maximum(self.field.costs - paid, 0)
        self._vote(self.wanted, self._changed, self._weights(self.wanted) * self._confidence)

    def _repetition_penalty(self) -> Floats:
        """Give the cost of places whose surroundings are used more than once."""
        uses = count_uses(self.field.places[self.wanted], self.source.usable)
        # What grain costs wherever a patch comes from says nothing of how well it fits.
        low, middle = np.percentile(self.field.costs[self.wanted], (LOW_COST, 50))
        scale = EVENNESS * float(middle - low)
        found: Floats = (scale * np.maximum(uses - 1, 0)).astype(np.float32)
        return found

    def energy(self) -> float:
        """Measure how badly the canvas fits as it is; costs are those of the field then.

        Returns:
            The misfit, times how much rougher or smoother the hole is than what lies around it: a large smooth thing
            costs little inside, and shows.
        """
        return self.misfit() * self._roughness_ratio()

    def misfit(self) -> float:
        """Measure how badly patches fit the canvas as it is; costs are those of the field then.

        Returns:
            The mean cost in the hole times that at its border, which count alike.
        """
        self._matcher.measure(self.field, self._sought(self.wanted), self.source, self._penalty)
        apart = np.sqrt(np.maximum(self.field.costs, 0)) / SIDE
        border = self.wanted & dilated(~self.free, PATCH, self.wrap)
        at_border = apart[border if border.any() else self.wanted].mean()
        return float((apart[self.wanted].mean() + LEAST_ENERGY) * (at_border + LEAST_ENERGY))

    def _roughness_ratio(self) -> float:
        """Compare the roughness of the hole with that of its surroundings: 1 for the same, and more."""
        around = dilated(self.free, AROUND, self.wrap) & ~self.free
        if not around.any():
            return 1.0
        gray = self.channels[..., :COLORS].mean(axis=2)
        rough = sum(np.abs(np.diff(gray, axis=axis, append=gray.take([-1], axis))) for axis in (0, 1))
        inner, outer = (float(rough[each].mean()) + LEAST_ROUGHNESS for each in (self.free, around))
        return float((max(inner, outer) / min(inner, outer)) ** ROUGHNESS_POWER)

    def said(self) -> Floats:
        """Average what the patches say of all that they cover, of what is known too: RGB (height, width, 3)."""
        found = np.zeros((*self.free.shape, self.canvas.shape[2]), np.float32)
        weights = self._weights(self.wanted)
        self._vote_into(found, self.source, weights, self.wanted, self.wanted)
        return found[..., :COLORS]

    def origins(self) -> Places:
        """Find for each pixel that a patch covers the place in the exemplar that the best one takes it from."""
        high, wide = self.source.usable.shape
        grid = np.ascontiguousarray(np.moveaxis(np.indices((high, wide), np.float32), 0, -1))
        source = MatchSource(grid, self.source.usable)
        found = np.zeros((*self.free.shape, 2), np.float32)
        self._vote_into(found, source, None, self.wanted, self.wanted)
        return found.astype(np.int32)

    def _sought(self, wanted: Bools, trust: Floats | None = None) -> Query:
        return Query(
            self.canvas, wanted, RADIUS, self._inside if trust is None else trust, self.wrap, self._label_costs
        )

    def _weights(self, wanted: Bools) -> Floats:
        scale = np.percentile(self.field.costs[wanted], 75) + self._least_cost
        found: Floats = (np.exp(-self.field.costs / (2 * scale)) + 1e-4).astype(np.float32)
        return found

    def _vote(self, wanted: Bools, free: Bools, weights: Floats) -> None:
        self._vote_into(self.canvas, self.source, weights, wanted, free, padding=RADIUS)
        rows, columns = self._guessed
        self.channels[rows, columns, :COLORS] = self.level.channels[rows, columns, :COLORS]
        if self.canvas.shape[2] > FEATURES or min(self.free.shape) < RADIUS:
            self.put(self.channels)
        else:
            _pad_again(self.canvas, RADIUS, self.wrap)

    def _vote_into(
        self, found: Floats, source: MatchSource, weights: Floats | None, wanted: Bools, free: Bools, padding: int = 0
    ) -> None:
        self._matcher.vote(
            self.field, source, wanted, free, weights, found, radius=RADIUS, padding=padding, wrap=self.wrap
        )


def count_uses(places: Places, usable: Bools) -> Floats:
    """Count how often the surroundings of each place of the exemplar are used by patches at places, int32 (…, 2)."""
    numbers = places[..., 0].astype(np.int64) * usable.shape[1] + places[..., 1]
    used = np.bincount(numbers.ravel(), minlength=usable.size).reshape(usable.shape).astype(np.float32)
    found: Floats = ndimage.uniform_filter(used, SIDE, mode="nearest")
    return found


def whole_patches(known: Bools, radius: int = RADIUS) -> Bools:
    """Mark the centers of the patches that are known wholly."""
    inner = np.zeros_like(known)
    middle = (slice(radius, -radius), slice(radius, -radius))
    inner[middle] = ndimage.minimum_filter(known, 2 * radius + 1)[middle]
    return inner


def padded(channels: Floats, margin: int, wrap: Wrap) -> Floats:
    """Add a margin: what lies on the other side where an axis wraps, else a mirror image."""
    for axis in (0, 1):
        pads = [(0, 0)] * channels.ndim
        pads[axis] = (margin, margin)
        channels = np.pad(channels, pads, mode="wrap" if wrap[axis] else "symmetric")
    return np.ascontiguousarray(channels)


def _pad_again(channels: Floats, margin: int, wrap: Wrap) -> None:
    """Make a margin anew in place, see `padded`; no side of the picture is shorter than the margin."""
    for axis, wraps in enumerate(wrap):
        lines = np.moveaxis(channels, axis, 0)
        first, last = lines[margin : 2 * margin], lines[-2 * margin : -margin]
        lines[:margin], lines[-margin:] = (last, first) if wraps else (first[::-1], last[::-1])


def inside(size: Sequence[int], margin: int, wrap: Wrap) -> Floats | None:
    """Trust a canvas with a margin as far as it is more than a mirror image; None for all of it.

    Args:
        size: Height and width of the canvas.
        margin: Pixels around it.
        wrap: Whether rows, and columns, continue on the other side.

    Returns:
        1 where pixels count, else 0, float32 (height + 2 margin, width + 2 margin).
    """
    if all(wrap):
        return None
    found = np.ones([side + 2 * margin for side in size], np.float32)
    for axis, wraps in enumerate(wrap):
        if not wraps:
            rows = np.moveaxis(found, axis, 0)
            rows[:margin] = rows[-margin:] = 0
    return found


def _nears_border(marked: Bools, wrap: Wrap) -> bool:
    """Whether a patch whose center is marked reaches beyond a border at which the canvas ends."""
    ends = ((marked[:RADIUS], marked[-RADIUS:]), (marked[:, :RADIUS], marked[:, -RADIUS:]))
    return any(bool(end.any()) for pair, wraps in zip(ends, wrap, strict=True) if not wraps for end in pair)


def dilated(marked: Bools, shape: Bools, wrap: Wrap) -> Bools:
    """Widen what is marked, over a border that wraps too."""
    wide, inner = continued(marked, shape.shape, wrap)
    return np.ascontiguousarray(ndimage.maximum_filter(wide, shape.shape, mode="constant", cval=0)[inner])


def distances(marked: Bools, wrap: Wrap) -> Floats:
    """Measure how deep each place lies in what is marked, pixels; the border of a picture is no end."""
    wide, inner = continued(marked, marked.shape, wrap)
    if wide.all():
        return np.full(marked.shape, float(max(marked.shape)), np.float32)
    found = np.zeros(wide.shape, np.float32)
    if wide.any():
        # What is not marked is nearest within one pixel around what is.
        box = ndimage.find_objects(wide.view(np.int8))[0]
        part = tuple(slice(max(0, each.start - 1), each.stop + 1) for each in box)
        found[part] = ndimage.distance_transform_edt(wide[part])
    return np.ascontiguousarray(found[inner])


def nearest(marked: Bools, wrap: Wrap) -> tuple[Places, Places]:
    """Find for each place the nearest one that is marked, of which there is one at least: rows, and columns."""
    wide, inner = continued(marked, marked.shape, wrap)
    found = ndimage.distance_transform_edt(~wide, return_distances=False, return_indices=True)
    rows, columns = (
        (each[inner] - part.start) % side for each, part, side in zip(found, inner, marked.shape, strict=True)
    )
    return rows, columns


def continued(values: NDArray[Value], reach: Sequence[int], wrap: Wrap) -> tuple[NDArray[Value], tuple[slice, slice]]:
    """Continue a picture along axes that wrap, so that its borders have neighbors.

    Args:
        values: Shape (height, width, …).
        reach: By how many rows and columns, half before and half after the picture.
        wrap: Whether rows, and columns, continue on the other side.

    Returns:
        The wider picture, and where in it the picture lies.
    """
    pads = [(side // 2, side // 2) if each else (0, 0) for side, each in zip(reach, wrap, strict=True)]
    rows, columns = (slice(pad[0], pad[0] + side) for pad, side in zip(pads, values.shape[:2], strict=True))
    if any(wrap):
        values = np.pad(values, [*pads, *[(0, 0)] * (values.ndim - 2)], mode="wrap")
    return values, (rows, columns)
