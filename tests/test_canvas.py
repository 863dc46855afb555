"""The canvas, at every octave."""

import pytest
import torch
from canvases import LAYERS, noise, with_hole
from wraps import BOTH, NO_WRAP, WRAPS, X

from engine.encoders import Encoder, freeze
from engine.synthesis.canvas import Surroundings, compose, inner_part, judged_regions, surroundings_at
from engine.synthesis.exemplar import valid_regions


def small_encoder():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return freeze(Encoder([[4, 4], [8, 8], [8]]))


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
