"""Pictures to fill in tests."""

import numpy as np
from scipy import ndimage

TRIES = [1, 3]
"""With and without the choice between several pictures: `draft` makes one, `normal` three."""


def noise(height, width, *, seed=0):
    return np.random.default_rng(seed).normal(0.5, 0.12, (height, width, 3)).clip(0, 1).astype(np.float32)


def blots(height, width, *, seed=0):
    found = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(height, width, 3)), (1.5, 1.5, 0))
    return ((found - found.min()) / np.ptp(found)).astype(np.float32)
