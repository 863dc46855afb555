"""Pixels in messages."""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated

from protocol.errors import ProtocolError
from protocol.fields import Range, Word

Buffer = bytes | bytearray | memoryview

SAMPLE_BYTES = MappingProxyType({"u8": 1, "u16": 2, "f32": 4})
MOST_CHANNELS = 4
MOST_SIDE = 2**31


def raster_bytes(width: int, height: int, channels: int, depth: str) -> int:
    """Return the size of a raster.

    Args:
        width: Pixels in a row.
        height: Rows.
        channels: Samples of a pixel, 1 to 4.
        depth: Kind of sample: `u8`, `u16` or `f32`.

    Returns:
        Bytes.

    Raises:
        ProtocolError: A number is out of range.
    """
    for name, value, most in (
        ("width", width, MOST_SIDE),
        ("height", height, MOST_SIDE),
        ("channels", channels, MOST_CHANNELS),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise ProtocolError(f"a raster's {name} is {value!r}: give a whole number from 1 to {most}")
    if not isinstance(depth, str) or depth not in SAMPLE_BYTES:
        raise ProtocolError(f"a raster's depth is {depth!r}: give {', '.join(SAMPLE_BYTES)}")
    return width * height * channels * SAMPLE_BYTES[depth]


@dataclass(frozen=True)
class Raster:
    """Pixels, row after row from the top, the samples of a pixel side by side, little-endian, sRGB as displayed.

    Attributes:
        width: Pixels in a row.
        height: Rows.
        channels: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha; alpha is not multiplied into the colors.
        depth: `u8` (0 to 255), `u16` (0 to 65535) or `f32` (0 to 1; in the pictures of sources and canvas,
            any finite colors, which the result then has, too).
        data: The samples.

    Raises:
        ProtocolError: The data has another length than the other numbers require.
    """

    width: Annotated[int, Range(1, MOST_SIDE)]
    height: Annotated[int, Range(1, MOST_SIDE)]
    channels: Annotated[int, Range(1, MOST_CHANNELS)]
    depth: Word
    data: Buffer = field(repr=False)

    def __post_init__(self) -> None:
        due = raster_bytes(self.width, self.height, self.channels, self.depth)
        found = memoryview(self.data).nbytes
        if found != due:
            raise ProtocolError(
                f"a raster of {self.width}x{self.height} pixels with {self.channels} channels of {self.depth} "
                f"needs {due} bytes, and has {found}"
            )
