"""Layers with non-destructive filters, for tests in a real GIMP: code that runs there."""

SIDE = 96
# The selection, well inside.
INNER = (slice(40, 56), slice(40, 56))
# Complaints of GIMP that are no faults here.
ALLOWED = ("can have non-destructive effects",)
CODE = """
def put(layer, operation, opacity=1.0, mode="REPLACE", shown=True, **settings):
    added = Gimp.DrawableFilter.new(layer, operation, operation)
    for name, value in settings.items():
        added.get_config().set_property(name.replace("_", "-"), value)
    added.set_opacity(opacity)
    added.set_blend_mode(getattr(Gimp.LayerMode, mode))
    added.set_visible(shown)
    layer.append_filter(added)
    added.update()
    return added


def invert(layer, **how):
    put(layer, "gegl:invert-gamma", **how)


def hue(layer, **how):
    put(layer, "gegl:hue-chroma", hue=140.0, **how)


def brightness(layer, **how):
    put(layer, "gegl:brightness-contrast", brightness=0.3, contrast=0.6, **how)


def blur(layer, **how):
    put(layer, "gegl:gaussian-blur", std_dev_x=2.0, std_dev_y=2.0, **how)


def projected(image):
    layer = Gimp.Layer.new_from_visible(image, image, "seen")
    found = kept(layer, "R'G'B'A u16")
    layer.delete()
    return found


def select(image):
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 36, 36, 24, 24)


def wall_in(image=None):
    image = image or opened(wall)
    return image, image.get_layers()[0]
"""
