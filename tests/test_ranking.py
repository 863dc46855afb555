"""Sorting rows."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.synthesis.ranking import sort_rows, sort_values

FLOATS = st.floats(allow_nan=False, allow_infinity=False, width=32)
# Few values, so that many are equal; signed zeros, denormals and the largest numbers among them.
TINY = 1.401298464324817e-45
HUGE = 3.4028234663852886e38
AWKWARD = st.sampled_from([0.0, -0.0, 1.0, -1.0, 1 + 2**-23, TINY, -TINY, 2.0**-126, HUGE, -HUGE])


def tables(values):
    return st.integers(1, 12).flatmap(
        lambda count: st.lists(st.lists(values, min_size=count, max_size=count), min_size=1, max_size=4)
    )


def assert_sorts_like_torch(values):
    ordered, order = sort_rows(values)
    expected, expected_order = torch.sort(values, dim=1, stable=True)
    assert torch.equal(ordered, expected)
    assert torch.equal(order, expected_order)
    assert (ordered.dtype, order.dtype) == (values.dtype, torch.int64)


@given(tables(FLOATS))
def test_rows_are_sorted_as_torch_sorts_them(table):
    assert_sorts_like_torch(torch.tensor(table, dtype=torch.float32))


@given(tables(AWKWARD))
def test_equal_values_zeros_of_both_signs_denormals_and_huge_values_keep_torchs_stable_order(table):
    assert_sorts_like_torch(torch.tensor(table, dtype=torch.float32))


@given(tables(AWKWARD))
def test_doubles_are_sorted_as_torch_sorts_them(table):
    assert_sorts_like_torch(torch.tensor(table, dtype=torch.float64))


def test_doubles_that_single_precision_cannot_tell_apart_are_told_apart():
    values = torch.tensor([[1 + 2**-40, 1.0, 1 + 2**-50]], dtype=torch.float64)
    assert sort_rows(values)[1].tolist() == [[1, 2, 0]]


def test_many_values_are_sorted_as_torch_sorts_them():
    drawn = torch.randn(3, 5000, generator=torch.Generator().manual_seed(0))
    assert_sorts_like_torch((drawn * 50).round() / 50)


def test_a_transposed_table_is_sorted_by_its_own_rows():
    assert_sorts_like_torch(torch.randn(40, 6, generator=torch.Generator().manual_seed(0)).t())


@given(tables(st.one_of(FLOATS, AWKWARD)), st.sampled_from([torch.float32, torch.float64]))
def test_values_alone_are_sorted_as_torch_sorts_them(table, dtype):
    values = torch.tensor(table, dtype=dtype)
    found = sort_values(values)
    assert torch.equal(found, torch.sort(values, dim=1)[0])
    assert found.dtype == dtype


@pytest.mark.parametrize("sort", [sort_rows, sort_values])
def test_the_values_are_left_as_they_were(sort):
    values = torch.tensor([[3.0, -0.0, -2.0]])
    sort(values)
    assert str(values.tolist()) == "[[3.0, -0.0, -2.0]]"
