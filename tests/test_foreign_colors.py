"""A small thing of a color that the layout of a new texture has nowhere tints nothing."""

import numpy as np
import pytest
import torch
from pictures import bricks, tensor
from scipy import ndimage

from engine.encoders import load_encoder
from engine.synthesis import Exemplar, SynthesisSettings, synthesize
from engine.synthesis.foreign import without_foreign

YELLOW = (1.0, 0.9, 0.0)
# Of the mark: rows and columns.
MARK = (slice(116, 124), slice(90, 114))


def grain():
    """Make soft grain, nearly gray, float32 (128, 128, 3)."""
    chance = np.random.default_rng(0)
    soft = ndimage.gaussian_filter(chance.normal(0, 1, (128, 128)), 2, mode="wrap")
    tone = 0.12 * soft / soft.std() + 0.5
    return (tone[..., None] * [1, 0.95, 0.85] + chance.normal(0, 0.06, (128, 128, 3))).clip(0, 1).astype(np.float32)


def marked(picture):
    """Put a yellow mark near a corner."""
    picture = picture.copy()
    picture[MARK] = YELLOW
    return tensor(picture)


def yellow(picture):
    """Tell how far the most yellow pixel is on that side, as the excess of its green over its blue."""
    return float((picture[:, 1] - picture[:, 2]).max())


def test_what_no_patch_brings_along_is_left_out_with_a_fringe():
    layout = tensor(bricks(96, 96, seed=1))
    left = without_foreign(Exemplar(marked(bricks(128, 128))), layout, 0)
    assert left.valid is not None
    assert not left.valid[0, 0, 113:127, 87:117].any()
    assert left.valid[0, 0, :112].all()
    assert left.valid[0, 0, :, :86].all()


def test_a_mask_stays_a_mask():
    mask = torch.ones(1, 1, 128, 128)
    mask[..., :40, :] = 0
    left = without_foreign(Exemplar(marked(bricks(128, 128)), mask), tensor(bricks(96, 96, seed=1)), 0)
    assert left.valid is not None
    assert not left.valid[..., :40, :].any()
    assert not left.valid[0, 0][MARK].any()


@pytest.mark.parametrize("layout", [marked(bricks(128, 128)), tensor(bricks())[..., :2, :2]], ids=["placed", "much"])
def test_nothing_is_left_out_if_it_is_placed_or_if_it_is_much(layout):
    exemplar = Exemplar(marked(bricks(128, 128)))
    assert without_foreign(exemplar, layout, 0) is exemplar


@pytest.mark.parametrize("seed", [0, 1])
def test_a_mark_that_is_not_placed_tints_no_grain(seed):
    """Their excess is 0.35 in the exemplar beside the mark; critics that looked at the mark gave 0.45 and 0.49."""
    exemplar = Exemplar(marked(grain()))
    settings = SynthesisSettings((64, 64), quality="normal", seed=seed, steps=12)
    *_, end = synthesize(exemplar, load_encoder("compact"), settings)
    assert yellow(end.picture) < 0.38
