"""As much of GIMP as `gimp_plugin.canvas` and `gimp_plugin.texture_layers` use, and as strict.

Where GIMP would end the plug-in, this raises `Killed`: what is written is locked, a group or removed, a length is
wrong, a format is unknown, or something is asked of an image that is closed.
"""

import itertools
import sys
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import NamedTuple

import numpy as np
from gimp_mock_blending import COMPOSITES, MODES, SPACES, Blended

import gimp_plugin

_FORMATS = {
    "R'G'B'A u8": (4, np.dtype("u1")),
    "R'G'B'A u16": (4, np.dtype("<u2")),
    "R'G'B'A float": (4, np.dtype("<f4")),
    "R'G'B' u8": (3, np.dtype("u1")),
    "R'G'B' u16": (3, np.dtype("<u2")),
    "R'G'B' float": (3, np.dtype("<f4")),
    "Y'A u8": (2, np.dtype("u1")),
    "Y'A u16": (2, np.dtype("<u2")),
    "Y'A float": (2, np.dtype("<f4")),
    "Y' u8": (1, np.dtype("u1")),
    "Y' u16": (1, np.dtype("<u2")),
    "Y u8": (1, np.dtype("u1")),
}
# Modules of the plug-in that hold on to GIMP's, once imported.
_HOLDERS = (
    "arguments", "attempts", "blending", "canvas", "map_layers", "marks", "panel", "plugin", "procedures", "reading",
    "rendering", "scaling", "tasks", "texture_layers", "tracking", "tries", "values",
)  # fmt: skip


class Killed(BaseException):
    """GIMP has ended the plug-in, and no `except` of the plug-in's helps."""


@contextmanager
def mocked():
    """Let `from gi.repository import …` find the mock for a while.

    Yields:
        What `gi.repository` holds, and `flushes`, a list that grows with each `displays_flush`.
    """
    flushes: list[bool] = []
    made = SimpleNamespace(
        Gimp=_gimp(flushes), Gegl=_gegl(), GdkPixbuf=_pixbufs(), GLib=_glib(), Gio=ModuleType("Gio"), flushes=flushes
    )
    repository, package = ModuleType("gi.repository"), ModuleType("gi")
    vars(repository).update({name: found for name, found in vars(made).items() if name != "flushes"})
    package.repository = repository
    before = _taken_out()
    sys.modules.update({"gi": package, "gi.repository": repository})
    try:
        yield made
    finally:
        _taken_out()
        for name, module in before.items():
            sys.modules[name] = module
            if name.startswith("gimp_plugin."):
                setattr(gimp_plugin, name.partition(".")[2], module)


class Image:
    """An image, with what the tests want to know of it.

    Attributes:
        undo_depth: How many groups of steps are open.
        undo_groups: How many were opened in all.
    """

    ids = itertools.count(1)

    def __init__(self, width, height, kind="RGB", precision="u8-non-linear"):
        self.width, self.height = width, height
        self.kind, self.precision = kind, precision
        self.number = next(self.ids)
        self.layers, self.selected, self.selection = [], [], None
        self.channels, self.selected_channels = [], []
        self.closed = False
        self.undo_depth = self.undo_groups = 0

    def is_valid(self):
        return not self.closed

    def close(self):
        """Do what the user does who closes the image."""
        self.closed = True

    def select(self, mask):
        """Select as much of each pixel as the array (height, width) of bytes says; None for nothing."""
        self.selection = None if mask is None else np.asarray(mask, np.uint8)

    def get_id(self):
        return self.number

    def get_width(self):
        return self._here().width

    def get_height(self):
        return self._here().height

    def get_base_type(self):
        return self._here().kind

    def get_precision(self):
        return SimpleNamespace(value_nick=self._here().precision)

    def get_floating_sel(self):
        return None

    def get_layers(self):
        return list(self._here().layers)

    def get_selected_layers(self):
        return list(self._here().selected)

    def set_selected_layers(self, layers):
        self._here()
        for layer in layers:
            _demand(layer.attached(), f"{layer.name} is not in the image, and cannot be selected")
        self.selected, self.selected_channels = list(layers), []

    def get_channels(self):
        return list(self._here().channels)

    def get_selected_channels(self):
        return list(self._here().selected_channels)

    def set_selected_channels(self, channels):
        self._here()
        for channel in channels:
            _demand(channel in self.channels, "a channel is not in the image, and cannot be selected")
        self.selected, self.selected_channels = [], list(channels)

    def get_selection(self):
        mask = self._here().selection
        empty = np.zeros((self.height, self.width), np.uint8)
        return Channel(self, (empty if mask is None else mask)[..., None] / 255)

    def get_item_position(self, item):
        _demand(item.attached(), f"{item.name} is not in the image")
        return item.siblings().index(item)

    def insert_layer(self, layer, parent, position):
        self._here()
        _demand(layer.image is self and not layer.attached(), f"{layer.name} cannot be inserted")
        _demand(parent is None or (parent.attached() and parent.is_group()), "the parent is no group of the image")
        siblings = self.layers if parent is None else parent.children
        _demand(0 <= position <= len(siblings), f"there is no position {position}")
        siblings.insert(position, layer)
        layer.parent, layer.removed = parent, False
        self.selected, self.selected_channels = [layer], []

    def remove_layer(self, layer):
        self._here()
        _demand(layer.attached(), f"{layer.name} is not in the image")
        layer.siblings().remove(layer)
        layer.parent, layer.removed = None, True
        self.selected = [chosen for chosen in self.selected if chosen.attached()]

    def reorder_item(self, layer, parent, position):
        self._here()
        _demand(layer.attached(), f"{layer.name} is not in the image")
        _demand(parent is None or (parent.attached() and parent.is_group()), "the parent is no group of the image")
        layer.siblings().remove(layer)
        layer.parent = parent
        layer.siblings().insert(position, layer)

    def undo_group_start(self):
        self._here()
        self.undo_depth += 1
        self.undo_groups += 1

    def undo_group_end(self):
        _demand(self._here().undo_depth > 0, "no undo group is open")
        self.undo_depth -= 1

    def _here(self):
        _demand(not self.closed, "the image is closed")
        return self


class Channel:
    """Something with pixels: a selection, a mask, or a layer."""

    ids = itertools.count(1)

    def __init__(self, image, pixels):
        self.image = image
        self.pixels = np.asarray(pixels, np.float64)
        self.number = next(self.ids)

    def get_id(self):
        return self.number

    def get_buffer(self):
        return Buffer(self)

    def refuse_writing(self):
        """Do as GIMP does where a plug-in may not write."""
        raise Killed("this is not to be written")


class Mask(Channel):
    """A layer's mask, which can be written."""

    def refuse_writing(self):
        pass

    def get_width(self):
        return self.pixels.shape[1]

    def get_height(self):
        return self.pixels.shape[0]

    def update(self, x, y, width, height):
        _demand((x, y, width, height) == (0, 0, self.get_width(), self.get_height()), "not all of it is told")


class Layer(Channel, Blended):
    """A layer, or a group of layers.

    Attributes:
        writes: How often it was written.
    """

    def __init__(self, image, name, width, height, kind, *, group=False):
        super().__init__(image, np.zeros((height, width, 4)))
        Blended.__init__(self)
        self.name, self.type = name, kind
        self.width, self.height = width, height
        self.corner = (0, 0)
        self.parent = self.mask = None
        self.children = [] if group else None
        self.removed = self.locked = False
        self.visible = self.apply_mask = True
        self.writes = 0
        self.parasites = {}

    def attach_parasite(self, parasite):
        self.parasites[parasite.name] = parasite

    def detach_parasite(self, name):
        _demand(name in self.parasites, f"{self.name} has no {name}")
        del self.parasites[name]

    def get_parasite(self, name):
        return self.parasites.get(name)

    @classmethod
    def new(cls, image, name, width, height, kind, opacity, mode):
        _demand(opacity == 100 and mode == "NORMAL", "a layer like no other")
        _demand(width > 0 and height > 0, "a layer without pixels")
        return cls(image, name, width, height, kind)

    def path(self):
        """Names of the groups that it is in, and its own."""
        return (*(self.parent.path() if self.parent else ()), self.name)

    def attached(self):
        return not self.image.closed and self in self.siblings() and (self.parent is None or self.parent.attached())

    def siblings(self):
        return self.image.layers if self.parent is None else self.parent.children

    def refuse_writing(self):
        _demand(self.is_valid(), f"{self.name} has gone with its image")
        # One that is not in the image yet may be written, one that was taken out may not.
        _demand(not self.removed and (self.parent is None or self.attached()), f"{self.name} was removed")
        _demand(not self.is_group(), f"{self.name} is a group")
        item = self
        while item is not None:
            _demand(not item.locked, f"{item.name} is locked")
            item = item.parent
        self.writes += 1

    def is_valid(self):
        # One that was deleted can be undone.
        return not self.image.closed

    def is_group(self):
        return self.children is not None

    def is_layer(self):
        return True

    def is_layer_mask(self):
        return False

    def get_name(self):
        return self.name

    def get_image(self):
        return self.image

    def get_parent(self):
        return self.parent

    def get_children(self):
        return list(self.children)

    def get_width(self):
        return self.width

    def get_height(self):
        return self.height

    def get_offsets(self):
        return True, *self.corner

    def set_offsets(self, x, y):
        self.corner = (x, y)

    def get_lock_content(self):
        return self.locked

    def get_visible(self):
        return self.visible

    def set_visible(self, visible):
        _demand(self.is_valid(), f"{self.name} has gone with its image")
        self.visible = visible

    def create_mask(self, kind):
        _demand(kind in {"SELECTION", "BLACK"}, f"no mask of kind {kind}")
        if kind == "BLACK":
            return Mask(self.image, np.zeros((self.height, self.width, 1)))
        return Channel(self.image, Buffer(self.image.get_selection()).part(*self.corner, self.width, self.height))

    def add_mask(self, mask):
        _demand(mask.pixels.shape[:2] == (self.height, self.width), "the mask has another size")
        self.mask = mask

    def get_mask(self):
        return self.mask

    def get_apply_mask(self):
        return self.apply_mask

    def update(self, x, y, width, height):
        _demand((x, y, width, height) == (0, 0, self.width, self.height), "not all that was written is told")

    def bytes(self, name="R'G'B'A u8"):
        """All of its pixels, as an array of samples."""
        channels, kind = _FORMATS[name]
        data = Buffer(self).get(SimpleNamespace(x=0, y=0, width=self.width, height=self.height), 1.0, name, "NONE")
        return np.frombuffer(data, kind).reshape(self.height, self.width, channels)


class Parasite(NamedTuple):
    """What is kept with a layer."""

    name: str
    flags: int
    data: bytes

    @classmethod
    def new(cls, name, flags, data):
        return cls(name, flags, data)

    def get_data(self):
        return list(self.data)


class GroupLayer(Layer):
    """A group."""

    @classmethod
    def new(cls, image, name):
        return cls(image, name, image.width, image.height, "RGBA", group=True)


class Buffer:
    """The pixels of something."""

    def __init__(self, owner):
        self._owner = owner

    def part(self, x, y, width, height):
        """A rectangle; what lies outside is 0."""
        pixels = self._owner.pixels
        found = np.zeros((height, width, pixels.shape[2]))
        left, top = max(x, 0), max(y, 0)
        right, bottom = min(x + width, pixels.shape[1]), min(y + height, pixels.shape[0])
        if left < right and top < bottom:
            found[top - y : bottom - y, left - x : right - x] = pixels[top:bottom, left:right]
        return found

    def get(self, rectangle, scale, name, abyss):
        _demand((scale, abyss) == (1.0, "NONE") and name in _FORMATS, f"the format {name} is not known")
        channels, kind = _FORMATS[name]
        found = self.part(rectangle.x, rectangle.y, rectangle.width, rectangle.height)
        if channels < found.shape[2]:
            gray = found[..., :3].mean(axis=2, keepdims=True)
            found = {1: gray, 2: np.concatenate([gray, found[..., 3:]], axis=2), 3: found[..., :3]}[channels]
        most = 1 if kind.kind == "f" else np.iinfo(kind).max
        return (found * most if most == 1 else np.rint(found * most)).astype(kind).tobytes()

    def set(self, rectangle, name, data):
        self._owner.refuse_writing()
        _demand(name in _FORMATS, f"the format {name} is not known")
        channels, kind = _FORMATS[name]
        due = rectangle.width * rectangle.height * channels * kind.itemsize
        _demand(isinstance(data, bytes) and len(data) == due, f"{len(data)} bytes where {due} are due")
        values = np.frombuffer(data, kind).reshape(rectangle.height, rectangle.width, channels).astype(np.float64)
        values = values if kind.kind == "f" else values / np.iinfo(kind).max
        alpha = values[..., -1:] if channels in {2, 4} else np.ones_like(values[..., :1])
        colors = values[..., :3] if channels > 2 else np.repeat(values[..., :1], 3, axis=2)
        place = self._owner.pixels[rectangle.y :, rectangle.x :][: rectangle.height, : rectangle.width]
        _demand(place.shape[:2] == values.shape[:2], "it does not fit in")
        place[...] = np.concatenate([colors, alpha], axis=2)[..., : place.shape[2]]

    def flush(self):
        """Do nothing."""


class Pixbuf:
    """RGB pixels, with alpha or without, whose rows begin at multiples of four bytes."""

    def __init__(self, pixels):
        self.pixels = pixels

    @classmethod
    def new(cls, colors, alpha, bits, width, height):
        _demand((colors, bits) == ("RGB", 8) and width > 0 and height > 0, "no such pixbuf")
        # What is not filled is anything.
        return cls(np.full((height, width, 3 + alpha), 77, np.uint8))

    @classmethod
    def new_from_bytes(cls, data, colors, alpha, bits, width, height, stride):
        _demand((colors, bits) == ("RGB", 8), "no such pixbuf")
        row = (3 + alpha) * width
        _demand(stride >= row and len(data.data) >= stride * (height - 1) + row, "too few bytes")
        rows = (data.data[y * stride : y * stride + row] for y in range(height))
        return cls(np.frombuffer(b"".join(rows), np.uint8).reshape(height, width, 3 + alpha))

    def fill(self, color):
        channels = [color >> 24 & 255, color >> 16 & 255, color >> 8 & 255, color & 255]
        self.pixels[...] = channels[: self.pixels.shape[2]]

    def scale(self, into, x, y, width, height, offset_x, offset_y, scale_x, scale_y, how):
        _demand(how == "BILINEAR" and width > 0 and height > 0, "nothing to scale")
        _demand(x >= 0 and y >= 0, "outside")
        _demand(x + width <= into.pixels.shape[1] and y + height <= into.pixels.shape[0], "outside")
        # The nearest is near enough here.
        columns = ((np.arange(x, x + width) + 0.5 - offset_x) / scale_x).astype(int)
        rows = ((np.arange(y, y + height) + 0.5 - offset_y) / scale_y).astype(int)
        columns, rows = columns.clip(0, self.pixels.shape[1] - 1), rows.clip(0, self.pixels.shape[0] - 1)
        into.pixels[y : y + height, x : x + width] = self.pixels[rows][:, columns]

    def get_rowstride(self):
        return (self.pixels.shape[2] * self.pixels.shape[1] + 3) // 4 * 4

    def get_pixels(self):
        padding = b"\xee" * (self.get_rowstride() - self.pixels.shape[2] * self.pixels.shape[1])
        # The last row has none.
        return padding.join(row.tobytes() for row in self.pixels)


def _taken_out():
    """Forget what holds on to GIMP's modules, and say what it was."""
    found = {}
    for name in ("gi", "gi.repository", *(f"gimp_plugin.{holder}" for holder in _HOLDERS)):
        if name in sys.modules:
            found[name] = sys.modules.pop(name)
    for holder in _HOLDERS:
        vars(gimp_plugin).pop(holder, None)
    return found


def _gimp(flushes):
    found = ModuleType("Gimp")
    found.Image, found.Layer, found.GroupLayer = Image, Layer, GroupLayer
    found.Drawable = found.Item = Channel
    found.ProcedureConfig = object
    found.Precision = type("Precision", (), {"FLOAT_NON_LINEAR": "float-non-linear"})
    found.ImageBaseType = SimpleNamespace(RGB="RGB", GRAY="GRAY", INDEXED="INDEXED")
    found.ImageType = SimpleNamespace(RGBA_IMAGE="RGBA", GRAYA_IMAGE="GRAYA")
    found.LayerMode, found.LayerColorSpace, found.LayerCompositeMode = MODES, SPACES, COMPOSITES
    found.AddMaskType = SimpleNamespace(SELECTION="SELECTION", BLACK="BLACK")
    found.LayerMask = Mask
    found.PARASITE_PERSISTENT, found.PARASITE_UNDOABLE = 1, 2
    found.Parasite = Parasite
    found.Selection = SimpleNamespace(bounds=_bounds)
    found.displays_flush = lambda: flushes.append(True)
    return found


def _gegl():
    found = ModuleType("Gegl")
    found.Rectangle = SimpleNamespace(
        new=lambda x, y, width, height: SimpleNamespace(x=x, y=y, width=width, height=height)
    )
    found.AbyssPolicy = SimpleNamespace(NONE="NONE")
    return found


def _pixbufs():
    found = ModuleType("GdkPixbuf")
    found.Pixbuf = Pixbuf
    found.Colorspace = SimpleNamespace(RGB="RGB")
    found.InterpType = SimpleNamespace(BILINEAR="BILINEAR")
    return found


def _glib():
    found = ModuleType("GLib")
    found.Bytes = SimpleNamespace(new=lambda data: SimpleNamespace(data=data))
    return found


def _bounds(image):
    mask = None if image.selection is None else np.argwhere(image.selection)
    if mask is None or not mask.size:
        return True, False, 0, 0, image.width, image.height
    top, left = mask.min(axis=0)
    bottom, right = mask.max(axis=0) + 1
    return True, True, int(left), int(top), int(right), int(bottom)


def _demand(fine, otherwise):
    if not fine:
        raise Killed(otherwise)
