"""Arithmetic on rasters in pure Python, because GIMP's Python has no numpy.

Masks are one byte for each pixel. Whole planes are worked on at once, as slices and as long integers, which is quick
enough for pictures of many megapixels.
"""

import array
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from gimp_plugin.box import Box
from protocol.raster import Raster

SAMPLE_BYTES = {"u8": 1, "u16": 2, "f32": 4}
# What the engine takes for opaque, 0.99, as the highest byte of a sample.
OPAQUE = 253
# What has less alpha cannot be seen, 0.01, likewise.
CLEAR = 3

_FULL = bytes([255])
_NONE = bytes([0])
_ANY = _NONE + _FULL * 255


def crop(raster: Raster, box: Box) -> Raster:
    """Cut a rectangle out of a raster.

    Args:
        raster: Any raster.
        box: In its pixels; lies inside.

    Returns:
        The part.
    """
    if (box.x, box.y, box.width, box.height) == (0, 0, raster.width, raster.height):
        return raster
    pixel = raster.channels * SAMPLE_BYTES[raster.depth]
    row, data = raster.width * pixel, memoryview(raster.data)
    starts = (y * row + box.x * pixel for y in range(box.y, box.y + box.height))
    rows = b"".join(data[start : start + box.width * pixel] for start in starts)
    return replace(raster, width=box.width, height=box.height, data=rows)


def sound(raster: Raster) -> Raster:
    """Replace what the engine cannot use.

    Args:
        raster: Floating point, with alpha.

    Returns:
        The raster with alpha within 0 to 1, and with finite colors: its highest one in place of infinity, and 0 in
        place of negative infinity and what is no number.
    """
    values, own = array.array("f", bytes(raster.data)), slice(raster.channels - 1, None, raster.channels)
    if not math.isfinite(sum(values)):
        most = max(filter(math.isfinite, values), default=0.0)
        finite = {math.inf: most, -math.inf: 0.0}
        values = array.array("f", (0.0 if math.isnan(value) else finite.get(value, value) for value in values))
    alphas = values[own]
    if min(alphas) < 0 or max(alphas) > 1:
        values[own] = array.array("f", (min(max(level, 0.0), 1.0) for level in alphas))
    return replace(raster, data=values.tobytes())


def as_bytes(raster: Raster, most: int) -> Raster:
    """Reduce samples to 8 bits.

    Args:
        raster: Of any depth.
        most: Of floating point, which takes long, every second, third or further pixel is left out above this side.

    Returns:
        With as many channels; values outside of 0 to 1 are clipped.
    """
    if raster.depth == "u8":
        return raster
    if raster.depth == "u16":
        return replace(raster, depth="u8", data=bytes(raster.data)[1::2])
    step, count, row = -(-max(raster.width, raster.height) // most), raster.channels, raster.width * raster.channels
    values = memoryview(bytes(raster.data)).cast("f")
    starts = (y * row + x for y in range(0, raster.height, step) for x in range(0, row, step * count))
    pixels = (values[start : start + count] for start in starts)
    data = bytes(round(255 * min(max(value, 0.0), 1.0)) for pixel in pixels for value in pixel)
    width, height = (-(-side // step) for side in (raster.width, raster.height))
    return Raster(width, height, count, "u8", data)


def crop_mask(mask: bytes, width: int, box: Box) -> bytes:
    """Cut a rectangle out of a mask.

    Args:
        mask: A byte for each pixel.
        width: Of the mask.
        box: In its pixels; lies inside.

    Returns:
        The part.
    """
    starts = (y * width + box.x for y in range(box.y, box.y + box.height))
    return b"".join(mask[start : start + box.width] for start in starts)


def side_by_side(parts: Sequence[bytes], rows: int) -> bytes:
    """Put pictures of the same kind and height side by side, row by row."""
    if len(parts) == 1:
        return parts[0]
    strides = [len(part) // rows for part in parts]
    return b"".join(
        part[y * stride : (y + 1) * stride] for y in range(rows) for part, stride in zip(parts, strides, strict=True)
    )


def place_mask(mask: bytes, box: Box, width: int, height: int) -> bytes:
    """Put a mask into a larger, empty one.

    Args:
        mask: A byte for each pixel of the rectangle.
        box: Where it goes; lies inside.
        width: Of the larger one.
        height: Of the larger one.

    Returns:
        The larger mask.
    """
    whole = bytearray(width * height)
    for y in range(box.height):
        start = (box.y + y) * width + box.x
        whole[start : start + box.width] = mask[y * box.width : (y + 1) * box.width]
    return bytes(whole)


def touched(mask: bytes) -> bytes:
    """Make every byte of a mask that is not 0 a 255."""
    return mask.translate(_ANY)


def below(mask: bytes, least: int) -> bytes:
    """Make every byte of a mask that is less than this a 255, and every other a 0."""
    return mask.translate(_FULL * least + _NONE * (256 - least))


def above(mask: bytes, least: int) -> bytes:
    """Make every byte of a mask that is this or more a 255, and every other a 0."""
    return mask.translate(_NONE * least + _FULL * (256 - least))


def common(first: bytes, second: bytes) -> bytes:
    """Keep what two masks of 0 and 255 have in common."""
    return _combined(first, second, int.__and__)


def clear(raster: Raster) -> bytes:
    """Find the pixels of a raster that cannot be seen: 255 there, else 0."""
    return below(alpha(raster), CLEAR)


def is_visible(raster: Raster) -> bool:
    """Whether any pixel of a raster can be seen."""
    # Of floating point, a row is often enough, and all rows take long.
    return any(0 in clear(crop(raster, Box(0, y, raster.width, 1))) for y in range(raster.height))


def alpha(raster: Raster) -> bytes:
    """Read how opaque each pixel of a raster is, as a byte; 255 without an alpha channel."""
    if raster.channels in {1, 3}:
        return _FULL * (raster.width * raster.height)
    if raster.depth == "f32":
        levels = memoryview(raster.data).cast("f")[raster.channels - 1 :: raster.channels]
        return bytes(round(255 * min(max(level, 0.0), 1.0)) for level in levels)
    pixel = raster.channels * SAMPLE_BYTES[raster.depth]
    return bytes(memoryview(raster.data)[pixel - 1 :: pixel])


def white(raster: Raster) -> bytes:
    """Find the pixels that are white and opaque.

    Args:
        raster: Gray with alpha, 8 bits.

    Returns:
        255 there, else 0.
    """
    levels = bytes(memoryview(raster.data)[::2])
    return common(above(levels, OPAQUE), above(alpha(raster), OPAQUE))


def inverted(mask: bytes) -> bytes:
    """Make every 0 of a mask of 0 and 255 a 255, and every 255 a 0."""
    return below(mask, 255)


def hidden(raster: Raster, mask: bytes) -> Raster:
    """Make pixels transparent.

    Args:
        raster: With alpha.
        mask: 255 where they become transparent, else 0.

    Returns:
        The raster with these pixels' alpha at 0.
    """
    size = SAMPLE_BYTES[raster.depth]
    pixel, kept = raster.channels * size, bytes(255 - value for value in range(256))
    data, visible = bytearray(raster.data), mask.translate(kept)
    for byte in range(1, size + 1):
        start = pixel - byte
        data[start::pixel] = _combined(bytes(data[start::pixel]), visible, int.__and__)
    return replace(raster, data=bytes(data))


def faded(raster: Raster, mask: bytes) -> Raster:
    """Make pixels as transparent as a layer mask does.

    Args:
        raster: With alpha.
        mask: How much of each pixel is seen, 0 to 255.

    Returns:
        The raster with its alpha multiplied by that.
    """
    if mask.count(0) + mask.count(255) == len(mask):
        return hidden(raster, inverted(mask))
    own = slice(raster.channels - 1, None, raster.channels)
    if raster.depth == "f32":
        floats = array.array("f", bytes(raster.data))
        floats[own] = array.array("f", (level * seen / 255 for level, seen in zip(floats[own], mask, strict=True)))
        return replace(raster, data=floats.tobytes())
    data = bytearray(raster.data)
    levels = memoryview(data).cast("B" if raster.depth == "u8" else "H")
    faint = [(level * seen + 127) // 255 for level, seen in zip(levels[own], mask, strict=True)]
    levels[own] = array.array(levels.format, faint)
    return replace(raster, data=bytes(data))


def product(first: bytes, second: bytes) -> bytes:
    """Multiply two masks: what is seen through both."""
    return bytes(faded(Raster(len(first), 1, 1, "u8", first), second).data)


def picked(rasters: Sequence[Raster], origins: Raster) -> Iterator[Raster]:
    """Take each pixel of new rasters from a place of the given ones, the same for all.

    Args:
        rasters: Of one size, with any samples.
        origins: Row and column in them of each pixel, two channels of 16 bits.

    Yields:
        For each of them a raster of the size of the origins, one after the other: they may be large.
    """
    width, height, stride = origins.width, origins.height, rasters[0].width
    numbers = memoryview(bytes(origins.data)).cast("H")
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    places = array.array("Q", (row * stride + column for row, column in pairs))
    for raster in rasters:
        data, size = bytes(raster.data), raster.channels * SAMPLE_BYTES[raster.depth]
        pixels = [data[start : start + size] for start in range(0, len(data), size)]
        rows = (places[start : start + width] for start in range(0, width * height, width))
        made = b"".join(b"".join([pixels[place] for place in row]) for row in rows)
        yield replace(raster, width=width, height=height, data=made)


def visible_box(raster: Raster) -> Box:
    """Find the smallest rectangle that holds every pixel that can be seen; one without area where there is none."""
    return marked_box(inverted(clear(raster)), raster.width)


def marked_box(mask: bytes, width: int) -> Box:
    """Find the smallest rectangle that holds every 255 of a mask of 0 and 255; one without area if there is none."""
    rows = [mask[start : start + width] for start in range(0, len(mask), width)]
    empty = _NONE * width
    filled = [y for y, row in enumerate(rows) if row != empty]
    if not filled:
        return Box(0, 0, 0, 0)
    used = [rows[y] for y in filled]
    left = min(row.find(_FULL) for row in used)
    right = max(row.rfind(_FULL) for row in used)
    return Box(left, filled[0], right - left + 1, filled[-1] - filled[0] + 1)


def _combined(first: bytes, second: bytes, how: Callable[[int, int], int]) -> bytes:
    both = how(int.from_bytes(first, "little"), int.from_bytes(second, "little"))
    return both.to_bytes(len(first), "little")
