"""Tones: what the texture lacks of a content's lights and shades."""

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from engine.synthesis.matching.field import Floats
from engine.synthesis.pixels import as_array
from engine.synthesis.structure import Content
from engine.synthesis.structure.content import BRIGHTNESS, CONTENT_BLUR, matched_ranks
from engine.synthesis.structure.pyramid import averaged

# At full strength, the brightest places of a content are so many times as bright as the texture's mean, the darkest
# ones as much darker.
RANGE = 2.4
# What is nearer by than this differs in brightness by the texture's grain: standard deviation, pixels.
GRAIN = 3.0
LEAST = 1e-3


def toned(picture: Tensor, content: Content) -> Tensor:
    """Brighten and darken a texture where it is less so than its content.

    A texture whose blurred brightness hardly varies, such as grass, shows nothing of a content otherwise. Grain and
    hues are kept, and what is bright or dark enough stays as it is.

    Args:
        picture: RGB in [0, 1], shape (1, 3, height, width).
        content: What it shows.

    Returns:
        The picture, changed.
    """
    colors = as_array(picture)
    gain = _gain(colors, averaged(content.colors, (colors.shape[0], colors.shape[1])), content.strength)
    return (picture * torch.from_numpy(gain).to(picture)).clamp(0, 1)


def _gain(colors: Floats, wanted: Floats, strength: float) -> Floats:
    own = ndimage.gaussian_filter(colors @ BRIGHTNESS, GRAIN, mode="nearest")
    shades = ndimage.gaussian_filter(wanted @ BRIGHTNESS, CONTENT_BLUR, mode="nearest")
    most = np.log(RANGE) * strength
    # From the darkest to the brightest, the middle one as it is on average.
    due = most * matched_ranks(shades, np.linspace(-1, 1, 256, dtype=np.float32))
    found = due + np.log(max(float(own.mean()), LEAST)) - np.log(np.maximum(own, LEAST))
    found = np.where(due > 0, found.clip(0, most), found.clip(-most, 0))
    gain: Floats = np.exp(found).astype(np.float32)
    return gain
