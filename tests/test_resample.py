"""Changing sizes."""

import pytest
import torch
from wraps import BOTH, NO_WRAP, WRAPS, X, Y

from engine.synthesis.resample import fill_unknown, resize, resize_masked


def noise(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def smooth(height, width):
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack([x / width, y / height, (x + y) / (width + height)])[None].float()


# Without a mask.


@pytest.mark.parametrize("wrap", WRAPS, ids=str)
@pytest.mark.parametrize("size", [(5, 9), (12, 8), (24, 31)])
def test_a_constant_stays_constant(size, wrap):
    found = resize(torch.full((1, 3, 12, 16), 0.3), size, wrap=wrap)
    torch.testing.assert_close(found, torch.full((1, 3, *size), 0.3))


@pytest.mark.parametrize("wrap", WRAPS, ids=str)
def test_the_size_it_has_already_changes_nothing(wrap):
    picture = noise(1, 3, 7, 9)
    assert torch.equal(resize(picture, (7, 9), wrap=wrap), picture)


@pytest.mark.parametrize("size", [(6, 8), (24, 32), (6, 32)])
def test_wrapping_a_picture_that_is_moved_around_moves_the_result_around(size):
    picture = noise(1, 3, 12, 16)
    # Two pixels of the larger one of both to one of the smaller.
    down, across = (2, 1) if size[0] == 6 else (1, 2), (2, 1) if size[1] == 8 else (1, 2)
    moved = resize(picture.roll((down[0], across[0]), (2, 3)), size, wrap=BOTH)
    torch.testing.assert_close(moved, resize(picture, size, wrap=BOTH).roll((down[1], across[1]), (2, 3)))


def test_wrapping_an_odd_size_moves_around_by_half_turns():
    picture = noise(1, 3, 10, 14)
    moved = resize(picture.roll((5, 7), (2, 3)), (6, 22), wrap=BOTH)
    torch.testing.assert_close(moved, resize(picture, (6, 22), wrap=BOTH).roll((3, 11), (2, 3)), atol=1e-5, rtol=1e-5)


def test_wrapping_only_matters_near_the_border():
    picture = noise(1, 3, 32, 32)
    plain, wrapped = resize(picture, (16, 16)), resize(picture, (16, 16), wrap=BOTH)
    torch.testing.assert_close(wrapped[:, :, 3:-3, 3:-3], plain[:, :, 3:-3, 3:-3])
    assert float((wrapped - plain)[:, :, :, 0].abs().max()) > 0.01


@pytest.mark.parametrize(("wrap", "axis"), [(X, 3), (Y, 2)], ids=["x", "y"])
@pytest.mark.parametrize("size", [(16, 16), (48, 24), (20, 32)])
def test_wrapping_along_one_axis_is_as_along_both_on_it_and_as_along_none_on_the_other(size, wrap, axis):
    picture = noise(1, 3, 32, 32)
    found, plain, both = (resize(picture, size, wrap=each) for each in (wrap, NO_WRAP, BOTH))
    other = 5 - axis
    inner = slice(6, -6)
    for along, same in ((axis, both), (other, plain)):
        # Far from the other axis' borders.
        cut = (..., inner) if along == 2 else (..., inner, slice(None))
        torch.testing.assert_close(found[cut], same[cut])


def test_shrinking_averages_in_place_of_picking_pixels():
    checkers = ((torch.arange(32)[:, None] + torch.arange(32)) % 2).float()[None, None]
    assert float((resize(checkers, (8, 8)) - 0.5).abs().max()) < 0.05


# With a mask.


@pytest.mark.parametrize("size", [(5, 7), (8, 8), (30, 24)])
def test_what_is_not_known_does_not_bleed_in(size):
    picture, mask = noise(1, 3, 16, 16), (noise(1, 1, 16, 16, seed=1) > 0.4).float()
    spoilt = torch.where(mask > 0, picture, torch.full_like(picture, 1e30))
    found, weight = resize_masked(spoilt, mask, size)
    expected, expected_weight = resize_masked(picture, mask, size)
    assert torch.equal(found, expected)
    assert torch.equal(weight, expected_weight)


@pytest.mark.parametrize("size", [(5, 7), (30, 24)])
def test_a_known_constant_stays_constant_wherever_anything_is_known(size):
    mask = torch.zeros(1, 1, 16, 16)
    mask[..., 3:9, 4:12] = 1
    found, weight = resize_masked(torch.where(mask > 0, 0.3, 0.9).expand(1, 3, -1, -1), mask, size)
    known = (weight > 1e-3).expand_as(found)
    assert known.any()
    torch.testing.assert_close(found[known], torch.full_like(found[known], 0.3))


def test_pixels_of_which_nothing_is_known_are_zero():
    mask = torch.zeros(1, 1, 16, 16)
    mask[..., :8] = 1
    found, weight = resize_masked(torch.ones(1, 3, 16, 16), mask, (8, 8))
    assert weight[0, 0, 0].tolist() == pytest.approx([1, 1, 1, 0.875, 0.125, 0, 0, 0])
    assert (found[..., 5:] == 0).all()


def test_a_known_picture_shrinks_to_its_mean():
    picture = torch.tensor([[0.0, 0.4], [0.2, 0.6]]).repeat_interleave(8, 0).repeat_interleave(8, 1)[None, None]
    found, weight = resize_masked(picture, torch.ones_like(picture), (1, 1))
    assert (float(found), float(weight)) == (pytest.approx(0.3), pytest.approx(1))


@pytest.mark.parametrize("size", [(8, 10), (16, 20), (24, 30), (24, 5)])
def test_wrapping_a_masked_picture_that_is_moved_around_moves_the_result_around(size):
    picture, mask = noise(1, 3, 16, 20), (noise(1, 1, 16, 20, seed=1) > 0.4).float()
    down, across = (8, size[0] // 2), (4, size[1] // 5)
    found = resize_masked(picture, mask, size, wrap=BOTH)
    moved = [part.roll((down[0], across[0]), (2, 3)) for part in (picture, mask)]
    for one, other in zip(resize_masked(*moved, size, wrap=BOTH), found, strict=True):
        torch.testing.assert_close(one, other.roll((down[1], across[1]), (2, 3)))


# Filling.


def masked(holes, side=33):
    mask = torch.ones(1, 1, side, side)
    for rows, columns in holes:
        mask[..., rows, columns] = 0
    return mask


HOLES = {
    "a pixel": [(slice(5, 6), slice(7, 8))],
    "a large hole": [(slice(4, 30), slice(3, 31))],
    "a corner": [(slice(0, 20), slice(0, 20))],
    "all but a pixel": [(slice(0, 33), slice(1, 33)), (slice(1, 33), slice(0, 1))],
    "a half": [(slice(0, 33), slice(0, 17))],
}


@pytest.mark.parametrize("holes", HOLES.values(), ids=HOLES)
def test_filling_leaves_what_is_known_exactly(holes):
    picture, mask = noise(1, 3, 33, 33), masked(holes)
    kept = (mask > 0).expand_as(picture)
    assert torch.equal(fill_unknown(picture, mask)[kept], picture[kept])


@pytest.mark.parametrize("holes", HOLES.values(), ids=HOLES)
def test_filling_stays_about_in_the_range_of_what_is_known(holes):
    mask = masked(holes)
    known = 0.4 + 0.2 * noise(1, 3, 33, 33)
    found = fill_unknown(torch.where(mask > 0, known, torch.full_like(known, 1e6)), mask)
    assert 0.35 < float(found.min()) <= float(found.max()) < 0.65


@pytest.mark.parametrize("holes", HOLES.values(), ids=HOLES)
def test_filling_a_constant_with_holes_gives_the_constant(holes):
    mask = masked(holes)
    found = fill_unknown(torch.where(mask > 0, 0.3, 0.0).expand(1, 3, -1, -1), mask)
    torch.testing.assert_close(found, torch.full((1, 3, 33, 33), 0.3), atol=1e-4, rtol=0)


def test_filling_at_a_border_blends_to_the_other_side_where_the_picture_wraps():
    picture, mask = torch.zeros(1, 1, 32, 32), torch.ones(1, 1, 32, 32)
    picture[..., 16:] = 1
    mask[..., 28:] = 0
    plain, wrapped = (fill_unknown(picture * mask, mask, wrap=wrap) for wrap in (NO_WRAP, BOTH))
    # The last column lies between the lightest and the darkest part.
    assert float(plain[..., 31].mean()) > 0.9
    assert float(wrapped[..., 31].mean()) < 0.5
    assert float(wrapped[..., 28].mean()) > 0.5


def test_filling_a_hole_in_a_slope_continues_the_slope():
    picture, mask = smooth(64, 64), masked([(slice(24, 40), slice(24, 40))], side=64)
    found = fill_unknown(picture * mask, mask)
    assert float((found - picture).abs().max()) < 0.15


def test_a_picture_known_everywhere_is_left_alone():
    picture = noise(1, 3, 9, 9)
    assert torch.equal(fill_unknown(picture, torch.ones(1, 1, 9, 9)), picture)


def test_half_known_pixels_are_half_filled():
    mask = torch.ones(1, 1, 9, 9)
    mask[..., 4, 4] = 0.5
    picture = torch.where(mask < 1, 1.0, 0.0)
    assert 0.4 < float(fill_unknown(picture, mask)[0, 0, 4, 4]) < 0.75
