"""Pictures as arrays, and as tensors on a device."""

import numpy as np
import torch
from torch import Tensor

from engine.images.picture import FloatArray


def to_tensor(pixels: FloatArray, device: torch.device | str) -> Tensor:
    """Bring pixels (height, width, channels) into the order (1, channels, height, width) on a device."""
    return torch.from_numpy(writable(pixels)).permute(2, 0, 1)[None].to(device)


def to_array(picture: Tensor) -> FloatArray:
    """Bring a picture (1, 3, height, width) into the order (height, width, 3) on the CPU, in [0, 1]."""
    return to_pixels(picture.clamp(0, 1))


def to_pixels(picture: Tensor) -> FloatArray:
    """Bring a picture (1, 3, height, width) of any values into the order (height, width, 3) on the CPU."""
    found: FloatArray = picture[0].detach().permute(1, 2, 0).float().cpu().contiguous().numpy()
    return found


def writable(values: FloatArray) -> FloatArray:
    """Return an array as torch takes it: it warns of those that come in messages, and may not be written to."""
    return np.require(values, requirements=("C", "W"))
