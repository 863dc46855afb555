"""Pairing values by rank."""

from itertools import product

import numba
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.synthesis.binned_ranking import pair_rows
from engine.synthesis.ranking import SHORT, pair_by_rank, pair_by_sorting, quantiles

ALLOWED = 0.01
ROWS = {
    "normal": lambda drawn: drawn,
    "far from zero": lambda drawn: 1000 + drawn,
    "long tails": lambda drawn: drawn**3,
    "very long tails": lambda drawn: drawn**5,
    "two values": lambda drawn: (drawn > 0.5).astype(float),
    "a third zeros": lambda drawn: np.maximum(drawn + 0.4, 0),
    "constant": lambda drawn: np.full_like(drawn, 0.3),
}
SIZES = [(1, 1), (1, 7), (7, 1), (10, 10), (10, 7), (7, 10), (300, 1000), (20_000, 20_000), (30_000, 7_000)]


def drawn(kind, count, *, seed=0, rows=4):
    values = ROWS[kind](np.random.default_rng(seed).normal(size=(rows, count)))
    return torch.from_numpy(values.astype(np.float32))


def binned(values, others):
    found = torch.empty_like(values)
    pair_rows(values.numpy(), others.numpy(), found.numpy())
    return found


def error(found, values, others):
    """Largest difference to the pairing by sorting, in standard deviations of the other row."""
    exact = pair_by_sorting(values.double(), others.double())
    spread = others.double().std(dim=1, unbiased=False, keepdim=True)
    rounding = 1e-6 * others.abs().amax(dim=1, keepdim=True)
    return float((((found - exact).abs() - rounding).clamp_min(0) / (spread + 1e-30)).max())


@pytest.mark.parametrize("kind", ROWS)
def test_rows_of_one_kind_are_paired_as_by_sorting(subtests, kind):
    for sizes in SIZES:
        with subtests.test(sizes=sizes):
            values, others = drawn(kind, sizes[0]), drawn(kind, sizes[1], seed=1)
            assert error(binned(values, others), values, others) < ALLOWED


@pytest.mark.parametrize("kind", ROWS)
def test_rows_of_different_kinds_are_paired_as_by_sorting(subtests, kind):
    for other, sizes in product(ROWS, [(10, 10), (5_000, 5_000), (5_000, 1_300)]):
        with subtests.test(other=other, sizes=sizes):
            values, others = drawn(kind, sizes[0]), drawn(other, sizes[1], seed=1)
            assert error(binned(values, others), values, others) < ALLOWED


VALUES = st.one_of(st.floats(-1000, 1000, width=32), st.sampled_from([0.0, -0.0, 1.0, 1 + 2**-23, -1.0, 1e-20]))
LISTS = st.lists(VALUES, min_size=1, max_size=30)


@given(LISTS, LISTS)
def test_any_rows_are_paired_as_by_sorting(values, others):
    values, others = torch.tensor([values]), torch.tensor([others])
    assert error(binned(values, others), values, others) < ALLOWED


@pytest.mark.parametrize("pair", [pair_by_sorting, binned])
def test_equal_values_are_ranked_by_position(pair):
    others = torch.tensor([[3.0, 1.0, 4.0, 2.0]])
    torch.testing.assert_close(pair(torch.full((1, 4), 7.0), others), torch.tensor([[1.0, 2.0, 3.0, 4.0]]))


@pytest.mark.parametrize("pair", [pair_by_sorting, binned])
def test_a_row_paired_with_itself_in_another_order_is_itself(pair):
    values = drawn("normal", 20_000)
    shuffled = values[:, torch.randperm(20_000, generator=torch.Generator().manual_seed(0))]
    assert float(((pair(values, shuffled) - values) ** 2).mean()) < 3e-7


@pytest.mark.parametrize("count", [SHORT, SHORT + 1])
def test_rows_of_any_length_and_type_are_paired(count):
    values, others = drawn("normal", count), drawn("long tails", SHORT // 2, seed=1)
    assert error(pair_by_rank(values, others), values, others) < ALLOWED
    assert torch.equal(
        pair_by_rank(values.double(), others.double()), pair_by_sorting(values.double(), others.double())
    )


def test_every_row_is_paired_with_its_own():
    values, others = drawn("normal", 500), drawn("long tails", 400, seed=1)
    one_by_one = [pair_by_rank(values[n : n + 1], others[n : n + 1]) for n in range(len(values))]
    assert torch.equal(pair_by_rank(values, others), torch.cat(one_by_one))


def test_transposed_tables_are_paired_by_their_own_rows():
    values, others = drawn("normal", 400), drawn("normal", 300, seed=1)
    expected = pair_by_rank(values, others)
    assert torch.equal(pair_by_rank(values.t().contiguous().t(), others.t().contiguous().t()), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_values_are_left_as_they_were(dtype):
    values, others = drawn("normal", 500).to(dtype), drawn("long tails", 400, seed=1).to(dtype)
    before = values.clone(), others.clone()
    assert pair_by_rank(values, others).dtype == dtype
    assert torch.equal(values, before[0])
    assert torch.equal(others, before[1])


def test_the_result_does_not_depend_on_the_number_of_threads():
    values, others = drawn("long tails", 20_000, rows=5), drawn("normal", 9_000, seed=1, rows=5)
    before = numba.get_num_threads()
    found = []
    for threads in {1, numba.config.NUMBA_NUM_THREADS}:
        numba.set_num_threads(threads)
        found.append(pair_by_rank(values, others))
    numba.set_num_threads(before)
    assert all(torch.equal(one, found[0]) for one in found)


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), -float("inf"), 3e38])
@pytest.mark.parametrize("count", [1, 40, 5_000])
def test_values_that_are_not_finite_do_no_harm(odd, count):
    fine, spoilt = drawn("normal", 5_000), drawn("normal", 5_000, seed=1)
    spoilt[:, :count] = odd
    spoilt[0, -1] = -3e38
    for values, others in ((fine, spoilt), (spoilt, fine), (spoilt, spoilt)):
        assert pair_by_rank(values, others).shape == values.shape


# By sorting.


def test_sorting_pairs_the_lowest_with_the_lowest():
    found = pair_by_sorting(torch.tensor([[5.0, 1.0, 3.0], [0.0, 1.0, 2.0]]), torch.tensor([[30.0, 20.0, 10.0]] * 2))
    assert found.tolist() == [[30.0, 10.0, 20.0], [10.0, 20.0, 30.0]]


def test_as_many_quantiles_as_values_are_the_sorted_values():
    assert quantiles(torch.tensor([[3.0, 1.0, 2.0]]), 3).tolist() == [[1.0, 2.0, 3.0]]


@pytest.mark.parametrize("count", [2, 4, 7, 30])
def test_other_numbers_of_quantiles_are_linear_between_neighbors(count):
    values = drawn("normal", 7)
    expected = np.quantile(values.numpy(), np.linspace(0, 1, count), axis=1).T
    np.testing.assert_allclose(quantiles(values, count).numpy(), expected, atol=1e-5)
