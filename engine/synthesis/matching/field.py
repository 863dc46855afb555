"""The match field, and what is matched."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Places = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class MatchSource:
    """The exemplar at one scale.

    Attributes:
        channels: What is compared and voted for, weighted, float32 (height, width, channels), contiguous.
        usable: Where the center of a patch may lie, boolean (height, width).
        labels: Label of each place, from 0 on, int32 (height, width), see `Query.label_costs`; None for none.
    """

    channels: Floats
    usable: Bools
    labels: Places | None = None


@dataclass(eq=False)
class MatchField:
    """For each patch of the canvas its nearest patch of the exemplar; changed in place by the search.

    Attributes:
        places: Row and column of the center of the nearest patch, int32 (height, width, 2).
        costs: Squared distance to it, with its penalty, float32 (height, width).
    """

    places: Places
    costs: Floats
