"""From pictures to what synthesis takes, and back, without PyTorch."""

from engine.preparation.areas import Box, Size
from engine.preparation.axes import AXES, axes_of
from engine.preparation.errors import MaterialError
from engine.preparation.masks import BAND, FRINGE, OPAQUE, Mask
from engine.preparation.materials import Materials, canvas_size, cut_start, finish, lift, prepare
from engine.preparation.sampling import (
    DIRECTIONS,
    LARGEST_CONTEXT,
    LARGEST_EXEMPLAR,
    SMALLEST_EXEMPLAR,
    WIDEST_CONTEXT,
    Sample,
)

__all__ = [
    "AXES",
    "BAND",
    "DIRECTIONS",
    "FRINGE",
    "LARGEST_CONTEXT",
    "LARGEST_EXEMPLAR",
    "OPAQUE",
    "SMALLEST_EXEMPLAR",
    "WIDEST_CONTEXT",
    "Box",
    "Mask",
    "MaterialError",
    "Materials",
    "Sample",
    "Size",
    "axes_of",
    "canvas_size",
    "cut_start",
    "finish",
    "lift",
    "prepare",
]
