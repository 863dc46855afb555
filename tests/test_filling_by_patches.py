"""Holes filled by patches."""

import numpy as np
import pytest
from filling import box, disk, filled, magenta, psnr, stages
from filling_pictures import TRIES, blots, noise
from pictures import bricks, clouds
from scipy import ndimage

from engine.synthesis.structure import FillInput, build, plan_filling


@pytest.mark.parametrize("tries", TRIES)
def test_a_copy_elsewhere_is_found(tries):
    truth = blots(128, 256)
    truth[20:110, 150:240] = truth[20:110, 20:110]
    hole = disk(128, 256, 64, 64, 20)
    assert psnr(filled(truth, hole, tries=tries), truth, hole) > 35


# Texture stays texture.


def steps(picture, marked):
    """Mean difference of neighbors across the border of a part, and inside it."""
    across, inside = [], []
    for axis in (0, 1):
        apart = np.abs(np.diff(picture, axis=axis)).mean(axis=2)
        first, second = (np.delete(marked, place, axis=axis) for place in (-1, 0))
        across.append(apart[first != second])
        inside.append(apart[first & second])
    return float(np.concatenate(across).mean()), float(np.concatenate(inside).mean())


@pytest.mark.parametrize("tries", TRIES)
@pytest.mark.parametrize("seed", [0, 1])
def test_noise_keeps_its_mean_and_variance_and_shows_no_rim(seed, tries):
    # Large enough for its variance to be known by a few percent.
    truth, hole = noise(192, 192, seed=seed), disk(192, 192, 96, 96, 40)
    found = filled(truth, hole, seed=seed, tries=tries)
    mean, variance = (how(found[hole], axis=0) / how(truth, axis=(0, 1)) for how in (np.mean, np.var))
    across, inside = steps(found, hole)
    print(f"mean {mean.round(3)}, variance {variance.round(3)}, step {across / inside:.2f}")
    assert (np.abs(mean - 1) <= 0.1).all()
    assert (np.abs(variance - 1) <= 0.1).all()
    assert across <= 1.2 * inside


def smooth_above_a_net(height=192, width=192, cell=12):
    """Draw irregular meshes below, and above nothing but the light between them."""
    chance = np.random.default_rng(0)
    rows, columns = (axis.ravel() for axis in np.mgrid[:height:cell, :width:cell])
    moved = (np.clip(axis + chance.integers(-4, 5, axis.shape), 0, height - 1) for axis in (rows, columns))
    number = np.zeros((height, width), int)
    number[tuple(moved)] = np.arange(1, len(rows) + 1)
    nearest = ndimage.distance_transform_edt(number == 0, return_distances=False, return_indices=True)
    number = number[tuple(nearest)]
    lines = (number != np.roll(number, 1, 0)) | (number != np.roll(number, 1, 1))
    light = 0.75 + 0.2 * ndimage.gaussian_filter(chance.normal(size=(height, width)), 6)
    light[height // 2 :][lines[height // 2 :]] = 0.25
    return np.repeat(light[..., None], 3, axis=2).astype(np.float32)


@pytest.mark.parametrize("tries", TRIES)
def test_what_is_busy_is_not_filled_with_what_is_smooth(tries):
    picture = smooth_above_a_net()
    free = box(192, 192, slice(120, 164), slice(70, 122))
    for seed in range(2):
        found = filled(picture, free, seed=seed, tries=tries)
        assert found[free].std() == pytest.approx(picture[free].std(), rel=0.15)


@pytest.mark.parametrize("tries", TRIES)
def test_what_is_smooth_is_not_filled_with_what_is_busy(tries):
    picture = smooth_above_a_net()
    free = box(192, 192, slice(28, 72), slice(70, 122))
    for seed in range(2):
        assert filled(picture, free, seed=seed, tries=tries)[free].min() > 0.6


@pytest.mark.parametrize("texture", [bricks, clouds, blots, noise])
def test_what_is_kept_is_kept_to_the_last_bit(texture):
    truth = texture(96, 80)
    hole = disk(96, 80, 40, 30, 15) | box(96, 80, slice(80, 96), slice(60, 80))
    for stage in stages(truth, hole):
        if stage.octave.index == 0:
            assert np.array_equal(stage.colors[~hole].view(np.int32), truth[~hole].view(np.int32))


def test_gray_stays_gray():
    truth = np.repeat(blots(96, 96)[..., :1], 3, axis=2)
    for stage in stages(truth, disk(96, 96, 48, 48, 18), tries=3):
        if stage.octave.index == 0:
            assert (stage.colors == stage.colors[..., :1]).all()


def test_a_seed_gives_the_same_bytes_and_another_one_others():
    truth, hole = blots(64, 64), disk(64, 64, 32, 32, 13)
    for tries in TRIES:
        first, again, other = (filled(truth, hole, seed=seed, tries=tries) for seed in (5, 5, 6))
        assert first.tobytes() == again.tobytes()
        assert not np.array_equal(first[hole], other[hole])


# What is sampled.


def test_another_exemplar_fills_the_hole():
    truth, exemplar, hole = blots(96, 96), blots(70, 60, seed=1), disk(96, 96, 48, 48, 18)
    # Its colors are others.
    exemplar[..., 0] *= 0.3
    found = filled(truth, hole, source=exemplar)
    inside = disk(96, 96, 48, 48, 10)
    assert found[inside][:, 0].mean() == pytest.approx(exemplar[..., 0].mean(), abs=0.1)
    assert found[inside][:, 0].mean() < 0.6 * truth[inside][:, 0].mean()
    assert np.array_equal(found[~hole], truth[~hole])


def test_what_may_not_be_sampled_is_not_even_where_it_would_fit_best():
    truth, hole = np.repeat(blots(64, 128)[..., :1], 3, axis=2), disk(64, 128, 32, 32, 14)
    truth[8:56, 72:120] = truth[8:56, 8:56]
    valid = ~hole & ~box(64, 128, slice(8, 56), slice(72, 120))
    assert psnr(filled(truth, hole, source=truth, valid=~hole), truth, hole) > 35
    found = filled(truth, hole, source=truth, valid=valid)
    assert not magenta(found).any()
    assert psnr(found, truth, hole) < 25


# A canvas that wraps.


@pytest.mark.parametrize("tries", TRIES)
@pytest.mark.parametrize("size", [(60, 56), (65, 52)], ids=str)
@pytest.mark.parametrize("wrap", [(True, True), (True, False), (False, True)], ids=["both", "rows", "columns"])
def test_a_pattern_goes_on_over_a_border_that_wraps(wrap, size, tries):
    # A hole along the border; the pattern fits at the other side.
    height, width = size
    down, across = (12, 14) if size == (60, 56) else (13, 13)
    truth = np.tile(noise(down, across), (height // down, width // across, 1))
    kept = [slice(9, -9) if wraps else slice(None) for wraps in wrap]
    hole = ~box(height, width, *kept)
    found = filled(truth, hole, wrap=wrap, tries=tries)
    assert psnr(found, truth, hole) > 40


@pytest.mark.parametrize("shift", [(0, 0), (48, 0), (0, 40), (48, 40)], ids=str)
def test_a_hole_over_the_border_is_filled_as_well_as_one_in_the_middle(shift):
    truth, hole = clouds(96, 80, seed=3), disk(96, 80, 48, 40, 16)
    moved, missing = (np.roll(each, shift, (0, 1)) for each in (truth, hole))
    found = filled(moved, missing, wrap=(True, True), offset=None, tries=3)
    back = np.roll(found, (-shift[0], -shift[1]), (0, 1))
    across, true_across = (steps(each, hole)[0] for each in (back, truth))
    assert across <= 1.3 * true_across
    # No line where the border was.
    for axis, place in ((0, 47), (1, 39)):
        lines = np.abs(np.diff(back, axis=axis)).mean(axis=2)[36:60, 28:52].mean(axis=1 - axis)
        assert lines[12 if axis else place - 36] < 1.5 * lines.mean()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("size", [(96, 96), (75, 101)], ids=str)
def test_a_picture_whose_borders_do_not_fit_gets_borders_that_do(size, seed):
    truth = clouds(*size, seed=4)
    hole = ~box(*size, slice(14, -14), slice(14, -14))
    found = filled(truth, hole, source=truth, wrap=(True, True), seed=seed)
    for axis in (0, 1):
        before, after = (
            np.abs(each.take(0, axis) - each.take(-1, axis)).mean() / np.abs(np.diff(each, axis=axis)).mean()
            for each in (truth, found)
        )
        assert after < 1.5 < 3 < before


# How it is told and what it takes.


def test_stages_go_from_coarse_to_fine_and_say_where_an_octave_ends():
    truth = blots(96, 96)
    for tries in TRIES:
        found = stages(truth, disk(96, 96, 48, 48, 18), tries=tries)
        octaves = [stage.octave.index for stage in found]
        assert octaves == sorted(octaves, reverse=True)
        assert len(set(octaves)) > 2
        assert octaves[-1] == 0
        expected = [index != after for index, after in zip(octaves, [*octaves[1:], None], strict=True)]
        assert [stage.ends for stage in found] == expected


def test_no_later_stage_changes_the_colors_of_one():
    truth, hole = blots(96, 96), disk(96, 96, 48, 48, 18)
    fill_input = FillInput(np.where(hole[..., None], 0, truth), hole, truth, ~hole, (0, 0))
    seen = [(stage.colors, stage.colors.copy()) for stage in build(plan_filling(fill_input), 0) if stage is not None]
    assert all(np.array_equal(now, then) for now, then in seen)
