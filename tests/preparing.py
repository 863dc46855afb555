"""Pictures to prepare, and what several of its tests ask."""

import numpy as np

from engine.images import Picture
from engine.preparation import prepare


def picture(height, width, *, alpha=None, seed=0, **options):
    """Noise that gets brighter to the right and downwards, so that no borders meet."""
    noise = np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)
    across, down = (np.linspace(0, 1, side, dtype=np.float32) for side in (width, height))
    pixels = 0.2 * noise + 0.4 * (across[None, :, None] + down[:, None, None])
    return Picture(pixels, alpha, **options)


def plain(height, width, value, *, alpha=None):
    return Picture(np.full((height, width, 3), value, np.float32), alpha)


def opaque_but_for(height, width, rows, columns, *, value=0.0):
    alpha = np.ones((height, width), np.float32)
    alpha[rows, columns] = value
    return alpha


def mask_picture(height, width, rows, columns, *, value=1.0):
    pixels = np.zeros((height, width, 3), np.float32)
    pixels[rows, columns] = value
    return Picture(pixels)


def ready(exemplar=None, canvas=None, mask=None, **choices):
    return prepare(exemplar, canvas=canvas, mask=mask, **choices)


HOLE = (slice(100, 110), slice(200, 230))


def sampled(height=300, width=400, *, hole=HOLE, **choices):
    """Which pixels of a canvas are its exemplar, and the exemplar itself."""
    canvas = picture(height, width)
    # Every pixel tells where it is from.
    canvas.pixels[..., 0] = np.arange(height)[:, None] / 2**12
    canvas.pixels[..., 1] = np.arange(width) / 2**12
    sample = ready(canvas=canvas, mask=mask_picture(height, width, *hole), **choices).exemplar
    found = np.zeros((height, width), bool)
    rows, columns = (np.rint(sample.pixels[..., n] * 2**12).astype(int) for n in (0, 1))
    found[rows, columns] = True if sample.valid is None else sample.valid > 0
    return found, sample


def synthesized(box_size):
    return np.random.default_rng(5).random((*box_size, 3), dtype=np.float32)
