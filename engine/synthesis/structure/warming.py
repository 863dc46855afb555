"""Warming: every compiled function is called once, so that no job waits for the compiler."""

import numpy as np

from engine.synthesis.structure.filling import Site, fill, plan_filling

SIDE = 64


def warm() -> None:
    """Fill a small hole: seconds on a new computer, where functions are compiled, a moment later on."""
    generator = np.random.default_rng(0)
    colors = generator.random((SIDE, SIDE, 3), np.float32)
    free = np.zeros((SIDE, SIDE), bool)
    free[20:44, 20:44] = True
    for _ in fill(plan_filling(Site(colors, free, colors, ~free, (0, 0))), seed=0):
        pass
