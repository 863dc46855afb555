"""How layers are blended with what lies below them."""

from gi.repository import Gimp

from gimp_plugin.translation import _

TOGETHER = "texture-synthesis-group"
NORMAL_MODES = (Gimp.LayerMode.NORMAL, Gimp.LayerMode.NORMAL_LEGACY)
_OVER = (Gimp.LayerCompositeMode.AUTO, Gimp.LayerCompositeMode.UNION)


class InsertionError(RuntimeError):
    """A layer could not be inserted: its image was closed, or the group for it was deleted."""


def insert(image: Gimp.Image, layer: Gimp.Layer, parent: Gimp.Layer | None, position: int) -> None:
    """Insert a new layer.

    Args:
        image: The image.
        layer: The layer.
        parent: The group that it goes into, or None.
        position: Its position there, from the top.

    Raises:
        InsertionError: It could not be inserted. Then nothing may be asked of it: GIMP would look into its image.
    """
    if not image.insert_layer(layer, parent, position):
        raise InsertionError(f"a layer could not be inserted into image {image.get_id()}")


def attach(layer: Gimp.Layer, name: str, data: bytes) -> None:
    """Attach a parasite that is saved to a layer that is not inserted yet.

    In an image, GIMP could not undo this; with an undoable parasite, each redo ends an undo group that is not open
    (gimp_item_parasite_attach in app/core/gimpitem.c), and GIMP prints a critical warning.
    """
    layer.attach_parasite(Gimp.Parasite.new(name, Gimp.PARASITE_PERSISTENT, data))


def covers(layer: Gimp.Layer) -> bool:
    """Whether a layer hides what lies below it, so that a patch above it hides it in turn."""
    if layer.get_opacity() < 100:
        return False
    mode = layer.get_mode()
    if mode == Gimp.LayerMode.PASS_THROUGH:
        return True
    return mode in NORMAL_MODES and layer.get_composite_mode() in _OVER


def take_over(layer: Gimp.Layer, like: Gimp.Layer) -> None:
    """Blend a layer as another one, opacity and all, and hidden if that is; only a group can pass through."""
    if like.get_mode() != Gimp.LayerMode.PASS_THROUGH or layer.is_group():
        # The mode comes first: with another mode the rest is another, too.
        layer.set_mode(like.get_mode())
        layer.set_blend_space(like.get_blend_space())
        layer.set_composite_space(like.get_composite_space())
        layer.set_composite_mode(like.get_composite_mode())
    layer.set_opacity(like.get_opacity())
    layer.set_visible(like.get_visible())


def reset(layer: Gimp.Layer, *, through: bool) -> None:
    """Blend a layer as GIMP blends a new one, or let a group pass through, at full opacity."""
    layer.set_mode(Gimp.LayerMode.PASS_THROUGH if through else Gimp.LayerMode.NORMAL)
    layer.set_blend_space(Gimp.LayerColorSpace.AUTO)
    layer.set_composite_space(Gimp.LayerColorSpace.AUTO)
    layer.set_composite_mode(Gimp.LayerCompositeMode.AUTO)
    layer.set_opacity(100)


def can_be_isolated(group: Gimp.GroupLayer) -> bool:
    """Whether the image looks the same if what is in a group that passes through is blended there first."""
    return all(
        can_be_isolated(each)
        if each.get_mode() == Gimp.LayerMode.PASS_THROUGH
        else each.get_mode() in NORMAL_MODES and each.get_composite_mode() in _OVER
        for each in group.get_children()
    )


def enclose(layer: Gimp.Layer, *, isolated: bool = False) -> Gimp.GroupLayer:
    """Put a layer into a group that is blended as the layer was; the image looks the same.

    Args:
        layer: Is in its image.
        isolated: Whether nothing passes through the group, where the layer is one that `can_be_isolated`.

    Returns:
        The group. What is put above the layer in it looks as if it were part of the layer.
    """
    image, parent = layer.get_image(), layer.get_parent()
    group = Gimp.GroupLayer.new(image, _("{name} with texture").format(name=layer.get_name()))
    attach(group, TOGETHER, b"group")
    insert(image, group, parent, image.get_item_position(layer))
    take_over(group, layer)
    image.reorder_item(layer, group, 0)
    reset(layer, through=group.get_mode() == Gimp.LayerMode.PASS_THROUGH)
    if isolated:
        group.set_mode(Gimp.LayerMode.NORMAL)
    layer.set_visible(True)
    return group


def is_enclosed(layer: Gimp.Layer) -> bool:
    """Whether a layer is alone with its textures in a group, so that what erases it erases nothing else."""
    group = layer.get_parent()
    return (
        group is not None
        and group.get_parasite(TOGETHER) is not None
        and group.get_mode() != Gimp.LayerMode.PASS_THROUGH
    )


def release(group: Gimp.GroupLayer, layer: Gimp.Layer | None) -> None:
    """Undo `enclose`, if nothing else is in the group.

    Args:
        group: Is in its image.
        layer: What was put into it, which the user may have moved out again; None if that was deleted.
    """
    inside = [item.get_id() for item in group.get_children()]
    if inside and (layer is None or inside != [layer.get_id()]):
        return
    image = group.get_image()
    if layer is not None:
        if inside:
            image.reorder_item(layer, group.get_parent(), image.get_item_position(group))
        if layer.get_mode() == Gimp.LayerMode.PASS_THROUGH:
            group.set_mode(Gimp.LayerMode.PASS_THROUGH)
        take_over(layer, group)
    image.remove_layer(group)
