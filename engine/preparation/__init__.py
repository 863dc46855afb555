"""From pictures to what synthesis takes, and back, without PyTorch."""

from engine.preparation.areas import Box, Size
from engine.preparation.content import check_content
from engine.preparation.errors import MaterialError
from engine.preparation.extending import extended
from engine.preparation.maps import picked
from engine.preparation.masks import BAND, OPAQUE, Mask
from engine.preparation.materials import Guides, Materials, Source, canvas_size, cut_start, finish, lift, prepare
from engine.preparation.sampling import (
    LARGEST_EXEMPLAR,
    Sample,
)
from engine.preparation.transforming import ExemplarTransform

__all__ = [
    "BAND",
    "LARGEST_EXEMPLAR",
    "OPAQUE",
    "Box",
    "ExemplarTransform",
    "Guides",
    "Mask",
    "MaterialError",
    "Materials",
    "Sample",
    "Size",
    "Source",
    "canvas_size",
    "check_content",
    "cut_start",
    "extended",
    "finish",
    "lift",
    "picked",
    "prepare",
]
