"""A seed on a GPU, and steps that are captured there once and replayed."""

import pytest
import torch
from pictures import clouds, tensor

from engine.encoders import load_encoder
from engine.synthesis import SynthesisSettings, replaying, synthesize
from engine.synthesis.devices import find_device
from engine.synthesis.exemplar import ExemplarSource, exemplar_of

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA here")


def made(*, seed=1, recipe="photo", masked=False):
    device = find_device("cuda")
    valid = torch.ones(1, 1, 64, 64)
    valid[..., 40:, 40:] = 0
    source = ExemplarSource(tensor(clouds()).to(device), valid.to(device) if masked else None)
    settings = SynthesisSettings((96, 96), seed=seed, recipe=recipe, quality="draft")
    *_, last = synthesize(exemplar_of([source]), load_encoder("compact").to(device), settings)
    return last.picture.cpu()


@pytest.fixture
def captures(monkeypatch):
    """Count what is captured."""
    counted = []
    graph = torch.cuda.CUDAGraph
    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: counted.append(1) or graph())
    return counted


@pytest.mark.parametrize("recipe", ["photo", "sliced", "patch", "gram"])
def test_a_seed_gives_the_same_bytes_twice(recipe):
    assert torch.equal(made(recipe=recipe), made(recipe=recipe))
    assert not torch.equal(made(recipe=recipe), made(recipe=recipe, seed=2))


@pytest.mark.parametrize("recipe", ["photo", "sliced", "patch"])
def test_captured_steps_give_what_steps_give_one_by_one(recipe, captures, monkeypatch):
    captured = made(recipe=recipe)
    assert captures
    count = len(captures)
    monkeypatch.setattr(replaying, "MOST_PIXELS", 0)
    assert torch.equal(captured, made(recipe=recipe))
    assert len(captures) == count


def test_an_exemplar_with_a_mask_is_made_step_by_step(captures):
    assert torch.isfinite(made(masked=True)).all()
    assert not captures


def test_steps_go_on_one_by_one_where_none_can_be_captured(monkeypatch, caplog):
    expected = made()

    def refuse(_graph):
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(torch.cuda, "graph", refuse)
    assert torch.equal(made(), expected)
    assert "steps are not captured on this GPU" in caplog.text
