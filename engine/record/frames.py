"""The frames of a recording."""

import numpy as np
from numpy.typing import NDArray

RecordedFrame = NDArray[np.uint8]
"""RGB, uint8 (height, width, 3)."""

FRAMES_PER_SECOND = 12
FINAL_HOLD_SECONDS = 1.5
"""How long the last frame is shown."""
