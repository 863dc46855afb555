"""New texture by patches, coarse to fine (Kwatra et al. 2005, "Texture Optimization for Example-Based Synthesis")."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.synthesis.matching import COMPILED, Matcher, MatchField, MatchSource, Query
from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.content import Content, put_content
from engine.synthesis.structure.correlation import correlate, extent
from engine.synthesis.structure.cutting import cut
from engine.synthesis.structure.flatness import has_flat_colors
from engine.synthesis.structure.guide import Guide, patch_labels
from engine.synthesis.structure.lattice import Lattice, find_lattice
from engine.synthesis.structure.mosaic import Mosaic, MosaicSource, lay_mosaic
from engine.synthesis.structure.octave import RADIUS, SIDE, Wrap, inside, padded, whole_patches
from engine.synthesis.structure.pyramid import COLORS, FEATURES, Level, halve, make_level
from engine.synthesis.structure.smoothness import is_smooth
from engine.synthesis.structure.stages import PlannedStage, Size, Stage
from engine.synthesis.structure.widening import widened

Value = TypeVar("Value", bound=np.generic)

# Rounds of search and vote, from the coarsest octave on; finer ones have the last number.
ROUNDS = (16, 10, 6, 4)
PASSES = 2
# An exemplar is halved only while both its sides keep so many pixels, and so many patches are whole. Of several, the
# smallest may become narrower: large things in the others would melt otherwise.
NARROWEST, NARROWEST_OF_SEVERAL = 24, 14
FEWEST_PATCHES = 64
# Patches of the coarsest octave are this many times as wide as things in the exemplar reach: wider ones copy.
REACH = 3.0
# Finer than this, patches only copy: critics make what they have not. What is regular is best copied.
FINEST = 1
# Blocks that the coarsest octave begins with. From smaller ones what is fine melts before it fits.
BLOCK = 16
# So many are drawn for each place where a picture is redrawn: the one most like it is taken.
DRAWN = 64
# Side of the coarsest canvas on which a picture is redrawn, pixels: a smaller one does not show it.
SMALLEST_CONTENT = 64
# Weights fall with the distance as in iteratively reweighted least squares (ibid.).
POWER = 0.6
# Cost of a place that is used beyond its even share, in median costs per share (Kaspar et al. 2015).
EVENNESS = 2.0
# Part of its even share that each place has in a window, however little the coarse picture uses it there.
LEAST_PART = np.float32(0.5)
# Fewer uses of a place than these are never too many, for one texture and for several that meet: on a canvas smaller
# than the exemplar, a block that is used once would cost more than one that melts.
LEAST_DUE, LEAST_DUE_MIXED = 1.0, 2.0
# What labels cost is counted in the costs of where patches fit worst, %: that is where labels meet.
WORST = 95
# Side of the largest picture of the exemplar that is compared with itself, pixels; of several sources, of which only
# the reach is to be found out, a smaller one is enough.
LARGEST_COMPARED = 512
LARGEST_OF_SEVERAL = 128


@dataclass(frozen=True, eq=False)
class TexturePlan:
    """A texture to be laid out.

    Attributes:
        source: The exemplar at all scales, finest first.
        mosaic: Its sources, at full size.
        wrap: Whether rows, and columns, of the canvas go on at the other side.
        octaves: What is done, coarse to fine.
        lattice: At which offsets the exemplar repeats itself, at full size; None for an irregular one.
        flat: Whether the exemplar consists of areas of few colors, which are not mixed then.
        smooth: Whether the exemplar has no fine detail.
        guide: Which label belongs where; None where there is one label only.
        reach: How far things in the exemplar reach, pixels.
        numbered: Row and column of each place in the exemplar as it was given, int32 (height, width, 2), if each
            pixel of the canvas has to come from one place, for several maps; None where they may be mixed.
        content: The picture that is redrawn; None for none.
    """

    source: Sequence[Level]
    mosaic: Mosaic
    wrap: Wrap
    octaves: Sequence[PlannedStage]
    lattice: Lattice | None
    flat: bool = False
    smooth: bool = False
    guide: Guide | None = None
    reach: float = 0.0
    numbered: Places | None = None
    content: Content | None = None

    @property
    def whole(self) -> bool:
        """Whether patches make all of it, the finest octave too."""
        return self.flat or self.smooth or self.lattice is not None or self.numbered is not None

    @property
    def parts(self) -> tuple[float, ...]:
        """Part of the canvas that each label gets; they add up to 1."""
        return (1.0,) if self.guide is None else self.guide.parts


def plan_texture(
    pieces: Sequence[MosaicSource],
    size: Size,
    wrap: Wrap = (False, False),
    guide: Guide | None = None,
    content: Content | None = None,
) -> TexturePlan:
    """Plan the octaves of a new texture.

    Args:
        pieces: The sources of the exemplar; only a single one has maps.
        size: Height and width of the canvas at full size, pixels.
        wrap: Whether rows, and columns, of the canvas go on at the other side.
        guide: Which label belongs where, of the canvas's size; None for sources that are mixed by their shares.
        content: The picture that is redrawn; None for none.

    Returns:
        The plan; it ends at a coarse octave.
    """
    wide, numbered = [_widened(each) for each in pieces], _numbered(pieces)
    limits = (NARROWEST, LARGEST_COMPARED) if len(wide) == 1 else (NARROWEST_OF_SEVERAL, LARGEST_OF_SEVERAL)
    looks = [_look(each, size, *limits) for each in wide]
    mosaic = lay_mosaic(wide)
    if guide is None and len(pieces) > 1:
        guide = Guide(np.broadcast_to(np.array(mosaic.parts, np.float32), (*size, len(pieces))), strict=False)
    source = [make_level(mosaic.colors, mosaic.valid, 0.0) if numbered is None else _level(wide[0])]
    while len(source) < min(each.levels for each in looks):
        source.append(halve(source[-1]))
    reach = max(each.reach for each in looks)
    # What is regular in one source does not go on in another, nor where a picture is redrawn.
    lattice = looks[0].lattice if len(looks) == 1 and guide is None and content is None else None
    if lattice is None:
        levels = math.ceil(math.log2(REACH * reach / SIDE))
        source = source[: max(FINEST, levels) + 1]
    flat = all(has_flat_colors(each.colors, each.valid) for each in wide)
    smooth = not flat and all(is_smooth(each.colors, each.valid) for each in wide)
    finest = 0 if flat or smooth or lattice is not None or numbered is not None else FINEST
    octaves = []
    if content is not None:
        while len(source) > FINEST + 1 and min(size) >> (len(source) - 1) < SMALLEST_CONTENT:
            source.pop()
    for index in reversed(range(min(finest, len(source) - 1), len(source))):
        height, width = (max(1, round(side / 2**index)) for side in size)
        rounds = ROUNDS[min(len(source) - 1 - index, len(ROUNDS) - 1)]
        octaves.append(PlannedStage(index, (height, width), source[index].size, rounds, float(height * width)))
    return TexturePlan(source, mosaic, wrap, octaves, lattice, flat, smooth, guide, reach, numbered, content)


def _widened(piece: MosaicSource) -> MosaicSource:
    colors, valid, _ = widened(piece.colors, piece.valid)
    labels, maps = piece.labels, piece.maps
    if labels is not None:
        labels = widened(labels[..., None], piece.valid)[0][..., 0]
    if maps is not None:
        maps, _, _ = widened(maps, piece.valid)
    return MosaicSource(colors, valid, piece.share, labels, maps)


def _numbered(pieces: Sequence[MosaicSource]) -> Places | None:
    """Give row and column of each place of a widened source that has maps; None if none has."""
    if pieces[0].maps is None:
        return None
    grid = np.moveaxis(np.indices(pieces[0].valid.shape, np.int32), 0, -1)
    return widened(grid, pieces[0].valid)[0]


def _level(piece: MosaicSource) -> Level:
    """Put what is compared of maps beside colors and texture energies."""
    level = make_level(piece.colors, piece.valid, 0.0)
    if piece.maps is None:
        return level
    maps = np.where(piece.valid[..., None], piece.maps, 0)
    return Level(np.ascontiguousarray(np.dstack([level.channels, maps])), level.known)


def _shown(channels: Floats) -> Floats:
    """Leave out texture energies: what is left are colors and maps, contiguous."""
    return np.ascontiguousarray(np.dstack([channels[..., :COLORS], channels[..., FEATURES:]]))


@dataclass(frozen=True, eq=False)
class _Look:
    """What is found out about one source.

    Attributes:
        levels: How many scales it has.
        lattice: See `TexturePlan`.
        reach: How far things in it reach, pixels.
    """

    levels: int
    lattice: Lattice | None
    reach: float


def _look(piece: MosaicSource, size: Size, narrowest: int, compared: int) -> _Look:
    levels = [_level(piece)]
    while min(levels[-1].size) >= 2 * narrowest and min(size) >> len(levels) >= SIDE:
        smaller = halve(levels[-1])
        if whole_patches(smaller.known).sum() < FEWEST_PATCHES:
            break
        levels.append(smaller)
    small = 0
    while small + 1 < len(levels) and max(levels[small].size) > compared:
        small += 1
    correlation = correlate(_shown(levels[small].channels), levels[small].known)
    found = find_lattice(correlation)
    lattice = None if found is None else found.at(-small)
    return _Look(len(levels), lattice, float(extent(correlation) * 2**small))


@dataclass(frozen=True, eq=False)
class Window:
    """A part of a large canvas that is laid out by itself.

    Attributes:
        places: What its first octave starts with, int32 (height, width, 2).
        corner: Row and column of its first pixel in the canvas, pixels of the full size; negative before its border.
        canvas: Height and width of the canvas, pixels of the full size.
        wrap: Whether rows, and columns, of the canvas go on at the other side.
        kept: What is there already, by octave; nothing where it is not known.
    """

    places: Places
    corner: tuple[int, int]
    canvas: Size
    wrap: Wrap
    kept: Mapping[int, Level]


def lay_out(
    plan: TexturePlan, seed: int, matcher: Matcher = COMPILED, window: Window | None = None
) -> Iterator[Stage | None]:
    """Lay a texture out by patches, with an even use of the exemplar (Kaspar et al. 2015, "Self Tuning ...").

    Args:
        plan: What is to be laid out.
        seed: Another seed lays it out otherwise.
        matcher: Searches and votes.
        window: Where it is a part of a larger canvas, which keeps what is there already; None for all of it.

    Yields:
        A stage after each round; None between two pieces of the work.
    """
    generator = np.random.default_rng(seed)
    field: MatchField | None = None
    chosen = None if plan.guide is None else plan.guide.labels(plan.reach, generator)
    for planned in plan.octaves:
        level, content = _compared(plan, planned)
        usable, labels = whole_patches(level.known), plan.mosaic.labels_at(planned.index)
        listed = _listed(labels, usable, len(plan.parts))
        numbers = labels if plan.guide is None else patch_labels(labels)
        exemplar = MatchSource(level.channels, usable, numbers)
        # How often each place is to be used.
        due = np.array([part / len(each) for part, each in zip(plan.parts, listed, strict=True)])
        least = LEAST_DUE if plan.guide is None else LEAST_DUE_MIXED
        due = np.maximum(due * math.prod(planned.canvas), least).astype(np.float32)[labels]
        begun = None if window is None else window.places
        if field is not None:
            begun = _refined(field, planned.canvas)
        if begun is None:
            draw = partial(_blocks, listed, chosen, planned.canvas, generator)
            wanted, places = draw()
            places = _likest(places, level.channels, content, draw)
        else:
            places = _snapped(plan, planned, window, begun)
            wanted = _at(labels, places)
        places = _usable_only(places, usable, wanted, listed, generator)
        field = MatchField(places, np.zeros(planned.canvas, np.float32))
        # The coarse picture uses the exemplar evenly, all of the canvas together: a part of it need not.
        due = due if window is None else np.maximum(LEAST_PART * due, _uses(field, usable))
        put_back = partial(_put_back, content, None if window is None else window.kept.get(planned.index))
        evenly = np.ones(planned.canvas, np.float32)
        canvas, shown = _votes(plan, field, exemplar, labels, evenly, chosen, put_back, matcher)
        everywhere, trust = np.ones(planned.canvas, bool), inside(planned.canvas, RADIUS, plan.wrap)
        meant = None if plan.guide is None or chosen is None else plan.guide.costs(chosen, planned.canvas, 1.0)
        for number in range(planned.rounds):
            queries = _queries(shown, chosen, trust, plan.wrap)
            for query in queries:
                matcher.measure(field, query, exemplar)
            penalty = EVENNESS * _overuse(field, usable, due) * np.float32(np.median(field.costs))
            label_costs = None if meant is None else np.float32(np.percentile(field.costs, WORST)) * meant
            turn = seed + 100 * planned.index + number
            for query in (replace(each, label_costs=label_costs) for each in queries):
                matcher.measure(field, query, exemplar, penalty)
                yield from matcher.improve(field, query, exemplar, penalty, passes=PASSES, seed=turn)
            paid = _at(penalty, field.places)
            if label_costs is not None:
                used = _at(numbers, field.places)
                paid = paid + np.take_along_axis(label_costs, used[..., None], axis=2)[..., 0]
            weights = (1 / (1e-4 + np.maximum(field.costs - paid, 0) ** POWER)).astype(np.float32)
            canvas, shown = _votes(plan, field, exemplar, labels, weights, chosen, put_back, matcher)
            origins = None
            if planned.index == 0 and number + 1 == planned.rounds and (plan.flat or plan.numbered is not None):
                # No color is mixed in the end: each pixel comes from the one patch that fits best.
                voted = Query(padded(canvas, RADIUS, plan.wrap), everywhere, RADIUS, trust, plan.wrap)
                matcher.measure(field, voted, exemplar)
                if plan.numbered is None:
                    canvas = put_back(_voted(field, exemplar, None, plan.wrap, matcher))
                else:
                    cuts = _cut(plan, field, canvas, matcher)
                    canvas = level.channels[cuts[..., 0], cuts[..., 1]]
                    origins = plan.numbered[cuts[..., 0], cuts[..., 1]]
            yield Stage(
                planned,
                canvas[..., :COLORS].copy(),
                ends=number + 1 == planned.rounds,
                labels=_at(labels, field.places),
                origins=origins,
                places=field.places,
            )


def _snapped(plan: TexturePlan, planned: PlannedStage, window: Window | None, places: Places) -> Places:
    """Move places to the phase of a regular exemplar; those of any other stay."""
    if plan.lattice is None:
        return places
    lattice, size = plan.lattice.at(planned.index), plan.source[planned.index].size
    if window is None:
        return lattice.snap(places, size, RADIUS, plan.wrap)
    corner, canvas = (
        (rows >> planned.index, columns >> planned.index) for rows, columns in (window.corner, window.canvas)
    )
    return lattice.snap(places, size, RADIUS, window.wrap, corner, canvas)


def _put_back(content: Floats | None, kept: Level | None, canvas: Floats) -> Floats:
    """Put back the content, and what is there already; changes the canvas in place."""
    put_content(canvas, content)
    if kept is not None:
        np.copyto(canvas, kept.channels, where=kept.known[..., None])
    return canvas


def _cut(plan: TexturePlan, field: MatchField, canvas: Floats, matcher: Matcher) -> Places:
    """Choose the place of the exemplar that each pixel of a canvas comes from, int32 (height, width, 2)."""
    level = plan.source[0]
    grid = np.ascontiguousarray(np.moveaxis(np.indices(level.size, np.float32), 0, -1))
    best = _voted(field, MatchSource(grid, level.known), None, plan.wrap, matcher).astype(np.int32)
    return cut(best, field.places, _shown(level.channels), level.known, _shown(canvas), plan.wrap, RADIUS)


def _compared(plan: TexturePlan, planned: PlannedStage) -> tuple[Level, Floats | None]:
    """Give the exemplar at one scale and, where a picture is redrawn, the channels that the canvas is to have."""
    level = plan.source[planned.index]
    if plan.content is None:
        return level, None
    return plan.content.channels(level, planned.canvas, plan.reach / 2**planned.index)


def _voted(field: MatchField, exemplar: MatchSource, weights: Floats | None, wrap: Wrap, matcher: Matcher) -> Floats:
    everywhere = np.ones(field.costs.shape, bool)
    found = np.zeros((*everywhere.shape, exemplar.channels.shape[2]), np.float32)
    matcher.vote(field, exemplar, everywhere, everywhere, weights, found, radius=RADIUS, padding=0, wrap=wrap)
    return found


def _queries(shown: Sequence[Floats], chosen: Places | None, trust: Floats | None, wrap: Wrap) -> list[Query]:
    """Search on each of the canvases that `_votes` gives for patches of the places where its label is wanted."""
    size = shown[0].shape[:2]
    everywhere = [np.ones(size, bool)]
    wanted = _wanted(chosen, size)
    owned = everywhere if len(shown) == 1 else [wanted == number for number in range(len(shown))]
    pairs = zip(shown, owned, strict=True)
    return [Query(padded(each, RADIUS, wrap), own, RADIUS, trust, wrap) for each, own in pairs if own.any()]


def _votes(
    plan: TexturePlan,
    field: MatchField,
    exemplar: MatchSource,
    labels: Places,
    weights: Floats,
    chosen: Places | None,
    put_back: Callable[[Floats], Floats],
    matcher: Matcher,
) -> tuple[Floats, list[Floats]]:
    """Vote; sources that are mixed vote apart, because their colors would melt into each other.

    Args:
        plan: Says whether they are mixed.
        field: The patches.
        exemplar: What they are taken from.
        labels: Its labels, int32 (height, width).
        weights: Of the patches, float32 (height, width).
        chosen: Label that is wanted at each place of the canvas at full size.
        put_back: Puts back what a canvas is to keep.
        matcher: Votes.

    Returns:
        The canvas, on which each pixel has the colors of the source that is wanted there, or of the one that most
        votes are for if there is none of that; and what is searched for: that canvas, or for each source one on which
        it goes on as far as its patches reach over a border.
    """
    if plan.guide is None or plan.guide.strict:
        canvas = put_back(_voted(field, exemplar, weights, plan.wrap, matcher))
        return canvas, [canvas]
    ones = (labels[..., None] == np.arange(len(plan.parts))).astype(np.float32)
    parts = _voted(field, MatchSource(ones, exemplar.usable), weights, plan.wrap, matcher)
    wanted = _wanted(chosen, (len(parts), parts.shape[1]))
    there = np.take_along_axis(parts, wanted[..., None], axis=2)[..., 0] > 0
    heaviest = np.where(there, wanted, parts.argmax(axis=2))
    own = _at(labels, field.places)
    voted = [
        _voted(field, exemplar, np.where(own == number, weights, np.float32(0)), plan.wrap, matcher)
        for number in range(len(plan.parts))
    ]
    canvas = np.select([heaviest[..., None] == number for number in range(len(voted))], voted).astype(np.float32)
    shown = [np.where(parts[..., number, None] > 0, each, canvas) for number, each in enumerate(voted)]
    return put_back(canvas), [put_back(each) for each in shown]


def _listed(labels: Places, usable: Bools, count: int) -> list[Places]:
    """List the places of each label that may be sampled, each int32 (count, 2); all places for one that has none."""
    places = np.argwhere(usable).astype(np.int32)
    own = _at(labels, places)
    found = [places[own == number] for number in range(count)]
    return [each if len(each) else places for each in found]


def _at(values: NDArray[Value], places: Places) -> NDArray[Value]:
    """Look up values (height, width) at places (…, 2); beyond the border, those at it."""
    height, width = values.shape
    found: NDArray[Value] = values[places[..., 0].clip(0, height - 1), places[..., 1].clip(0, width - 1)]
    return found


def _overuse(field: MatchField, usable: Bools, due: Floats) -> Floats:
    """Count how often each place's surroundings are used beyond their even share, in shares."""
    found: Floats = np.maximum(_uses(field, usable) / due - 1, 0).astype(np.float32)
    return found


def _uses(field: MatchField, usable: Bools) -> Floats:
    """Count how often each place's surroundings are used."""
    used = np.zeros(usable.shape, np.float32)
    np.add.at(used, (field.places[..., 0], field.places[..., 1]), 1)
    found: Floats = ndimage.uniform_filter(used, SIDE, mode="nearest")
    return found


def _wanted(chosen: Places | None, size: Size) -> Places:
    """Give the label of each place of a smaller canvas, int32 (height, width); 0 where there is one only."""
    if chosen is None:
        return np.zeros(size, np.int32)
    rows, columns = np.indices(size)
    found: Places = chosen[rows * chosen.shape[0] // size[0], columns * chosen.shape[1] // size[1]]
    return found


def _blocks(
    listed: Sequence[Places],
    chosen: Places | None,
    size: Size,
    generator: np.random.Generator,
) -> tuple[Places, Places]:
    """Draw blocks of the exemplar by chance, evenly; one that goes over its border continues on the other side.

    Args:
        listed: Places of each label that may be sampled.
        chosen: Label of each place of the canvas at full size; None where there is one label only.
        size: Height and width of the canvas at this scale, pixels.
        generator: Of what is drawn by chance.

    Returns:
        Labels, int32 (height, width), and places, int32 (height, width, 2).
    """
    rows, columns = np.indices(size)
    cells = cells_of(size)
    cell = (rows // BLOCK * cells[1] + columns // BLOCK).astype(np.int32)
    wanted = _wanted(chosen, size)
    corners = np.stack([draw_corners(each, math.prod(cells), generator) for each in listed])
    first = np.array([each.min(axis=0) for each in listed])[wanted]
    span = np.array([np.ptp(each, axis=0) + 1 for each in listed])[wanted]
    inside = np.stack([rows % BLOCK, columns % BLOCK], axis=-1)
    found = first + (corners[wanted, cell] + inside - first) % span
    return wanted, found.astype(np.int32)


def cells_of(size: Size) -> Size:
    """Count the blocks of a canvas, rows and columns."""
    return -(-size[0] // BLOCK), -(-size[1] // BLOCK)


def draw_corners(listed: Places, count: int, generator: np.random.Generator) -> Places:
    """Draw so many corners of blocks, int32 (count, 2)."""
    found: Places = generator.permutation(np.resize(_evenly_drawn(listed, generator), (count, 2)))
    return found


def _likest(
    places: Places, source: Floats, content: Floats | None, draw: Callable[[], tuple[Places, Places]]
) -> Places:
    """Take of many blocks for each place the one that is most like the content; without one, those that there are."""
    if content is None:
        return places
    return reduce(partial(_nearer, source, content), (draw()[1] for _ in range(DRAWN - 1)), places)


def _nearer(source: Floats, content: Floats, first: Places, second: Places) -> Places:
    """Take of each two blocks of places the one that is more like the content."""
    apart = []
    for places in (first, second):
        there = source[places[..., 0], places[..., 1], FEATURES:]
        each = ((there - content[..., FEATURES - COLORS :]) ** 2).sum(axis=2)
        for axis in (0, 1):
            each = np.add.reduceat(each, np.arange(0, each.shape[axis], BLOCK), axis=axis)
        apart.append(each)
    rows, columns = np.indices(content.shape[:2]) // BLOCK
    found: Places = np.where((apart[1] < apart[0])[rows, columns, None], second, first)
    return found


def _evenly_drawn(listed: Places, generator: np.random.Generator) -> Places:
    """Shuffle places so that each block of them has its turn before any has its next one."""
    drawn = generator.permutation(listed)
    first = drawn.min(axis=0)
    span = drawn.max(axis=0) + 1 - first
    count = np.maximum(1, np.rint(span / BLOCK)).astype(np.int64)
    block = ((drawn - first) * count // span) @ np.array([count[1], 1])
    order = np.argsort(block, kind="stable")
    turns = np.empty(len(drawn), np.int64)
    begins = np.searchsorted(block[order], block[order])
    turns[order] = np.arange(len(drawn)) - begins
    found: Places = drawn[np.argsort(turns, kind="stable")]
    return found


def _refined(coarse: MatchField, size: Size) -> Places:
    """Carry a match field to the next finer octave."""
    rows, columns = np.indices(size)
    height, width = coarse.costs.shape
    found = coarse.places[np.minimum(rows // 2, height - 1), np.minimum(columns // 2, width - 1)] * 2
    refined: Places = (found + np.stack([rows % 2, columns % 2], axis=-1)).astype(np.int32)
    return refined


def _usable_only(
    places: Places, usable: Bools, wanted: Places, listed: Sequence[Places], generator: np.random.Generator
) -> Places:
    """Draw another place of the same label for those that may not be sampled."""
    height, width = usable.shape
    good = (places[..., 0] < height) & (places[..., 1] < width) & _at(usable, places)
    found = places.copy()
    for number, each in enumerate(listed):
        bad = ~good & (wanted == number)
        found[bad] = each[generator.integers(len(each), size=int(bad.sum()))]
    return found
