"""What a user may have selected, locked or left out: a result or a sentence, in a real GIMP."""

import numpy as np
import pytest
from pictures import bricks, bytes_of
from PIL import Image
from plugged import array_of

SIDE = 64
CODE = """
def bricks():
    image = opened(wall)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 20, 20, 20)
    return image, image.get_layers()[0]


def tried(name, image, drawables, **wishes):
    # Whatever comes of it, all else stays as it was.
    before, count = everything(image), len(Gimp.get_images())
    wishes = {"quality": "draft", **wishes}
    try:
        _image, made = called(name, image, drawables, **wishes)
    except RuntimeError as error:
        return {"said": str(error), "rest": everything(image) == before, "images": len(Gimp.get_images()) - count}
    found = {"box": box_of(made), "texture": kept(made), "parent": made.get_parent() is not None}
    image.remove_layer(made)
    return {**found, "rest": everything(image) == before, "images": len(Gimp.get_images()) - count}


def content_locked():
    image, layer = bricks()
    layer.set_lock_content(True)
    return tried("fill", image, [layer])


def all_locked():
    image, layer = bricks()
    layer.set_lock_content(True)
    layer.set_lock_position(True)
    layer.set_lock_visibility(True)
    layer.set_lock_alpha(True)
    return tried("fill", image, [layer])


def group_locked():
    image, layer = bricks()
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    image.reorder_item(layer, group, 0)
    group.set_lock_content(True)
    return tried("fill", image, [layer])


def group_locked_new_layers():
    image, layer = bricks()
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    image.reorder_item(layer, group, 0)
    group.set_lock_content(True)
    return tried("new", image, [layer], width=32, height=32, destination="layers", keep_frames=True)


def group_position_locked():
    image, layer = bricks()
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    image.reorder_item(layer, group, 0)
    group.set_lock_position(True)
    group.set_lock_visibility(True)
    return tried("fill", image, [layer])


def invisible():
    image, layer = bricks()
    layer.set_visible(False)
    return tried("fill", image, [layer])


def no_drawables():
    image, _layer = bricks()
    return tried("fill", image, [])


def two_drawables():
    image, layer = bricks()
    other = layer.copy()
    image.insert_layer(other, None, 0)
    return tried("fill", image, [layer, other])


def channel():
    image, _layer = bricks()
    made = Gimp.Channel.new(image, "channel", 64, 64, 50, Gimp.context_get_foreground())
    image.insert_channel(made, None, 0)
    return tried("fill", image, [made])


def selection_mask():
    image, _layer = bricks()
    return tried("fill", image, [image.get_selection()])


def floating():
    image, layer = bricks()
    Gimp.edit_copy([layer])
    Gimp.edit_paste(layer, True)
    return tried("fill", image, [layer])


def floating_itself():
    image, layer = bricks()
    Gimp.edit_copy([layer])
    floating, = Gimp.edit_paste(layer, True)
    return tried("new", image, [floating])


def of_another_image():
    image, _layer = bricks()
    _other, layer = bricks()
    return tried("fill", image, [layer])


def not_inserted():
    image, layer = bricks()
    return tried("fill", image, [layer.copy()])


def nothing_to_fill():
    image, layer = bricks()
    Gimp.Selection.none(image)
    return tried("fill", image, [layer])


def nothing_left():
    image, layer = bricks()
    Gimp.Selection.all(image)
    return tried("fill", image, [layer])


def all_transparent():
    image, layer = bricks()
    layer.add_alpha()
    Gimp.Selection.all(image)
    layer.edit_clear()
    Gimp.Selection.none(image)
    return tried("fill", image, [layer])


def one_pixel():
    image, layer = bricks()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 30, 30, 1, 1)
    return tried("fill", image, [layer])


def nine_pixels():
    image, layer = bricks()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 61, 0, 3, 3)
    return tried("fill", image, [layer])


def image_of_one_pixel():
    image = Gimp.Image.new(1, 1, Gimp.ImageBaseType.RGB)
    layer = Gimp.Layer.new(image, "pixel", 1, 1, Gimp.ImageType.RGB_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 1, 1)
    return [tried(name, image, [layer]) for name in ("fill", "seamless", "new")]


def selection_beside_the_layer():
    image, layer = bricks()
    image.resize(200, 64, 0, 0)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 150, 10, 20, 20)
    return tried("fill", image, [layer])


def weights_missing():
    image, layer = bricks()
    return tried("fill", image, [layer], seed=2**31 - 1)


cases = [
    content_locked, all_locked, group_locked, group_locked_new_layers, group_position_locked, invisible, no_drawables,
    two_drawables, channel, selection_mask, floating, floating_itself, of_another_image, not_inserted, nothing_to_fill,
    nothing_left, all_transparent, one_pixel, nine_pixels, image_of_one_pixel, selection_beside_the_layer,
    weights_missing,
]
"""


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("refusals")
    Image.fromarray(bytes_of(bricks(SIDE, SIDE))).save(folder / "wall.png")
    return plugged.cases(CODE, folder / "run", wall=str(folder / "wall.png"))


def test_print(cases):
    for name, case in cases.told.items():
        print(name, str(case)[:600])
    assert 0
