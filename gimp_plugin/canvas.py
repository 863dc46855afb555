"""Read and write the pixels of drawables."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from gi.repository import Gegl, Gimp

from gimp_plugin import samples
from gimp_plugin.box import Box
from gimp_plugin.folding import Area, pieces_of
from gimp_plugin.plans import PlanError
from gimp_plugin.rendering import empty_image, has_values_out_of_range, rendered
from protocol.raster import Raster

_NAMES = {1: "Y'", 2: "Y'A", 3: "R'G'B'", 4: "R'G'B'A"}
_DEPTHS = {"u8": "u8", "u16": "u16", "f32": "float"}


def is_gray(image: Gimp.Image) -> bool:
    """Whether an image has no colors."""
    return bool(image.get_base_type() == Gimp.ImageBaseType.GRAY)


def depth_of(image: Gimp.Image) -> str:
    """Find the kind of sample that keeps an image's precision: `u8`, `u16` or `f32`."""
    name = image.get_precision().value_nick
    if name.startswith("u8"):
        return "u8"
    return "u16" if name.startswith("u16") else "f32"


def extent(item: Gimp.Drawable) -> Box:
    """Find where a drawable is in its image."""
    _found, x, y = item.get_offsets()
    return Box(x, y, item.get_width(), item.get_height())


def selection(image: Gimp.Image) -> Box | None:
    """Find the bounds of the selection in the image; None where nothing is selected."""
    _found, some, left, top, right, bottom = Gimp.Selection.bounds(image)
    return Box(left, top, right - left, bottom - top) if some else None


def read_selection(image: Gimp.Image, box: Box) -> bytes:
    """Read how much each pixel is selected.

    Args:
        image: The image.
        box: In the image.

    Returns:
        One byte for each pixel.
    """
    # `Y`, not `Y'`: the mask is linear.
    return _read(image.get_selection(), box, "Y u8", 1)


def read(
    drawable: Gimp.Drawable,
    area: Area,
    *,
    gray: bool,
    depth: str,
    groups: Sequence[Gimp.GroupLayer] = (),
    parts: Sequence[Gimp.Layer] = (),
    masked: bool = True,
    exactly: bool = False,
) -> Raster:
    """Read pixels as they are seen, as sRGB, whatever the image's profile and precision.

    Args:
        drawable: A layer, a group, or a channel. Its filters are applied, its opacity and its mode are not.
        area: In its image; what lies outside of the drawable is transparent.
        gray: Whether to read one channel of color or three.
        depth: Kind of sample; for `f32` 16 bits are read if all colors are in the range of 0 to 1.
        groups: The groups around it whose filters are to be applied as well, from the inside out.
        parts: Layers right above it that belong to its picture, from the bottom.
        masked: Whether to apply its mask.
        exactly: Whether to read `f32` as it is: written back, pixels are what they were in any precision.

    Returns:
        With alpha; the layer's mask is multiplied into it.
    """
    kinds = ("u16", "f32") if depth == "f32" and not exactly else (depth,)
    channels = 2 if gray else 4
    whole = area.whole
    parts = [part for part in parts if extent(part).common(whole)]
    with rendered(drawable, whole, groups, parts, masked=masked) as (source, part):
        name, inside = f"{_NAMES[channels]} float", area.moved(part.x - whole.x, part.y - whole.y)
        buffer = source.get_buffer()
        exact = len(kinds) > 1 and any(
            has_values_out_of_range(buffer, piece, name, channels) for piece, _folded in pieces_of(inside)
        )
        kind = kinds[-1 if exact else 0]
        pixel = channels * samples.SAMPLE_BYTES[kind]
        data = _read(source, inside, f"{_NAMES[channels]} {_DEPTHS[kind]}", pixel)
    raster = Raster(area.width, area.height, channels, kind, data)
    if exact:
        raster = samples.sound(raster)
    shown = read_masks([drawable], area) if masked and not parts and drawable.is_layer() else None
    return raster if shown is None else samples.faded(raster, shown)


def read_masks(layers: Sequence[Gimp.Layer], area: Area) -> bytes | None:
    """Read how much of each pixel is seen through the masks of layers, a byte each; None where none has a mask."""
    found = None
    for layer in layers:
        mask, place = layer.get_mask(), extent(layer)
        if mask is not None and layer.get_apply_mask():
            # GIMP has filters for layers, and none for masks.
            shown = _read(mask, area.moved(-place.x, -place.y), "Y u8", 1)
            found = shown if found is None else samples.product(found, shown)
    return found


def read_visible(image: Gimp.Image, box: Box, *, gray: bool, depth: str) -> Raster:
    """Read pixels of an image as all its visible layers together look.

    Args:
        image: The image, which is not touched.
        box: In the image.
        gray: As in `read`.
        depth: As in `read`.

    Returns:
        With alpha.
    """
    with empty_image(image, Box(0, 0, image.get_width(), image.get_height())) as own:
        with without_overlays(image) as shown:
            layer = Gimp.Layer.new_from_visible(shown, own, "visible")
        own.insert_layer(layer, None, 0)
        return read(layer, box, gray=gray, depth=depth)


@contextmanager
def without_overlays(image: Gimp.Image) -> Iterator[Gimp.Image]:
    """Give the image, or a copy where channels are visible: GIMP draws their colors over the layers."""
    if not any(channel.get_visible() for channel in image.get_channels()):
        yield image
        return
    copy = image.duplicate()
    try:
        hide_channels(copy)
        yield copy
    finally:
        copy.delete()


def hide_channels(image: Gimp.Image) -> None:
    """Hide all channels, whose overlays would be read with the layers."""
    for channel in image.get_channels():
        channel.set_visible(False)


def read_rows(layer: Gimp.Layer, rows: Iterable[int]) -> list[bytes]:
    """Read single rows of a layer without its filters and its mask, as `R'G'B'A u8`."""
    width = layer.get_width()
    with empty_image(layer.get_image(), extent(layer)) as own:
        copy = Gimp.Layer.new_from_drawable(layer, own)
        own.insert_layer(copy, None, 0)
        return [_read(copy, Box(0, y, width, 1), "R'G'B'A u8", 4) for y in rows]


def new_layer(
    image: Gimp.Image, name: str, raster: Raster, area: Area, corner: tuple[int, int], mask: bytes | None = None
) -> Gimp.Layer:
    """Make a layer with these pixels, which is not in its image yet.

    Args:
        image: The image.
        name: Of the layer.
        raster: sRGB.
        area: Where in the layer the raster's pixels are; the layer is as large as all of it.
        corner: Where the layer goes in the image.
        mask: How much is shown of each pixel of the area, a byte each, and nothing beyond it; None for no mask.

    Returns:
        The layer.
    """
    width, height = area.whole.width, area.whole.height
    kind = Gimp.ImageType.GRAYA_IMAGE if is_gray(image) else Gimp.ImageType.RGBA_IMAGE
    with empty_image(image, area.whole) as own:
        layer = Gimp.Layer.new(own, name, width, height, kind, 100, Gimp.LayerMode.NORMAL)
        own.insert_layer(layer, None, 0)
        _write(layer, raster, area, f"{_NAMES[raster.channels]} {_DEPTHS[raster.depth]}")
        if mask is not None:
            shown = layer.create_mask(Gimp.AddMaskType.BLACK)
            layer.add_mask(shown)
            _write(shown, Raster(area.width, area.height, 1, "u8", mask), area, "Y u8")
        layer.set_offsets(*corner)
        made = Gimp.Layer.new_from_drawable(layer, image)
        # GIMP has added a word for “copy”.
        made.set_name(name)
        return made


def write(layer: Gimp.Layer, raster: Raster, area: Area) -> bool:
    """Write a layer, where that may be done.

    Args:
        layer: As large as the raster, or as all of the area.
        raster: sRGB.
        area: Where in the layer the raster's pixels are.

    Returns:
        Whether it was written: the user may have deleted, resized or locked the layer meanwhile.
    """
    # GIMP ends a plug-in that writes where it may not, and does not report a wrong length.
    if not writable(layer) or (layer.get_width(), layer.get_height()) != (area.whole.width, area.whole.height):
        return False
    _write(layer, raster, area, f"{_NAMES[raster.channels]} {_DEPTHS[raster.depth]}")
    return True


def _write(drawable: Gimp.Drawable, raster: Raster, area: Area, name: str) -> None:
    buffer = drawable.get_buffer()
    for piece, folded in pieces_of(area):
        rectangle = Gegl.Rectangle.new(piece.x, piece.y, piece.width, piece.height)
        buffer.set(rectangle, name, bytes(samples.crop(raster, folded).data))
    buffer.flush()
    for piece, _folded in pieces_of(area):
        drawable.update(piece.x, piece.y, piece.width, piece.height)


def writable(layer: Gimp.Layer) -> bool:
    """Whether a layer can be written: it is in its image, no group, and neither it nor a group of it is locked."""
    if not attached(layer) or layer.is_group():
        return False
    return not any(item.get_lock_content() for item in (layer, *groups_of(layer)))


def groups_of(layer: Gimp.Layer) -> list[Gimp.GroupLayer]:
    """List the groups that a layer is in, from the inside out."""
    found = []
    while (layer := layer.get_parent()) is not None:
        found.append(layer)
    return found


def outside_locked(layer: Gimp.Layer) -> Gimp.Layer:
    """Find the outermost locked group of a layer, or itself: a new layer in a locked group cannot be written."""
    for group in groups_of(layer):
        if group.get_lock_content():
            layer = group
    return layer


def attached(layer: Gimp.Layer | None) -> bool:
    """Whether a layer is part of its image now; one that was deleted can be undone, so it is valid still."""
    if layer is None or not layer.is_valid():
        return False
    parent = layer.get_parent()
    image = layer.get_image()
    if image is None:
        return False
    beside = parent.get_children() if parent is not None else image.get_layers()
    if layer.get_id() in {item.get_id() for item in beside}:
        return parent is None or attached(parent)
    now = layer.get_parent()
    moved = (now and now.get_id()) != (parent and parent.get_id())
    # It was moved into another group, or out of one, between these two looks.
    return moved and attached(layer)


def find(number: int) -> Gimp.Drawable | None:
    """Find a drawable by its id; None if it is not in an image any more, even if its removal can be undone."""
    item = Gimp.Item.get_by_id(number) if Gimp.Item.id_is_valid(number) else None
    if item is None or not item.is_drawable():
        return None
    if item.is_layer():
        return item if attached(item) else None
    if item.is_layer_mask() or item.is_selection():
        return item
    return item if number in {channel.get_id() for channel in item.get_image().get_channels()} else None


def _read(drawable: Gimp.Drawable, area: Area, name: str, pixel: int) -> bytes:
    buffer = drawable.get_buffer()
    rows = (
        samples.side_by_side([_read_piece(buffer, piece, name, pixel) for piece in row], row[0].height)
        for row in area.grid()
    )
    return b"".join(rows)


def _read_piece(buffer: "Gegl.Buffer", box: Box, name: str, pixel: int) -> bytes:
    rectangle = Gegl.Rectangle.new(box.x, box.y, box.width, box.height)
    found = bytes(buffer.get(rectangle, 1.0, name, Gegl.AbyssPolicy.NONE))
    due = box.width * box.height * pixel
    if len(found) != due:
        raise PlanError(f"GIMP gave {len(found)} bytes of a picture where {due} are due")
    return found
