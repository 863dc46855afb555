"""Small searches for nearest patches."""

import numpy as np
from pictures import bricks, clouds
from scipy import ndimage

from engine.synthesis.matching import MatchField, MatchSource, Query
from engine.synthesis.structure.octave import PASSES, RADIUS, SIDE, padded, whole_patches

WRAPS = [(False, False), (True, False), (False, True), (True, True)]


def noise(height, width, *, seed=0, channels=3):
    return np.random.default_rng(seed).random((height, width, channels), np.float32)


def blots(height, width):
    found = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(height, width, 3)), (2, 2, 0))
    return ((found - found.min()) / np.ptp(found)).astype(np.float32)


TEXTURES = {"noise": noise, "blots": blots, "bricks": bricks, "clouds": clouds}


def source_of(picture, usable=None):
    """An exemplar that may be sampled wherever its patches are whole, or less."""
    whole = whole_patches(np.ones(picture.shape[:2], bool))
    return MatchSource(np.ascontiguousarray(picture), whole if usable is None else whole & usable)


def sought_in(picture, wanted=None, **options):
    """A canvas whose margin is its mirror image."""
    wanted = np.ones(picture.shape[:2], bool) if wanted is None else wanted
    return Query(padded(picture, RADIUS, (False, False)), wanted, RADIUS, **options)


def field_for(matcher, query, source, *, seed=0, penalty=None):
    """A field of places that are drawn by chance, and its costs."""
    listed = np.argwhere(source.usable).astype(np.int32)
    drawn = np.random.default_rng(seed).integers(len(listed), size=query.wanted.shape)
    field = MatchField(listed[drawn], np.zeros(query.wanted.shape, np.float32))
    matcher.measure(field, query, source, penalty)
    return field


def search(matcher, field, query, source, penalty=None, **options):
    """Improve a field; how many pieces the work had."""
    chosen = {"passes": PASSES, "seed": 0, **options}
    return sum(1 for _ in matcher.improve(field, query, source, penalty, **chosen))


def distances(query, source):
    """Squared distance of every patch of the canvas to every one that may be sampled, (height, width, count)."""
    patches, others = (
        np.lib.stride_tricks.sliding_window_view(each, (SIDE, SIDE), axis=(0, 1)).reshape(
            each.shape[0] - SIDE + 1, each.shape[1] - SIDE + 1, -1
        )
        for each in (query.channels.astype(float), source.channels.astype(float))
    )
    others = others[source.usable[RADIUS:-RADIUS, RADIUS:-RADIUS]]
    return (patches**2).sum(axis=2)[..., None] + (others**2).sum(axis=1) - 2 * patches @ others.T
