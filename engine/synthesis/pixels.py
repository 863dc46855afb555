"""From tensors to the arrays that patches are searched in."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from engine.synthesis.exemplar import Exemplar


def as_array(picture: Tensor) -> NDArray[np.float32]:
    """Bring a picture (1, channels, height, width) into the order (height, width, channels), contiguous."""
    return np.ascontiguousarray(picture[0].permute(1, 2, 0).cpu().numpy(), np.float32)


def as_mask(exemplar: Exemplar) -> NDArray[np.bool_]:
    """Mark the pixels of an exemplar that may be sampled, boolean (height, width)."""
    if exemplar.valid is None:
        return np.ones(exemplar.size, bool)
    found: NDArray[np.bool_] = (exemplar.valid[0, 0] >= 0.99).cpu().numpy()
    return found
