"""What a user may have selected, locked or left out: a result or a sentence, in a real GIMP."""

import pytest
from pictures import bricks, save
from plugged import array_of

SIDE = 64
ANCHOR = "Layer → Anchor Floating Layer or Mask"
CODE = """
def bricks():
    image = opened(wall)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 20, 20, 20)
    return image, image.get_layers()[0]


def tried(name, image, drawables, call=called, **wishes):
    # Whatever comes of it, all else stays as it was. GIMP itself hands on drawables that are odd.
    before, count = everything(image), len(Gimp.get_images())
    wishes = {"quality": "draft", **wishes}
    try:
        _image, made = call(name, image, drawables, **wishes)
    except RuntimeError as error:
        return {"said": str(error), "rest": everything(image) == before, "images": len(Gimp.get_images()) - count}
    parent = made.get_parent()
    found = {"box": box_of(made), "texture": kept(made), "parent": parent.get_name() if parent else None}
    image.remove_layer(parent if parent and parent.get_name() == "Texture Synthesis" else made)
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


def grouped():
    image, layer = bricks()
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    image.reorder_item(layer, group, 0)
    return image, layer, group


def group_locked():
    image, layer, group = grouped()
    group.set_lock_content(True)
    return tried("fill", image, [layer])


def groups_locked_outside():
    image, layer, inner = grouped()
    outer = Gimp.GroupLayer.new(image, "outer")
    image.insert_layer(outer, None, 0)
    image.reorder_item(inner, outer, 0)
    outer.set_lock_content(True)
    return tried("fill", image, [layer])


def group_locked_new_layers():
    image, layer, group = grouped()
    group.set_lock_content(True)
    return tried("new", image, [layer], width=32, height=32, destination="layers", keep_frames=True)


def group_position_locked():
    image, layer, group = grouped()
    group.set_lock_position(True)
    group.set_lock_visibility(True)
    return tried("fill", image, [layer])


def invisible():
    image, layer = bricks()
    layer.set_visible(False)
    return tried("fill", image, [layer])


def no_drawables():
    image, _layer = bricks()
    return tried("fill", image, [], started)


def two_drawables():
    image, layer = bricks()
    other = layer.copy()
    image.insert_layer(other, None, 0)
    return tried("fill", image, [layer, other], started)


def channel():
    image, _layer = bricks()
    made = Gimp.Channel.new(image, "channel", 64, 64, 50, Gimp.context_get_foreground())
    image.insert_channel(made, None, 0)
    return tried("fill", image, [made], started)


def selection_mask():
    image, _layer = bricks()
    return tried("fill", image, [image.get_selection()], started)


def floating():
    image, layer = bricks()
    Gimp.edit_copy([layer])
    Gimp.edit_paste(layer, True)
    return tried("fill", image, [layer])


def floating_itself():
    image, layer = bricks()
    Gimp.edit_copy([layer])
    floating, = Gimp.edit_paste(layer, True)
    return tried("new", image, [floating], started)


def of_another_image():
    image, _layer = bricks()
    _other, layer = bricks()
    return tried("fill", image, [layer], started)


def not_inserted():
    image, layer = bricks()
    return tried("fill", image, [layer.copy()], started)


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


def mask_all_black():
    image, layer = bricks()
    layer.add_mask(layer.create_mask(Gimp.AddMaskType.BLACK))
    return tried("fill", image, [layer])


def far_from_the_layer():
    image, layer = bricks()
    image.resize(900, 64, 0, 0)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 850, 10, 20, 20)
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


def empty_group():
    image, _layer = bricks()
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    return [tried(name, image, [group]) for name in ("seamless", "new", "fill")]


def selection_beside_the_layer():
    image, layer = bricks()
    image.resize(200, 64, 0, 0)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 150, 10, 20, 20)
    return tried("fill", image, [layer])


cases = [
    content_locked, all_locked, group_locked, groups_locked_outside, group_locked_new_layers,
    group_position_locked, invisible, no_drawables, two_drawables, channel, selection_mask, floating,
    floating_itself, of_another_image, not_inserted, nothing_to_fill, nothing_left, all_transparent, mask_all_black,
    far_from_the_layer, one_pixel, nine_pixels, image_of_one_pixel, selection_beside_the_layer, empty_group,
]
"""

CASES = (
    "content_locked",
    "all_locked",
    "group_locked",
    "groups_locked_outside",
    "group_locked_new_layers",
    "group_position_locked",
    "invisible",
    "no_drawables",
    "two_drawables",
    "channel",
    "selection_mask",
    "floating",
    "floating_itself",
    "of_another_image",
    "not_inserted",
    "nothing_to_fill",
    "nothing_left",
    "all_transparent",
    "mask_all_black",
    "far_from_the_layer",
    "one_pixel",
    "nine_pixels",
    "selection_beside_the_layer",
)


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("refusals")
    save(folder / "wall.png", bricks(SIDE, SIDE))
    return plugged.cases(CODE, folder / "run", starts=False, wall=str(folder / "wall.png"))


@pytest.mark.parametrize("case", CASES)
def test_whatever_comes_of_it_all_else_is_as_it_was(cases, case):
    assert cases[case]["rest"]
    assert cases[case]["images"] == 0


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("no_drawables", "No layer is selected"),
        ("two_drawables", "2 layers are selected"),
        ("channel", "A channel is selected"),
        ("selection_mask", "A channel is selected"),
        ("floating", ANCHOR),
        ("floating_itself", ANCHOR),
        ("of_another_image", "another image"),
        ("not_inserted", "no longer exists"),
        ("nothing_to_fill", "Nothing is selected"),
        ("nothing_left", "Too little is left"),
        ("all_transparent", "There is nothing to sample"),
        ("mask_all_black", "There is nothing to sample"),
        ("far_from_the_layer", "outside the layer"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(cases, case, words):
    assert words in cases[case]["said"]


@pytest.mark.parametrize(
    ("case", "box"),
    [
        ("content_locked", [20, 20, 20, 20]),
        ("all_locked", [20, 20, 20, 20]),
        ("group_locked", [20, 20, 20, 20]),
        ("groups_locked_outside", [20, 20, 20, 20]),
        ("group_locked_new_layers", [0, 0, 32, 32]),
        ("group_position_locked", [20, 20, 20, 20]),
        ("invisible", [20, 20, 20, 20]),
        ("one_pixel", [30, 30, 1, 1]),
        ("nine_pixels", [61, 0, 3, 3]),
        ("selection_beside_the_layer", [150, 10, 20, 20]),
    ],
)
def test_there_is_a_texture_at_its_place(cases, case, box):
    assert cases[case]["box"] == box
    texture = array_of(cases[case]["texture"])
    assert (texture[..., 3] == 255).all()
    assert texture[..., :3].max() > 100


@pytest.mark.parametrize(
    ("case", "parent"),
    [
        ("group_locked", None),
        ("groups_locked_outside", None),
        ("group_locked_new_layers", "Texture Synthesis"),
        ("group_position_locked", "group"),
    ],
)
def test_a_result_goes_above_a_group_that_is_locked_and_into_one_that_is_not(cases, case, parent):
    assert cases[case]["parent"] == parent


def test_an_image_of_one_pixel_is_refused_by_each_procedure(cases):
    fill, seamless, new = cases["image_of_one_pixel"]
    assert all(each["said"].startswith("There is nothing to sample") for each in (fill, seamless))
    assert new["said"].startswith("The exemplar has no visible part of 8 × 8 px or more")


def test_a_group_without_layers_is_refused_as_empty(cases):
    seamless, new, fill = cases["empty_group"]
    assert seamless["said"] == new["said"] == "The group “group” is empty: choose a layer."
    assert fill["said"].startswith("There is nothing to sample")
