"""Fixed procedural pictures that stand for all others when activations are normalized."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from engine.synthesis.encoder import Encoder

SIDE = 128
LEAVES = 200


def calibration_pictures() -> tuple[Tensor, ...]:
    """Draw the pictures: colored 1/f noise, smooth and rough, and dead leaves (Lee et al. 2001, IJCV 41).

    Returns:
        RGB in [0, 1], each of shape (1, 3, 128, 128), float32; the same on every call.
    """
    generator = torch.Generator().manual_seed(0)
    return (
        _clouds(0.8, generator),
        _clouds(1.4, generator),
        _leaves(0.0, generator),
        _leaves(0.1, generator),
    )


def _clouds(power: float, generator: torch.Generator) -> Tensor:
    frequency = torch.hypot(torch.fft.fftfreq(SIDE)[:, None], torch.fft.rfftfreq(SIDE)[None])
    frequency[0, 0] = torch.inf  # no mean
    noise = torch.fft.rfft2(torch.randn(3, SIDE, SIDE, generator=generator))
    gray = torch.fft.irfft2(noise / frequency**power, s=(SIDE, SIDE))
    gray = gray / gray.std(dim=(1, 2), keepdim=True)
    colored = torch.einsum("ij,jhw->ihw", torch.randn(3, 3, generator=generator), gray)
    return (0.5 + 0.15 * colored).clamp(0, 1)[None]


def _leaves(grain: float, generator: torch.Generator) -> Tensor:
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    # Radii follow the power law of natural scenes; large leaves lie below small ones, so that none is all hidden.
    radii = (3 / torch.rand(LEAVES, generator=generator).sqrt()).clamp(max=SIDE / 3).sort(descending=True).values
    across, down = SIDE * torch.rand(2, LEAVES, 1, 1, generator=generator)
    inside = torch.hypot(y - down, x - across) < radii[:, None, None]
    top = (inside * torch.arange(LEAVES)[:, None, None]).amax(0)
    picture = torch.rand(LEAVES, 3, generator=generator)[top].permute(2, 0, 1)
    grained = picture + grain * torch.randn(picture.shape, generator=generator)
    return grained.clamp(0, 1)[None]


@torch.no_grad()
def normalize_activations(encoder: Encoder, pictures: Sequence[Tensor]) -> None:
    """Rescale the weights so that every layer's mean activation over `pictures` is 1 (arXiv 1505.07376, §2).

    ReLU and pooling are homogeneous, so the network computes the same features up to that scale. A layer that none
    of the pictures excites is not scaled.

    Args:
        encoder: Changed in place.
        pictures: RGB in [0, 1], each of shape (1, 3, height, width); at least one.
    """
    totals = dict.fromkeys(encoder.layers, 0.0)
    for picture in pictures:
        for name, features in encoder(picture, encoder.layers).items():
            totals[name] += float(features.mean())
    means = {name: total / len(pictures) or 1.0 for name, total in totals.items()}
    previous = 1.0
    convolutions = (module for module in encoder.modules() if isinstance(module, nn.Conv2d))
    for name, convolution in zip(encoder.layers, convolutions, strict=True):
        convolution.weight *= previous / means[name]
        if convolution.bias is not None:
            convolution.bias /= means[name]
        previous = means[name]
