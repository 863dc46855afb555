"""Growing a texture in a GIMP of the tests' own: what goes in, and what is there then."""

from gimp_plugin.box import Box
from gimp_plugin.job_sequence import Texture
from protocol.messages import Frame
from protocol.raster import Raster

RED, GREEN, BLUE = (200, 10, 20), (10, 190, 20), (30, 20, 180)
ALL = Box(0, 0, 16, 8)


def add(gimp, image, name, *, parent=None, width=40, height=30, corner=(0, 0), group=False):
    """Put a layer, or a group, on top of the others."""
    if group:
        layer = gimp.Gimp.GroupLayer.new(image, name)
    else:
        layer = gimp.Gimp.Layer.new(image, name, width, height, "RGBA", 100, "NORMAL")
        layer.pixels[...] = 1
    layer.set_offsets(*corner)
    image.insert_layer(layer, parent, 0)
    return layer


def everything(image):
    """Names of all layers with the groups that they are in, from the top."""

    def below(layers):
        for layer in layers:
            yield "/".join(layer.path())
            if layer.is_group():
                yield from below(layer.children)

    return list(below(image.layers))


def named(image, name):
    def below(layers):
        for layer in layers:
            yield layer
            if layer.is_group():
                yield from below(layer.children)

    return next(layer for layer in below(image.layers) if layer.name == name)


def plain(color, width=16, height=8, **changes):
    """A raster of one color."""
    return Raster(width, height, 3, "u8", bytes(color) * (width * height), **changes)


def frame(color, octave=0, *, size=(16, 8), covered=ALL):
    return Frame("job", plain(color, *size), octave, 1, 10, covered.x, covered.y, covered.width, covered.height)


def texture(color=RED, seed=7, *, finished=True):
    return Texture(seed, plain(color), finished)


def place_in(gimp, image, above="below", **changes):
    """Where a texture of 16 by 8 pixels goes."""
    wishes = {"left": 5, "top": 6, "part": Box(0, 0, 16, 8), "joins": True, **changes}
    return gimp.texture_layers.Place(image, named(image, above) if above else None, **wishes)


def growing(gimp, image, *, keep=False, earlier=(), maps=(), **where):
    return gimp.texture_layers.TextureLayers(place_in(gimp, image, **where), keep=keep, earlier=earlier, maps=maps)


def colors(layer):
    return {tuple(map(int, color)) for color in layer.bytes()[..., :3].reshape(-1, 3)}
