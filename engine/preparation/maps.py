"""Several maps of one texture, such as colors, normals and heights, that are sampled together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.images import Picture
from engine.images.picture import FloatArray
from engine.preparation.areas import Box


@dataclass(frozen=True, eq=False)
class Maps:
    """Further maps of the exemplar.

    Attributes:
        channels: Of all maps, side by side, float32 (height, width, channels), in [0, 1].
        counts: How many channels each map has, 1 or 3.
    """

    channels: FloatArray
    counts: tuple[int, ...]


def read_maps(maps: Sequence[Picture], area: Box) -> Maps | None:
    """Put maps side by side.

    Args:
        maps: Further maps of the exemplar, of its size.
        area: The part of the exemplar that is sampled.

    Returns:
        The maps, cut to that part; None without any.
    """
    if not maps:
        return None
    cut = [area.cut(each.pixels)[..., : 1 if each.gray else 3] for each in maps]
    return Maps(np.dstack(cut), tuple(each.shape[2] for each in cut))


def picked(picture: Picture, origins: NDArray[np.integer]) -> Picture:
    """Take each pixel from a place of a picture, exactly as it is there.

    Args:
        picture: The picture.
        origins: Row and column for each pixel, (height, width, 2).

    Returns:
        A picture of that height and width; in its own color profile, the samples of the file are kept.
    """
    rows, columns = origins[..., 0], origins[..., 1]
    pixels = picture.pixels[rows, columns]
    return replace(
        picture,
        pixels=pixels,
        alpha=None if picture.alpha is None else picture.alpha[rows, columns],
        stored=None if picture.stored is None else picture.stored[rows, columns],
        kept=None if picture.stored is None else np.ones(pixels.shape[:2], bool),
    )
