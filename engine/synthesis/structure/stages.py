"""What is planned of a structure, and what is seen of it."""

from dataclasses import dataclass

from engine.synthesis.matching.field import Floats, Places

Size = tuple[int, int]


@dataclass(frozen=True)
class PlannedStage:
    """The work at one octave.

    Attributes:
        index: Number of halvings.
        canvas: Height and width at that scale, pixels.
        source: Height and width of the exemplar, pixels.
        rounds: How often patches are searched and vote.
        cost: Of one round, in patches.
    """

    index: int
    canvas: Size
    source: Size
    rounds: int
    cost: float


@dataclass(frozen=True, eq=False)
class Stage:
    """The canvas after one round.

    Attributes:
        octave: Where.
        colors: RGB, float32 (height, width, 3); no later stage changes it.
        ends: Whether it is the last one of its octave.
        labels: Of what each patch comes from, int32 (height, width), see `Mosaic`; None for a hole.
        origins: Row and column of the exemplar that each pixel is taken from, int32 (height, width, 2); None where
            pixels are mixed.
        places: Center of the nearest patch for each place, int32 (height, width, 2), where the octave ends.
    """

    octave: PlannedStage
    colors: Floats
    ends: bool
    labels: Places | None = None
    origins: Places | None = None
    places: Places | None = None
