"""As much of GIMP as `gimp_plugin.canvas` and `gimp_plugin.texture_layers` use, and as strict.

Where GIMP would end the plug-in, this raises `Killed`: what is written is locked, a group or removed, a length is
wrong, a format is unknown, or something is asked of an image that is closed.
"""

import itertools
import sys
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace

import numpy as np
from gimp_mock_blending import COMPOSITES, MODES, SPACES
from gimp_mock_items import Channel, GroupLayer, Layer, Mask, Parasite
from gimp_mock_pixels import Pixbuf, demand

import gimp_plugin

# Modules of the plug-in that hold on to GIMP's, once imported.
_HOLDERS = (
    "arguments", "attempts", "blending", "canvas", "map_layers", "marks", "panel", "plugin", "procedures", "reading",
    "rendering", "scaling", "tasks", "texture_layers", "tracking", "tries", "values",
)  # fmt: skip


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

    @classmethod
    def new_with_precision(cls, width, height, kind, precision):
        demand(width > 0 and height > 0, "an image without pixels")
        return cls(width, height, kind, precision.value_nick)

    def undo_disable(self):
        self._here()

    def get_color_profile(self):
        self._here()

    def delete(self):
        self._here().closed = True

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
            demand(layer.attached(), f"{layer.name} is not in the image, and cannot be selected")
        self.selected, self.selected_channels = list(layers), []

    def get_channels(self):
        return list(self._here().channels)

    def get_selected_channels(self):
        return list(self._here().selected_channels)

    def set_selected_channels(self, channels):
        self._here()
        for channel in channels:
            demand(channel in self.channels, "a channel is not in the image, and cannot be selected")
        self.selected, self.selected_channels = [], list(channels)

    def get_selection(self):
        mask = self._here().selection
        empty = np.zeros((self.height, self.width), np.uint8)
        return Channel(self, (empty if mask is None else mask)[..., None] / 255)

    def get_item_position(self, item):
        demand(item.attached(), f"{item.name} is not in the image")
        return item.siblings().index(item)

    def insert_layer(self, layer, parent, position):
        self._here()
        demand(layer.image is self and not layer.attached(), f"{layer.name} cannot be inserted")
        demand(parent is None or (parent.attached() and parent.is_group()), "the parent is no group of the image")
        siblings = self.layers if parent is None else parent.children
        demand(0 <= position <= len(siblings), f"there is no position {position}")
        siblings.insert(position, layer)
        layer.parent, layer.removed = parent, False
        self.selected, self.selected_channels = [layer], []
        return True

    def remove_layer(self, layer):
        self._here()
        demand(layer.attached(), f"{layer.name} is not in the image")
        layer.siblings().remove(layer)
        layer.parent, layer.removed = None, True
        self.selected = [chosen for chosen in self.selected if chosen.attached()]

    def reorder_item(self, layer, parent, position):
        self._here()
        demand(layer.attached(), f"{layer.name} is not in the image")
        demand(parent is None or (parent.attached() and parent.is_group()), "the parent is no group of the image")
        layer.siblings().remove(layer)
        layer.parent = parent
        layer.siblings().insert(position, layer)

    def undo_group_start(self):
        self._here()
        self.undo_depth += 1
        self.undo_groups += 1

    def undo_group_end(self):
        demand(self._here().undo_depth > 0, "no undo group is open")
        self.undo_depth -= 1

    def _here(self):
        demand(not self.closed, "the image is closed")
        return self


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
    found.PARASITE_PERSISTENT = 1
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
