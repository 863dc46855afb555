"""Warm-up: call every compiled function once, so that no job waits for the compiler."""

import numpy as np

from engine.synthesis.binned_ranking import pair_rows
from engine.synthesis.matching import COMPILED, Matcher
from engine.synthesis.structure import FillInput, build, plan_filling
from engine.synthesis.structure.cutting import cut
from engine.synthesis.structure.edges_first import continue_edges
from engine.synthesis.structure.octave import RADIUS

SIDE = 64


def warm_up(matcher: Matcher = COMPILED) -> None:
    """Fill a small hole, cut, and rank values: seconds where functions are to be compiled, then a moment."""
    generator = np.random.default_rng(0)
    colors = generator.random((SIDE, SIDE, 3), np.float32)
    free = np.zeros((SIDE, SIDE), bool)
    free[20:44, 20:44] = True
    for _ in build(plan_filling(FillInput(colors, free, colors, ~free, (0, 0))), seed=0, matcher=matcher):
        pass
    continue_edges(colors, ~free, colors, ~free, (0, 0))
    places = np.zeros((SIDE, SIDE, 2), np.int32)
    cut(places, places, colors, ~free, colors, (False, False), RADIUS)
    values = np.ascontiguousarray(colors[..., 0])
    pair_rows(values, values, np.empty_like(values))
