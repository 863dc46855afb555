"""From pictures to what synthesis takes, and back, without PyTorch."""

from engine.preparation.areas import Box, Size, bounds_of
from engine.preparation.extending import extended
from engine.preparation.job_input import FurtherSource, JobInput, cut_start, finish, lift, seen
from engine.preparation.maps import picked
from engine.preparation.masks import BAND, OPAQUE, Mask
from engine.preparation.new_texture import Layout
from engine.preparation.preparing import prepare
from engine.preparation.sampling import (
    LARGEST_EXEMPLAR,
    Sample,
)
from engine.preparation.transforming import ExemplarTransform
from engine.request_errors import (
    NothingToFillError,
    NothingToSampleError,
    RequestError,
    TilesAlreadyError,
    TooLittleToSampleError,
)

__all__ = [
    "BAND",
    "LARGEST_EXEMPLAR",
    "OPAQUE",
    "Box",
    "ExemplarTransform",
    "FurtherSource",
    "JobInput",
    "Layout",
    "Mask",
    "NothingToFillError",
    "NothingToSampleError",
    "RequestError",
    "Sample",
    "Size",
    "TilesAlreadyError",
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
