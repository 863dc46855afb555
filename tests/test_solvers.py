"""The solvers."""

import pytest
import torch

from engine.synthesis.solvers import LBFGS, Adam

SHAPE = (1, 3, 4, 4)


def noise(seed=0):
    return torch.rand(SHAPE, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def quadratic(target, weights=1.0):
    """A bowl with its bottom at the target; steep, so that a thousandth beside it is not yet negligible."""

    def evaluate(picture):
        off = picture - target
        return 100 * (weights * off**2).sum() / 2, 100 * weights * off

    return evaluate


def spoil(evaluate, at, *, loss=None, gradient=None):
    """Give another loss or gradient at the call numbered `at`, from 0."""
    calls = iter(range(10_000))

    def spoilt(picture):
        true_loss, true_gradient = evaluate(picture)
        if next(calls) != at:
            return true_loss, true_gradient
        return (
            true_loss if loss is None else torch.full_like(true_loss, loss),
            true_gradient if gradient is None else torch.full_like(true_gradient, gradient),
        )

    return spoilt


def descend(solver, evaluate, steps, *, final_step_size=1.0):
    first = solver.step_size
    for step in range(steps):
        solver.step_size = first * final_step_size ** (step / steps)
        solver.step(evaluate)
    return solver.picture


def make_adam(picture):
    return Adam(picture, 0.05)


both = pytest.mark.parametrize("make", [make_adam, LBFGS], ids=["adam", "lbfgs"])


@both
def test_the_bottom_of_a_bowl_in_the_box_is_found(make):
    target = 0.2 + 0.6 * noise(1)
    found = descend(make(noise()), quadratic(target), 200, final_step_size=0.01)
    torch.testing.assert_close(found, target, atol=1e-3, rtol=0)


@both
def test_a_bottom_outside_the_box_is_met_at_the_border(make):
    target = 3 * noise(1) - 1
    assert ((target < 0).any(), (target > 1).any()) == (True, True)
    found = descend(make(noise()), quadratic(target), 200, final_step_size=0.01)
    torch.testing.assert_close(found, target.clamp(0, 1), atol=1e-3, rtol=0)
    assert torch.equal(found[target < -0.05], torch.zeros_like(found[target < -0.05]))
    assert torch.equal(found[target > 1.05], torch.ones_like(found[target > 1.05]))


@both
def test_no_step_leaves_the_box(make):
    solver = make(noise())
    evaluate = quadratic(20 * noise(1) - 10, weights=100 * noise(2))
    for _ in range(30):
        solver.step(evaluate)
        assert 0 <= float(solver.picture.min()) <= float(solver.picture.max()) <= 1


@both
def test_the_picture_to_start_from_is_left_as_it_was(make):
    start = noise()
    descend(make(start), quadratic(noise(1)), 5)
    assert torch.equal(start, noise())


@both
def test_a_step_returns_the_loss_before_it(make):
    evaluate = quadratic(noise(1))
    solver = make(noise())
    assert torch.equal(solver.step(evaluate), evaluate(noise())[0])


@both
def test_a_step_evaluates_once(make):
    seen = []
    evaluate = quadratic(noise(1))
    solver = make(noise())
    for _ in range(5):
        solver.step(lambda picture: seen.append(picture.clone()) or evaluate(picture))
    assert len(seen) == 5


@both
def test_a_first_gradient_that_is_not_a_number_moves_nothing(make):
    solver = make(noise())
    solver.step(spoil(quadratic(noise(1)), 0, gradient=torch.nan))
    assert torch.equal(solver.picture, noise())


@both
def test_after_a_first_gradient_that_is_not_a_number_the_bottom_is_still_found(make):
    target = 0.2 + 0.6 * noise(1)
    found = descend(make(noise()), spoil(quadratic(target), 0, gradient=torch.nan), 200, final_step_size=0.01)
    torch.testing.assert_close(found, target, atol=1e-3, rtol=0)


@both
def test_a_step_without_any_gradient_stays_where_it_is(make):
    solver = make(noise())
    for _ in range(3):
        solver.step(quadratic(noise()))
    assert torch.equal(solver.picture, noise())


# Adam.


def test_adam_takes_no_step_where_only_rounding_is_left():
    solver = make_adam(noise())
    solver.step(lambda picture: (torch.tensor(1e-9), torch.ones_like(picture)))
    assert torch.equal(solver.picture, noise())


def test_adams_first_step_has_the_length_of_the_rate_in_every_value():
    solver = Adam(torch.full(SHAPE, 0.5), 0.03)
    solver.step(quadratic(noise(1).float()))
    torch.testing.assert_close((solver.picture - 0.5).abs(), torch.full(SHAPE, 0.03))


def test_adams_first_step_has_the_length_of_each_axis():
    axes = torch.tensor([[1.0, 0.1, 0.0], [1.0, -0.1, 0.0], [1.0, 0.0, 0.0]])
    solver = Adam(torch.full(SHAPE, 0.5), 0.03, axes=axes)
    solver.step(quadratic(noise(1).float()))
    along = torch.einsum("ac,bchw->bahw", torch.linalg.pinv(axes), solver.picture - 0.5)
    expected = torch.full(SHAPE, 0.03)
    expected[:, 2] = 0
    torch.testing.assert_close(along.abs(), expected)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_adam_skips_a_gradient_that_is_not_finite_as_if_it_had_never_been(value):
    clean, spoilt = make_adam(noise()), make_adam(noise())
    descend(clean, quadratic(noise(1)), 9)
    descend(spoilt, spoil(quadratic(noise(1)), 4, gradient=value), 10)
    assert torch.equal(spoilt.picture, clean.picture)


def test_adam_forgets_its_means():
    solver = make_adam(noise())
    descend(solver, quadratic(noise(1)), 5)
    solver.forget()
    fresh = make_adam(solver.picture)
    torch.testing.assert_close(descend(solver, quadratic(noise(2)), 3), descend(fresh, quadratic(noise(2)), 3))


# L-BFGS.

BAD = {
    "a loss that is not a number": {"loss": torch.nan},
    "an infinite loss": {"loss": torch.inf},
    "a loss that explodes": {"loss": 1e6},
    "a gradient that is not a number": {"gradient": torch.nan},
}
TARGET = 0.4 + 0.2 * noise(1)
WEIGHTS = 1 + 30 * noise(2)


def blown_up(fault, good=4):
    """Take some good steps and one that is undone; gives the solver, and where it stood before the step undone."""
    evaluate = spoil(quadratic(TARGET, WEIGHTS), good, **BAD[fault])
    solver = LBFGS(0.3 + 0.4 * noise())
    for _ in range(good):
        before = solver.picture.clone()
        solver.step(evaluate)
    assert solver.undone == 0
    assert not torch.equal(solver.picture, before)
    loss = solver.step(evaluate)
    return solver, before, loss, evaluate


@pytest.mark.parametrize("fault", BAD)
def test_a_step_that_blows_up_is_undone_and_counted(fault):
    solver, before, loss, _ = blown_up(fault)
    assert solver.undone == 1
    assert float(loss) == float(quadratic(TARGET, WEIGHTS)(before)[0])


@pytest.mark.parametrize("fault", BAD)
def test_after_a_step_undone_the_picture_moves_a_little_along_the_gradient(fault):
    # Along the plain gradient, not the quasi-Newton direction: the history is dropped.
    solver, before, _, _ = blown_up(fault)
    moved = (solver.picture - before).flatten()
    gradient = quadratic(TARGET, WEIGHTS)(before)[1].flatten()
    assert 0 < float(moved.abs().max()) <= 0.02
    assert float(torch.cosine_similarity(moved, -gradient, dim=0)) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("fault", BAD)
def test_after_a_step_undone_the_bottom_is_still_found(fault):
    solver, _, _, evaluate = blown_up(fault)
    torch.testing.assert_close(descend(solver, evaluate, 80), TARGET, atol=1e-4, rtol=0)


def test_steps_are_long_again_some_time_after_one_was_undone():
    solver, _, _, evaluate = blown_up("an infinite loss")
    descend(solver, evaluate, 10)
    solver.forget()
    before = solver.picture
    solver.step(evaluate)
    assert float((solver.picture - before).abs().max()) == pytest.approx(0.1)


def test_several_bad_evaluations_in_a_row_move_ever_less():
    evaluate = quadratic(TARGET, WEIGHTS)
    solver = LBFGS(0.3 + 0.4 * noise())
    solver.step(evaluate)
    before = 0.3 + 0.4 * noise()
    moves = []
    for _ in range(3):
        solver.step(spoil(evaluate, 0, loss=torch.nan))
        moves.append(float((solver.picture - before).abs().max()))
    assert solver.undone == 3
    assert moves == pytest.approx([0.01, 0.001, 0.0001])


def test_a_loss_that_rises_a_little_is_no_blow_up():
    evaluate = quadratic(TARGET, WEIGHTS)
    solver = LBFGS(0.3 + 0.4 * noise())
    first = float(solver.step(evaluate))
    solver.step(spoil(evaluate, 0, loss=1.9 * first))
    assert solver.undone == 0
    solver = LBFGS(0.3 + 0.4 * noise())
    solver.step(evaluate)
    solver.step(spoil(evaluate, 0, loss=2.1 * first))
    assert solver.undone == 1


def test_a_loss_that_is_another_one_is_no_blow_up_once_the_old_one_is_forgotten():
    solver = LBFGS(noise())
    descend(solver, quadratic(noise(1)), 3)
    solver.forget()
    solver.step(quadratic(noise(1), weights=1000))
    assert solver.undone == 0
    solver.step(quadratic(noise(1), weights=10**6))
    assert solver.undone == 1


def test_forgetting_drops_the_curvature():
    solver = LBFGS(0.3 + 0.4 * noise())
    evaluate = quadratic(TARGET, WEIGHTS)
    descend(solver, evaluate, 3)
    solver.forget()
    before = solver.picture
    solver.step(evaluate)
    moved, gradient = (solver.picture - before).flatten(), evaluate(before)[1].flatten()
    assert float(torch.cosine_similarity(moved, -gradient, dim=0)) == pytest.approx(1, abs=1e-9)


def test_no_value_moves_further_than_the_longest_step():
    solver = LBFGS(torch.full(SHAPE, 0.5), longest=0.2)
    evaluate = quadratic(5 * noise(1) - 2)
    moves = []
    for _ in range(5):
        before = solver.picture
        solver.step(evaluate)
        moves.append(float((solver.picture - before).abs().max()))
    assert max(moves) == pytest.approx(0.2)


@pytest.mark.parametrize("border", [0.0, 1.0])
def test_a_value_at_the_border_that_would_leave_does_not_hold_back_the_others(border):
    start, target = torch.full(SHAPE, 0.5), torch.full(SHAPE, 0.6)
    start[0, 0, 0, 0], target[0, 0, 0, 0] = border, 1000 * (2 * border - 1)
    solver = LBFGS(start)
    solver.step(quadratic(target))
    expected = torch.full(SHAPE, 0.6)
    expected[0, 0, 0, 0] = border
    torch.testing.assert_close(solver.picture, expected)


def test_lbfgs_beats_adam_in_a_narrow_valley():
    weights = torch.logspace(0, 4, 48, dtype=torch.float64).reshape(SHAPE)
    evaluate = quadratic(TARGET, weights)
    quick = float(evaluate(descend(LBFGS(noise()), evaluate, 60))[0])
    slow = min(
        float(evaluate(descend(Adam(noise(), rate), evaluate, 60, final_step_size=last))[0])
        for rate in (0.1, 0.03, 0.01)
        for last in (1.0, 0.1)
    )
    assert quick < slow


def test_adam_keeps_its_picture_and_the_length_of_its_steps_in_their_memory():
    solver = make_adam(noise())
    picture, start = solver.picture, noise()
    solver.step(quadratic(noise(1)))
    solver.step_size = 0.01
    assert solver.picture is picture
    assert not torch.equal(picture, start)
    assert solver.step_size == pytest.approx(0.01)
