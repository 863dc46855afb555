"""The exemplar, at every octave."""

import pytest
import torch
from canvases import LAYERS, generator, noise, with_hole

from engine.synthesis.canvas import noise_start, shuffled_start
from engine.synthesis.exemplar import Exemplar, source_at, valid_regions, varied_copies

# Valid regions.


def test_without_a_mask_every_position_is_valid():
    assert valid_regions(None, LAYERS) == {}


def test_positions_up_to_three_from_an_invalid_pixel_are_not_valid():
    found = valid_regions(with_hole(13, 22), LAYERS)
    for layer, row, column in (("pixels", 13, 22), ("relu1_2", 13, 22), ("relu2_1", 6, 11), ("relu3_1", 3, 5)):
        expected = torch.ones_like(found[layer])
        expected[row - 3 : row + 4, column - 3 : column + 4] = False
        assert torch.equal(found[layer], expected)


@pytest.mark.parametrize(("side", "margin"), [(12, 3), (8, 2), (5, 1), (2, 0)])
def test_the_margin_narrows_where_it_would_leave_less_than_a_quarter(side, margin):
    valid = 1 - with_hole(slice(8, 8 + side), slice(8, 8 + side))
    expected = torch.zeros(32, 40, dtype=torch.bool)
    expected[8 + margin : 8 + side - margin, 8 + margin : 8 + side - margin] = True
    assert torch.equal(valid_regions(valid, ["relu1_1"])["relu1_1"], expected)


def test_a_layer_without_a_valid_position_keeps_the_best_it_has():
    valid = 1 - with_hole(slice(10, 23), slice(10, 23))
    # Of 4 × 5 positions of 8 × 8 pixels none is whole; that from row and column 16 on has the most.
    assert torch.nonzero(valid_regions(valid, ["relu4_1"])["relu4_1"]).tolist() == [[2, 2]]


# The exemplar.


def test_an_exemplar_is_resampled_within_the_range_of_colors():
    found = source_at(Exemplar((noise(1, 3, 32, 40) > 0.5).float()), (17, 20))
    assert found.size == (17, 20)
    assert found.valid is None
    assert 0 <= float(found.picture.min()) <= float(found.picture.max()) <= 1


@pytest.mark.parametrize("size", [(32, 40), (16, 20)])
def test_what_may_not_be_sampled_is_filled_from_around_it(size):
    valid = with_hole(slice(8, 20), slice(8, 24))
    picture = torch.where(valid > 0, 0.4 + 0.1 * noise(1, 3, 32, 40), torch.ones(1, 3, 32, 40))
    found = source_at(Exemplar(picture, valid), size)
    assert 0.35 < float(found.picture.min()) <= float(found.picture.max()) < 0.55
    assert found.valid.shape == (1, 1, *size)
    assert 0 < float(found.valid.mean()) < 1


def test_all_pixels_of_an_exemplar_without_a_mask_are_listed():
    picture = noise(1, 3, 2, 2)
    assert torch.equal(Exemplar(picture).colors(), picture[0].flatten(1).t())


def test_only_valid_pixels_are_listed():
    picture = noise(1, 3, 2, 2)
    valid = torch.tensor([[[[1.0, 0.0], [0.3, 0.9]]]])
    assert torch.equal(Exemplar(picture, valid).colors(), picture[0].flatten(1).t()[[0, 3]])


@pytest.mark.parametrize("start", [noise_start, shuffled_start])
def test_an_exemplar_of_thin_valid_lines_still_has_colors_when_it_is_coarse(start):
    valid = torch.zeros(1, 1, 64, 64)
    valid[..., ::8] = 1
    picture = torch.where(valid > 0, 0.3, 1.0).expand(1, 3, -1, -1)
    coarse = source_at(Exemplar(picture, valid), (16, 16))
    torch.testing.assert_close(coarse.picture, torch.full((1, 3, 16, 16), 0.3), atol=1e-3, rtol=0)
    found = start(coarse, (8, 8), generator())
    torch.testing.assert_close(found, torch.full((1, 3, 8, 8), 0.3), atol=1e-3, rtol=0)


# Starts.


def colored(height, width):
    """Noise around a color, with channels that go together but stay clear of black and white."""
    mixing = torch.tensor([[0.05, 0.0, 0.0], [0.04, 0.02, 0.0], [-0.03, 0.01, 0.03]])
    drawn = torch.randn(3, height * width, generator=generator()).clamp(-2, 2)
    return (mixing @ drawn + torch.tensor([[0.3], [0.5], [0.6]])).reshape(1, 3, height, width)


def test_noise_to_start_from_has_the_exemplars_mean_and_covariance():
    exemplar = Exemplar(colored(24, 24))
    found = noise_start(exemplar, (200, 300), generator(1))
    assert found.shape == (1, 3, 200, 300)
    colors, expected = found[0].flatten(1), exemplar.picture[0].flatten(1)
    torch.testing.assert_close(colors.mean(dim=1), expected.mean(dim=1), atol=1e-3, rtol=0)
    torch.testing.assert_close(torch.cov(colors), torch.cov(expected), atol=5e-5, rtol=0.02)


def test_noise_to_start_from_takes_no_notice_of_invalid_pixels():
    valid = with_hole(slice(0, 24), slice(0, 12), size=(24, 24))
    picture = colored(24, 24)
    spoilt = torch.where(valid > 0, picture, torch.ones_like(picture))
    found = noise_start(Exemplar(spoilt, valid), (8, 8), generator(1))
    assert torch.equal(found, noise_start(Exemplar(picture, valid), (8, 8), generator(1)))


def test_noise_to_start_from_stays_in_the_range_of_colors():
    found = noise_start(Exemplar((noise(1, 3, 16, 16) > 0.5).float()), (32, 32), generator())
    assert (float(found.min()), float(found.max())) == (0, 1)


def test_noise_around_a_single_color_is_that_color():
    found = noise_start(Exemplar(torch.full((1, 3, 9, 9), 0.3)), (8, 8), generator())
    torch.testing.assert_close(found, torch.full((1, 3, 8, 8), 0.3), atol=1e-3, rtol=0)


def test_a_shuffled_start_has_only_valid_colors_of_the_exemplar_and_all_of_them():
    valid = with_hole(slice(2, 4), slice(1, 5), size=(6, 6))
    exemplar = Exemplar(noise(1, 3, 6, 6), valid)
    found = shuffled_start(exemplar, (40, 50), generator())
    assert found.shape == (1, 3, 40, 50)
    seen = {tuple(color) for color in found[0].flatten(1).t().tolist()}
    assert seen == {tuple(color) for color in exemplar.colors().tolist()}
    assert len(seen) == 36 - 8


@pytest.mark.parametrize("start", [noise_start, shuffled_start])
def test_the_start_follows_from_the_seed(start):
    exemplar = Exemplar(noise(1, 3, 6, 6))
    assert torch.equal(start(exemplar, (8, 8), generator(1)), start(exemplar, (8, 8), generator(1)))
    assert not torch.equal(start(exemplar, (8, 8), generator(1)), start(exemplar, (8, 8), generator(2)))


# Copies.


def copies(exemplar, *, flips=False, rotations=False, scales=()):
    return varied_copies(exemplar, flips=flips, rotations=rotations, scales=scales)


def assert_pictures(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one.picture, other)


PICTURE = noise(1, 3, 12, 20)


def test_without_a_wish_there_are_no_copies():
    assert copies(Exemplar(PICTURE)) == []


def test_flips_add_the_mirror_image():
    assert_pictures(copies(Exemplar(PICTURE), flips=True), [PICTURE.flip(3)])


def test_turns_add_three_quarter_turns():
    once = PICTURE.transpose(2, 3).flip(2)
    assert_pictures(
        copies(Exemplar(PICTURE), rotations=True), [once, PICTURE.flip((2, 3)), PICTURE.transpose(2, 3).flip(3)]
    )


def test_flips_and_turns_add_all_seven_other_ways_to_lay_a_picture():
    found = {tuple(one.picture.flatten().tolist()) for one in copies(Exemplar(PICTURE), flips=True, rotations=True)}
    upright = [PICTURE.flip(axes) for axes in ((2,), (3,), (2, 3))]
    lying = [PICTURE.transpose(2, 3).flip(axes) for axes in ((), (2,), (3,), (2, 3))]
    assert found == {tuple(one.flatten().tolist()) for one in upright + lying}
    assert len(found) == 7


def test_scales_add_a_copy_each_of_the_original_alone():
    found = copies(Exemplar(PICTURE), flips=True, scales=(0.5, 1.3))
    assert [one.size for one in found] == [(12, 20), (6, 10), (16, 26)]
    assert float((found[1].picture.mean() - PICTURE.mean()).abs()) < 0.01
    assert all(0 <= float(one.picture.min()) <= float(one.picture.max()) <= 1 for one in found)


def test_copies_carry_their_valid_pixels_along():
    # The mask is a channel of the picture too, so that both must have been turned alike.
    valid = (noise(1, 1, 12, 20, seed=1) > 0.5).float()
    exemplar = Exemplar(torch.cat([PICTURE[:, :2], valid], dim=1), valid)
    found = copies(exemplar, flips=True, rotations=True, scales=(0.5,))
    assert len(found) == 8
    for one in found:
        assert torch.equal(one.valid, one.picture[:, 2:])


def test_copies_of_an_exemplar_without_a_mask_have_none():
    assert [one.valid for one in copies(Exemplar(PICTURE), flips=True, scales=(0.5,))] == [None, None]
