"""Render a layer as it is displayed: its pixels with its non-destructive filters.

A layer's buffer holds its pixels without its filters, and GIMP shows them with. They are read from a copy in another
image, so that nothing is changed in the user's.
"""

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gi.repository import Gegl, Gimp

from gimp_plugin.blending import NORMAL_MODES, reset
from gimp_plugin.box import Box

# Half a level of 8 bits: what is rounded to the next level is not seen.
TOLERANCE = 0.002
_FLOATS = ("half", "float", "double")
_STRIP_PIXELS = 1 << 20


@contextmanager
def rendered(
    drawable: Gimp.Drawable,
    box: Box,
    groups: Sequence[Gimp.GroupLayer] = (),
    parts: Sequence[Gimp.Layer] = (),
    *,
    masked: bool = True,
) -> Iterator[tuple[Gimp.Drawable, Box]]:
    """Render a drawable with its filters, at full opacity and in normal mode.

    Args:
        drawable: A layer, a group, or a channel.
        box: The part that is to be read, in its image.
        groups: The groups around it whose filters are to be applied as well, from the inside out.
        parts: Layers right above it that belong to its picture, from the bottom.
        masked: Whether its mask is applied where there are such layers; without them it is not.

    Yields:
        A drawable to read from, and where the part is in it. The drawable itself, where it has no filters and there
        are no such layers.
    """
    filtered = [number for number, group in enumerate(groups, start=1) if has_filters(group)]
    below = _backdrop(drawable) if not filtered and _blends_with_backdrop(drawable) else []
    if not filtered and not below and not parts and not has_filters(drawable):
        _found, x, y = drawable.get_offsets()
        yield drawable, box.moved(-x, -y)
        return
    with empty_image(drawable.get_image(), box) as image:
        for item in reversed(below):
            _copied(item, image, box)
        path = [drawable, *groups[: max(filtered, default=0)]]
        _show(path, parts, image, box, through=bool(below), masked=masked and bool(parts))
        layer = Gimp.Layer.new_from_visible(image, image, "seen")
        try:
            yield layer, Box(0, 0, box.width, box.height)
        finally:
            layer.delete()


def has_filters(drawable: Gimp.Drawable) -> bool:
    """Whether non-destructive filters change how a drawable looks."""
    return any(found.get_visible() and found.get_opacity() > 0 for found in drawable.get_filters())


def has_out_of_range_colors(layer: Gimp.Layer) -> bool:
    """Whether filters give a layer values below 0 or above 1, which the buffer of a group around it would clip.

    GIMP blends a layer with such values as they are. A group has a buffer with the image's precision.

    Args:
        layer: Is in its image. One without filters, or in an image of floating point, loses nothing in a group.

    Returns:
        Whether any value that can be seen is out of range by more than is lost by rounding.
    """
    like = layer.get_image()
    if not has_filters(layer) or like.get_precision().value_nick.startswith(_FLOATS):
        return False
    _found, x, y = layer.get_offsets()
    box = Box(x, y, layer.get_width(), layer.get_height()).common(Box(0, 0, like.get_width(), like.get_height()))
    if not box:
        return False
    with empty_image(like, box, Gimp.Precision.FLOAT_NON_LINEAR) as image:
        _bare(_copied(layer, image, box), through=False)
        shown = Gimp.Layer.new_from_visible(image, image, "seen")
        try:
            # Without a format's name the values are those of the image's own color space, to which they are clipped.
            whole = Box(0, 0, box.width, box.height)
            return has_values_out_of_range(shown.get_buffer(), whole, None, 2 if shown.is_gray() else 4)
        finally:
            shown.delete()


def has_values_out_of_range(buffer: "Gegl.Buffer", box: Box, name: str | None, channels: int) -> bool:
    """Whether a buffer has values below 0 or above 1 that can be seen.

    Args:
        buffer: The buffer.
        box: The part to look at, in its pixels.
        name: Of a format with floating point and alpha; None for the buffer's own, which is one.
        channels: Of the format.

    Returns:
        Whether any is out of range by more than is lost by rounding.
    """
    rows = max(1, _STRIP_PIXELS // box.width)
    for top in range(0, box.height, rows):
        strip = Gegl.Rectangle.new(box.x, box.y + top, box.width, min(rows, box.height - top))
        values = array("f", bytes(buffer.get(strip, 1.0, name, Gegl.AbyssPolicy.NONE)))
        if _any_out_of_range(values, channels):
            return True
    return False


def _any_out_of_range(values: "array[float]", channels: int) -> bool:
    """Whether a value of some pixels is out of range; the last channel is alpha, and faint pixels count less."""
    if max(values) <= 1 + TOLERANCE and min(values) >= -TOLERANCE:
        return False
    alphas = values[channels - 1 :: channels]
    if max(alphas) > 1 + TOLERANCE or min(alphas) < -TOLERANCE:
        return True
    return any(
        alpha * max(color - 1, -color) > TOLERANCE
        for channel in range(channels - 1)
        for color, alpha in zip(values[channel::channels], alphas, strict=True)
    )


@contextmanager
def empty_image(like: Gimp.Image, box: Box, precision: Gimp.Precision | None = None) -> Iterator[Gimp.Image]:
    """Make an image for a while, of the box's size in another one's mode, RGB instead of a palette.

    The user cannot close it: GIMP ends a plug-in that reads or writes a layer whose image was closed, or that was
    deleted, just before.

    Args:
        like: The other one, whose samples it keeps as they are.
        box: Of its size.
        precision: Another than the other one's.

    Yields:
        The image, without undo.
    """
    base = like.get_base_type()
    kind = Gimp.ImageBaseType.RGB if base == Gimp.ImageBaseType.INDEXED else base
    image = Gimp.Image.new_with_precision(box.width, box.height, kind, precision or like.get_precision())
    image.undo_disable()
    profile = like.get_color_profile()
    if profile is not None:
        image.set_color_profile(profile)
    try:
        yield image
    finally:
        image.delete()


def _copied(item: Gimp.Drawable, image: Gimp.Image, box: Box) -> Gimp.Layer:
    _found, x, y = item.get_offsets()
    copy = Gimp.Layer.new_from_drawable(item, image)
    image.insert_layer(copy, None, 0)
    copy.set_offsets(x - box.x, y - box.y)
    return copy


def _show(
    path: Sequence[Gimp.Drawable],
    parts: Sequence[Gimp.Layer],
    image: Gimp.Image,
    box: Box,
    *,
    through: bool,
    masked: bool,
) -> None:
    """Copy a drawable into an image, with what belongs to its picture.

    Args:
        path: The drawable and groups around it, from the inside out, which show nothing else.
        parts: Layers right above it that belong to its picture, from the bottom.
        image: Where to.
        box: Of the drawable's image, what is in the other one.
        through: Whether the drawable passes through; it is without groups then.
        masked: Whether its mask is applied.
    """
    drawable, *groups = path
    copy = _copied(path[-1], image, box)
    for parent, child in zip(reversed(groups), reversed(path[:-1]), strict=True):
        _bare(copy, through=False)
        kept = {child.get_id(), *(part.get_id() for part in parts)}
        inside = list(zip(parent.get_children(), copy.get_children(), strict=True))
        for own, item in inside:
            item.set_visible(own.get_id() in kept)
        copy = next(item for own, item in inside if own.get_id() == child.get_id())
    _bare(copy, through=through, masked=masked and drawable.get_apply_mask())
    if not groups:
        for part in parts:
            _copied(part, image, box)


def _bare(layer: Gimp.Layer, *, through: bool, masked: bool = False) -> None:
    """Show all of a layer as it is, in pass-through mode or in normal mode, with its mask or without."""
    if layer.get_mask() is not None:
        if masked:
            layer.set_show_mask(False)
        else:
            layer.remove_mask(Gimp.MaskApplyMode.DISCARD)
    reset(layer, through=through)
    layer.set_visible(True)


def _blends_with_backdrop(item: Gimp.Drawable) -> bool:
    """Whether a group's look depends on what lies below it: it passes through what is blended in other modes."""
    if not item.is_group() or item.get_mode() != Gimp.LayerMode.PASS_THROUGH:
        return False
    if has_filters(item):
        return True
    shown = [child for child in item.get_children() if child.get_visible()]
    own = (Gimp.LayerMode.PASS_THROUGH, *NORMAL_MODES)
    return any(child.get_mode() not in own or _blends_with_backdrop(child) for child in shown)


def _backdrop(item: Gimp.Layer) -> list[Gimp.Layer]:
    """List what a group in pass-through mode is blended with, from the top down."""
    parent = item.get_parent()
    beside = parent.get_children() if parent is not None else item.get_image().get_layers()
    below = beside[[layer.get_id() for layer in beside].index(item.get_id()) + 1 :]
    if parent is not None and parent.get_mode() == Gimp.LayerMode.PASS_THROUGH:
        below += _backdrop(parent)
    return list(below)
