"""What a new texture is laid out from: the exemplar's scales, and which octaves there are."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from engine.objects import Objects, find_objects
from engine.synthesis.matching.field import Bools, Places
from engine.synthesis.structure.content import Content
from engine.synthesis.structure.copies import Copies, bending, copies_at
from engine.synthesis.structure.correlation import correlate, extent
from engine.synthesis.structure.flatness import has_flat_colors
from engine.synthesis.structure.guide import Guide
from engine.synthesis.structure.lattice import Lattice, find_lattice
from engine.synthesis.structure.mosaic import Mosaic, MosaicSource, lay_mosaic
from engine.synthesis.structure.octave import RADIUS, SIDE, Wrap, whole_patches
from engine.synthesis.structure.pyramid import Level, halve, make_level, without_energies
from engine.synthesis.structure.quilting import is_scattered
from engine.synthesis.structure.smoothness import is_smooth
from engine.synthesis.structure.stages import PlannedStage, Size
from engine.synthesis.structure.widening import widened

# Rounds of search and vote, from the coarsest octave on; finer ones have the last number.
ROUNDS = (16, 10, 6, 4)
# An exemplar is halved only while both its sides keep so many pixels, and so many patches are whole. Of several, the
# smallest may become narrower: large things in the others would melt otherwise.
NARROWEST, NARROWEST_OF_SEVERAL = 24, 14
FEWEST_PATCHES = 64
# Likewise of each area that a guide tells apart and that has so many to begin with.
FEWEST_OF_LABEL = 200
# Patches of the coarsest octave are this many times as wide as things in the exemplar reach: wider ones copy.
REACH = 3.0
# Finer than this, patches only copy: critics make what they have not. What is regular is best copied.
FINEST = 1
# Side of the coarsest canvas on which a picture is redrawn, pixels: a smaller one does not show it.
SMALLEST_CONTENT = 64
# How far the outer pixels of a patch may miss what is rotated or scaled otherwise there, pixels of the coarsest
# octave: what is long and thin would fit nowhere if they missed it by more, and be left out.
MOST_BENDING = 0.75
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
        scattered: Whether it is stitched of blocks, as only little pieces may be sampled.
        objects: What is to stay whole of an exemplar whose pixels are not mixed; None where nothing lies apart.
        copies: For each octave, by its index, what lies where in the exemplar if the mosaic is of copies of it.
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
    scattered: bool = False
    objects: Objects | None = None
    copies: Mapping[int, Copies] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether patches make all of it, the finest octave too."""
        picked = self.scattered or self.numbered is not None
        return picked or self.flat or self.smooth or self.lattice is not None

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
    if len(pieces) == 1 and guide is None and content is None and is_scattered(pieces[0].valid):
        return _scattered(wide[0], size, wrap, numbered)
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
    # Where two areas of a guide meet, critics judge nothing, and what was enlarged there would stay blurred.
    areas = guide is not None and guide.strict and not guide.copies
    finest = 0 if flat or smooth or areas or lattice is not None or numbered is not None else FINEST
    alone = len(wide) == 1 and guide is None and content is None
    objects = find_objects(mosaic.colors, mosaic.valid) if alone and (flat or numbered is not None) else None
    octaves = []
    while len(source) > FINEST + 1 and _is_too_coarse(len(source) - 1, size, guide, content):
        source.pop()
    for index in reversed(range(min(finest, len(source) - 1), len(source))):
        height, width = (max(1, round(side / 2**index)) for side in size)
        rounds = ROUNDS[min(len(source) - 1 - index, len(ROUNDS) - 1)]
        octaves.append(PlannedStage(index, (height, width), source[index].size, rounds, float(height * width)))
    margins = [(len(new.valid) - len(old.valid)) // 2 for new, old in zip(wide, pieces, strict=True)]
    copies = _copies(guide, mosaic, margins, [each.index for each in octaves])
    return TexturePlan(
        source,
        mosaic,
        wrap,
        octaves,
        lattice,
        flat,
        smooth,
        guide,
        reach,
        numbered,
        content,
        objects=objects,
        copies=copies,
    )


def _is_too_coarse(index: int, size: Size, guide: Guide | None, content: Content | None) -> bool:
    """Tell whether an octave shows nothing of a content, or has patches too large for how a guide bends copies."""
    if content is not None and min(size) >> index < SMALLEST_CONTENT:
        return True
    if guide is None or not guide.copies:
        return False
    return RADIUS * bending(guide.copies, guide.weights.argmax(axis=2), RADIUS << index) > MOST_BENDING


def _copies(
    guide: Guide | None, mosaic: Mosaic, margins: Sequence[int], indices: Sequence[int]
) -> Mapping[int, Copies]:
    """Give what lies where in copies of one exemplar, by octave; nothing where there are none."""
    if guide is None or not guide.copies:
        return {}
    return {
        index: copies_at(guide.copies, mosaic.starts, margins, mosaic.labels_at(index), index) for index in indices
    }


def _scattered(piece: MosaicSource, size: Size, wrap: Wrap, numbered: Places | None) -> TexturePlan:
    """Plan a texture that is stitched, at full size alone."""
    level = _level(piece)
    octave = PlannedStage(0, size, level.size, 1, float(math.prod(size)))
    flat = has_flat_colors(piece.colors, piece.valid)
    return TexturePlan([level], lay_mosaic([piece]), wrap, [octave], None, flat, numbered=numbered, scattered=True)


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
        if whole_patches(smaller.known).sum() < FEWEST_PATCHES or _loses_labels(piece, smaller.size, len(levels)):
            break
        levels.append(smaller)
    small = 0
    while small + 1 < len(levels) and max(levels[small].size) > compared:
        small += 1
    correlation = correlate(without_energies(levels[small].channels), levels[small].known)
    found = find_lattice(correlation)
    lattice = None if found is None else found.at(-small)
    return _Look(len(levels), lattice, float(extent(correlation) * 2**small))


def _loses_labels(piece: MosaicSource, size: Size, index: int) -> bool:
    """Tell whether an area of a guide that has whole patches has too few in an octave: others would fill its part."""
    if piece.labels is None:
        return False
    height, width = size
    small = piece.labels[:: 2**index, :: 2**index][:height, :width]
    return any(
        _whole_in(piece.labels == label) >= FEWEST_OF_LABEL > _whole_in(small == label)
        for label in np.unique(piece.labels)
    )


def _whole_in(area: Bools) -> int:
    return int(ndimage.minimum_filter(area, SIDE).sum())
