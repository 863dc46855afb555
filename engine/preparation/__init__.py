"""From pictures to what synthesis takes, and back, without PyTorch."""

from engine.material_errors import MaterialError, NothingToFillError, NothingToSampleError, TooLittleToSampleError
from engine.preparation.areas import Box, Size, bounds_of
from engine.preparation.extending import extended
from engine.preparation.maps import picked
from engine.preparation.masks import BAND, OPAQUE, Mask
from engine.preparation.materials import FurtherSource, Materials, cut_start, finish, lift, seen
from engine.preparation.new_texture import Layout
from engine.preparation.preparing import prepare
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
    "FurtherSource",
    "Layout",
    "Mask",
    "MaterialError",
    "Materials",
    "NothingToFillError",
    "NothingToSampleError",
    "Sample",
    "Size",
    "TooLittleToSampleError",
    "bounds_of",
    "cut_start",
    "extended",
    "finish",
    "lift",
    "picked",
    "prepare",
    "seen",
]
