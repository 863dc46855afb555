"""The working set and running out of memory."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.encoders import Encoder, freeze
from engine.synthesis.memory import (
    FEWEST_POSITIONS,
    SMALLEST_CHUNK,
    MemoryExhaustedError,
    WorkingSet,
    activation_bytes,
    check_budget,
    is_out_of_memory,
    smaller,
    working_set,
)
from engine.synthesis.settings import SettingsError

SIZE = (512, 768)
DEEP = ("relu1_1", "relu3_1")


def small_encoder(widths=((4, 4), (8, 8), (8,))):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return freeze(Encoder(widths))


# The estimate.


def test_the_estimate_grows_with_the_area():
    one, four = (activation_bytes(small_encoder(), DEEP, size) for size in ((256, 128), (512, 256)))
    assert four == 4 * one > 0


def test_the_estimate_counts_every_layer_down_to_the_deepest_block_in_use():
    encoder = small_encoder()
    # Channels by pixels, relative to 4 channels at full size: 2 in block 1, 2 × 2 / 4 in block 2, 2 / 16 in block 3.
    shallow, middle, deep = (activation_bytes(encoder, [name], SIZE) for name in ("relu1_1", "relu2_1", "relu3_1"))
    assert middle / shallow == pytest.approx(3 / 2)
    assert deep / shallow == pytest.approx((3 + 1 / 8) / 2)


def test_the_estimate_holds_at_least_every_feature_once():
    encoder = small_encoder()
    held = sum(m.numel() * m.element_size() for m in encoder(torch.rand(1, 3, 64, 96), encoder.layers).values())
    assert activation_bytes(encoder, encoder.layers, (64, 96)) >= held


def test_pixels_alone_need_no_activations():
    assert activation_bytes(small_encoder(), ["pixels"], SIZE) == 0


# The plan.


def plan(budget, positions=65536):
    return working_set(small_encoder(), DEEP, SIZE, budget=budget, positions=positions)


def test_within_the_budget_activations_are_kept():
    needed = activation_bytes(small_encoder(), DEEP, SIZE)
    assert not plan(2 * needed).checkpointing


def test_over_the_budget_activations_are_computed_anew():
    needed = activation_bytes(small_encoder(), DEEP, SIZE)
    assert plan(needed).checkpointing


def test_a_larger_canvas_needs_thrift_where_a_smaller_one_does_not():
    budget = 2 * activation_bytes(small_encoder(), DEEP, SIZE)
    larger = working_set(small_encoder(), DEEP, (2 * SIZE[0], 2 * SIZE[1]), budget=budget, positions=65536)
    assert larger.checkpointing


@given(st.integers(2**20, 2**45), st.integers(0, 2**20))
def test_a_chunk_is_a_part_of_the_budget_but_never_below_the_smallest(budget, positions):
    planned = plan(budget, positions)
    assert SMALLEST_CHUNK <= planned.chunk <= max(SMALLEST_CHUNK, budget // 16)


def test_at_least_a_quarter_of_the_pixels_is_sorted():
    assert plan(2**40, 100).positions == SIZE[0] * SIZE[1] // 4
    assert plan(2**40, 2**20).positions == 2**20
    assert plan(2**40, 0).positions == 0


# Shrinking.


@given(st.booleans(), st.integers(SMALLEST_CHUNK, 2**40), st.integers(0, 2**30))
def test_shrinking_never_grows_anything_always_changes_something_and_ends(checkpointing, chunk, positions):
    current = WorkingSet(checkpointing, chunk, positions)
    for _ in range(40):
        following = smaller(current)
        if following is None:
            break
        assert following != current
        assert following.checkpointing >= current.checkpointing
        assert following.chunk <= current.chunk
        assert following.positions <= current.positions
        current = following
    assert smaller(current) is None
    assert current == WorkingSet(checkpointing=True, chunk=SMALLEST_CHUNK, positions=min(positions, FEWEST_POSITIONS))


def test_the_first_thing_given_up_is_speed():
    assert smaller(WorkingSet(checkpointing=False, chunk=2**28, positions=65536)) == WorkingSet(
        checkpointing=True, chunk=2**28, positions=65536
    )


# Running out.


def test_what_torch_raises_for_an_absurd_allocation_is_out_of_memory():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60)
    assert is_out_of_memory(caught.value)


def test_the_error_of_a_gpu_is_out_of_memory():
    assert is_out_of_memory(torch.cuda.OutOfMemoryError("told in any words"))


@pytest.mark.parametrize(
    "message",
    [
        "[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: not enough memory: you tried to allocate 8",
        "MPS backend out of memory (MPS allocated: 17.21 GB, other allocations: 1.20 GB, max allowed: 18.13 GB).",
    ],
    ids=["windows", "mps"],
)
def test_the_messages_of_other_platforms_are_out_of_memory(message):
    assert is_out_of_memory(RuntimeError(message))


def test_other_errors_of_torch_are_not_out_of_memory():
    with pytest.raises(RuntimeError) as caught:
        torch.ones(2, 3) @ torch.ones(2, 3)
    assert not is_out_of_memory(caught.value)


def test_the_error_for_people_names_the_device_and_the_size():
    error = MemoryExhaustedError((480, 640), torch.device("cpu"))
    assert str(error).startswith("cpu has not enough memory for a canvas of 640x480")
    assert error.device == torch.device("cpu")


def test_a_canvas_that_cannot_fit_is_refused_before_any_work():
    encoder = freeze(Encoder([[4, 4], [8, 8]]))
    with pytest.raises(
        SettingsError, match=r"a canvas of 16384x16384 takes \d+\.\d GiB at least, more than the 0\.1 GiB"
    ):
        check_budget(encoder, (16384, 16384), 64 * 2**20)
    check_budget(encoder, (128, 128), 64 * 2**20)
