"""Resize pictures and masks, with or without wrapping around."""

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.synthesis.octaves import Size
from engine.synthesis.wrap import NO_WRAP, Wrap


def resize(picture: Tensor, size: Size, *, wrap: Wrap = NO_WRAP) -> Tensor:
    """Resample a picture, antialiased.

    Args:
        picture: Shape (1, channels, height, width).
        size: Height and width wanted, pixels.
        wrap: Axes along which the picture continues on its other side.

    Returns:
        Shape (1, channels, *size); bicubic, so values may lie a little outside the range of the picture's.
    """
    if tuple(picture.shape[2:]) == size:
        return picture
    return _resampled(picture, size, "bicubic", wrap=wrap)


def resize_masked(picture: Tensor, mask: Tensor, size: Size, *, wrap: Wrap = NO_WRAP) -> tuple[Tensor, Tensor]:
    """Resample a picture of which only a part is known, so that the rest does not bleed in.

    Args:
        picture: Shape (1, channels, height, width).
        mask: How much of each pixel is known, in [0, 1], shape (1, 1, height, width).
        size: Height and width wanted, pixels.
        wrap: Axes along which the picture continues on its other side.

    Returns:
        Picture and mask at that size. Pixels of which nothing is known are 0.
    """
    weight, total = (_resampled(found, size, "bilinear", wrap=wrap) for found in (mask, picture * mask))
    return torch.where(weight > 1e-4, total / weight.clamp_min(1e-4), torch.zeros_like(total)), weight.clamp(0, 1)


def _resampled(picture: Tensor, size: Size, mode: str, *, wrap: Wrap) -> Tensor:
    if not wrap:
        return _interpolated(picture, size, mode)
    # Three copies scale to three whole results, whatever the ratio; the middle one saw its neighbors. One axis after
    # the other, for a third of the memory.
    (height, width), before = size, picture.shape[3]
    if wrap.y:
        high = _interpolated(picture.repeat(1, 1, 3, 1), (3 * height, before), mode).narrow(2, height, height)
    else:
        high = _interpolated(picture, (height, before), mode)
    if not wrap.x:
        return _interpolated(high, size, mode).contiguous()
    return _interpolated(high.repeat(1, 1, 1, 3), (height, 3 * width), mode).narrow(3, width, width).contiguous()


def _interpolated(picture: Tensor, size: Size, mode: str) -> Tensor:
    return F.interpolate(picture, size, mode=mode, align_corners=False, antialias=True)


def fill_unknown(picture: Tensor, mask: Tensor, *, wrap: Wrap = NO_WRAP) -> Tensor:
    """Fill what is not known smoothly from what is (push-pull; Gortler et al. 1996, "The Lumigraph").

    Args:
        picture: Shape (1, channels, height, width).
        mask: How much of each pixel is known, in [0, 1], not 0 everywhere, shape (1, 1, height, width).
        wrap: Axes along which the picture continues on its other side.

    Returns:
        The picture where the mask is 1, blending to its surroundings' colors where it is 0.
    """
    if bool((mask >= 1).all()):
        return picture
    height, width = picture.shape[2:]
    if height <= 1 and width <= 1:
        return picture
    smaller, known = resize_masked(picture, mask, ((height + 1) // 2, (width + 1) // 2), wrap=wrap)
    guess = resize(fill_unknown(smaller, known, wrap=wrap), (height, width), wrap=wrap)
    return mask * picture + (1 - mask) * guess
