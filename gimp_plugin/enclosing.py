"""Groups that a layer of the user is put into, so that its texture is blended as a part of it; taken apart again."""

from gi.repository import Gimp

from gimp_plugin import blending, canvas, marks


class Enclosures:
    """What was put into groups for one texture."""

    def __init__(self) -> None:
        self._enclosed: list[tuple[Gimp.GroupLayer, Gimp.Layer]] = []
        self._brought: list[tuple[Gimp.GroupLayer, Gimp.Layer]] = []

    def enclose(self, layer: Gimp.Layer, *, isolated: bool = False) -> Gimp.GroupLayer:
        """Put a layer into a group that is blended as the layer was; in an isolated one, nothing below is erased."""
        group = blending.enclose(layer, isolated=isolated)
        self._enclosed.append((group, layer))
        return group

    def enclose_with_textures(self, layer: Gimp.Layer, frames: Gimp.GroupLayer | None) -> None:
        """Put a layer into a group with its earlier textures, which would hide what lies in it; frames stay out."""
        group = self.enclose(layer, isolated=layer.get_mode() == Gimp.LayerMode.PASS_THROUGH)
        for item in marks.right_above(group):
            if frames is None or item.get_id() != frames.get_id():
                group.get_image().reorder_item(item, group, 0)
                self._brought.append((group, item))

    def release(self) -> None:
        """Take everything out of the groups that is still there, and remove them."""
        while self._brought:
            group, layer = self._brought.pop()
            parent = layer.get_parent() if canvas.attached(layer) else None
            if parent is not None and parent.get_id() == group.get_id():
                image = group.get_image()
                image.reorder_item(layer, group.get_parent(), image.get_item_position(group))
        while self._enclosed:
            group, layer = self._enclosed.pop()
            if canvas.attached(group):
                blending.release(group, layer if canvas.attached(layer) else None)
