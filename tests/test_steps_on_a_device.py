"""Steps that leave a device to its work: each value that the host asks for would stop it."""

from collections import Counter

import pytest
from pictures import bricks, tensor
from torch.utils._python_dispatch import TorchDispatchMode

from engine.encoders import load_encoder
from engine.synthesis import Exemplar, SynthesisSettings, synthesize
from engine.synthesis.solvers import LBFGS, Adam

# What makes the host wait for a GPU: a number, or how many there are of something.
WAITS = ("aten._local_scalar_dense.default", "aten.nonzero.default", "aten.masked_select.default")


class Waits(TorchDispatchMode):
    """Counts what the host asks of the device."""

    def __init__(self):
        super().__init__()
        self.found = Counter()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if str(func) in WAITS:
            self.found[str(func)] += 1
        return func(*args, **(kwargs or {}))

    def watching(self, step):
        def watched(solver, evaluate):
            with self:
                return step(solver, evaluate)

        return watched


@pytest.fixture(scope="module")
def encoder():
    return load_encoder("compact")


@pytest.fixture
def waits(monkeypatch):
    """Count during steps alone."""
    counted = Waits()
    for solver in (Adam, LBFGS):
        monkeypatch.setattr(solver, "step", counted.watching(solver.step))
    return counted


def made(encoder, recipe):
    """Make a small texture."""
    settings = SynthesisSettings((64, 64), recipe=recipe, quality="draft", steps=3)
    return list(synthesize(Exemplar(tensor(bricks())), encoder, settings))


def test_a_step_of_the_sliced_critic_asks_for_nothing(encoder, waits):
    made(encoder, "sliced")
    assert waits.found == {}


def test_a_step_that_asks_is_noticed(encoder, waits):
    # L-BFGS looks at the loss before it goes on.
    made(encoder, "gram")
    assert waits.found["aten._local_scalar_dense.default"] > 0
