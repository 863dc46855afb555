"""The patch critic."""

from itertools import pairwise

import pytest
import torch
from pictures import measured
from wraps import BOTH, WRAPS, X, Y

from engine.synthesis.critics import PatchCritic, PatchSettings, Target
from engine.synthesis.critics.base import spread
from engine.synthesis.critics.patch import patch_loss
from engine.synthesis.critics.patch_search import AllKeys
from engine.synthesis.critics.patches import (
    average_matches,
    exemplar_patches,
    patch_places,
    scaled_patches,
    unit_patches,
)

PLAIN = PatchSettings(repetition_penalty=0.0)
LAYER = "relu3_1"


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(*shape, seed=0, dtype=torch.float32):
    return torch.randn(shape, generator=generator(seed), dtype=dtype)


def loss_of(critic, canvas, *, seed=0):
    maps = {LAYER: canvas}
    critic.refresh(maps, generator(seed))
    return measured(critic, maps)


def critic_for(*exemplars, settings=PLAIN, **options):
    return PatchCritic([Target({LAYER: one}) for one in exemplars], {LAYER: 1.0}, settings, **options)


# Places.


def test_without_wrapping_only_whole_patches_are_numbered_row_by_row():
    assert patch_places(3, 4).tolist() == [[0, 1, 2, 4, 5, 6, 8, 9, 10], [1, 2, 3, 5, 6, 7, 9, 10, 11]]


def test_with_wrapping_there_is_one_patch_around_every_position():
    places = patch_places(3, 4, wrap=BOTH)
    assert places.shape == (12, 9)
    assert places[:, 4].tolist() == list(range(12))
    assert places[0].tolist() == [11, 8, 9, 3, 0, 1, 7, 4, 5]


def test_with_wrapping_along_one_axis_patches_reach_over_its_borders_alone():
    assert patch_places(3, 4, wrap=X)[:, 4].tolist() == [4, 5, 6, 7]
    assert patch_places(3, 4, wrap=X)[0].tolist() == [3, 0, 1, 7, 4, 5, 11, 8, 9]
    assert patch_places(3, 4, wrap=Y)[:, 4].tolist() == [1, 2, 5, 6, 9, 10]
    assert patch_places(3, 4, wrap=Y)[0].tolist() == [8, 9, 10, 0, 1, 2, 4, 5, 6]


def test_a_map_smaller_than_a_patch_still_wraps():
    assert patch_places(1, 2, wrap=BOTH).tolist() == [[1, 0, 1] * 3, [0, 1, 0] * 3]


def test_patches_become_unit_vectors_with_channels_varying_fastest():
    vectors = noise(12, 2)
    places = patch_places(3, 4)
    expected = torch.stack([torch.cat([vectors[n] for n in row]) for row in places])
    found = unit_patches(vectors, places)
    torch.testing.assert_close(found, expected / expected.norm(dim=1, keepdim=True))


# The search.


def brute_force(queries, keys):
    best = []
    for query in queries:
        products = [float((query * key).sum()) for key in keys]
        best.append(products.index(max(products)))
    return best


@pytest.mark.parametrize("memory", [1, 1000, 2**20])
def test_the_patch_search_in_chunks_agrees_with_brute_force(memory):
    queries = torch.nn.functional.normalize(noise(50, 18, dtype=torch.float64))
    keys = torch.nn.functional.normalize(noise(37, 18, seed=1, dtype=torch.float64))
    assert AllKeys(keys, memory=memory).match(queries).tolist() == brute_force(queries, keys)


@pytest.mark.parametrize("memory", [1, 2**20])
def test_by_distance_the_nearest_key_is_found(memory):
    queries, keys = noise(50, 18, dtype=torch.float64), 3 * noise(37, 18, seed=1, dtype=torch.float64)
    found = AllKeys(keys, by_distance=True, memory=memory).match(queries)
    assert found.tolist() == torch.cdist(queries, keys).argmin(dim=1).tolist()


def test_scaled_patches_are_one_apart_where_every_channel_differs_by_the_unit():
    vectors, places = torch.tensor([[0.0, 0.0], [0.5, 0.5]]), torch.tensor([[0] * 9, [1] * 9])
    first, second = scaled_patches(vectors, places, 0.25)
    assert float(((first - second) ** 2).sum()) == pytest.approx(1)


def test_on_pixels_a_bright_canvas_is_matched_with_bright_patches_not_with_dark_ones_of_its_hue():
    hue = torch.tensor([0.9, 0.6, 0.3]).reshape(1, 3, 1, 1)
    dark, bright = (hue * light + 0.02 * noise(1, 3, 8, 8, seed=n) for n, light in enumerate((0.2, 1.0)))
    maps = {"pixels": torch.cat([dark, bright], dim=3)}
    critic = PatchCritic([Target(maps)], {"pixels": 1.0}, PLAIN)
    canvas = {"pixels": hue.expand(1, 3, 8, 8)}
    critic.refresh(canvas, generator())
    # Targets that were dark would be about as far away as the spread is wide, which is 1.
    assert float(measured(critic, canvas)) < 0.02


def test_without_overuse_the_order_of_the_queries_does_not_matter():
    queries, keys = noise(50, 18), noise(37, 18, seed=1)
    order = torch.randperm(50, generator=generator())
    assert torch.equal(AllKeys(keys, memory=2000).match(queries, order=order), AllKeys(keys).match(queries))


def alike(count, length=9):
    """Unit vectors so close to each other that a small penalty decides between them."""
    return torch.nn.functional.normalize(1 + 0.001 * noise(count, length))


def test_overuse_spreads_the_matches():
    queries, keys = torch.ones(320, 9) / 3, alike(10)
    plain = AllKeys(keys).match(queries).bincount(minlength=10)
    spread = AllKeys(keys, repetition_penalty=0.1).match(queries).bincount(minlength=10)
    assert int(plain.max()) == 320
    assert int(spread.max()) <= 64
    assert int((spread > 0).sum()) >= 5


def test_with_overuse_the_first_in_the_order_get_the_best_match():
    queries, keys = torch.ones(320, 9) / 3, alike(10)
    best = int(AllKeys(keys).match(queries[:1]))
    found = AllKeys(keys, repetition_penalty=0.1).match(queries, order=torch.arange(319, -1, -1))
    assert (found[-64:] == best).all()
    assert (found[:64] != best).all()


def test_an_even_use_is_not_punished():
    keys = torch.eye(4)
    queries = keys.repeat(64, 1)
    assert torch.equal(AllKeys(keys, repetition_penalty=1.0).match(queries), torch.arange(4).repeat(64))


def test_a_use_up_to_the_even_share_is_not_punished():
    best, second = torch.tensor([1.0, 0.0, 0.0, 0.0]), torch.tensor([0.99, 0.1, 0.0, 0.0])
    other, unused = torch.tensor([0.0, 0.0, 1.0, 0.0]), torch.tensor([0.0, 0.0, 0.0, 1.0])
    # The even share is 32, and the usage is counted after the first 64 queries.
    queries = torch.stack([best] * 32 + [other] * 32 + [best] * 64)
    found = AllKeys(torch.stack([best, second, other, unused]), repetition_penalty=0.5).match(queries)
    assert found.tolist() == [0] * 32 + [2] * 32 + [0] * 64


# The patches and the vote.


def test_every_patch_of_every_exemplar_is_listed():
    first, second = noise(1, 2, 4, 5), noise(1, 2, 3, 3, seed=1)
    patches = exemplar_patches([first, second], [None, None])
    assert len(patches.places) == 2 * 3 + 1
    assert torch.equal(patches.vectors[patches.places[-1]], second[0].flatten(1).t())
    assert torch.equal(patches.vectors[patches.places[0]], first[0, :, :3, :3].flatten(1).t())


def test_no_patch_is_listed_that_touches_an_invalid_position():
    valid = torch.ones(6, 7, dtype=torch.bool)
    valid[2, 2] = False
    patches = exemplar_patches([noise(1, 2, 6, 7)], [valid])
    assert valid.flatten()[patches.places].all()
    # Of 4 × 5 patches, those with their top left corner in rows 0 to 2 and columns 0 to 2 hold the position.
    assert len(patches.places) == 20 - 9


def test_without_any_valid_patch_all_are_listed():
    patches = exemplar_patches([noise(1, 2, 6, 7)], [torch.zeros(6, 7, dtype=torch.bool)])
    assert len(patches.places) == 20


def test_of_more_patches_than_wanted_exemplar_patches_are_evenly_spread_ones():
    maps = noise(1, 2, 12, 12)
    every, some = exemplar_patches([maps], [None]), exemplar_patches([maps], [None], 12)
    rows = [int(torch.nonzero((every.places == place).all(dim=1))) for place in some.places]
    assert len(rows) == 12
    assert (rows[0], rows[-1]) == (0, 99)
    assert {after - before for before, after in pairwise(rows)} == {9}


def test_of_as_many_patches_as_wanted_all_are_listed():
    maps = noise(1, 2, 12, 12)
    assert torch.equal(exemplar_patches([maps], [None], 100).places, exemplar_patches([maps], [None]).places)


def test_the_settings_say_how_many_patches_of_the_exemplar_are_searched():
    exemplar = noise(1, 4, 12, 12)
    few = critic_for(exemplar, settings=PatchSettings(repetition_penalty=0.0, keys=3))
    assert float(loss_of(few, exemplar)) > 0.1
    enough = critic_for(exemplar, settings=PatchSettings(repetition_penalty=0.0, keys=100))
    assert float(loss_of(enough, exemplar)) == pytest.approx(0, abs=1e-10)


def test_the_vote_averages_overlapping_patches():
    constant = [torch.full((1, 1, 3, 3), value) for value in (1.0, 3.0)]
    patches = exemplar_patches(constant, [None, None])
    found = average_matches(patches, torch.tensor([0, 1]), patch_places(3, 4), 12)
    assert found[:, 0].reshape(3, 4).tolist() == [[1.0, 2.0, 2.0, 3.0]] * 3


def test_the_vote_leaves_positions_under_no_patch_at_zero():
    patches = exemplar_patches([torch.ones(1, 1, 3, 3)], [None])
    found = average_matches(patches, torch.tensor([0]), patch_places(3, 4)[:1], 12)
    assert found[:, 0].reshape(3, 4).tolist() == [[1.0, 1.0, 1.0, 0.0]] * 3


def test_a_picture_matched_with_itself_votes_for_itself():
    maps = noise(1, 3, 6, 5)
    patches = exemplar_patches([maps], [None])
    keys = unit_patches(patches.vectors, patches.places)
    matches = AllKeys(keys).match(keys)
    torch.testing.assert_close(average_matches(patches, matches, patches.places, 30), patches.vectors)


# The loss.


def test_the_loss_is_the_mean_squared_distance_to_the_votes_over_the_exemplars_spread():
    exemplar = torch.arange(9.0).reshape(1, 1, 3, 3)
    # The variance of 0 to 8 is 60 / 9.
    assert float(loss_of(critic_for(exemplar), exemplar + 2)) == pytest.approx(4 / (60 / 9))


def test_the_gradient_is_that_of_finite_differences():
    target = noise(6, 3, seed=1, dtype=torch.float64)
    canvas = noise(6, 3, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda c: patch_loss(c, target), canvas)


def test_the_exemplar_itself_has_no_loss():
    exemplar = noise(1, 4, 8, 7)
    assert float(loss_of(critic_for(exemplar), exemplar)) == pytest.approx(0, abs=1e-10)


def test_a_cut_out_of_the_exemplar_has_no_loss():
    exemplar = noise(1, 4, 8, 7)
    assert float(loss_of(critic_for(exemplar), exemplar[:, :, 2:7, 1:6])) == pytest.approx(0, abs=1e-10)


def test_something_else_than_the_exemplar_has_a_loss():
    assert float(loss_of(critic_for(noise(1, 4, 8, 7)), noise(1, 4, 8, 7, seed=1))) > 0.1


def test_the_loss_is_the_weighted_mean_of_the_layers():
    exemplar = {"relu1_1": noise(1, 4, 8, 7), "relu2_1": noise(1, 3, 4, 4)}
    canvas = {"relu1_1": noise(1, 4, 8, 7, seed=1), "relu2_1": noise(1, 3, 4, 4, seed=1)}

    def loss(**layers):
        critic = PatchCritic([Target(exemplar)], layers, PLAIN)
        critic.refresh(canvas, generator())
        return float(measured(critic, canvas))

    first, second = loss(relu1_1=1.0), loss(relu2_1=5.0)
    assert abs(first - second) > 0.01
    assert loss(relu1_1=1.0, relu2_1=3.0) == pytest.approx((first + 3 * second) / 4)


def test_the_matches_stay_until_the_next_refresh():
    exemplar = torch.cat([torch.zeros(1, 1, 3, 3), torch.ones(1, 1, 3, 3)], dim=3) + 0.1 * noise(1, 1, 3, 6)
    critic = critic_for(exemplar)
    left, right = exemplar[..., :3], exemplar[..., 3:]
    assert float(loss_of(critic, left)) == pytest.approx(0, abs=1e-10)
    stale = float(measured(critic, {LAYER: right}))
    assert stale > 1
    assert float(loss_of(critic, right)) == pytest.approx(0, abs=1e-10)


def test_the_settings_say_how_often_to_search_anew():
    assert critic_for(noise(1, 4, 8, 7), settings=PatchSettings(interval=7)).interval == 7


def test_the_loss_does_not_depend_on_the_memory_that_the_search_may_take():
    exemplar, canvas = noise(1, 4, 8, 7), noise(1, 4, 9, 9, seed=1)
    little = critic_for(exemplar, settings=PatchSettings(repetition_penalty=0.0, memory=1))
    assert float(loss_of(little, canvas)) == pytest.approx(float(loss_of(critic_for(exemplar), canvas)))


def test_a_canvas_with_repeats_has_a_higher_loss_with_overuse():
    # A canvas that is one patch over and over: with a penalty, most of it must be matched with other patches.
    exemplar = noise(1, 4, 16, 16)
    canvas = exemplar[:, :, 4:7, 4:7].repeat(1, 1, 8, 8)
    plain = float(loss_of(critic_for(exemplar), canvas))
    assert float(loss_of(critic_for(exemplar, settings=PatchSettings(repetition_penalty=0.5)), canvas)) > 1.05 * plain


def test_without_noise_the_matches_do_not_depend_on_chance():
    critic, canvas = critic_for(noise(1, 4, 12, 12)), noise(1, 4, 12, 12, seed=1)
    assert len({float(loss_of(critic, canvas, seed=seed)) for seed in range(4)}) == 1


def test_noise_changes_the_matches():
    critic = critic_for(noise(1, 4, 12, 12), settings=PatchSettings(repetition_penalty=0.0, noise=1.0))
    canvas = noise(1, 4, 12, 12, seed=1)
    assert len({float(loss_of(critic, canvas, seed=seed)) for seed in range(4)}) == 4


def test_a_trace_of_noise_changes_no_match():
    exemplar, canvas = noise(1, 4, 12, 12), noise(1, 4, 12, 12, seed=1)
    trace = critic_for(exemplar, settings=PatchSettings(repetition_penalty=0.0, noise=1e-6))
    assert torch.equal(loss_of(trace, canvas), loss_of(critic_for(exemplar), canvas))


def test_noise_follows_from_the_seed():
    critic = critic_for(noise(1, 4, 12, 12), settings=PatchSettings(noise=1.0))
    canvas = noise(1, 4, 12, 12, seed=1)
    assert torch.equal(loss_of(critic, canvas, seed=3), loss_of(critic, canvas, seed=3))


def test_a_patch_that_only_the_mirrored_copy_has_is_matched_there():
    exemplar = noise(1, 4, 8, 7)
    mirrored = exemplar.flip(3)
    assert float(loss_of(critic_for(exemplar), mirrored)) > 0.1
    assert float(loss_of(critic_for(exemplar, mirrored), mirrored)) == pytest.approx(0, abs=1e-10)
    assert float(loss_of(critic_for(exemplar, mirrored), exemplar)) == pytest.approx(0, abs=1e-10)


def test_every_exemplar_has_its_own_valid_positions():
    exemplar = noise(1, 4, 8, 7)
    mirrored = exemplar.flip(3)
    valid = torch.zeros(8, 7, dtype=torch.bool)
    valid[:4] = True
    targets = [Target({LAYER: exemplar}), Target({LAYER: mirrored}, {LAYER: valid})]
    critic = PatchCritic(targets, {LAYER: 1.0}, PLAIN)
    assert float(loss_of(critic, exemplar)) == pytest.approx(0, abs=1e-10)
    assert float(loss_of(critic, mirrored[:, :, :4])) == pytest.approx(0, abs=1e-10)
    assert float(loss_of(critic, mirrored[:, :, 3:])) > 0.1


def test_with_wrapping_patches_across_the_border_are_judged():
    tile = noise(1, 4, 4, 5)
    tiled = tile.repeat(1, 1, 2, 2)
    assert float(loss_of(critic_for(tiled, wrap=BOTH), tile)) == pytest.approx(0, abs=1e-10)
    assert float(loss_of(critic_for(tile), tile)) == pytest.approx(0, abs=1e-10)
    assert float(loss_of(critic_for(tile, wrap=BOTH), tile)) > 0.1


def gradient_of(critic, canvas):
    canvas = canvas.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss_of(critic, canvas), canvas)
    return gradient


@pytest.mark.parametrize("wrap", WRAPS, ids=str)
@pytest.mark.parametrize("row", [0, 6])
def test_only_positions_of_the_region_get_a_gradient(row, wrap):
    region = torch.zeros(12, 11, dtype=torch.bool)
    region[row, 5] = True
    critic = critic_for(noise(1, 4, 12, 11), region={LAYER: region}, wrap=wrap)
    gradient = gradient_of(critic, noise(1, 4, 12, 11, seed=1))
    assert torch.equal((gradient[0] != 0).any(dim=0), region)


def test_what_surrounds_the_region_decides_its_matches():
    exemplar = noise(1, 4, 12, 11)
    canvas = exemplar.clone()
    canvas[:, :, 6, 5] = 0
    region = torch.zeros(12, 11, dtype=torch.bool)
    region[6, 5] = True
    gradient = gradient_of(critic_for(exemplar, region={LAYER: region}), canvas)[0, :, 6, 5]
    torch.testing.assert_close(gradient, -2 * exemplar[0, :, 6, 5] / 4 / spread([Target({LAYER: exemplar})], LAYER))


def test_the_gradient_pulls_every_feature_to_its_vote():
    exemplar, canvas = noise(1, 1, 3, 3), noise(1, 1, 3, 3, seed=1)
    gradient = gradient_of(critic_for(exemplar), canvas)
    torch.testing.assert_close(gradient, 2 * (canvas - exemplar) / 9 / exemplar.var(unbiased=False))
