"""The sliced critic."""

from itertools import permutations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pictures import measured
from wraps import BOTH, X, Y

from engine.synthesis.critics import Portion, SlicedCritic, SlicedSettings, Target
from engine.synthesis.critics.draws import SampleGrid, as_directions, draw_sample_grid
from engine.synthesis.critics.sliced import (
    centered_patches,
    mixed,
    project,
    sliced_loss,
    whole_patches,
)

LAYER = "relu3_1"


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(*shape, seed=0, dtype=torch.float32):
    return torch.randn(shape, generator=generator(seed), dtype=dtype)


def critic_for(exemplar, *, projections=8, positions=65536, patch=1, valid=None, region=None, **options):
    portion = Portion([Target({LAYER: exemplar}, valid or {})], region or {})
    return SlicedCritic([portion], {LAYER: 1.0}, SlicedSettings(projections, positions, patch), **options)


def loss_of(critic, canvas, *, seed=0):
    maps = {LAYER: canvas}
    critic.refresh({LAYER: canvas.detach()}, generator(seed))
    return measured(critic, maps)


def touched_by_gradient(critic, canvas, *, seed=0):
    canvas = canvas.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss_of(critic, canvas, seed=seed), canvas)
    return (gradient[0] != 0).any(dim=0)


# Directions, quantiles and the distance.


def random_directions(count, channels, patch, generator):
    return as_directions(torch.randn(count, channels * patch**2, generator=generator), patch)


def test_directions_are_unit_vectors_of_the_space_of_patches():
    drawn = random_directions(5, 4, 3, generator())
    assert drawn.shape == (5, 4, 3, 3)
    torch.testing.assert_close(drawn.flatten(1).norm(dim=1), torch.ones(5))


def test_directions_have_no_preference():
    mean = random_directions(20000, 3, 1, generator()).flatten(1)
    torch.testing.assert_close(mean.t() @ mean / 20000, torch.eye(3) / 3, atol=0.02, rtol=0)
    torch.testing.assert_close(mean.mean(dim=0), torch.zeros(3), atol=0.02, rtol=0)


def test_the_distance_pairs_values_of_the_same_rank():
    # 0 with 1 and 4 with 3: (1 + 1) / 2.
    assert float(sliced_loss(torch.tensor([[4.0, 0.0]]), torch.tensor([[1.0, 3.0]]))) == 1


def test_the_distance_reads_a_smaller_exemplar_between_its_values():
    assert float(sliced_loss(torch.tensor([[10.0, 0.0, 5.0]]), torch.tensor([[0.0, 10.0]]))) == 0


def test_no_other_pairing_of_the_values_is_cheaper():
    canvas, exemplar = noise(1, 6)[0], noise(1, 6, seed=1)[0]
    cheapest = min(float(((canvas[list(order)] - exemplar) ** 2).mean()) for order in permutations(range(6)))
    assert float(sliced_loss(canvas[None], exemplar[None])) == pytest.approx(cheapest, rel=1e-5)


@pytest.mark.parametrize("count", [5, 8])
def test_the_gradient_is_that_of_finite_differences(count):
    exemplar = noise(2, count, seed=1, dtype=torch.float64)
    canvas = noise(2, 5, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda c: sliced_loss(c, exemplar), canvas)


# Projections.


def projected_by_hand(maps, directions, lattice):
    side = directions.shape[2]
    height, width = maps.shape[2:]
    found = [
        (directions * maps[:, :, y : y + side, x : x + side]).sum(dim=(1, 2, 3))
        for y in range(lattice.top, height - side + 1, lattice.stride)
        for x in range(lattice.left, width - side + 1, lattice.stride)
    ]
    return torch.stack(found, dim=1)


@pytest.mark.parametrize("patch", [1, 3])
@pytest.mark.parametrize("lattice", [SampleGrid(), SampleGrid(2, 1, 0), SampleGrid(3, 2, 1)])
def test_a_projection_takes_every_patch_of_the_lattice(patch, lattice):
    maps, directions = noise(1, 2, 7, 8), random_directions(4, 2, patch, generator(1))
    torch.testing.assert_close(project(maps, directions, lattice), projected_by_hand(maps, directions, lattice))


@pytest.mark.parametrize("lattice", [SampleGrid(), SampleGrid(2, 1, 0), SampleGrid(3, 2, 1)])
def test_the_gradient_of_a_projection_is_that_of_finite_differences(lattice):
    maps = noise(1, 2, 5, 6, dtype=torch.float64).requires_grad_()
    directions = noise(3, 2, 1, 1, seed=1, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda m: project(m, directions, lattice), maps)


@pytest.mark.parametrize("lattice", [SampleGrid(), SampleGrid(2, 1, 0)])
def test_the_gradient_of_a_projection_has_the_memory_format_of_channels_last_maps(lattice):
    maps = noise(1, 2, 5, 6).contiguous(memory_format=torch.channels_last).requires_grad_()
    (gradient,) = torch.autograd.grad(project(maps, random_directions(4, 2, 1, generator(1)), lattice).sum(), maps)
    assert gradient.is_contiguous(memory_format=torch.channels_last)


MARKED = torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0]], dtype=torch.bool)


def test_a_patch_is_whole_where_all_its_positions_are_marked():
    assert whole_patches(MARKED, 2).tolist() == [[True, False, False], [False, False, False]]


def test_every_patch_counts_where_none_is_whole():
    assert whole_patches(MARKED, 3) is None


def test_an_odd_patch_is_centered_where_its_middle_is_marked():
    assert centered_patches(MARKED, 3).tolist() == [[True, False]]


def test_the_middle_of_an_even_patch_is_the_one_below_and_to_the_right():
    assert centered_patches(MARKED, 2).tolist() == [[True, False, False], [False, False, False]]


def test_a_single_position_is_its_own_middle():
    assert torch.equal(centered_patches(MARKED, 1), MARKED)


def test_without_marks_every_patch_counts():
    assert whole_patches(None, 3) is None
    assert centered_patches(None, 3) is None


# The lattice.


def positions_on(side, start, stride):
    return len(range(start, side, stride))


SIDES = st.integers(5, 80)


@given(SIDES, SIDES, st.integers(1, 500), st.integers(1, 5), st.integers(0, 50))
def test_a_lattice_has_no_more_positions_than_allowed_and_holds_a_whole_patch(height, width, most, patch, seed):
    lattice = draw_sample_grid((height, width, most), generator(seed), patch)
    assert 0 <= lattice.top <= height - patch
    assert 0 <= lattice.left <= width - patch
    assert (
        positions_on(height, lattice.top, lattice.stride) * positions_on(width, lattice.left, lattice.stride) <= most
    )


@given(SIDES, SIDES, st.integers(1, 500))
def test_a_denser_lattice_would_have_too_many_positions(height, width, most):
    stride = draw_sample_grid((height, width, most), generator()).stride
    assert stride == 1 or positions_on(height, 0, stride - 1) * positions_on(width, 0, stride - 1) > most


def test_every_position_is_looked_at_in_time():
    seen = torch.zeros(5, 7, dtype=torch.bool)
    chance = generator()
    for _ in range(100):
        lattice = draw_sample_grid((5, 7, 6), chance)
        assert lattice.stride == 3
        seen[lattice.top :: 3, lattice.left :: 3] = True
    assert seen.all()


def test_a_long_narrow_map_with_few_positions_can_be_looked_at():
    exemplar = noise(1, 3, 5, 4000)
    critic = critic_for(exemplar, positions=100, patch=5)
    for seed in range(8):
        assert float(loss_of(critic, noise(1, 3, 5, 4000, seed=1), seed=seed)) > 0


# The loss.


def test_the_loss_is_the_squared_distance_over_the_exemplars_spread():
    exemplar = torch.tensor([0.0, 1.0, 2.0, 3.0]).reshape(1, 1, 2, 2)
    # In one dimension every direction is 1 or −1; the variance of 0 to 3 is 5 / 4.
    assert float(loss_of(critic_for(exemplar), exemplar.flip(3) + 2)) == pytest.approx(4 / (5 / 4))


@pytest.mark.parametrize("patch", [1, 3])
def test_the_exemplar_itself_has_no_loss(patch):
    exemplar = noise(1, 4, 8, 7)
    assert float(loss_of(critic_for(exemplar, patch=patch), exemplar)) == 0


@pytest.mark.parametrize("patch", [1, 3])
def test_something_else_than_the_exemplar_has_a_loss(patch):
    assert float(loss_of(critic_for(noise(1, 4, 8, 7), patch=patch), 2 * noise(1, 4, 8, 7, seed=1))) > 0.1


def test_moving_the_positions_about_does_not_change_the_loss():
    critic, canvas = critic_for(noise(1, 4, 8, 7)), noise(1, 4, 8, 7, seed=1)
    moved = canvas.flatten(2)[:, :, torch.randperm(56, generator=generator())].reshape(canvas.shape)
    assert float(loss_of(critic, moved)) == pytest.approx(float(loss_of(critic, canvas)), rel=1e-5)


def test_patches_larger_than_one_see_the_order_of_the_positions():
    exemplar = torch.arange(64.0).reshape(1, 1, 8, 8)
    moved = exemplar.flatten(2)[:, :, torch.randperm(64, generator=generator())].reshape(exemplar.shape)
    assert float(loss_of(critic_for(exemplar), moved)) == 0
    assert float(loss_of(critic_for(exemplar, patch=2), moved)) > 0.01


@pytest.mark.parametrize("shape", [(4, 5), (16, 14)])
def test_a_canvas_of_another_size_than_the_exemplar_is_compared(shape):
    exemplar = noise(1, 4, 8, 7)
    canvas = noise(1, 4, *shape, seed=1)
    assert float(loss_of(critic_for(exemplar), 3 * canvas)) > 10 * float(loss_of(critic_for(exemplar), canvas))


def test_a_canvas_of_another_size_with_the_same_distribution_has_almost_no_loss():
    exemplar = noise(1, 4, 32, 32)
    assert float(loss_of(critic_for(exemplar), exemplar.repeat(1, 1, 2, 2))) < 0.001


def test_the_loss_is_the_weighted_mean_of_the_layers():
    exemplar = {"relu1_1": noise(1, 4, 8, 7), "relu2_1": noise(1, 3, 4, 4)}
    canvas = {"relu1_1": noise(1, 4, 8, 7, seed=1), "relu2_1": exemplar["relu2_1"]}

    def loss(**layers):
        critic = SlicedCritic([Portion([Target(exemplar)])], layers, SlicedSettings(8))
        critic.refresh(canvas, generator())
        return float(measured(critic, canvas))

    alone = loss(relu1_1=2.0)
    assert alone > 0.01
    assert loss(relu1_1=1.0, relu2_1=3.0) == pytest.approx(alone / 4)


def test_every_refresh_draws_new_directions():
    critic, canvas = critic_for(noise(1, 4, 8, 7), projections=1), noise(1, 4, 8, 7, seed=1)
    chance = generator()
    losses = set()
    for _ in range(4):
        critic.refresh({LAYER: canvas}, chance)
        losses.add(float(measured(critic, {LAYER: canvas})))
    assert len(losses) == 4
    assert critic.interval == 1


def test_without_a_refresh_the_loss_stays_the_same():
    critic, canvas = critic_for(noise(1, 4, 8, 7)), noise(1, 4, 8, 7, seed=1)
    assert torch.equal(loss_of(critic, canvas), measured(critic, {LAYER: canvas}))


def test_no_more_positions_are_looked_at_than_the_settings_allow():
    touched = touched_by_gradient(critic_for(noise(1, 4, 20, 20), positions=30), noise(1, 4, 19, 23, seed=1))
    assert 15 <= int(touched.sum()) <= 30


def test_only_positions_of_the_region_get_a_gradient():
    region = torch.zeros(8, 7, dtype=torch.bool)
    region[2:5, 3:] = True
    critic = critic_for(noise(1, 4, 8, 7), region={LAYER: region})
    assert torch.equal(touched_by_gradient(critic, noise(1, 4, 8, 7, seed=1)), region)


def test_only_positions_under_patches_with_their_middle_in_the_region_get_a_gradient():
    region = torch.zeros(12, 11, dtype=torch.bool)
    region[6, 5] = True
    critic = critic_for(noise(1, 4, 12, 11), patch=3, region={LAYER: region})
    expected = torch.zeros_like(region)
    expected[5:8, 4:7] = True
    assert torch.equal(touched_by_gradient(critic, noise(1, 4, 12, 11, seed=1)), expected)


def test_a_region_that_the_lattice_misses_gives_no_loss_and_no_gradient():
    region = torch.zeros(8, 8, dtype=torch.bool)
    region[0, 0] = True
    critic = critic_for(noise(1, 4, 8, 8), positions=4, region={LAYER: region})
    canvas = noise(1, 4, 8, 8, seed=1)
    hits = [bool(touched_by_gradient(critic, canvas, seed=seed).any()) for seed in range(40)]
    losses = [float(loss_of(critic, canvas, seed=seed)) for seed in range(40)]
    assert hits == [loss > 0 for loss in losses]
    assert not all(hits)


@pytest.mark.parametrize("patch", [1, 3])
def test_positions_of_the_exemplar_that_are_not_valid_do_not_count(patch):
    exemplar = noise(1, 4, 8, 12)
    valid = torch.zeros(8, 12, dtype=torch.bool)
    valid[:, :6] = True
    spoilt = torch.where(valid, exemplar, torch.full_like(exemplar, 5.0))
    canvas = exemplar[..., :6]
    masked = critic_for(spoilt, patch=patch, valid={LAYER: valid})
    assert float(loss_of(masked, canvas)) == pytest.approx(0, abs=1e-10)
    assert float(loss_of(critic_for(spoilt, patch=patch), canvas)) > 0.1


def test_what_is_not_valid_does_not_change_the_unit_of_the_loss():
    exemplar = noise(1, 4, 8, 12)
    valid = torch.zeros(8, 12, dtype=torch.bool)
    valid[:, :6] = True
    spoilt = torch.where(valid, exemplar, torch.full_like(exemplar, 5.0))
    canvas = noise(1, 4, 8, 6, seed=1)
    found = loss_of(critic_for(spoilt, valid={LAYER: valid}), canvas)
    assert float(found) == pytest.approx(float(loss_of(critic_for(exemplar[..., :6]), canvas)), rel=1e-5)


def test_with_wrapping_patches_across_the_border_are_judged():
    tile = noise(1, 2, 4, 5)
    tiled = tile.repeat(1, 1, 2, 2)[..., :6, :7]
    assert float(loss_of(critic_for(tile, patch=3), tile)) == 0
    assert float(loss_of(critic_for(tile, patch=3, wrap=BOTH), tile)) > 0.01
    # Its whole patches are those of the wrapped tile, each once.
    assert float(loss_of(critic_for(tiled, patch=3, wrap=BOTH), tile)) == pytest.approx(0, abs=1e-10)


@pytest.mark.parametrize(("wrap", "sides"), [(X, (slice(4), slice(7))), (Y, (slice(6), slice(5)))], ids=["x", "y"])
def test_with_wrapping_along_one_axis_patches_across_its_borders_alone_are_judged(wrap, sides):
    tile = noise(1, 2, 4, 5)
    tiled = tile.repeat(1, 1, 2, 2)[..., sides[0], sides[1]]
    assert float(loss_of(critic_for(tile, patch=3, wrap=wrap), tile)) > 0.01
    assert float(loss_of(critic_for(tiled, patch=3, wrap=wrap), tile)) == pytest.approx(0, abs=1e-10)


def test_with_wrapping_along_one_axis_patches_of_a_region_reach_over_its_borders_alone():
    region = torch.zeros(12, 11, dtype=torch.bool)
    region[6, 0] = region[1, 5] = True
    critic = critic_for(noise(1, 4, 12, 11), patch=3, region={LAYER: region}, wrap=X)
    expected = torch.zeros_like(region)
    expected[5:8, [10, 0, 1]] = True
    expected[0:3, 4:7] = True
    assert torch.equal(touched_by_gradient(critic, noise(1, 4, 12, 11, seed=1)), expected)


@pytest.mark.parametrize(("row", "column"), [(6, 5), (0, 0), (11, 10)])
def test_with_wrapping_patches_of_a_region_reach_over_the_border(row, column):
    region = torch.zeros(12, 11, dtype=torch.bool)
    region[row, column] = True
    critic = critic_for(noise(1, 4, 12, 11), patch=3, region={LAYER: region}, wrap=BOTH)
    expected = torch.zeros_like(region)
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            expected[(row + down) % 12, (column + across) % 11] = True
    assert torch.equal(touched_by_gradient(critic, noise(1, 4, 12, 11, seed=1)), expected)


def test_several_targets_are_mixed_by_their_shares():
    low, high = torch.zeros(2, 300), torch.ones(2, 100)
    found = mixed([(low, 0.5), (high, 0.5)])
    assert found.shape == (2, 200)
    assert torch.equal(found.mean(dim=1), torch.full((2,), 0.5))
    assert float(mixed([(low, 0.75), (high, 0.25)]).mean()) == 0.25
    assert float(mixed([(low, 0.1), (high, 0.9)]).mean()) == pytest.approx(0.9, abs=0.01)


def test_a_canvas_like_the_mixture_of_its_targets_has_no_loss():
    first, second = noise(1, 4, 16, 16), noise(1, 4, 16, 16, seed=1) + 5
    targets = [Target({LAYER: first}), Target({LAYER: second})]
    critic = SlicedCritic([Portion(targets)], {LAYER: 1.0}, SlicedSettings(8))
    assert float(loss_of(critic, torch.cat([first, second], dim=2))) < 1e-4
    assert float(loss_of(critic, torch.cat([first, first], dim=2))) > 0.1


def test_portions_are_compared_apart():
    dark, bright = noise(1, 4, 8, 8), noise(1, 4, 8, 8, seed=1) + 5
    left = torch.zeros(8, 16, dtype=torch.bool)
    left[:, :8] = True
    portions = [
        Portion([Target({LAYER: one})], {LAYER: region}, share=0.5) for one, region in ((dark, left), (bright, ~left))
    ]
    critic = SlicedCritic(portions, {LAYER: 1.0}, SlicedSettings(8))
    assert float(loss_of(critic, torch.cat([dark, bright], dim=3))) == pytest.approx(0, abs=1e-10)
    assert float(loss_of(critic, torch.cat([bright, dark], dim=3))) > 1


def test_a_portion_has_no_part_in_layers_that_it_is_too_small_for():
    exemplar = noise(1, 4, 8, 8)
    portions = [Portion([Target({LAYER: exemplar})]), Portion([Target({LAYER: exemplar + 9})], layers=())]
    critic = SlicedCritic(portions, {LAYER: 1.0}, SlicedSettings(8))
    assert float(loss_of(critic, exemplar)) == pytest.approx(0, abs=1e-10)
