"""Pictures and an encoder for the tests of canvas and exemplar."""

import torch

LAYERS = ("pixels", "relu1_2", "relu2_1", "relu3_1")


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(*shape, seed=0):
    return torch.rand(shape, generator=generator(seed))


def with_hole(rows, columns, *, size=(32, 40), value=0.0):
    """Ones but for a rectangle."""
    mask = torch.ones(1, 1, *size)
    mask[..., rows, columns] = value
    return mask
