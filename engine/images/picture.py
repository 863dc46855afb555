"""A picture, and the error about one."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine.images.compression import Compression
from engine.images.metadata import Metadata

FloatArray = NDArray[np.float32]

PIXEL_LIMIT = 2**28
"""Maximum number of pixels of a file."""


class ImageError(ValueError):
    """A picture file that cannot be read or written; the message is one sentence."""


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels in sRGB, with the data to write a file like the original.

    Args:
        pixels: float32 (height, width, 3), sRGB as displayed (not linear light), in [0, 1].
        alpha: float32 (height, width) in [0, 1], not multiplied into the pixels, or None.
        bits: bits per sample of the file, 8 or 16.
        gray: whether the file has one color channel instead of three.
        profile: the ICC profile embedded in the file, or None for sRGB.
        stored: float32 (height, width, 1 or 3), the file's own samples, in its profile; None if that is sRGB.
        kept: bool (height, width), where `stored` is written instead of the pixels, which conversion to sRGB and back
            would round.
        metadata: the metadata of the file.
        compression: the compression of the file.
        few_colors: what limits the colors of the file and is not written, such as "palette", or an empty string.
        remarks: sentences about what reading has changed or left out.

    Raises:
        ImageError: an array has another shape or type, or bits is neither 8 nor 16.
    """

    pixels: FloatArray
    alpha: FloatArray | None = None
    bits: int = 8
    gray: bool = False
    profile: bytes | None = None
    stored: FloatArray | None = None
    kept: NDArray[np.bool_] | None = None
    metadata: Metadata = field(default_factory=Metadata)
    compression: Compression = field(default_factory=Compression)
    few_colors: str = ""
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        if len(shape) != 3 or shape[2] != 3 or 0 in shape or self.pixels.dtype != np.float32:
            raise ImageError(
                f"the pixels are {self.pixels.dtype} {shape}; a picture needs float32 (height, width, 3), none zero"
            )
        if self.alpha is not None and (self.alpha.shape != shape[:2] or self.alpha.dtype != np.float32):
            raise ImageError(
                f"the alpha is {self.alpha.dtype} {self.alpha.shape}; here it must be float32 {shape[:2]}"
            )
        if self.bits not in {8, 16}:
            raise ImageError(f"a picture cannot have {self.bits} bits per sample; choose 8 or 16")

    def without_metadata(self) -> "Picture":
        """Return the picture without its metadata."""
        return replace(self, metadata=Metadata())
