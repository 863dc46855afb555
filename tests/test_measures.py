"""Measures of artifacts, on pictures whose measures are known."""

import math
import sys
from pathlib import Path

import pytest
import torch
from pictures import clouds, tensor

from engine.measures import PATCH, STRIDE, Nearest, copying, find_nearest

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
from artifacts import border, foreign_color, grain, longest_run, measure_artifacts, streak


def noise(height, width, *, amplitude=0.1, seed=0):
    """White noise about middle gray, too weak to be clipped."""
    generator = torch.Generator().manual_seed(seed)
    return 0.5 + amplitude * (torch.rand((1, 3, height, width), generator=generator) - 0.5)


def flat(height=64, width=64, value=0.5):
    return torch.full((1, 3, height, width), value)


def nearest_of(exemplar, texture):
    found = find_nearest(exemplar, texture)
    assert found is not None
    return found


def copied_places(rows, columns):
    """Places of patches that were all copied as one block."""
    grid = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    return torch.stack(grid) * STRIDE


def test_the_exemplar_itself_has_no_artifacts():
    exemplar = tensor(clouds(64, 80))
    found = measure_artifacts(exemplar, exemplar)
    assert found.grain == 1
    assert found.run == 1
    assert found.color == 0
    assert found.streak < 0.01
    assert 0.7 < found.border < 1.4
    assert 0.7 < found.outermost < 1.4


@pytest.mark.parametrize("shape", [(10, 64), (64, 10)])
def test_pictures_smaller_than_a_patch_are_refused(shape):
    with pytest.raises(ValueError, match="10"):
        measure_artifacts(flat(), flat(*shape))
    with pytest.raises(ValueError, match="10"):
        measure_artifacts(flat(*shape), flat())


def test_grain_is_1_for_the_same_noise():
    assert grain(noise(96, 96), noise(128, 90, seed=1)) == pytest.approx(1, abs=0.06)


def test_grain_doubles_with_the_noise():
    assert grain(noise(96, 96), noise(96, 96, amplitude=0.2, seed=1)) == pytest.approx(2, rel=0.1)


def test_grain_counts_smooth_parts_only():
    exemplar = noise(96, 96, amplitude=0.02)
    exemplar[..., 48:] = noise(96, 48, amplitude=0.9, seed=1)
    rougher, noisier = exemplar.clone(), exemplar.clone()
    rougher[..., 60:] = (rougher[..., 60:] - 0.5) * 0.5 + 0.5
    noisier[..., :48] = (noisier[..., :48] - 0.5) * 4 + 0.5
    assert grain(exemplar, rougher) == pytest.approx(1, abs=0.05)
    assert grain(exemplar, noisier) > 2


def test_grain_of_flat_pictures_is_1_and_noise_on_them_is_seen():
    assert grain(flat(), flat(40, 50)) == 1
    assert grain(flat(), noise(64, 64, amplitude=0.1)) > 5


def test_grain_of_a_gradient_without_noise_is_1():
    ramp = torch.linspace(0, 1, 256).expand(1, 3, 64, 256)
    assert grain(ramp, ramp[..., 40:140]) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("depth", [1, 4])
def test_borders_of_noise_are_like_its_inside(depth):
    assert border(noise(128, 160), depth) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("depth", [1, 4])
def test_stripes_have_no_other_borders(depth):
    stripes = (torch.arange(120) % 2).float()
    assert border(stripes[:, None].expand(1, 3, 120, 90), depth) == 1
    assert border(stripes.expand(1, 3, 90, 120), depth) == 1


def test_outermost_rows_and_columns_of_twice_the_contrast():
    picture = noise(128, 128, amplitude=0.4)
    for line in (picture[..., 0], picture[..., -1], picture[..., 0, 1:-1], picture[..., -1, 1:-1]):
        line.sub_(0.5).mul_(2).add_(0.5)
    # Along them there is four times the energy of the inside, across them two and a half times.
    assert border(picture, 1) == pytest.approx(math.sqrt(3.25), rel=0.05)


def test_flat_borders_and_flat_pictures():
    picture = noise(128, 128, amplitude=0.8)
    picture[..., :5] = picture[..., -5:] = picture[..., :5, :] = picture[..., -5:, :] = 0.5
    assert border(picture, 4) < 0.05
    assert border(flat(), 4) == 1


def test_all_of_a_copied_block_is_one_run():
    exemplar = noise(64, 64)
    assert longest_run(nearest_of(exemplar, exemplar[..., 5:50, 8:60])) == 1


def test_the_longest_run_is_the_larger_block():
    places = copied_places(10, 20)
    places[:, :, 13:] += 40
    assert longest_run(Nearest(places, 200)) == 130 / 200
    # An L-shaped block is one run, whose parts touch in one place only.
    places = copied_places(10, 20)
    places[:, :9, 13:] += 40
    assert longest_run(Nearest(places, 200)) == 137 / 200


def test_a_winding_run_is_one():
    places = copied_places(9, 9)
    walls = torch.zeros(9, 9, dtype=torch.bool)
    walls[1::4, :-1] = walls[3::4, 1:] = True
    places[:, walls] += torch.randint(50, 5000, (2, int(walls.sum())), generator=torch.Generator().manual_seed(0))
    assert longest_run(Nearest(places, 81)) == (81 - 32) / 81


def test_other_noise_was_not_copied():
    assert longest_run(nearest_of(noise(96, 96), noise(128, 128, seed=1))) < 0.01


def test_copied_and_coverage_of_a_block():
    exemplar = noise(64, 64)
    copied, coverage = copying(exemplar, exemplar)
    assert copied == 1
    assert coverage == 1


def test_a_lattice_is_a_streak():
    exemplar = noise(96, 96)
    texture = exemplar[..., 10:34, 40:64].repeat(1, 1, 6, 6)[..., :128, :128]
    # Of thirty patches in a row, the last six are repeated beyond the border only.
    assert streak(exemplar, texture, nearest_of(exemplar, texture)) == pytest.approx(24 / 30, abs=0.15)


def with_copies(exemplar, corners):
    texture = flat(200, 200)
    for top, left in corners:
        texture[..., top : top + 24, left : left + 24] = exemplar[..., :24, :24]
    return texture


def test_copies_in_a_row_are_a_streak():
    exemplar = noise(96, 96)
    texture = with_copies(exemplar, [(20 + 28 * number, 10 + 36 * number) for number in range(5)])
    # Four of the five are followed by another.
    assert streak(exemplar, texture, nearest_of(exemplar, texture)) == pytest.approx(0.8, abs=0.15)


def test_scattered_copies_are_no_streak():
    exemplar = noise(96, 96)
    texture = with_copies(exemplar, [(4, 8), (36, 60), (44, 156), (120, 24), (160, 112)])
    # No offset is that of more than one pair, and most are far apart.
    assert streak(exemplar, texture, nearest_of(exemplar, texture)) < 0.05


def test_a_pattern_may_repeat_as_its_exemplar_does():
    tile = noise(24, 28)
    exemplar, texture = tile.repeat(1, 1, 4, 4), tile.repeat(1, 1, 8, 8)[..., 5:, 9:]
    assert streak(exemplar, texture, nearest_of(exemplar, texture)) < 0.05


def test_flat_pictures_have_no_streaks():
    assert streak(flat(), flat(), nearest_of(flat(), flat())) == 0


def test_streaks_of_an_exemplar_much_smaller_than_the_texture():
    exemplar = noise(PATCH, PATCH)
    texture = exemplar.repeat(1, 1, 10, 10)
    assert 0 <= streak(exemplar, texture, nearest_of(exemplar, texture)) <= 1


def test_tinted_pixels_of_a_gray_exemplar_are_counted():
    ramp = torch.linspace(0.1, 0.9, 64).expand(1, 3, 64, 64)
    texture = ramp.clone()
    texture[:, 0, :16] += 6 / 255
    assert foreign_color(ramp, ramp) == 0
    assert foreign_color(ramp, texture) == 0.25
    assert foreign_color(ramp, ramp * 0.5) == 0


def test_a_difference_that_cannot_be_seen_is_no_foreign_color():
    ramp = torch.linspace(0.1, 0.9, 64).expand(1, 3, 64, 64)
    texture = ramp.clone()
    texture[:, 0] += 1 / 255
    assert foreign_color(ramp, texture) == 0


def test_colors_off_the_plane_of_two_hues_are_counted():
    generator = torch.Generator().manual_seed(0)
    shares = torch.rand((2, 64, 64), generator=generator)
    exemplar = torch.stack([shares[0], shares[1], torch.full((64, 64), 0.5)])[None]
    texture = exemplar.clone()
    texture[:, 2, :, :32] = 0.55
    assert foreign_color(exemplar, texture) == 0.5
