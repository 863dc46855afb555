"""Holes in small pictures, filled by patches."""

import numpy as np

from engine.synthesis.matching import COMPILED
from engine.synthesis.structure import FillInput, build, plan_filling

NO_WRAP = (False, False)


def disk(height, width, row, column, radius):
    """Mark a round hole, boolean (height, width)."""
    rows, columns = np.mgrid[:height, :width]
    return (rows - row) ** 2 + (columns - column) ** 2 <= radius**2


def box(height, width, rows, columns):
    """Mark a rectangular hole, boolean (height, width)."""
    found = np.zeros((height, width), bool)
    found[rows, columns] = True
    return found


def stages(picture, free, *, source=None, valid=None, offset=(0, 0), wrap=NO_WRAP, seed=0, tries=1, matcher=COMPILED):
    """Fill a hole: all stages; what is missing, and what may not be sampled, is magenta."""
    if source is None:
        source, valid = picture, ~free if valid is None else valid
    else:
        offset = None
    valid = np.ones(source.shape[:2], bool) if valid is None else valid
    colors, sample = (hidden(*each) for each in ((picture, free), (source, ~valid)))
    plan = plan_filling(FillInput(colors, free, sample, valid, offset, wrap), tries)
    found = [stage for stage in build(plan, seed, matcher) if stage is not None]
    assert len(found) == sum(each.rounds for each in plan.octaves)
    return found


def filled(picture, free, **options):
    """Fill a hole: the picture, float32 (height, width, 3)."""
    return stages(picture, free, **options)[-1].colors


def hidden(picture, free):
    """Paint magenta what is missing."""
    return np.where(free[..., None], [1, 0, 1], picture).astype(np.float32)


def psnr(found, truth, where):
    """Peak signal-to-noise ratio of a part, dB."""
    return -10 * np.log10(max(float(((found - truth)[where] ** 2).mean()), 1e-12))


def magenta(picture):
    """Mark what is magenta, or is mixed with it."""
    return np.minimum(picture[..., 0], picture[..., 2]) - picture[..., 1] > 0.3
