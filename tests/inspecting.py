"""What the tests of `inspect` share."""

import torch
from safetensors.torch import save_file

ENCODER_WIDTHS = {"relu1_1": 6, "relu2_1": 7, "relu3_1": 8}


def tiny_weights(path):
    """Write the weights of a network of three layers with random filters."""
    chance = torch.Generator().manual_seed(0)
    state, channels = {}, 3
    for block, width in enumerate(ENCODER_WIDTHS.values(), 1):
        state[f"conv{block}_1.weight"] = 0.3 * torch.randn(width, channels, 3, 3, generator=chance)
        state[f"conv{block}_1.bias"] = torch.full((width,), 0.05)
        channels = width
    save_file(state, path)
    return path
