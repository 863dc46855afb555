"""The last picture of a filled hole: what its border cuts."""

import numpy as np
import pytest

from engine.synthesis.structure.blending import border_correction
from engine.synthesis.structure.copied import Copied
from engine.synthesis.structure.finishing import differences, usual_step

SIDE = 32
FREE = np.zeros((SIDE, SIDE), bool)
FREE[:, SIDE // 2 :] = True


def across(step, *, stripes=0.0):
    """The difference that is wanted across the border of a hole whose patches bring another color than is kept."""
    exemplar = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    exemplar[:, ::2] += stripes
    places = np.moveaxis(np.indices((SIDE, SIDE), np.int32), 0, -1).copy()
    copied = Copied(exemplar, np.ones((SIDE, SIDE), bool), places)
    picture = np.where(FREE[..., None], exemplar, exemplar + step).astype(np.float32)
    found = differences(
        picture, copied, copied.colors(), np.ones_like(FREE), FREE, 1, usual_step(exemplar, 1), cuts=True
    )
    return float(np.abs(found[:, SIDE // 2 - 1]).max())


def test_what_the_border_cuts_stays_an_edge():
    assert across(0.3) == pytest.approx(0.3)


def test_another_light_is_spread():
    assert across(0.06) == pytest.approx(0)


def test_a_step_that_is_usual_in_the_exemplar_is_spread():
    # What differs is no more than one pixel of the exemplar from the next.
    assert across(0.2, stripes=0.4) == pytest.approx(0.4)


def corrected(apart):
    """What a quiet hole beside given differences gets, along the middle of its left border."""
    ring = np.zeros((96, 96), bool)
    ring[20:76, 20:76] = True
    free = np.zeros_like(ring)
    free[24:72, 24:72] = True
    ring &= ~free
    values = np.where(ring, apart, 0).astype(np.float32)[..., None]
    found = border_correction(values, ring, free, expected=np.zeros_like(values))
    return float(found[40:56, 24:28].mean())


def test_a_busy_thing_beside_a_quiet_hole_is_no_other_light():
    assert corrected(np.full((96, 96), -0.05)) == pytest.approx(-0.05, abs=0.002)
    girders = np.where(np.arange(96) % 8 < 4, -0.3, 0.1)[:, None].repeat(96, axis=1)
    assert abs(corrected(girders)) < 0.02
