"""Counts in messages."""

from pathlib import Path

import numpy as np
import pytest

from engine.counting import counted
from engine.images import Picture
from engine.options.failures import CommandError
from engine.options.textures import numbered_inputs
from engine.preparation import prepare
from engine.request_errors import TooLittleToSampleError


@pytest.mark.parametrize(("count", "shown"), [(0, "0 pixels"), (1, "1 pixel"), (2, "2 pixels")])
def test_one_is_singular_and_all_else_plural(count, shown):
    assert counted(count, "pixel") == shown


@pytest.mark.parametrize(("black", "shown"), [(1, "leaves 1 pixel of"), (5, "leaves 5 pixels of")])
def test_a_mask_that_leaves_next_to_nothing_is_told_how_much(black, shown):
    canvas = Picture(np.random.default_rng(0).random((40, 50, 3)).astype(np.float32))
    mask = np.ones((40, 50, 3), np.float32)
    mask[20, 20 : 20 + black] = 0
    with pytest.raises(TooLittleToSampleError, match=shown):
        prepare(exemplar=None, canvas=canvas, mask=Picture(mask))


@pytest.mark.parametrize(("masks", "shown"), [(1, "1 exemplar mask is given"), (3, "3 exemplar masks are given")])
def test_masks_and_exemplars_are_counted(masks, shown):
    with pytest.raises(CommandError, match=shown):
        numbered_inputs([Path("a.png"), Path("b.png")], masks * [Path("mask.png")], [])
