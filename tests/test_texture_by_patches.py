"""New textures laid out by patches, and the detail that they get back between two octaves."""

import math

import numpy as np
import pytest
from scipy import ndimage

from engine.synthesis.structure import Guide, MosaicSource, add_detail, lay_out, plan_texture
from engine.synthesis.structure.quilting import is_scattered


def blobs(height=128, width=128, seed=0, sigma=2.0):
    """Make a smooth random texture."""
    noise = np.random.default_rng(seed).random((height, width, 3))
    smooth = ndimage.gaussian_filter(noise, (sigma, sigma, 0), mode="wrap")
    return ((smooth - smooth.min()) / np.ptp(smooth)).astype(np.float32)


def grainy(colors):
    """Add grain to a smooth texture."""
    grain = np.random.default_rng(1).normal(0, 0.03, colors.shape)
    return (colors + grain).clip(0, 1).astype(np.float32)


def laid(exemplar, size, *, valid=None, wrap=(False, False), seed=0):
    everywhere = np.ones(exemplar.shape[:2], bool)
    plan = plan_texture([MosaicSource(exemplar, everywhere if valid is None else valid)], size, wrap)
    return plan, [stage for stage in lay_out(plan, seed) if stage is not None]


def test_octaves_come_coarse_to_fine_and_end_at_half():
    plan, stages = laid(grainy(blobs(256, 256, sigma=5)), (512, 384))
    assert [octave.index for octave in plan.octaves] == [3, 2, 1]
    assert stages[-1].colors.shape == (256, 192, 3)
    assert [stage.ends for stage in stages].count(True) == 3
    assert len(stages) == sum(octave.rounds for octave in plan.octaves)


def test_the_smaller_the_things_in_an_exemplar_the_fewer_octaves():
    everywhere = np.ones((256, 256), bool)
    plans = [
        plan_texture([MosaicSource(grainy(blobs(256, 256, sigma=sigma)), everywhere)], (512, 512))
        for sigma in (0.7, 1.5, 3, 6)
    ]
    counts = [len(plan.octaves) for plan in plans]
    assert counts == sorted(counts)
    assert counts[0] == 1
    assert counts[-1] == 3


def test_a_small_exemplar_ends_at_a_finer_octave():
    plan, stages = laid(blobs(40, 40), (96, 96))
    assert [octave.index for octave in plan.octaves] == [0]
    assert stages[-1].colors.shape == (96, 96, 3)


def test_a_seed_gives_the_same_texture_and_another_seed_another():
    one, same, other = (laid(blobs(), (128, 128), seed=seed)[1][-1].colors for seed in (3, 3, 4))
    assert one.tobytes() == same.tobytes()
    assert np.abs(one - other).mean() > 0.01


def test_what_may_not_be_sampled_is_never_seen():
    exemplar = blobs()
    exemplar[:, 64:] = (1, 0, 1)
    valid = np.zeros((128, 128), bool)
    valid[:, :64] = True
    found = laid(exemplar, (128, 128), valid=valid)[1][-1].colors
    kept = exemplar[:, :64]
    assert (found >= kept.min(axis=(0, 1)) - 1e-5).all()
    assert (found <= kept.max(axis=(0, 1)) + 1e-5).all()


def test_an_exemplar_without_a_whole_patch_gives_a_texture_of_its_colors():
    exemplar = blobs(40, 40)
    valid = np.zeros((40, 40), bool)
    valid[18:22] = True
    exemplar[~valid] = (1, 0, 1)
    found = laid(exemplar, (48, 48), valid=valid)[1][-1].colors
    assert (found >= exemplar[valid].min(axis=0) - 1e-5).all()
    assert (found <= exemplar[valid].max(axis=0) + 1e-5).all()


def steps_across(picture, axis):
    """Mean step from the last row, or column, to the first one, over that between neighbors inside."""
    first, last = picture.take(0, axis), picture.take(-1, axis)
    return np.abs(first - last).mean() / np.abs(np.diff(picture, axis=axis)).mean()


@pytest.mark.parametrize("axis", [0, 1])
def test_an_axis_that_wraps_has_no_seam(axis):
    wrapped, plain = (
        laid(blobs(), (128, 128), wrap=(here and axis == 0, here and axis == 1))[1][-1].colors
        for here in (True, False)
    )
    assert steps_across(wrapped, axis) < 1.5
    assert steps_across(plain, axis) > 1.5


def last_of(pieces):
    return [found for found in pieces if found is not None][-1]


def test_detail_of_the_exemplar_itself_gives_the_exemplar():
    exemplar = blobs(64, 64)
    low = ndimage.uniform_filter(exemplar, (3, 3, 0))
    found = last_of(add_detail(low, exemplar, low, np.ones((64, 64), bool), (False, False), 0))
    inner = (slice(4, -4), slice(4, -4))
    # The search finds nearly every place; elsewhere another place's detail is as good.
    assert np.median(np.abs(found - exemplar)[inner]) < 1e-6


def test_detail_keeps_what_the_picture_shows():
    exemplar, picture = blobs(64, 64), blobs(80, 80, seed=1)
    low = ndimage.uniform_filter(exemplar, (3, 3, 0))
    found = last_of(add_detail(picture, exemplar, low, np.ones((64, 64), bool), (False, False), 0))
    assert np.abs(ndimage.gaussian_filter(found - picture, (4, 4, 0))).max() < 0.05
    assert np.abs(found - picture).max() <= np.abs(exemplar - low).max() + 1e-6


@pytest.mark.parametrize("size", [(64, 64), (96, 96)])
def test_a_mix_that_is_smaller_than_its_exemplars_does_not_melt(size):
    """Were one use of each place too many, its median roughness would be a twentieth of the exemplars'."""
    exemplars = [grainy(blobs(256, 256, seed=seed, sigma=1.5)) for seed in (0, 5)]
    sources = [MosaicSource(each, np.ones(each.shape[:2], bool)) for each in exemplars]
    plan = plan_texture(sources, size, guide=Guide(np.full((*size, 2), 0.5, np.float32), strict=False))
    *_, laid_out = [stage for stage in lay_out(plan, 0) if stage is not None]
    assert laid_out.octave.index == 1
    halved = exemplars[0].reshape(128, 2, 128, 2, 3).mean(axis=(1, 3))
    assert np.median(roughness(laid_out.colors)) > 0.6 * np.median(roughness(halved))


def roughness(colors):
    """Tell how much colors differ from those around them, (height, width)."""
    return ndimage.uniform_filter(((colors - ndimage.uniform_filter(colors, (5, 5, 0))) ** 2).sum(axis=2), 9)


def pieces_of(side, count=9, cell=80, height=None):
    """Mark little pieces far apart."""
    across = math.isqrt(count)
    valid = np.zeros((across * cell, across * cell), bool)
    for number in range(count):
        top, left = (cell * each + 11 * number % (cell // 3) for each in divmod(number, across))
        valid[top : top + (height or side), left : left + side] = True
    return valid


@pytest.mark.parametrize("side", [12, 20, 40, 72])
@pytest.mark.parametrize("wrap", [(False, False), (True, True)])
def test_of_scattered_pieces_a_texture_is_as_sharp_as_they_are(side, wrap):
    valid = pieces_of(side, cell=max(80, 2 * side))
    exemplar = grainy(blobs(*valid.shape, sigma=4)) * valid[..., None]
    plan, stages = laid(exemplar, (128, 128), valid=valid, wrap=wrap)
    inner = ndimage.binary_erosion(valid, np.ones((3, 3)))[1:, 1:]
    steps = np.abs(np.diff(exemplar, axis=0)[:, 1:]).mean(axis=2)[inner].mean()
    found = np.abs(np.diff(stages[-1].colors, axis=0)).mean()
    assert plan.scattered
    assert plan.whole
    assert stages[-1].colors.shape == (128, 128, 3)
    assert 0.8 < found / steps < 1.5


def test_strips_are_scattered_pieces_and_a_frame_or_one_piece_is_none():
    frame = np.ones((240, 240), bool)
    frame[20:-20, 20:-20] = False
    assert is_scattered(pieces_of(70, height=6))
    assert not is_scattered(pieces_of(100, cell=130))
    assert not is_scattered(frame)
    assert not is_scattered(np.pad(np.ones((20, 20), bool), 50))
    assert not is_scattered(np.ones((30, 30), bool))


def test_of_scattered_pieces_of_flat_colors_no_color_is_mixed():
    valid = pieces_of(20)
    exemplar = np.where(blobs(*valid.shape, sigma=3)[..., :1] > 0.5, np.float32(0.9), np.float32(0.1)).repeat(
        3, axis=2
    )
    _, stages = laid(exemplar, (64, 64), valid=valid)
    assert set(np.unique(stages[-1].colors)) == {np.float32(0.1), np.float32(0.9)}
