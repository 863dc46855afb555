"""Convert tensors to the arrays for patch search."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from engine.synthesis.exemplar import Exemplar, ExemplarSource
from engine.synthesis.structure.mosaic import MosaicSource


def as_array(picture: Tensor) -> NDArray[np.float32]:
    """Bring a picture (1, channels, height, width) into the order (height, width, channels), contiguous."""
    return np.ascontiguousarray(picture[0].permute(1, 2, 0).cpu().numpy(), np.float32)


def as_mask(source: ExemplarSource) -> NDArray[np.bool_]:
    """Mark the pixels of a source that may be sampled, boolean (height, width)."""
    if source.valid is None:
        return np.ones(source.size, bool)
    found: NDArray[np.bool_] = (source.valid[0, 0] >= 0.99).cpu().numpy()
    return found


def as_pieces(exemplar: Exemplar) -> list[MosaicSource]:
    """Give the sources of an exemplar as arrays."""
    pieces = [
        MosaicSource(as_array(each.picture), as_mask(each), each.share, as_labels(each)) for each in exemplar.sources
    ]
    return pieces if exemplar.maps is None else [replace(pieces[0], maps=as_array(exemplar.maps))]


def as_labels(source: ExemplarSource) -> NDArray[np.int32] | None:
    """Give the labels of a source, int32 (height, width); None where it has none."""
    if source.labels is None:
        return None
    found: NDArray[np.int32] = source.labels[0, 0].cpu().numpy().astype(np.int32)
    return found
