"""TIFF files in tiles, written part by part: a picture that memory cannot hold."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from engine.images.color import from_srgb
from engine.images.picture import FloatArray, Picture
from engine.images.writing import quantized

# Side of the tiles of the file, pixels.
SIDE = 256
# From so many bytes on, offsets of the older form may not reach the end of a file.
LARGEST_CLASSIC = 2**32 - 2**26

Rows = Callable[[int, int], FloatArray]


def write_tiled_tiff(path: Path, rows: Rows, size: tuple[int, int], pattern: Picture, *, alpha: bool) -> None:
    """Write a large picture, compressed without loss, in the colors of a profile; BigTIFF where it has to be.

    Args:
        path: The file.
        rows: Returns the rows from a first one to a last one, left out: sRGB and, behind it, alpha, in [0, 1],
            float32 (rows, width, 3 or 4).
        size: Height and width, pixels.
        pattern: The picture that gives bit depth, grayness, profile and resolution.
        alpha: Whether there is alpha.
    """
    height, width = size
    nothing = np.zeros((1, 1, 3), np.float32)
    gray, profile = from_srgb(nothing, pattern.profile, gray=pattern.gray)
    channels = gray.shape[2] + alpha
    kind = np.dtype(np.uint8 if pattern.bits == 8 else np.uint16)

    def tiles() -> Iterator[NDArray[Any]]:
        for top in range(0, height, SIDE):
            part = rows(top, min(top + SIDE, height))
            colors, _ = from_srgb(np.ascontiguousarray(part[..., :3]), pattern.profile, gray=pattern.gray)
            samples = quantized(np.concatenate([colors, part[..., 3:]], axis=2), pattern.bits)
            for left in range(0, width, SIDE):
                inner = samples[:, left : left + SIDE]
                margin = ((0, SIDE - inner.shape[0]), (0, SIDE - inner.shape[1]), (0, 0))
                tile = np.pad(inner, margin, mode="edge")
                yield tile[..., 0] if channels == 1 else tile

    dpi = pattern.metadata.dpi
    with tifffile.TiffWriter(path, bigtiff=height * width * channels * kind.itemsize > LARGEST_CLASSIC) as file:
        file.write(
            tiles(),
            shape=(height, width) if channels == 1 else (height, width, channels),
            dtype=kind,
            tile=(SIDE, SIDE),
            photometric="rgb" if channels >= 3 else "minisblack",
            planarconfig=None if channels == 1 else "contig",
            extrasamples=["unassalpha"] if alpha else None,
            compression="zlib",
            predictor=True,
            iccprofile=profile,
            resolution=dpi,
            resolutionunit=None if dpi is None else "inch",
            metadata=None,
            software=False,
        )
