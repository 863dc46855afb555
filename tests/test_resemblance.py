"""A hole filled with another exemplar: it goes on from what is like it, and begins anew beside other things."""

import numpy as np
import pytest
from engines import job, pixels, raster
from runs import run

from engine.preparation.resemblance import resembles
from protocol.messages import Done

SIDE = 96


def grain(color, spread=0.12, side=SIDE, seed=0):
    noise = np.random.default_rng(seed).normal(0, spread, (side, side, 1))
    return np.clip(np.array(color) + noise, 0, 1).astype(np.float32)


def plain(color, side=SIDE):
    return np.full((side, side, 3), color, np.float32)


def hole(side=SIDE, margin=24):
    found = np.zeros((side, side), np.float32)
    found[margin:-margin, margin:-margin] = 1
    return found


GRAVEL, GRASS = grain((0.5, 0.5, 0.5)), grain((0.3, 0.5, 0.2))
CASES = {
    "the same grain of another place": (grain((0.5, 0.5, 0.5), seed=1), True),
    "in another light": (grain((0.55, 0.55, 0.55), seed=1), True),
    "of another color": (GRASS, False),
    "of the same color without grain": (plain((0.5, 0.5, 0.5)), False),
    "far coarser in contrast": (grain((0.5, 0.5, 0.5), 0.3), False),
}


@pytest.mark.parametrize(("around", "alike"), CASES.values(), ids=CASES)
def test_a_texture_goes_on_where_colors_and_roughness_are_its_own(around, alike):
    free = hole()
    assert resembles(around, free <= 0, free, GRAVEL, None) is alike


def test_nothing_around_a_hole_is_like_nothing():
    free = hole()
    assert not resembles(GRAVEL, np.zeros((SIDE, SIDE), bool), free, GRAVEL, None)


def test_what_may_not_be_sampled_is_no_part_of_the_exemplar():
    both, valid = np.vstack([GRAVEL, GRASS]), np.ones((2 * SIDE, SIDE), np.float32)
    assert resembles(GRASS, hole() <= 0, hole(), both, valid)
    valid[SIDE - 12 :] = 0
    assert not resembles(GRASS, hole() <= 0, hole(), both, valid)


def fill(around, mask, exemplar=GRAVEL, **choices):
    asked = {"exemplar": raster(exemplar), "canvas": raster(around), "mask": raster(mask), "quality": "draft"}
    found = run(job("laid", **{**asked, **choices}))
    assert isinstance(found.end, Done)
    return pixels(found.end.raster) / 255, found


BESIDE = {
    "another color": grain((0.7, 0.2, 0.1)),
    "a flat color": plain((0.9, 0.05, 0.05)),
    "black": plain((0, 0, 0)),
}


@pytest.mark.parametrize("around", BESIDE.values(), ids=BESIDE)
def test_another_exemplar_keeps_its_colors_and_contrast_beside_other_things(around):
    free = hole()
    made, _ = fill(around, free)
    inside, own = made[free > 0], GRAVEL.reshape(-1, 3)
    np.testing.assert_allclose(inside.mean(axis=0), own.mean(axis=0), atol=0.02)
    np.testing.assert_allclose(inside.std(axis=0), own.std(axis=0), rtol=0.2)
    np.testing.assert_allclose(made[free == 0], around[free == 0], atol=1 / 255)


def test_the_same_thing_in_another_light_takes_on_that_light():
    around, free = grain((0.56, 0.56, 0.56), seed=1), hole()
    made, _ = fill(around, free)
    assert made[free > 0].mean() == pytest.approx(0.56, abs=0.035)


@pytest.mark.parametrize("size", [(3, 40), (1, 1), (90, 2)])
def test_a_hole_of_any_shape_takes_another_exemplar(size):
    free = np.zeros((SIDE, SIDE), np.float32)
    free[3 : 3 + size[0], 5 : 5 + size[1]] = 1
    made, _ = fill(plain((0.1, 0.1, 0.9)), free)
    assert made[free > 0][:, 2].mean() < 0.75
    np.testing.assert_allclose(made[free == 0], plain((0.1, 0.1, 0.9))[free == 0], atol=1 / 255)


def test_a_soft_mask_blends_a_texture_that_begins_anew():
    free = hole() * 0.5
    made, _ = fill(plain((0.0, 0.0, 1.0)), free)
    np.testing.assert_allclose(made[free > 0].mean(axis=0), (0.25, 0.25, 0.75), atol=0.02)


def test_frames_show_a_texture_that_begins_anew_only_in_the_hole():
    around, free = plain((0.9, 0.05, 0.05)), np.zeros((SIDE, SIDE), np.float32)
    free[20:80, 20:50] = 1
    free[20:50, 20:80] = 1
    _, found = fill(around, free, frame_interval=0.0)
    assert found.frames
    for frame in found.frames:
        shown = pixels(frame.raster)
        scale = frame.width / shown.shape[1]
        corner = round(75 / scale) - round(frame.top / scale), round(75 / scale) - round(frame.left / scale)
        assert shown[corner][0] > 200
        assert shown[corner][1] < 40
