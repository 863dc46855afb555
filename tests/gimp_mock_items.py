"""Layers, masks and selections of the mock of GIMP."""

import itertools
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
from gimp_mock_blending import Blended
from gimp_mock_pixels import FORMATS, Buffer, Killed, demand


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
        demand((x, y, width, height) == (0, 0, self.get_width(), self.get_height()), "not all of it is told")


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
        demand(not (parasite.flags and self.attached()), "GIMP cannot redo this without a complaint")
        self.parasites[parasite.name] = parasite

    def detach_parasite(self, name):
        demand(name in self.parasites, f"{self.name} has no {name}")
        del self.parasites[name]

    def get_parasite(self, name):
        return self.parasites.get(name)

    @classmethod
    def new(cls, image, name, width, height, kind, opacity, mode):
        demand(opacity == 100 and mode == "NORMAL", "a layer like no other")
        demand(width > 0 and height > 0, "a layer without pixels")
        return cls(image, name, width, height, kind)

    @classmethod
    def new_from_drawable(cls, drawable, image):
        demand(drawable.is_valid() and image.is_valid(), "there is nothing to copy, or no image for it")
        copy = cls(image, f"{drawable.name} copy", drawable.width, drawable.height, drawable.type)
        copy.pixels, copy.mask = drawable.pixels.copy(), drawable.mask
        copy.corner, copy.writes = drawable.corner, drawable.writes
        return copy

    def path(self):
        """Names of the groups that it is in, and its own."""
        return (*(self.parent.path() if self.parent else ()), self.name)

    def attached(self):
        return not self.image.closed and self in self.siblings() and (self.parent is None or self.parent.attached())

    def siblings(self):
        return self.image.layers if self.parent is None else self.parent.children

    def refuse_writing(self):
        demand(self.is_valid(), f"{self.name} has gone with its image")
        # One that is not in the image yet may be written, one that was taken out may not.
        demand(not self.removed and (self.parent is None or self.attached()), f"{self.name} was removed")
        demand(not self.is_group(), f"{self.name} is a group")
        item = self
        while item is not None:
            demand(not item.locked, f"{item.name} is locked")
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

    def set_name(self, name):
        self.name = name

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
        demand(self.is_valid(), f"{self.name} has gone with its image")
        self.visible = visible

    def create_mask(self, kind):
        demand(kind in {"SELECTION", "BLACK"}, f"no mask of kind {kind}")
        if kind == "BLACK":
            return Mask(self.image, np.zeros((self.height, self.width, 1)))
        return Channel(self.image, Buffer(self.image.get_selection()).part(*self.corner, self.width, self.height))

    def add_mask(self, mask):
        demand(mask.pixels.shape[:2] == (self.height, self.width), "the mask has another size")
        self.mask = mask

    def get_mask(self):
        return self.mask

    def get_apply_mask(self):
        return self.apply_mask

    def update(self, x, y, width, height):
        demand((x, y, width, height) == (0, 0, self.width, self.height), "not all that was written is told")

    def bytes(self, name="R'G'B'A u8"):
        """All of its pixels, as an array of samples."""
        channels, kind = FORMATS[name]
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
