"""Pixels of the mock of GIMP."""

import numpy as np

FORMATS = {
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


class Killed(BaseException):
    """GIMP has ended the plug-in, and no `except` of the plug-in's helps."""


def demand(fine, otherwise):
    if not fine:
        raise Killed(otherwise)


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
        demand((scale, abyss) == (1.0, "NONE") and name in FORMATS, f"the format {name} is not known")
        channels, kind = FORMATS[name]
        found = self.part(rectangle.x, rectangle.y, rectangle.width, rectangle.height)
        if channels < found.shape[2]:
            gray = found[..., :3].mean(axis=2, keepdims=True)
            found = {1: gray, 2: np.concatenate([gray, found[..., 3:]], axis=2), 3: found[..., :3]}[channels]
        most = 1 if kind.kind == "f" else np.iinfo(kind).max
        return (found * most if most == 1 else np.rint(found * most)).astype(kind).tobytes()

    def set(self, rectangle, name, data):
        self._owner.refuse_writing()
        demand(name in FORMATS, f"the format {name} is not known")
        channels, kind = FORMATS[name]
        due = rectangle.width * rectangle.height * channels * kind.itemsize
        demand(isinstance(data, bytes) and len(data) == due, f"{len(data)} bytes where {due} are due")
        values = np.frombuffer(data, kind).reshape(rectangle.height, rectangle.width, channels).astype(np.float64)
        values = values if kind.kind == "f" else values / np.iinfo(kind).max
        alpha = values[..., -1:] if channels in {2, 4} else np.ones_like(values[..., :1])
        colors = values[..., :3] if channels > 2 else np.repeat(values[..., :1], 3, axis=2)
        place = self._owner.pixels[rectangle.y :, rectangle.x :][: rectangle.height, : rectangle.width]
        demand(place.shape[:2] == values.shape[:2], "it does not fit in")
        place[...] = np.concatenate([colors, alpha], axis=2)[..., : place.shape[2]]

    def flush(self):
        """Do nothing."""


class Pixbuf:
    """RGB pixels, with alpha or without, whose rows begin at multiples of four bytes."""

    def __init__(self, pixels):
        self.pixels = pixels

    @classmethod
    def new(cls, colors, alpha, bits, width, height):
        demand((colors, bits) == ("RGB", 8) and width > 0 and height > 0, "no such pixbuf")
        # What is not filled is anything.
        return cls(np.full((height, width, 3 + alpha), 77, np.uint8))

    @classmethod
    def new_from_bytes(cls, data, colors, alpha, bits, width, height, stride):
        demand((colors, bits) == ("RGB", 8), "no such pixbuf")
        row = (3 + alpha) * width
        demand(stride >= row and len(data.data) >= stride * (height - 1) + row, "too few bytes")
        rows = (data.data[y * stride : y * stride + row] for y in range(height))
        return cls(np.frombuffer(b"".join(rows), np.uint8).reshape(height, width, 3 + alpha))

    def fill(self, color):
        channels = [color >> 24 & 255, color >> 16 & 255, color >> 8 & 255, color & 255]
        self.pixels[...] = channels[: self.pixels.shape[2]]

    def scale(self, into, x, y, width, height, offset_x, offset_y, scale_x, scale_y, how):
        demand(how == "BILINEAR" and width > 0 and height > 0, "nothing to scale")
        demand(x >= 0 and y >= 0, "outside")
        demand(x + width <= into.pixels.shape[1] and y + height <= into.pixels.shape[0], "outside")
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
