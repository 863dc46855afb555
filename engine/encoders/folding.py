"""Fold a per-pixel linear map of the input colors into the first convolution."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class ColorMap:
    """The map `matrix @ rgb + offset` that a network was trained to see its pictures through.

    Attributes:
        matrix: Shape (3, 3).
        offset: Shape (3,).
    """

    matrix: Tensor
    offset: Tensor


def imagenet_normalization() -> ColorMap:
    """Build the normalization that torchvision's ImageNet weights expect, by mean and standard deviation.

    Returns:
        The map from RGB in [0, 1].
    """
    mean = torch.tensor([0.485, 0.456, 0.406], dtype=torch.float64)
    deviation = torch.tensor([0.229, 0.224, 0.225], dtype=torch.float64)
    return ColorMap(torch.diag(1 / deviation), -mean / deviation)


def fold(weight: Tensor, bias: Tensor, colors: ColorMap) -> tuple[Tensor, Tensor]:
    """Fold a color map into the convolution after it: exact where the padding repeats pixels in place of zeros.

    Args:
        weight: Shape (channels, 3, height, width).
        bias: Shape (channels,).
        colors: The map.

    Returns:
        Weight and bias of the same shapes and dtypes.
    """
    # Offsets of some hundred meet weights of some thousandth in slim networks: single precision would show.
    wide, matrix, offset = weight.double(), colors.matrix.double(), colors.offset.double()
    folded = torch.einsum("oihw,ij->ojhw", wide, matrix)
    moved = bias.double() + torch.einsum("oihw,i->o", wide, offset)
    return folded.to(weight.dtype), moved.to(bias.dtype)
