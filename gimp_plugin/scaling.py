"""Enlarge frames with GdkPixbuf."""

from gi.repository import GdkPixbuf, GLib

from gimp_plugin.box import Box
from protocol.raster import Raster

RGB, RGBA = 3, 4


def pixbuf_of(raster: Raster) -> GdkPixbuf.Pixbuf:
    """Wrap a raster for showing it.

    Args:
        raster: RGB or RGB with alpha, 8 bits.

    Returns:
        The same pixels.
    """
    data = GLib.Bytes.new(bytes(raster.data))
    return GdkPixbuf.Pixbuf.new_from_bytes(
        data,
        GdkPixbuf.Colorspace.RGB,
        raster.channels == RGBA,
        8,
        raster.width,
        raster.height,
        raster.channels * raster.width,
    )


def colored(raster: Raster) -> Raster:
    """Turn a gray raster of 8 bits into RGB, with its alpha if it has one; others stay as they are."""
    if raster.channels >= RGB:
        return raster
    channels, data = raster.channels + 2, bytes(raster.data)
    made = bytearray(channels * raster.width * raster.height)
    for channel in range(channels):
        made[channel::channels] = data[0 if channel < RGB else 1 :: raster.channels]
    return Raster(raster.width, raster.height, channels, "u8", bytes(made))


def fitted(raster: Raster, side: int) -> GdkPixbuf.Pixbuf:
    """Scale a raster so that its longer side is as long as this.

    Args:
        raster: RGB or RGB with alpha, 8 bits.
        side: Pixels.

    Returns:
        The picture.
    """
    scale = side / max(raster.width, raster.height)
    width, height = (max(1, round(each * scale)) for each in (raster.width, raster.height))
    return pixbuf_of(raster).scale_simple(width, height, GdkPixbuf.InterpType.BILINEAR)


def scaled(raster: Raster, covered: Box, part: Box) -> Raster:
    """Enlarge a frame to the size of what it covers, and cut a part out.

    Args:
        raster: RGB or RGB with alpha, 8 bits.
        covered: What it covers of the canvas, in pixels of the finished one.
        part: The part, likewise.

    Returns:
        The part, with as many channels; black, or transparent, where the frame covers nothing of it.
    """
    made = GdkPixbuf.Pixbuf.new(GdkPixbuf.Colorspace.RGB, raster.channels == RGBA, 8, part.width, part.height)
    made.fill(0)
    common = covered.common(part)
    if common:
        offset_x, offset_y = covered.x - part.x, covered.y - part.y
        pixbuf_of(raster).scale(
            made,
            common.x - part.x,
            common.y - part.y,
            common.width,
            common.height,
            offset_x,
            offset_y,
            covered.width / raster.width,
            covered.height / raster.height,
            GdkPixbuf.InterpType.BILINEAR,
        )
    stride, row = made.get_rowstride(), raster.channels * part.width
    data = made.get_pixels()
    rows = data if stride == row else b"".join(data[y * stride : y * stride + row] for y in range(part.height))
    return Raster(part.width, part.height, raster.channels, "u8", bytes(rows)[: row * part.height])
