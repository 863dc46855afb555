"""Detail: what an exemplar has at a fine scale, laid over a picture that was made at half of it."""

from collections.abc import Iterator

import numpy as np

from engine.synthesis.matching import COMPILED, Matcher, MatchField, MatchSource, Query
from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.octave import Wrap, inside, padded, whole_patches

RADIUS = 2
PASSES = 6
# Cost of a place of another label: as much as all that two patches can differ by.
FOREIGN = np.float32(100)


def add_detail(
    picture: Floats,
    exemplar: Floats,
    low: Floats,
    valid: Bools,
    wrap: Wrap,
    seed: int,
    labels: tuple[Places, Places] | None = None,
    matcher: Matcher = COMPILED,
) -> Iterator[Floats | None]:
    """Add the fine detail of the exemplar to a picture that has none.

    Each place takes the detail of the place of the blurred exemplar whose surroundings are most like its own (after
    Hertzmann et al. 2001, "Image Analogies"). Departs from the paper in that detail alone is taken, pixel by pixel:
    what the picture shows is kept, nothing is copied in blocks, and critics settle what does not fit.

    Args:
        picture: Enlarged from half its size, RGB, float32 (height, width, 3).
        exemplar: RGB at the picture's scale, float32.
        low: The exemplar, reduced to half and enlarged likewise.
        valid: Where it may be sampled, boolean.
        wrap: Whether rows, and columns, of the picture go on at the other side.
        seed: Of what is drawn by chance.
        labels: Of the exemplar and of the picture, each int32 (height, width): detail is only that of the same label.
        matcher: Searches and votes.

    Yields:
        None between two pieces of the work; last the picture with detail, of any values.
    """
    generator = np.random.default_rng(seed)
    usable = whole_patches(valid, RADIUS)
    listed = np.argwhere(usable).astype(np.int32)
    size = (picture.shape[0], picture.shape[1])
    if not len(listed):
        yield picture
        return
    field = MatchField(listed[generator.integers(len(listed), size=size)], np.zeros(size, np.float32))
    wanted = np.ones(size, bool)
    source = MatchSource(np.ascontiguousarray(low), usable, None if labels is None else labels[0])
    costs = None
    if labels is not None:
        costs = FOREIGN * (labels[1][..., None] != np.arange(int(labels[0].max()) + 1)).astype(np.float32)
    query = Query(padded(picture, RADIUS, wrap), wanted, RADIUS, inside(size, RADIUS, wrap), wrap, costs)
    matcher.measure(field, query, source)
    for _ in matcher.improve(field, query, source, passes=PASSES, seed=seed):
        yield None
    found = np.zeros_like(picture)
    detail = MatchSource(np.ascontiguousarray(exemplar - low), usable)
    matcher.vote(field, detail, wanted, wanted, np.ones(size, np.float32), found, radius=0, padding=0)
    yield picture + found
