"""How a job ended, wherever it ran."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.images.picture import FloatArray


@dataclass(frozen=True, eq=False)
class Outcome:
    """How a job ended.

    Attributes:
        picture: The result, or the picture so far at full size, float32 (height, width, 3), in [0, 1].
        step: Steps done.
        losses: Loss of every critic at the last step.
        seconds: From the start to the last step.
        first_seconds: From the start to the canvas to start from.
        interrupted: Whether Ctrl+C ended it early.
        device: Where it was computed.
        peak_bytes: The most memory that was taken; 0 where that is not known.
        alpha: Of the picture, float32 (height, width); None where it is opaque.
    """

    picture: FloatArray
    step: int
    losses: Mapping[str, float]
    seconds: float
    first_seconds: float
    interrupted: bool
    device: str
    peak_bytes: int
    alpha: FloatArray | None = None
