"""Choose the matcher for a device."""

import logging
from functools import cache

import numpy as np
import torch

from engine.synthesis.matching.field import MatchField, MatchSource
from engine.synthesis.matching.matcher import COMPILED, Matcher
from engine.synthesis.matching.search import Query


def matcher_for(device: torch.device) -> Matcher:
    """Choose where patches are matched.

    Args:
        device: Where the critics work.

    Returns:
        Triton kernels on a CUDA device (torch calls those of ROCm so, too) where they work. Else the compiled
        functions: on MPS there is no Triton, and on XPU nobody has tried it.
    """
    return tried(device) if device.type == "cuda" else COMPILED


@cache
def tried(device: torch.device) -> Matcher:
    """Try a small kernel, once for each device; the compiled functions if it fails."""
    try:
        # Imported here alone: it takes a while, and Windows has no Triton.
        from engine.synthesis.matching.on_gpu import TritonMatcher

        matcher = TritonMatcher(device)
        field = MatchField(np.zeros((1, 1, 2), np.int32), np.ones((1, 1), np.float32))
        same = np.zeros((1, 1, 1), np.float32)
        matcher.measure(field, Query(same, np.ones((1, 1), bool), 0), MatchSource(same, np.ones((1, 1), bool)))
    except Exception as error:  # noqa: BLE001 - a missing compiler, an old card: the CPU can do it all the same
        reason = " ".join(str(error).split())
        logging.getLogger(__name__).warning("patches are matched on the CPU: Triton does not work: %s", reason)
        return COMPILED
    return matcher
