"""Detail: what an exemplar has at a fine scale, laid over a picture that was made at half of it."""

from collections.abc import Iterator

import numpy as np

from engine.synthesis.matching import COMPILED, Matcher, MatchField, MatchSource, Query
from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.octave import Wrap, inside, padded, whole_patches

RADIUS = 2
PASSES = 6
# What is as good as equal, in the costs of places by which their votes count.
LEAST_COST = 1e-4


def add_detail(
    picture: Floats,
    exemplar: Floats,
    low: Floats,
    valid: Bools,
    wrap: Wrap,
    seed: int,
    labels: tuple[Places, Places] | None = None,
    matcher: Matcher = COMPILED,
    *,
    votes: int = 0,
    passes: int = PASSES,
) -> Iterator[Floats | float]:
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
        votes: How far around it a place votes for detail, pixels, 2 at most: 0 takes each pixel's own, further ones
            make it smoother.
        passes: How often the search goes through the picture.

    Yields:
        After each piece of the work the share of it that is done, about; last the picture with detail, of any values.
    """
    generator = np.random.default_rng(seed)
    usable = whole_patches(valid, RADIUS)
    size = (picture.shape[0], picture.shape[1])
    if not usable.any():
        yield picture
        return
    channels, trust = padded(picture, RADIUS, wrap), inside(size, RADIUS, wrap)
    found = MatchField(np.zeros((*size, 2), np.int32), np.zeros(size, np.float32))
    count = 1 if labels is None else len(np.unique(labels[1]))
    for number, (wanted, own) in enumerate(_parts(usable, labels, size)):
        listed = np.argwhere(own).astype(np.int32)
        # What is searched ends where the label does.
        first, last = np.maximum(listed.min(axis=0) - RADIUS, 0), listed.max(axis=0) + RADIUS + 1
        part = (slice(first[0], last[0]), slice(first[1], last[1]))
        drawn = listed[generator.integers(len(listed), size=size)] - first
        field = MatchField(drawn.astype(np.int32), np.zeros(size, np.float32))
        query = Query(channels, wanted, RADIUS, trust, wrap)
        source = MatchSource(np.ascontiguousarray(low[part]), np.ascontiguousarray(own[part]))
        matcher.measure(field, query, source)
        for done in matcher.improve(field, query, source, passes=passes, seed=seed):
            yield (number + done) / count
        found.places[wanted] = field.places[wanted] + first
        found.costs[wanted] = field.costs[wanted]
    if votes:
        everywhere, made = np.ones(size, bool), np.zeros_like(picture)
        weights = (1 / (LEAST_COST + found.costs)).astype(np.float32)
        detail = MatchSource(np.ascontiguousarray(exemplar - low), usable)
        matcher.vote(found, detail, everywhere, everywhere, weights, made, radius=votes, padding=0, wrap=wrap)
        yield picture + made
    else:
        yield picture + (exemplar - low)[found.places[..., 0], found.places[..., 1]]


def _parts(
    usable: Bools, labels: tuple[Places, Places] | None, size: tuple[int, int]
) -> Iterator[tuple[Bools, Bools]]:
    """Give each part of the picture, and where its detail may come from: anywhere for a label that is nowhere."""
    if labels is None:
        yield np.ones(size, bool), usable
        return
    for number in np.unique(labels[1]):
        own = usable & (labels[0] == number)
        yield labels[1] == number, own if own.any() else usable
