"""What a hole is, and what fills it."""

from dataclasses import dataclass

from engine.synthesis.matching.field import Bools, Floats
from engine.synthesis.structure.octave import Wrap


@dataclass(frozen=True, eq=False)
class FillInput:
    """A hole and what fills it.

    Attributes:
        colors: The canvas, RGB in [0, 1], float32 (height, width, 3).
        free: The hole, boolean (height, width).
        source: The exemplar, RGB in [0, 1], float32 (height, width, 3).
        valid: Where it may be sampled, boolean (height, width).
        offset: Row and column of the canvas's first pixel in the exemplar, where both are of one picture.
        wrap: Whether rows, and columns, of the canvas go on at the other side.
    """

    colors: Floats
    free: Bools
    source: Floats
    valid: Bools
    offset: tuple[int, int] | None = None
    wrap: Wrap = (False, False)
