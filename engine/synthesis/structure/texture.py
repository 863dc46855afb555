"""New texture by patches, coarse to fine (Kwatra et al. 2005, "Texture Optimization for Example-Based Synthesis")."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from engine.synthesis.matching import MatchField, Preference, Sought, Source, improve, measure, vote
from engine.synthesis.matching.field import Bools, Floats, Places
from engine.synthesis.structure.octave import RADIUS, SIDE, Wrap, padded, whole_patches
from engine.synthesis.structure.pyramid import COLORS, Level, halve, make_level

ROUNDS = (16, 10, 6, 4)
PASSES = 2
# The coarsest octave is the last one whose exemplar is at least this wide, pixels.
NARROWEST = 24
BLOCK = 8
# Weights fall with the distance as in iteratively reweighted least squares (ibid.).
POWER = 0.6
# Cost of a place that is used beyond its even share, in median costs per share (Kaspar et al. 2015).
EVENNESS = 0.5


def lay_out(source_colors, valid, size, seed, wrap=(False, False), evenness=EVENNESS, rounds=ROUNDS, finest=0, last_radius=1, weight=0.0):
    source = [make_level(source_colors, valid, weight)]
    while min(source[-1].size) >= 2 * NARROWEST:
        smaller = halve(source[-1])
        if whole_patches(smaller.known).sum() < 64:
            break
        source.append(smaller)
    generator = np.random.default_rng(seed)
    field = None
    for index in reversed(range(finest, len(source))):
        level = source[index]
        height, width = (max(SIDE, -(-side >> index) if False else (side + (1 << index) - 1) >> index) for side in size)
        usable = whole_patches(level.known)
        listed = np.argwhere(usable).astype(np.int32)
        exemplar = Source(level.channels, usable, np.zeros((*level.size, 0), np.float32))
        rows, columns = np.indices((height, width))
        if field is None:
            # blocks
            cells = (-(-height // BLOCK), -(-width // BLOCK))
            corner = listed[generator.integers(len(listed), size=cells)]
            places = corner[rows // BLOCK, columns // BLOCK] + np.stack([rows % BLOCK, columns % BLOCK], -1)
        else:
            r, c = np.minimum(rows // 2, field.places.shape[0] - 1), np.minimum(columns // 2, field.places.shape[1] - 1)
            places = field.places[r, c] * 2 + np.stack([rows % 2, columns % 2], -1)
        high, wide = usable.shape
        inside = np.stack([np.clip(places[..., 0], 0, high - 1), np.clip(places[..., 1], 0, wide - 1)], -1)
        good = usable[inside[..., 0], inside[..., 1]] & (inside == places).all(-1)
        bad = ~good
        inside[bad] = listed[generator.integers(len(listed), size=int(bad.sum()))]
        field = MatchField(np.ascontiguousarray(inside, np.int32), np.zeros((height, width), np.float32))
        wanted = np.ones((height, width), bool)
        canvas = np.zeros((height, width, level.channels.shape[2]), np.float32)
        vote(field, exemplar, wanted, wanted, np.ones((height, width), np.float32), canvas, radius=RADIUS, padding=0, wrap=wrap)
        share = height * width / usable.sum()
        count = rounds[min(len(source) - 1 - index, len(rounds) - 1)]
        nothing = Preference(np.zeros(level.size, np.float32))
        for number in range(count):
            sought = Sought(padded(canvas, RADIUS, wrap), wanted, np.zeros((height, width, 0), np.float32), RADIUS)
            use = np.zeros(level.size, np.float32)
            np.add.at(use, (field.places[..., 0], field.places[..., 1]), 1)
            use = ndimage.uniform_filter(use, SIDE, mode="nearest")
            measure(field, sought, exemplar, nothing)
            penalty = evenness * float(np.median(field.costs)) * np.maximum(use / share - 1, 0)
            preference = Preference(penalty.astype(np.float32))
            measure(field, sought, exemplar, preference)
            for _ in improve(field, sought, exemplar, preference, passes=PASSES, seed=seed * 1000 + index * 50 + number):
                yield None
            costs = np.maximum(field.costs - penalty[field.places[..., 0], field.places[..., 1]], 0)
            weights = (1 / (1e-4 + costs**POWER)).astype(np.float32)
            final = index == finest and number == count - 1
            if final:
                canvas = np.zeros_like(canvas)
            vote(field, exemplar, wanted, wanted, weights, canvas, radius=last_radius if final else RADIUS, padding=0, wrap=wrap)
        yield index, canvas[..., :COLORS].copy(), field
