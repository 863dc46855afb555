"""Exemplars of which parts may not be sampled: they are fill_masked_parts before a texture is made of them."""

import numpy as np
import pytest
from engines import pixels, raster, short_job
from filling import disk
from pictures import bricks, tensor
from runs import run

from engine.synthesis import Exemplar
from engine.synthesis.exemplar_filling import fill_masked_parts
from engine.synthesis.pixels import as_array
from protocol.messages import Done

RED = (1.0, 0.0, 0.0)


def spotted(valid, height=96, width=96):
    """Bricks, red where they may not be sampled."""
    return np.where(valid[..., None], bricks(height, width), np.float32(RED)).astype(np.float32)


def complete(picture, valid, seed=0):
    mask = tensor(valid[..., None].astype(np.float32))
    return fill_masked_parts(Exemplar(tensor(picture), mask), seed)


def test_what_may_not_be_sampled_is_filled_from_the_rest_and_nothing_else_changes():
    valid = ~disk(96, 96, 40, 50, 14)
    picture = spotted(valid)
    found = complete(picture, valid)
    assert found.valid is None
    made = as_array(found.picture)
    np.testing.assert_array_equal(made[valid], picture[valid])
    # Bricks and joints are far less red than what was there.
    assert (made[~valid, 0] - made[~valid, 1]).max() < 0.6
    assert made[~valid].std() > 0.5 * picture[valid].std()


@pytest.mark.parametrize("share", [0, 0.7])
def test_an_exemplar_that_is_whole_or_has_little_left_is_as_it_was(share):
    valid = np.ones((64, 64), bool)
    valid[: round(64 * share)] = False
    picture = spotted(valid, 64, 64)
    exemplar = Exemplar(tensor(picture), tensor(valid[..., None].astype(np.float32)))
    assert fill_masked_parts(exemplar, 0) is exemplar


def test_a_texture_of_an_exemplar_with_many_holes_is_as_rich_as_the_exemplar():
    valid = np.ones((128, 128), bool)
    for row in range(16, 128, 32):
        for column in range(16, 128, 32):
            valid &= ~disk(128, 128, row, column, 6)
    picture = spotted(valid, 128, 128)
    wish = {"recipe": "photo", "quality": "draft", "steps": 0, "width": 128, "height": 128}
    end = run(short_job(exemplar=raster(picture), exemplar_mask=raster(valid.astype(float)), **wish)).end
    assert isinstance(end, Done)
    made = pixels(end.raster)[..., :3] / 255
    # Joints are not smeared: as many steps between neighbors as in the exemplar.
    steps = np.abs(np.diff(made, axis=1)).mean()
    assert steps > 0.8 * np.abs(np.diff(bricks(128, 128), axis=1)).mean()
    assert (made[..., 0] - made[..., 1]).max() < 0.6
