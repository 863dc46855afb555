"""Translucent pictures over a backdrop, and off it."""

import numpy as np
import pytest
from translucent_pictures import as_mask, filled, hole_in, lace, veil

from engine.images import Picture
from engine.preparation import finish, lift, prepare


@pytest.mark.parametrize("example", [lace, veil])
def test_what_is_taken_off_its_backdrop_again_is_what_it_was(example):
    colors, alpha = example()
    job_input = prepare(Picture(colors, alpha))
    found, opacity = lift(job_input, job_input.exemplar.pixels, (96, 96))
    # Along the border of the canvas patches are not whole.
    inner = np.zeros((96, 96), bool)
    inner[3:-3, 3:-3] = True
    np.testing.assert_allclose(opacity[inner], alpha[inner], atol=0.06)
    visible = inner & (alpha > 0.3)
    np.testing.assert_allclose(found[visible], colors[visible], atol=0.06)


def test_the_backdrop_is_far_from_every_color_that_is_seen():
    colors, alpha = lace()
    job_input = prepare(Picture(colors, alpha))
    backdrop = job_input.translucency.backdrop
    assert np.abs(colors[alpha > 0] - backdrop).sum(axis=1).min() > 0.5


def test_only_what_was_synthesized_gets_another_alpha():
    colors, alpha = lace()
    mask = hole_in(96, 96, slice(30, 50), slice(30, 50))
    job_input = prepare(None, canvas=Picture(colors, alpha), mask=as_mask(mask))
    size = job_input.box.size
    found = finish(job_input, np.zeros((*size, 3), np.float32), (96, 96), np.full(size, 0.5, np.float32))
    np.testing.assert_array_equal(found.alpha, np.where(mask > 0, 0.5, alpha))
    np.testing.assert_array_equal(found.pixels[mask == 0], colors[mask == 0])


def test_a_soft_mask_blends_alpha():
    colors, alpha = veil()
    soft = np.zeros((96, 96), np.float32)
    soft[30:60, 30:60] = 0.25
    soft[40:50, 40:50] = 1
    found, opacity = filled(colors, alpha, soft)
    before = np.rint(alpha * 255)
    apart = np.abs(opacity - before)
    np.testing.assert_array_equal(opacity[soft == 0], before[soft == 0])
    assert apart[soft == 0.25].mean() < 0.5 * max(apart[soft == 1].mean(), 10)
    assert found.shape == (96, 96, 3)
