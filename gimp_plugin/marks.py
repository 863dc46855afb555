"""Earlier textures, found again by their marks above the layer that they were made for."""

from collections.abc import Sequence

from gi.repository import Gimp

from gimp_plugin import blending

MARK, HOLE, UNFINISHED = "texture-synthesis", "texture-synthesis-hole", "texture-synthesis-unfinished"
_PART, _OWN = b"part", b"own"


def mark(layer: Gimp.Layer, *, part: bool) -> None:
    """Mark a texture, or a group of frames, before it is inserted.

    Args:
        layer: The texture.
        part: Whether it belongs to the picture of the layer below it.
    """
    blending.attach(layer, MARK, _PART if part else _OWN)


def mark_unfinished(group: Gimp.GroupLayer) -> None:
    """Mark the group of frames of a texture that is being made, of which nothing is sampled."""
    # Not saved, and not valid in a copy of the image, where nothing is being made.
    group.attach_parasite(Gimp.Parasite.new(UNFINISHED, 0, _id_of(group)))


def mark_finished(group: Gimp.GroupLayer) -> None:
    """Mark the frames of a finished texture, which are kept."""
    group.detach_parasite(UNFINISHED)


def has_unfinished(layers: Sequence[Gimp.Layer]) -> bool:
    """Whether a texture is being made among layers, those in groups included."""
    return any(_is_unfinished(group) or has_unfinished(group.get_children()) for group in layers if group.is_group())


def mark_hole(layer: Gimp.Layer) -> None:
    """Mark a layer that erases what a texture replaces, before it is inserted."""
    blending.attach(layer, HOLE, b"hole")


def is_hole(layer: Gimp.Layer) -> bool:
    """Whether a layer erases what a texture replaces."""
    return layer.get_parasite(HOLE) is not None


def is_made(layer: Gimp.Layer) -> bool:
    """Whether a layer is a texture, a group of frames, or erases what a texture replaces."""
    return layer.get_parasite(MARK) is not None or is_hole(layer)


def beside(layer: Gimp.Layer) -> list[Gimp.Layer]:
    """List the layers of a layer's group or image, itself included, from the top."""
    parent = layer.get_parent()
    return list(parent.get_children() if parent is not None else layer.get_image().get_layers())


def right_above(layer: Gimp.Layer) -> list[Gimp.Layer]:
    """List the textures, holes and groups of frames right above a layer, from the bottom."""
    found = []
    for item in reversed(beside(layer)[: layer.get_image().get_item_position(layer)]):
        if not is_made(item):
            break
        found.append(item)
    return found


def parts_of(layer: Gimp.Layer, without: Sequence[Gimp.Layer] = ()) -> list[Gimp.Layer]:
    """List what earlier textures have made of a layer's picture: what a new one will lie above.

    Args:
        layer: Is in its image.
        without: Textures that the new one takes the place of.

    Returns:
        Visible textures, holes and groups of frames right above the layer, from the bottom. None above a layer with
        an opacity or a mode of its own, which is put into a group below them.
    """
    if not blending.covers(layer):
        return []
    gone, found = {item.get_id() for item in without}, list[Gimp.Layer]()
    for item in right_above(layer):
        inside = item.get_children() if item.is_group() else [item]
        replaced = any(child.get_id() in gone for child in inside)
        if replaced and found and is_hole(found[-1]):
            found.pop()
        if item.get_visible() and not replaced and _is_part(item):
            found.append(item)
    return found


def _is_part(item: Gimp.Layer) -> bool:
    found = item.get_parasite(MARK)
    return item.get_parasite(UNFINISHED) is None and (found is None or bytes(found.get_data()) != _OWN)


def _is_unfinished(group: Gimp.GroupLayer) -> bool:
    found = group.get_parasite(UNFINISHED)
    return found is not None and bytes(found.get_data()) == _id_of(group)


def _id_of(group: Gimp.GroupLayer) -> bytes:
    return str(group.get_image().get_id()).encode()
