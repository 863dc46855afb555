"""The outermost rows and columns of a new texture are as rough as its inside."""

import numpy as np
import pytest
from engines import raster
from pictures import clouds
from runs import run
from scipy import ndimage
from test_mixing import stones

from engine.service.rasters import samples_of
from protocol.messages import Canvas, Done, Source, Synthesize
from protocol.vocabulary import Settings

SIDE, SEEDS = 96, 3


def grain():
    noise = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(SIDE, SIDE, 3)), (1.2, 1.2, 0))
    return np.clip(0.5 + 0.15 * noise / noise.std(), 0, 1).astype(np.float32)


def along_border(picture):
    """Roughness along both outermost rows, over that along rows inside."""
    rows = np.sqrt((np.diff(picture, axis=1) ** 2).mean(axis=(1, 2)))
    return rows[[0, -1]] / rows[6:-6].mean()


def test_outermost_rows_and_columns_are_as_rough_as_the_inside():
    found = []
    for exemplar in (stones(0, SIDE, SIDE), clouds(SIDE, SIDE), grain()):
        for seed in range(SEEDS):
            settings = Settings(quality="draft", seed=seed)
            end = run(Synthesize("t", (Source(raster(exemplar)),), Canvas(width=SIDE, height=SIDE), settings)).end
            assert isinstance(end, Done)
            picture = samples_of(end.raster)
            found += [*along_border(picture), *along_border(picture.swapaxes(0, 1))]
    # Of single rows it varies by 0.16, so of the mean of 36 by 0.03.
    assert np.mean(found) == pytest.approx(1, abs=0.06)
