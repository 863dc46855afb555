"""Search for patches with a match field and with a tree, compared with the exact search."""

import numba
import pytest
import torch
from pictures import bricks, clouds, measured, tensor
from wraps import BOTH, WRAPS

from engine.synthesis.critics import PatchCritic, PatchSettings, Target
from engine.synthesis.critics.patch_field import PatchField, patch_centers, patch_norms
from engine.synthesis.critics.patch_search import AllKeys, KeyTree, main_axes
from engine.synthesis.critics.patch_table import PatchTable
from engine.synthesis.critics.patches import exemplar_patches, patch_places, unit_patches

LAYER = "relu3_1"
FIELD = PatchSettings(repetition_penalty=0.0, exact=0)
EXACT = PatchSettings(repetition_penalty=0.0, exact=10**9)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def features(height, width, *, channels=6, seed=0):
    """Smooth maps of positive values, as an encoder gives them."""
    drawn = torch.randn(1, channels, height + 4, width + 4, generator=generator(seed))
    return torch.nn.functional.avg_pool2d(drawn, 5, 1).mul(5).relu() + 0.05


def loss_of(critic, canvas, *, seed=0, layer=LAYER):
    maps = {layer: canvas}
    critic.refresh(maps, generator(seed))
    return measured(critic, maps)


def critic_for(*exemplars, settings=FIELD, **options):
    return PatchCritic([Target({LAYER: one}) for one in exemplars], {LAYER: 1.0}, settings, **options)


def similarity(canvas, target):
    """Mean correlation of the canvas's patches with those of a target, given as rows."""
    height, width = canvas.shape[2:]
    places = patch_places(height, width)
    patches = unit_patches(canvas[0].flatten(1).t(), places)
    return float((patches * unit_patches(target, places)).sum(dim=1).mean())


# The match field.


@pytest.mark.parametrize("seed", range(3))
def test_a_field_finds_patches_nearly_as_near_as_the_nearest(seed):
    exemplar, canvas = features(40, 44, seed=seed), features(36, 50, seed=seed + 10)
    exact = similarity(canvas, PatchTable([exemplar], [None]).targets(canvas, None, generator())[0])
    found = similarity(canvas, PatchField([exemplar], [None]).targets(canvas, None, generator())[0])
    assert found > 0.95 * exact


def test_a_part_of_the_exemplar_is_found():
    exemplar = features(40, 44)
    assert float(loss_of(critic_for(exemplar), exemplar[:, :, 8:30, 5:38])) < 0.01


def test_a_second_search_goes_on_from_the_first():
    exemplar, canvas = features(60, 64), features(60, 70, seed=1)
    critic = critic_for(exemplar)
    first = float(loss_of(critic, canvas))
    later = [float(loss_of(critic, canvas, seed=seed)) for seed in range(1, 4)]
    assert later[-1] < first
    assert max(later) < 1.02 * first


def test_the_norm_of_a_patch_is_that_of_its_vectors():
    maps = features(7, 6)
    places = patch_places(7, 6, wrap=BOTH)
    expected = maps[0].flatten(1).t()[places].flatten(1).norm(dim=1).reshape(7, 6)
    torch.testing.assert_close(patch_norms(maps, wrap=BOTH)[0, 0], expected)
    torch.testing.assert_close(patch_norms(maps)[0, 0, 1:-1, 1:-1], expected[1:-1, 1:-1])


def test_the_norm_of_a_patch_does_not_depend_on_what_is_not_valid():
    valid = torch.ones(7, 6, dtype=torch.bool)
    valid[2, 2] = False
    maps = torch.ones(1, 4, 7, 6)
    spoilt = torch.where(valid, maps, torch.full_like(maps, 9.0))
    torch.testing.assert_close(patch_norms(spoilt, valid), torch.full((1, 1, 7, 6), 6.0))


@pytest.mark.parametrize("wrap", WRAPS, ids=str)
def test_centers_are_those_of_whole_patches(wrap):
    expected = torch.zeros(20, dtype=torch.bool)
    expected[patch_places(4, 5, wrap=wrap)[:, 4]] = True
    assert torch.equal(patch_centers((4, 5), wrap=wrap).flatten(), expected)


@pytest.mark.parametrize("wrap", WRAPS, ids=str)
@pytest.mark.parametrize("row", [0, 6])
def test_only_positions_of_the_region_get_a_gradient(row, wrap):
    region = torch.zeros(12, 11, dtype=torch.bool)
    region[row, 5] = True
    canvas = features(12, 11, seed=1).requires_grad_()
    critic = critic_for(features(12, 11), region={LAYER: region}, wrap=wrap)
    (gradient,) = torch.autograd.grad(loss_of(critic, canvas), canvas)
    assert torch.equal((gradient[0] != 0).any(dim=0), region)


@pytest.mark.parametrize("wrap", WRAPS, ids=str)
def test_the_positions_that_are_judged_are_those_of_the_exact_search(wrap):
    exemplar, canvas = features(12, 11), features(10, 9, seed=1)
    region = torch.rand(10, 9, generator=generator()) < 0.2
    for marked in (None, region):
        exact = PatchTable([exemplar], [None], wrap=wrap).targets(canvas, marked, generator())
        found = PatchField([exemplar], [None], wrap=wrap).targets(canvas, marked, generator())
        assert found[0].shape == exact[0].shape
        assert (found[1] is None and exact[1] is None) or torch.equal(found[1], exact[1])


def test_with_wrapping_patches_across_the_border_are_matched():
    tile = features(12, 13)
    tiled = tile.repeat(1, 1, 2, 2)
    assert float(loss_of(critic_for(tiled, wrap=BOTH), tile)) < 0.01
    assert float(loss_of(critic_for(tile, wrap=BOTH), tile)) > 0.02


def test_patches_that_touch_what_is_not_valid_are_not_used():
    exemplar = features(30, 30)
    valid = torch.ones(30, 30, dtype=torch.bool)
    valid[10:20, 10:20] = False
    spoilt = torch.where(valid, exemplar, torch.full_like(exemplar, 50.0))
    target, _ = PatchField([spoilt], [valid]).targets(exemplar, None, generator())
    assert float(target.max()) < 49


def test_where_no_patch_is_valid_all_are_used():
    exemplar = features(30, 30)
    valid = torch.zeros(30, 30, dtype=torch.bool)
    valid[10, 10] = True
    target, _ = PatchField([exemplar], [valid]).targets(exemplar, None, generator())
    assert similarity(exemplar, target) > 0.99


def test_patches_that_only_another_copy_has_are_matched_there():
    exemplar, other = features(30, 26), features(20, 34, seed=1)
    assert float(loss_of(critic_for(exemplar), other)) > 0.1
    assert float(loss_of(critic_for(exemplar, other), other)) < 0.02
    assert float(loss_of(critic_for(exemplar, other), exemplar)) < 0.02


def test_a_canvas_with_repeats_has_a_higher_loss_with_overuse():
    exemplar = features(24, 24)
    canvas = exemplar[:, :, 4:7, 4:7].repeat(1, 1, 12, 12)
    plain = float(loss_of(critic_for(exemplar), canvas))
    assert (
        float(loss_of(critic_for(exemplar, settings=PatchSettings(repetition_penalty=0.5, exact=0)), canvas))
        > 1.05 * plain
    )


def test_an_exemplar_without_features_can_be_searched():
    assert float(loss_of(critic_for(torch.zeros(1, 4, 12, 12)), torch.zeros(1, 4, 12, 12))) == 0


def test_the_result_follows_from_the_seed_whatever_the_number_of_threads():
    exemplar, canvas = features(40, 44), features(36, 50, seed=1)
    before = numba.get_num_threads()
    found = []
    for threads in (1, numba.config.NUMBA_NUM_THREADS):
        numba.set_num_threads(threads)
        found.append(PatchField([exemplar], [None], repetition_penalty=0.01).targets(canvas, None, generator(3))[0])
    numba.set_num_threads(before)
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], PatchField([exemplar], [None]).targets(canvas, None, generator(4))[0])


# The tree.


@pytest.mark.parametrize("make", [bricks, clouds])
def test_a_tree_finds_patches_of_pixels_nearly_as_near_as_the_nearest(make):
    exemplar, canvas = ({"pixels": tensor(make(40, 44, seed=seed))} for seed in (0, 1))
    exact, found = (
        float(loss_of(PatchCritic([Target(exemplar)], {"pixels": 1.0}, settings), canvas["pixels"], layer="pixels"))
        for settings in (EXACT, FIELD)
    )
    assert found < 1.2 * exact


def test_a_tree_finds_the_keys_themselves():
    patches = exemplar_patches([tensor(clouds(30, 32))], [None])
    keys = unit_patches(patches.vectors, patches.places)
    assert torch.equal(KeyTree(keys).match(keys), torch.arange(len(keys)))


def test_a_tree_of_short_or_equal_keys_can_be_searched():
    keys = torch.rand(600, 3, generator=generator())
    assert torch.equal(KeyTree(keys).match(keys), AllKeys(keys, by_distance=True).match(keys))
    assert int(KeyTree(torch.ones(600, 30)).match(torch.zeros(5, 30)).max()) < 600


def test_the_main_axes_are_orthonormal_and_those_of_the_largest_variance():
    scales = torch.linspace(5, 0.1, 20)
    vectors = torch.randn(2000, 20, generator=generator()) * scales
    axes = main_axes(vectors - vectors.mean(dim=0), 4)
    torch.testing.assert_close(axes.t() @ axes, torch.eye(4), atol=1e-5, rtol=0)
    assert float((axes[:8] ** 2).sum()) > 3.9


# Which search is used.


@pytest.mark.parametrize("repetition_penalty", [0.0, 0.01])
def test_small_exemplars_are_searched_exactly(repetition_penalty):
    exemplar, canvas = features(12, 11), features(14, 13, seed=1)
    settings = PatchSettings(repetition_penalty=repetition_penalty)
    expected = PatchTable([exemplar], [None], repetition_penalty=repetition_penalty).targets(
        canvas, None, generator()
    )[0]
    critic = critic_for(exemplar, settings=settings)
    loss_of(critic, canvas)
    target = float(measured(critic, {LAYER: expected.t().reshape(1, 6, 14, 13)}))
    assert target == pytest.approx(0, abs=1e-10)


def test_doubles_are_searched_exactly():
    exemplar, canvas = features(40, 44).double(), features(20, 22, seed=1).double()
    settings = PatchSettings(repetition_penalty=0.0, exact=0)
    assert float(loss_of(critic_for(exemplar, settings=settings), canvas)) == pytest.approx(
        float(loss_of(critic_for(exemplar, settings=EXACT), canvas))
    )
