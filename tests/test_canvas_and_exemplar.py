"""The canvas and the exemplar, at every octave."""

import pytest
import torch
from wraps import BOTH, NO_WRAP, WRAPS, X

from engine.encoders import Encoder, freeze
from engine.synthesis.canvas import (
    Surroundings,
    compose,
    inner_part,
    judged_regions,
    noise_start,
    shuffled_start,
    surroundings_at,
)
from engine.synthesis.exemplar import Exemplar, source_at, valid_regions, varied_copies

LAYERS = ("pixels", "relu1_2", "relu2_1", "relu3_1")


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(*shape, seed=0):
    return torch.rand(shape, generator=generator(seed))


def small_encoder():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return freeze(Encoder([[4, 4], [8, 8], [8]]))


def with_hole(rows, columns, *, size=(32, 40), value=0.0):
    """Ones but for a rectangle."""
    mask = torch.ones(1, 1, *size)
    mask[..., rows, columns] = value
    return mask


# Composing.


def test_what_is_kept_is_kept_to_the_last_bit():
    mask = (noise(1, 1, 9, 11) > 0.5).float()
    known = noise(1, 3, 9, 11, seed=1)
    found = compose(1 - noise(1, 3, 9, 11, seed=2), Surroundings(known, mask))
    kept = (mask == 0).expand_as(known)
    assert torch.equal(found[kept].view(torch.int32), known[kept].view(torch.int32))


def test_where_the_mask_is_one_the_free_picture_shows():
    mask, free = (noise(1, 1, 9, 11) > 0.5).float(), noise(1, 3, 9, 11, seed=2)
    found = compose(free, Surroundings(noise(1, 3, 9, 11, seed=1), mask))
    shown = (mask == 1).expand_as(free)
    assert torch.equal(found[shown], free[shown])


def test_a_soft_mask_mixes_both():
    surroundings = Surroundings(torch.full((1, 3, 2, 2), 0.8), torch.full((1, 1, 2, 2), 0.25))
    torch.testing.assert_close(compose(torch.zeros(1, 3, 2, 2), surroundings), torch.full((1, 3, 2, 2), 0.6))


def test_without_surroundings_all_is_free():
    free = noise(1, 3, 9, 11)
    assert torch.equal(compose(free, None), free)


def test_only_the_free_part_gets_a_gradient():
    mask = (noise(1, 1, 9, 11) > 0.5).float()
    free = noise(1, 3, 9, 11, seed=2).requires_grad_()
    (gradient,) = torch.autograd.grad(compose(free, Surroundings(noise(1, 3, 9, 11, seed=1), mask)).sum(), free)
    assert torch.equal(gradient, mask.expand_as(free))


# Surroundings at an octave.


def test_surroundings_at_full_size_are_as_they_were():
    surroundings = Surroundings(noise(1, 3, 32, 40), with_hole(slice(8, 16), slice(8, 16)))
    found = surroundings_at(surroundings, (32, 40))
    assert torch.equal(found.known, surroundings.known)
    assert torch.equal(found.mask, surroundings.mask)


def test_surroundings_are_resampled_to_the_octave():
    mask = 1 - with_hole(slice(8, 24), slice(16, 32))
    found = surroundings_at(Surroundings(torch.full((1, 3, 32, 40), 0.3), mask), (16, 20))
    assert found.size == (16, 20)
    torch.testing.assert_close(found.known, torch.full((1, 3, 16, 20), 0.3), atol=1e-3, rtol=0)
    expected = torch.zeros(16, 20)
    expected[4:12, 8:16] = 1
    # Only the pixels at the edge of the hole mix.
    assert float((found.mask[0, 0] - expected).abs().max()) < 0.3
    assert (found.mask[0, 0, 5:11, 9:15] == 1).all()
    assert (found.mask[0, 0, :3] == 0).all()


def test_what_the_mask_hides_does_not_bleed_into_what_is_kept():
    mask = 1 - with_hole(slice(8, 24), slice(16, 32))
    known = noise(1, 3, 32, 40)
    spoilt = torch.where(mask > 0, torch.full_like(known, 1e6), known)
    expected = surroundings_at(Surroundings(known, mask), (16, 20))
    found = surroundings_at(Surroundings(spoilt, mask), (16, 20))
    assert torch.equal(found.known, expected.known)
    assert torch.equal(found.mask, expected.mask)


def test_surroundings_of_which_nothing_is_kept_are_finite_and_free():
    found = surroundings_at(Surroundings(noise(1, 3, 32, 40), torch.ones(1, 1, 32, 40)), (16, 20))
    assert torch.isfinite(found.known).all()
    assert (found.mask == 1).all()


def test_what_is_kept_at_one_border_is_seen_at_the_other_where_the_canvas_wraps():
    known, mask = torch.zeros(1, 3, 32, 40), torch.zeros(1, 1, 32, 40)
    known[..., :20] = 1
    mask[..., 36:] = 1
    surroundings = Surroundings(known, mask)
    plain, wrapped = (surroundings_at(surroundings, (16, 20), wrap=wrap).known for wrap in (NO_WRAP, BOTH))
    assert float(plain[..., 19].max()) < 0.1
    assert float(wrapped[..., 19].min()) > 0.3


@pytest.mark.parametrize("size", [(16, 20), (17, 21), (64, 80)])
def test_surroundings_that_wrap_have_no_border(size):
    known, mask = noise(1, 3, 32, 40), (noise(1, 1, 32, 40, seed=1) > 0.6).float()
    found = surroundings_at(Surroundings(known, mask), size, wrap=BOTH)
    thrice = surroundings_at(
        Surroundings(known.repeat(1, 1, 3, 3), mask.repeat(1, 1, 3, 3)), (3 * size[0], 3 * size[1]), wrap=BOTH
    )
    middle = (..., slice(size[0], 2 * size[0]), slice(size[1], 2 * size[1]))
    torch.testing.assert_close(found.mask, thrice.mask[middle], atol=1e-4, rtol=0)
    certain = (found.mask < 0.99).expand_as(found.known)
    torch.testing.assert_close(found.known[certain], thrice.known[middle][certain], atol=1e-3, rtol=0)


# Judged regions.


def test_without_surroundings_everything_is_judged():
    assert judged_regions(None, LAYERS) == {}


def test_positions_over_pixels_of_which_half_or_more_is_free_are_judged():
    mask = 1 - with_hole(slice(8, 25), slice(16, 30))
    found = judged_regions(Surroundings(noise(1, 3, 32, 40), mask), LAYERS)
    # Row 24 is half of a position on relu2_1, and a quarter on relu3_1.
    for layer, rows, columns in (
        ("pixels", slice(8, 25), slice(16, 30)),
        ("relu1_2", slice(8, 25), slice(16, 30)),
        ("relu2_1", slice(4, 13), slice(8, 15)),
        ("relu3_1", slice(2, 6), slice(4, 8)),
    ):
        expected = torch.zeros_like(found[layer])
        expected[rows, columns] = True
        assert torch.equal(found[layer], expected)


def test_where_nothing_is_half_free_the_freest_positions_are_judged():
    mask = torch.zeros(1, 1, 32, 40)
    mask[0, 0, 13, 22] = 0.1
    found = judged_regions(Surroundings(noise(1, 3, 32, 40), mask), LAYERS)
    for layer, row, column in (("pixels", 13, 22), ("relu1_2", 13, 22), ("relu2_1", 6, 11), ("relu3_1", 3, 5)):
        expected = torch.zeros_like(found[layer])
        expected[row, column] = True
        assert torch.equal(found[layer], expected)


@pytest.mark.parametrize("wrap", WRAPS, ids=str)
@pytest.mark.parametrize("size", [(32, 40), (33, 47), (37, 42), (34, 45)])
def test_regions_of_a_canvas_that_wraps_have_the_shape_of_its_maps(size, wrap):
    mask = noise(1, 1, *size)
    regions = judged_regions(Surroundings(noise(1, 3, *size), mask), LAYERS, wrap=wrap)
    maps = small_encoder().with_wrap(wrap)(noise(1, 3, *size), LAYERS)
    assert {name: found.shape for name, found in regions.items()} == {name: maps[name].shape[2:] for name in LAYERS}


def test_an_odd_column_shares_its_position_with_the_first_one_where_the_canvas_wraps():
    mask = torch.zeros(1, 1, 32, 41)
    mask[..., 40] = 1
    found = judged_regions(Surroundings(noise(1, 3, 32, 41), mask), LAYERS, wrap=X)
    expected = torch.zeros(16, 21, dtype=torch.bool)
    expected[:, 20] = True
    assert torch.equal(found["relu2_1"], expected)


@pytest.mark.parametrize("size", [(32, 40), (33, 47)])
def test_regions_have_the_shape_of_the_encoders_maps(size):
    mask = noise(1, 1, *size)
    regions = judged_regions(Surroundings(noise(1, 3, *size), mask), LAYERS)
    valid = valid_regions(mask, LAYERS)
    maps = small_encoder()(noise(1, 3, *size), LAYERS)
    for layer in LAYERS:
        assert regions[layer].shape == valid[layer].shape == maps[layer].shape[2:]


def test_the_inner_part_is_further_than_two_pixels_from_what_is_kept():
    found = inner_part(Surroundings(noise(1, 3, 32, 40), 1 - with_hole(slice(8, 20), slice(10, 30))))
    expected = torch.zeros(1, 1, 32, 40, dtype=torch.bool)
    expected[..., 10:18, 12:28] = True
    assert torch.equal(found, expected)


@pytest.mark.parametrize("wide", [1, 3])
def test_a_border_that_is_hardly_soft_has_a_rim(wide):
    mask = ((torch.arange(40) - 15) / wide).clamp(0, 1).expand(1, 1, 20, 40)
    found = inner_part(Surroundings(noise(1, 3, 20, 40), mask))[0, 0, 9]
    first_free = int((mask[0, 0, 9] >= 0.5).nonzero()[0])
    assert not found[: first_free + 2].any()
    assert found[first_free + 2 :].all()


def test_a_border_that_blends_into_what_is_kept_has_no_rim():
    mask = ((torch.arange(40) - 12) / 16).clamp(0, 1).expand(1, 1, 20, 40)
    found = inner_part(Surroundings(noise(1, 3, 20, 40), mask))[0, 0, 9]
    assert found[15:].all()
    assert not found[:12].any()


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
