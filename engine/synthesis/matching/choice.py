"""Choose the matcher for a device."""

import torch

from engine.synthesis.matching.matcher import COMPILED, Matcher
from engine.synthesis.matching.tensors import TensorMatcher


def matcher_for(device: torch.device) -> Matcher:
    """Choose where patches are matched.

    Args:
        device: Where the critics work.

    Returns:
        Tensors on a CUDA device (torch calls those of ROCm so, too). Else the compiled functions: on MPS and XPU
        nobody has tried tensors yet.
    """
    return TensorMatcher(device) if device.type == "cuda" else COMPILED
