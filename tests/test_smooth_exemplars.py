"""Smooth exemplars, such as height maps: what is made of them has no grain, scratch or step."""

import numpy as np
import pytest
from pictures import bricks, clouds, save
from scipy import ndimage

from engine.images import read_picture
from engine.synthesis.structure.smoothness import is_smooth


def relief(side=192, seed=0):
    """Hills of a few dozen pixels, float32 (side, side, 3) in [0, 1]."""
    heights = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(side, side)), 6, mode="wrap")
    heights = (heights - heights.min()) / np.ptp(heights)
    return np.repeat(heights[..., None], 3, axis=2).astype(np.float32)


def bend(colors):
    """How much slopes change from pixel to pixel: the mean, and that of one pixel in a thousand."""
    changes = np.abs(ndimage.laplace(colors[..., 0].astype(float))[2:-2, 2:-2])
    return changes.mean(), np.percentile(changes, 99.9)


def smooth(colors, valid=None):
    return is_smooth(colors, np.ones(colors.shape[:2], bool) if valid is None else valid)


def test_hills_are_smooth_and_what_has_grain_or_edges_is_not():
    assert smooth(relief())
    assert not smooth(bricks(96, 96))
    assert not smooth(clouds(96, 96))
    grain = np.random.default_rng(0).normal(0, 0.02, (192, 192, 1)).astype(np.float32)
    assert not smooth(relief() + grain)
    assert not smooth(np.full((32, 32, 3), 0.5, np.float32))


def test_what_may_not_be_sampled_does_not_count():
    colors, valid = relief(), np.ones((192, 192), bool)
    colors[:, 150:] = bricks(192, 42)
    assert not smooth(colors)
    valid[:, 150:] = False
    assert smooth(colors, valid)


@pytest.mark.parametrize("quality", ["draft", "normal"])
@pytest.mark.parametrize("seamless", ["none", "both"])
def test_a_texture_of_hills_is_as_smooth(call, here, quality, seamless):
    exemplar = relief()
    save(here / "hills.png", np.rint(exemplar * 255).astype(np.uint8))
    arguments = ("-o", "out.png", "--size", "256x256", "--quality", quality, "--seamless", seamless, "--local")
    assert call("synthesize", "hills.png", *arguments)[0] == 0
    before, after = (bend(read_picture(here / name).pixels) for name in ("hills.png", "out.png"))
    assert after[0] < 1.2 * before[0]
    assert after[1] < 2 * before[1]
