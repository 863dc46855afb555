"""The gram critic."""

import pytest
import torch
from pictures import measured

from engine.synthesis.critics import GramCritic, Target
from engine.synthesis.critics.gram import gram_loss, gram_matrix


def noise(*shape, seed=0, dtype=torch.float32):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def test_the_gram_matrix_is_the_mean_product_of_features():
    features = torch.tensor([[1.0, 2.0], [3.0, -1.0]])
    assert gram_matrix(features).tolist() == [[5.0, -0.5], [-0.5, 2.5]]


def test_the_gram_matrix_does_not_depend_on_where_features_are_nor_on_how_often_they_are_repeated():
    features = noise(6, 4)
    shuffled = features[torch.tensor([3, 1, 5, 0, 2, 4])]
    torch.testing.assert_close(gram_matrix(torch.cat([shuffled, features])), gram_matrix(features))


def test_the_loss_is_the_squared_difference_over_the_exemplars_squared_norm():
    canvas = torch.tensor([[1.0, 0.0], [0.0, 4.0]])
    exemplar = torch.tensor([[2.0, 1.0], [1.0, 2.0]])
    # Differences of 1, 1, 1 and 2; squares of 4, 1, 1 and 4.
    assert float(gram_loss(canvas, exemplar)) == pytest.approx(0.7)


def test_the_loss_of_a_canvas_without_features_is_one():
    assert float(gram_loss(torch.zeros(3, 3), gram_matrix(noise(5, 3)))) == pytest.approx(1)


def test_the_loss_is_finite_for_an_exemplar_without_features():
    assert float(gram_loss(torch.zeros(2, 2), torch.zeros(2, 2))) == 0


def test_the_gradient_is_that_of_finite_differences():
    target = gram_matrix(noise(7, 3, seed=1, dtype=torch.float64))
    features = noise(5, 3, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda f: gram_loss(gram_matrix(f), target), features)


def test_the_exemplar_itself_has_no_loss():
    maps = {"relu1_1": noise(1, 4, 6, 5), "relu2_1": noise(1, 3, 3, 2)}
    critic = GramCritic([Target(maps)], {"relu1_1": 1.0, "relu2_1": 2.0})
    assert float(measured(critic, maps)) == 0


def test_a_larger_canvas_made_of_copies_of_the_exemplar_has_no_loss():
    maps = noise(1, 4, 6, 5)
    loss = measured(GramCritic([Target({"relu1_1": maps})], {"relu1_1": 1.0}), {"relu1_1": maps.repeat(1, 1, 2, 3)})
    assert float(loss) == pytest.approx(0, abs=1e-10)


def test_something_else_than_the_exemplar_has_a_loss():
    critic = GramCritic([Target({"relu1_1": noise(1, 4, 6, 5)})], {"relu1_1": 1.0})
    assert float(measured(critic, {"relu1_1": 2 * noise(1, 4, 6, 5, seed=1)})) > 0.1


def test_the_loss_is_the_weighted_mean_of_the_layers():
    exemplar = {"relu1_1": noise(1, 4, 6, 5), "relu2_1": noise(1, 3, 3, 2)}
    canvas = {"relu1_1": noise(1, 4, 6, 5, seed=1), "relu2_1": noise(1, 3, 3, 2, seed=1)}
    first = float(measured(GramCritic([Target(exemplar)], {"relu1_1": 1.0}), canvas))
    second = float(measured(GramCritic([Target(exemplar)], {"relu2_1": 5.0}), canvas))
    both = float(measured(GramCritic([Target(exemplar)], {"relu1_1": 1.0, "relu2_1": 3.0}), canvas))
    assert abs(first - second) > 0.01
    assert both == pytest.approx((first + 3 * second) / 4)


def test_positions_of_the_exemplar_that_are_not_valid_do_not_count():
    exemplar = noise(1, 4, 6, 5)
    valid = torch.ones(6, 5, dtype=torch.bool)
    valid[2:4, 1:] = False
    spoilt = torch.where(valid, exemplar, torch.full_like(exemplar, 100.0))
    canvas = {"relu1_1": noise(1, 4, 6, 5, seed=1)}
    clean = measured(GramCritic([Target({"relu1_1": exemplar}, {"relu1_1": valid})], {"relu1_1": 1.0}), canvas)
    masked = measured(GramCritic([Target({"relu1_1": spoilt}, {"relu1_1": valid})], {"relu1_1": 1.0}), canvas)
    unmasked = measured(GramCritic([Target({"relu1_1": spoilt})], {"relu1_1": 1.0}), canvas)
    assert float(masked) == float(clean)
    assert float(unmasked) != pytest.approx(float(clean), rel=0.1)


def test_positions_outside_the_region_get_no_gradient_and_those_inside_get_one():
    region = torch.zeros(6, 5, dtype=torch.bool)
    region[1:4, 2:] = True
    critic = GramCritic([Target({"relu1_1": noise(1, 4, 6, 5)})], {"relu1_1": 1.0}, region={"relu1_1": region})
    canvas = noise(1, 4, 6, 5, seed=1).requires_grad_()
    (gradient,) = torch.autograd.grad(measured(critic, {"relu1_1": canvas}), canvas)
    assert torch.equal((gradient[0] != 0).all(dim=0), region)
    assert torch.equal((gradient[0] != 0).any(dim=0), region)


def test_refreshing_changes_nothing():
    critic = GramCritic([Target({"relu1_1": noise(1, 4, 6, 5)})], {"relu1_1": 1.0})
    canvas = {"relu1_1": noise(1, 4, 6, 5, seed=1)}
    before = measured(critic, canvas)
    critic.refresh(canvas, torch.Generator().manual_seed(0))
    assert critic.interval == 0
    assert torch.equal(measured(critic, canvas), before)


def test_several_targets_count_by_their_shares():
    first, second = noise(1, 4, 6, 5), noise(1, 4, 3, 9, seed=1)
    critic = GramCritic([Target({"relu1_1": first}, share=3.0), Target({"relu1_1": second})], {"relu1_1": 1.0})
    mixed = torch.cat([one.flatten(2)[0].t() for one in (*[first] * 3 * 9, *[second] * 10)])
    canvas = mixed.t().reshape(1, 4, -1, 1)
    assert float(measured(critic, {"relu1_1": canvas})) == pytest.approx(0, abs=1e-9)
    assert float(measured(critic, {"relu1_1": first})) > 1e-3


def test_a_copy_without_a_share_is_no_target():
    maps, copy = noise(1, 4, 6, 5), noise(1, 4, 6, 5, seed=1)
    critic = GramCritic([Target({"relu1_1": maps}), Target({"relu1_1": copy}, share=0.0)], {"relu1_1": 1.0})
    assert float(measured(critic, {"relu1_1": maps})) == 0
