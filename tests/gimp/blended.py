"""Layers with opacity and mode, for tests in a real GIMP: code that runs there, and the pictures that it opens."""

import numpy as np
from pictures import bricks, ramp, save
from plugged import array_of

SIDE = 72
# What `select` selects.
HOLE = (slice(12, 36), slice(20, 44))
CODE = """
def blend(layer, mode, opacity, blend="AUTO", space="AUTO", composite="AUTO"):
    layer.set_mode(getattr(Gimp.LayerMode, mode))
    layer.set_blend_space(getattr(Gimp.LayerColorSpace, blend))
    layer.set_composite_space(getattr(Gimp.LayerColorSpace, space))
    layer.set_composite_mode(getattr(Gimp.LayerCompositeMode, composite))
    layer.set_opacity(opacity)


def blending(layer):
    named = [layer.get_mode(), layer.get_blend_space(), layer.get_composite_space(), layer.get_composite_mode()]
    return [*(value.value_nick for value in named), round(layer.get_opacity(), 1)]


def projected(image):
    layer = Gimp.Layer.new_from_visible(image, image, "seen")
    found = kept(layer)
    layer.delete()
    return found


def on_a_backdrop(layer):
    image = opened(light)
    # A part of the backdrop is transparent.
    backdrop = image.get_layers()[0]
    backdrop.add_alpha()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 34, 20)
    backdrop.edit_clear()
    Gimp.Selection.none(image)
    added = Gimp.Layer.new_from_drawable(layer, image)
    image.insert_layer(added, None, 0)
    return image, added


def select(image, feathered=False):
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 20, 12, 24, 24)
    if feathered:
        Gimp.Selection.feather(image, 8)
"""


def save_pictures(folder) -> dict[str, str]:
    """Save what the code opens; returns the paths, by its names for them."""
    save(folder / "light.png", ramp(SIDE, SIDE))
    save(folder / "gray.png", np.full((SIDE, SIDE, 3), 0.4))
    picture = bricks(SIDE, SIDE)
    save(folder / "wall.png", picture)
    alpha = np.ones((SIDE, SIDE, 1))
    alpha[16:30, 24:40] = 0
    save(folder / "holed.png", np.concatenate([picture, alpha], axis=2))
    # Threads with nothing between them.
    rows, columns = np.mgrid[:SIDE, :SIDE]
    threads = ((rows % 6 < 3) | (columns % 8 < 3))[..., None]
    save(folder / "lace.png", np.concatenate([picture, np.where(threads, 1.0, 0.0)], axis=2))
    return {name: str(folder / f"{name}.png") for name in ("light", "gray", "wall", "holed", "lace")}


def difference(first, second):
    """The largest difference of what can be seen of two pictures."""
    first, second = (array_of(picture).astype(int) for picture in (first, second))
    seen = np.maximum(first[..., 3], second[..., 3]) > 0
    return np.abs(first - second)[seen].max()


def around_selection(found):
    """The largest difference of what can be seen around the selection, before and after."""
    before, after = (array_of(found[when]).copy() for when in ("before", "after"))
    before[HOLE] = after[HOLE] = 0
    shown = np.maximum(before[..., 3], after[..., 3]) > 0
    return np.abs(before[shown].astype(int) - after[shown]).max(initial=0)
