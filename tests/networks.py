"""Networks for the tests of encoders."""

from itertools import pairwise

import torch
from torch import Tensor
from wraps import NO_WRAP

from engine.encoders import Encoder, freeze
from engine.encoders.weights_file import encoder_from_state
from engine.synthesis.encoder import Pooling
from engine.synthesis.wrap import Wrap

WIDTHS = ((5, 6), (7,), (9, 11), (12,), (13,))


def made_up_encoder(pooling: Pooling = "average", wrap: Wrap = NO_WRAP, seed: int = 0) -> Encoder:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return freeze(Encoder(WIDTHS, pooling=pooling)).with_wrap(wrap)


def noise(*shape: int, seed: int = 1) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def chain(names: list[str], channels: list[int]) -> dict[str, Tensor]:
    state = {}
    for seed, (name, (before, after)) in enumerate(zip(names, pairwise(channels), strict=True)):
        state[f"{name}.weight"] = 0.2 * (noise(after, before, 3, 3, seed=seed) - 0.3)
        state[f"{name}.bias"] = noise(after, seed=100 + seed) - 0.5
    return state


def torchvision_style() -> dict[str, Tensor]:
    """Two convolutions in block 1, one each in blocks 2 and 3."""
    state = chain(["features.0", "features.2", "features.5", "features.8"], [3, 5, 6, 7, 9])
    return {**state, "classifier.0.weight": torch.zeros(4, 4), "classifier.0.bias": torch.zeros(4)}


def numbered_style() -> dict[str, Tensor]:
    return chain(["conv1_1", "conv1_2", "conv2_1", "conv3_1"], [3, 5, 6, 7, 9])


def channels_of(encoder: Encoder) -> tuple[int, ...]:
    return tuple(layer.channels for layer in encoder.layers.values())


def build(state: dict[str, Tensor], pooling: Pooling = "average") -> Encoder:
    return freeze(encoder_from_state(state, pooling=pooling))


def assert_same_features(left: Encoder, right: Encoder, *, tolerance: float = 1e-5) -> None:
    assert left.layers == right.layers
    picture = noise(1, 3, 32, 32)
    expected = right(picture, right.layers)
    for name, features in left(picture, left.layers).items():
        torch.testing.assert_close(features, expected[name], atol=tolerance, rtol=tolerance)


def with_number(key: str, number: float) -> dict[str, Tensor]:
    state = numbered_style()
    state[key].view(-1)[0] = number
    return state
