"""Track the position of a texture while the user crops the image or moves the layer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gi.repository import Gimp

from gimp_plugin import canvas
from gimp_plugin.box import Box

Grid = tuple[tuple[bytes, ...], ...]
Extents = dict[int, Box]
"""Where layers are in the image, by their ids."""


@dataclass
class _Seen:
    """A frame, as it was when it was looked at last."""

    layer: Gimp.Layer
    extent: Box
    grid: Grid


class Tracker:
    """Follows an image that is cropped, and a layer that is moved; GIMP tells a plug-in of neither.

    Attributes:
        left: Where the texture belongs in the image now, pixels.
        top: Likewise.
    """

    def __init__(self, image: Gimp.Image, layer: Gimp.Layer | None, left: int, top: int) -> None:
        """Look at the image before anything is changed.

        Args:
            image: The image.
            layer: The layer of which the texture becomes a part; None if it is no part of one.
            left: Where the texture belongs, pixels.
            top: Likewise.
        """
        self.left, self.top = left, top
        self._image = image
        self._layer = layer
        self._canvas = self._measure()
        self._extents = _extents(layer)
        self._frame: _Seen | None = None

    def note(self, frame: Gimp.Layer) -> None:
        """Take note of a frame that was written just now."""
        self._frame = _Seen(frame, canvas.extent(frame), _grid(frame))

    def follow(self, frames: Iterable[Gimp.Layer], *, closely: bool) -> bool:
        """See where the texture belongs now.

        Args:
            frames: What is moved along with the layer.
            closely: Whether to compare pixels, the only sign that some images were rotated or flipped; a copy of the
                layer is made for that, so this is not done all the time.

        Returns:
            Whether it fits still; not if the image or the layer was scaled or turned, or cropped to less than it.
        """
        size, extents = self._measure(), _extents(self._layer)
        frame = self._frame if self._frame is not None and canvas.attached(self._frame.layer) else None
        if closely and frame is not None and _is_turned(frame):
            return False
        if size != self._canvas:
            shift = self._shift_of_all(frame, size, extents)
        else:
            shifts = _shifts(self._extents, extents)
            # In a group some layers may be moved or resized, and the group stays where it is.
            shift = shifts.pop() if len(shifts) == 1 else (0, 0)
        if shift is None:
            return False
        if any(shift):
            self.left, self.top = self.left + shift[0], self.top + shift[1]
            for each in filter(canvas.attached, frames):
                # A crop has moved them already.
                if canvas.extent(each).corner != (self.left, self.top):
                    each.set_offsets(self.left, self.top)
        self._canvas, self._extents = size, extents
        if frame is not None:
            frame.extent = canvas.extent(frame.layer)
        return True

    def is_resized(self) -> bool:
        """Whether the canvas has another size than when it was looked at last."""
        return self._measure() != self._canvas

    def _shift_of_all(self, frame: _Seen | None, size: Box, extents: Extents) -> tuple[int, int] | None:
        """Find by how much all layers were shifted when the canvas became larger or smaller; None if not by that."""
        if frame is None:
            shifts = _shifts(self._extents, extents)
            return shifts.pop() if len(shifts) == 1 else None
        shift = _shift(frame.extent, canvas.extent(frame.layer))
        if shift is None or len(extents) != 1 or extents.keys() != self._extents.keys():
            return shift
        ((number, extent),) = extents.items()
        moved = self._extents[number].moved(*shift)
        return shift if extent in {moved, moved.common(size)} else None

    def _measure(self) -> Box:
        return Box(0, 0, self._image.get_width(), self._image.get_height())


def ids_of(layers: Iterable[Gimp.Layer]) -> set[int]:
    """List the ids of layers, with those in groups."""
    found = set[int]()
    for layer in layers:
        found |= {layer.get_id()} | (ids_of(layer.get_children()) if layer.is_group() else set())
    return found


def _extents(item: Gimp.Layer | None) -> Extents:
    """Measure a layer, or all layers in a group: the group itself is as large as they are together."""
    if item is None:
        return {}
    if not item.is_group():
        return {item.get_id(): canvas.extent(item)}
    return {number: extent for child in item.get_children() for number, extent in _extents(child).items()}


def _shifts(before: Extents, after: Extents) -> set[tuple[int, int] | None]:
    """List by how much layers were moved, each shift once; None if one has another size."""
    return {_shift(before[number], after[number]) for number in before.keys() & after.keys()}


def _shift(before: Box, after: Box) -> tuple[int, int] | None:
    """Find by how much a rectangle was moved; None if it has another size."""
    if (before.width, before.height) != (after.width, after.height):
        return None
    return after.x - before.x, after.y - before.y


def _is_turned(frame: _Seen) -> bool:
    """Whether a layer is the mirror image of what it was, or was rotated."""
    extent = canvas.extent(frame.layer)
    if {extent.width, extent.height} != {frame.extent.width, frame.extent.height}:
        return False
    found = _grid(frame.layer)
    return found != frame.grid and found in _turns(frame.grid)


def _turns(grid: Grid) -> list[Grid]:
    """List what a square becomes when it is mirrored or rotated by a multiple of 90°."""
    found: list[Grid] = []
    for _quarter in range(4):
        grid = tuple(zip(*grid[::-1], strict=True))
        found += [grid, grid[::-1]]
    return found


def _grid(layer: Gimp.Layer) -> Grid:
    """Read pixels of a layer at places that are as far from one border as from the one across."""
    extent = canvas.extent(layer)
    columns, rows = _places(extent.width), _places(extent.height)
    lines = canvas.read_rows(layer, rows)
    return tuple(tuple(line[4 * x : 4 * x + 4] for x in columns) for line in lines)


def _places(length: int) -> Sequence[int]:
    first = [length * part // 8 for part in (0, 1, 3)]
    return [*first, *(length - 1 - place for place in reversed(first))]
