"""The layers that show a texture while it is made, and hold the result."""

from collections.abc import Callable, Sequence

from gi.repository import Gimp

from gimp_plugin import blending, canvas, marks, samples
from gimp_plugin.box import Box
from gimp_plugin.enclosing import Enclosures
from gimp_plugin.job_sequence import Texture
from gimp_plugin.places import Place, Resize
from gimp_plugin.plans import MapLayer
from gimp_plugin.rendering import has_out_of_range_colors
from gimp_plugin.scaling import scaled
from gimp_plugin.selected_items import SelectedItems
from gimp_plugin.tracking import Tracker, ids_of
from gimp_plugin.translation import _
from protocol.messages import Frame, Prepared
from protocol.raster import Raster

GROUP_NAME = "Texture Synthesis"


class GoneError(RuntimeError):
    """The image was closed, or changed so that the texture no longer fits."""


class TextureLayers:
    """Adds frames as layers of a group and replaces them by the result, in one undo step.

    Attributes:
        remark: A limitation of the result, for the user.
    """

    def __init__(
        self,
        place: Place,
        *,
        keep: bool,
        earlier: Sequence[Gimp.Layer] = (),
        maps: Sequence[MapLayer] = (),
        name: str = "",
    ) -> None:
        """Prepare; the image is not changed yet.

        Args:
            place: Where the texture goes.
            keep: Whether to keep the frames.
            earlier: Results of earlier attempts; the new result hides them.
            maps: Maps of the exemplar, see `JobPlan`: a texture is a group of layers then.
            name: Of the result's layer, see `JobPlan`.
        """
        self.remark = ""
        self._maps = maps
        self._name = name
        self._place = place
        self._keep = keep
        self._earlier = earlier
        self._selected = SelectedItems(place.image, place.above)
        self._group: Gimp.GroupLayer | None = None
        self._enclosures = Enclosures()
        self._open = self._grouped = False
        self._resized: Resize | None = None
        self._results: list[Gimp.Layer] = []
        self._holes: list[Gimp.Layer] = []
        self._frames: dict[tuple[int, int], Gimp.Layer] = {}
        base = canvas.outside_locked(place.above) if place.joins and place.above is not None else None
        self._tracker = Tracker(place.image, base, place.left, place.top)
        self._known: set[int] = set()
        self._shown = False

    def narrow(self, prepared: Prepared) -> None:
        """Limit the layers to what the engine fills, and show as much of each pixel as is to be new.

        Args:
            prepared: What it fills; called before the first frame.
        """
        before, self._place = self._place, self._place.narrowed(prepared)
        self._tracker.left += self._place.left - before.left
        self._tracker.top += self._place.top - before.top

    def show(self, frame: Frame, number: int) -> None:
        """Show the picture so far: in a new layer for each octave, and in place within it.

        Nothing is shown while another texture of the image is being made: each is to be a step of undo.

        Args:
            frame: The picture.
            number: Number of the texture, from 0.

        Raises:
            GoneError: It no longer fits.
        """
        self.check(closely=True)
        layer = self._frames.get((number, frame.octave))
        if self._group is not None and self._group.get_lock_content():
            return
        if self._group is None and self._is_second():
            return
        if layer is None:
            name = _("Octave {octave}").format(octave=frame.octave)
            layer = self._insert(name, self._cut(frame), self._opened_group(), 0)
            self._frames[number, frame.octave] = layer
            # A crop while it was written has moved all layers but this one.
            self.check()
            self._tracker.note(layer)
        elif canvas.write(layer, self._cut(frame), self._place.area):
            self._tracker.note(layer)
        Gimp.displays_flush()

    def finish(self, textures: Sequence[Texture]) -> list[Gimp.Layer]:
        """Put the results in place of the frames.

        Args:
            textures: The results.

        Returns:
            Their layers.

        Raises:
            GoneError: They no longer fit.
        """
        self.check(closely=True)
        self._begin()
        try:
            kept = self._keep and canvas.attached(self._group)
            if kept and self._group is not None:
                # It stays, and would hide a later result.
                marks.mark_finished(self._group)
            parts = [samples.crop(texture.raster, self._place.part) for texture in textures]
            cut = self._place.shows_through(parts) and self._can_be_cut()
            if cut:
                parent, position = self._outside(self._place.above)
                self._cut_out(parent, position)
            else:
                parent, position = self._inside() if kept else self._position()
            for texture, part in zip(textures, parts, strict=True):
                usual = _("Texture, seed {seed}") if texture.finished else _("Texture so far, seed {seed}")
                name = self._name or usual.format(seed=texture.seed)
                if self._maps and texture.origins is not None:
                    layer = self._insert_maps(name, texture.origins, parent, position)
                else:
                    layer = self._insert(name, part, parent, position, self._mark)
                    self._results.append(layer)
                if cut:
                    layer.set_mode(Gimp.LayerMode.MERGE)
            self.check()
            self._hide_earlier()
            made = self._results[-1]
            if not all(item.get_visible() for item in (made, *canvas.groups_of(made))):
                hidden = _("The texture is hidden, because the layer or its group is hidden.")
                self.remark = " ".join(filter(None, (self.remark, hidden)))
            if kept:
                # They would be seen through the texture and along its feathered borders.
                for frame in filter(canvas.attached, self._frames.values()):
                    frame.set_visible(False)
            else:
                self._remove_group()
            self._selected.restore()
            # What was closed or deleted on the way has failed quietly.
            self.check()
        except GoneError:
            self.abandon()
            raise
        finally:
            self._end()
        return self._results

    def abandon(self) -> None:
        """Remove all added layers; layers that no longer exist are ignored."""
        try:
            if not self.is_gone():
                self._take_away()
        except Exception:
            if not self.is_gone():
                raise
        finally:
            self._end()

    def _take_away(self) -> None:
        self._remove_group()
        for layer in filter(canvas.attached, (*self._results, *self._holes)):
            self._place.image.remove_layer(layer)
        self._results, self._holes = [], []
        self._enclosures.release()
        self._resize_back()
        self._selected.restore()

    def is_gone(self) -> bool:
        """Whether the image was closed."""
        return not self._place.image.is_valid()

    def check(self, *, closely: bool = False) -> None:
        """Check that the texture still fits into the image.

        Args:
            closely: Whether to compare pixels, too.

        Raises:
            GoneError: It does not.
        """
        above = self._place.above if self._place.joins else None
        frames_deleted = self._group is not None and not canvas.attached(self._group)
        layer_deleted = above is not None and not canvas.attached(above)
        # The image may be closed at any moment, and its layers go with it.
        if self.is_gone():
            raise GoneError(_("The image was closed."))
        if frames_deleted and not self._tracker.is_resized():
            raise GoneError(self._how_gone())
        if layer_deleted and not frames_deleted:
            raise GoneError(_("The layer was deleted or merged while the texture was made."))
        # A crop deletes what lies outside of it.
        own = (*self._frames.values(), *self._results, *self._holes)
        if frames_deleted or not self._tracker.follow(own, closely=closely):
            raise GoneError(
                _(
                    "The image or the layer was cropped, resized, scaled, flipped or rotated while the texture was "
                    "made. Try again."
                )
            )
        self._look()

    def _look(self) -> None:
        """Take note of what merging layers would change."""
        self._known = ids_of(self._place.image.get_layers())
        group = self._group
        self._shown = group is not None and all(item.get_visible() for item in (group, *canvas.groups_of(group)))

    def _how_gone(self) -> str:
        """Say how the frames went: merging puts a new layer in place of those that it removes."""
        if self._shown and ids_of(self._place.image.get_layers()) - self._known:
            return _(
                "Layers were merged while the texture was made, and the unfinished texture is part of the picture "
                "now. Edit → Undo undoes both."
            )
        return _("The layers of the unfinished texture were deleted.")

    def _begin(self) -> None:
        if not self._open:
            self._open = True
            # GIMP does not know whose an image's open groups are: where one plug-in ends, it could close another's.
            self._grouped = not self._is_second()
            if self._grouped:
                self._place.image.undo_group_start()
            self._resize()

    def _end(self) -> None:
        if self._grouped and self._place.image.is_valid():
            self._place.image.undo_group_end()
        self._open = self._grouped = False
        Gimp.displays_flush()

    def _is_second(self) -> bool:
        """Whether another texture of the image is being made, perhaps in another process."""
        return marks.has_unfinished(self._place.image.get_layers())

    def _resize(self) -> None:
        place = self._place
        if place.resize is not None:
            self._resized = place.resize.apply(place.image)
            self._tracker = Tracker(place.image, None, place.left, place.top)

    def _resize_back(self) -> None:
        """Give the image the size that it had, unless it was given another one meanwhile."""
        before, image, grown = self._resized, self._place.image, self._place.resize
        self._resized = None
        if before and grown and (image.get_width(), image.get_height()) == (grown.width, grown.height):
            before.apply(image)

    def _opened_group(self) -> Gimp.GroupLayer:
        if self._group is None:
            self._begin()
            parent, position = self._position()
            group = Gimp.GroupLayer.new(self._place.image, GROUP_NAME)
            self._mark(group)
            marks.mark_unfinished(group)
            self._put(group, parent, position)
            self._group = group
            self._blend(group)
            self._look()
        return self._group

    def _inside(self) -> tuple[Gimp.Layer | None, int]:
        """Find the place in the group of frames."""
        group = self._group
        if group is None or any(item.get_lock_content() for item in (group, *canvas.groups_of(group))):
            return self._outside(group)
        return group, 0

    def _position(self) -> tuple[Gimp.Layer | None, int]:
        above = self._place.above
        if not canvas.attached(above):
            return None, 0
        if self._place.joins:
            base = canvas.outside_locked(above)
            if not blending.covers(base):
                self._enclosures.enclose(base)
                self._selected.restore()
        return self._outside(above)

    def _outside(self, layer: Gimp.Layer | None) -> tuple[Gimp.Layer | None, int]:
        """Find the place above a layer, and outside of groups that are locked."""
        if layer is None:
            return None, 0
        layer = canvas.outside_locked(layer)
        # Earlier results lie there, and would hide a new one.
        return layer.get_parent(), self._place.image.get_item_position(layer) - len(marks.right_above(layer))

    def _can_be_cut(self) -> bool:
        """Put the layer into a group, where it can be erased and nothing else is; returns whether that was done."""
        above = self._place.above
        if not canvas.attached(above):
            return False
        base = canvas.outside_locked(above)
        if base.get_mode() == Gimp.LayerMode.PASS_THROUGH and not blending.can_be_isolated(base):
            self.remark = _(
                "The layer shows through the texture: it could not be erased there, because the modes of layers in "
                "its group depend on what lies below the group."
            )
            return False
        if not blending.is_enclosed(base):
            if has_out_of_range_colors(base):
                # The group would clip the colors of all of the layer.
                self.remark = _(
                    "The layer shows through the texture: it could not be erased there, because its filters give "
                    "colors outside the range of the image's encoding."
                )
                return False
            self._enclosures.enclose_with_textures(base, self._group)
        if self._keep and self._group is not None and canvas.attached(self._group):
            self._bring_frames(self._group, base)
        self._selected.restore()
        return True

    def _bring_frames(self, frames: Gimp.GroupLayer, base: Gimp.Layer) -> None:
        """Put the frames between the layer and its texture."""
        if frames.get_id() in {item.get_id() for item in marks.right_above(base)}:
            return
        # What is taken away above its new place makes that one less.
        self._place.image.reorder_item(frames, None, 0)
        self._place.image.reorder_item(frames, *self._outside(base))
        self._blend(frames)

    def _cut_out(self, parent: Gimp.Layer | None, position: int) -> None:
        """Erase what a texture replaces, as much of each pixel as the texture is shown."""
        size = self._place.part.width, self._place.part.height
        erased = Raster(*size, 4, "u8", b"\0\0\0\xff" * (size[0] * size[1]))
        layer = self._insert(_("Hole"), erased, parent, position, marks.mark_hole)
        layer.set_mode(Gimp.LayerMode.ERASE)
        self._holes.append(layer)

    def _hide_earlier(self) -> None:
        for older in filter(canvas.attached, self._earlier):
            older.set_visible(False)
            below = marks.beside(older)[self._place.image.get_item_position(older) + 1 :]
            if below and marks.is_hole(below[0]):
                below[0].set_visible(False)

    def _blend(self, layer: Gimp.Layer) -> None:
        """Blend a layer that is not in the group of frames as the one is of which the texture becomes a part."""
        above = self._place.above
        if self._place.joins and canvas.attached(above):
            blending.take_over(layer, canvas.outside_locked(above))

    def _mark(self, layer: Gimp.Layer) -> None:
        marks.mark(layer, part=self._place.continues)

    def _insert(
        self,
        name: str,
        raster: Raster,
        parent: Gimp.Layer | None,
        position: int,
        mark: Callable[[Gimp.Layer], None] | None = None,
    ) -> Gimp.Layer:
        image = self._place.image
        corner = self._tracker.left, self._tracker.top
        layer = canvas.new_layer(image, name, raster, self._place.area, corner, self._place.mask)
        if mark is not None:
            mark(layer)
        self._put(layer, parent, position)
        if self.is_gone():
            # GIMP complains of what is asked of a layer that has no image.
            raise GoneError(_("The image was closed."))
        if self._group is None or parent is None or parent.get_id() != self._group.get_id():
            self._blend(layer)
        if not canvas.writable(layer):
            self.check()
            image.remove_layer(layer)
            raise GoneError(_("The layers around the texture were locked: unlock them, then try again."))
        return layer

    def _put(self, layer: Gimp.Layer, parent: Gimp.Layer | None, position: int) -> None:
        """Insert a layer, which GIMP selects, and select at once what was: another texture may begin meanwhile."""
        blending.insert(self._place.image, layer, parent, position)
        self._selected.restore()

    def _insert_maps(self, name: str, origins: Raster, parent: Gimp.Layer | None, position: int) -> Gimp.GroupLayer:
        """Insert a group with a layer for each map, of which the one that leads is shown."""
        group = Gimp.GroupLayer.new(self._place.image, name)
        self._mark(group)
        self._put(group, parent, position)
        # What breaks on the way is removed with it.
        self._results.append(group)
        upwards = self._maps[::-1]
        rasters = samples.picked([each.raster for each in upwards], origins)
        for each, raster in zip(upwards, rasters, strict=True):
            self._insert(each.name, raster, group, 0).set_visible(each.leads)
        return group

    def _cut(self, frame: Frame) -> Raster:
        covered = Box(frame.left, frame.top, frame.width, frame.height)
        return scaled(frame.raster, covered, self._place.part)

    def _remove_group(self) -> None:
        if canvas.attached(self._group):
            self._place.image.remove_layer(self._group)
        self._group = None
        self._frames.clear()
