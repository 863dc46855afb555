"""The decoded samples of a file, before orientation and color conversion."""

from dataclasses import dataclass, field

from engine.images.compression import Compression
from engine.images.exif import UPRIGHT
from engine.images.metadata import Metadata
from engine.images.picture import PIXEL_LIMIT, FloatArray, ImageError


@dataclass(frozen=True, eq=False)
class Stored:
    """The decoded samples of a file.

    Args:
        colors: float32 (height, width, channels) in [0, 1]; one channel is gray, three are RGB, four are CMYK ink.
        alpha: float32 (height, width) in [0, 1], or None.
        bits: bits per sample of the file, 8 or 16.
        profile: the embedded ICC profile, unchecked, or None.
        orientation: the EXIF orientation, 1 to 8.
        metadata: the metadata.
        compression: the compression.
        few_colors: see `Picture`.
        notes: what was changed or left out, each to follow the file's name, such as "holds CMYK, which ...".
    """

    colors: FloatArray
    alpha: FloatArray | None
    bits: int
    profile: bytes | None
    orientation: int = UPRIGHT
    metadata: Metadata = field(default_factory=Metadata)
    compression: Compression = field(default_factory=Compression)
    few_colors: str = ""
    notes: tuple[str, ...] = ()


def check_size(width: int, height: int) -> None:
    """Check the size in a header.

    Args:
        width: pixels per row.
        height: number of rows.

    Raises:
        ImageError: the size is outside the limits.
    """
    if width < 1 or height < 1:
        raise ImageError(f"has no pixels ({width} × {height}); choose another picture")
    if width * height > PIXEL_LIMIT:
        raise ImageError(f"has {width} × {height} pixels, more than the {PIXEL_LIMIT} allowed; crop or scale it")


def frame_notes(count: int, what: str) -> tuple[str, ...]:
    """Return a note if a file has several pictures, of which only the first is read."""
    return (f"holds {count} {what}, of which the first is read",) if count > 1 else ()


def oriented(samples: FloatArray, orientation: int) -> FloatArray:
    """Rotate and mirror samples to the upright picture.

    Args:
        samples: float32 (height, width) or (height, width, channels).
        orientation: the EXIF orientation, 1 to 8.

    Returns:
        A view of the samples, upright; width and height are swapped for 5 to 8.
    """
    if orientation >= 5:
        samples = samples.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        samples = samples[::-1]
    if orientation in {2, 3, 6, 7}:
        samples = samples[:, ::-1]
    return samples
