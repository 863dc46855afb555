"""From pictures to what synthesis takes, and back, without PyTorch."""

from engine.preparation.alpha import Mask
from engine.preparation.areas import Box, bounds_of
from engine.preparation.extending import extended
from engine.preparation.job_input import FurtherSource, JobInput, cut_start, finish, lift, seen
from engine.preparation.maps import picked
from engine.preparation.new_texture import Layout
from engine.preparation.preparing import prepare
from engine.preparation.sampling import Sample
from engine.preparation.transforming import ExemplarTransform

__all__ = [
    "Box",
    "ExemplarTransform",
    "FurtherSource",
    "JobInput",
    "Layout",
    "Mask",
    "Sample",
    "bounds_of",
    "cut_start",
    "extended",
    "finish",
    "lift",
    "picked",
    "prepare",
    "seen",
]
