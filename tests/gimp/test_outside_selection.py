"""Fill Selection with Texture changes nothing that is seen outside the selection, in a real GIMP."""

import pytest
from pictures import bricks, save

SIDE = 96
CODE = """
from array import array


def looks(image):
    layer = Gimp.Layer.new_from_visible(image, image, "seen")
    found = array("f", bytes(seen(layer, "R'aG'aB'aA float")))
    layer.delete()
    return found


def changed(image, layer):
    # How many pixels look otherwise, within the selection and outside of it.
    width, height = image.get_width(), image.get_height()
    selected = bytes(image.get_selection().get_buffer().get(
        Gegl.Rectangle.new(0, 0, width, height), 1.0, "Y u8", Gegl.AbyssPolicy.NONE))
    before = looks(image)
    called("fill", image, [layer], quality="draft", seed=3)
    after = looks(image)
    apart = [max(abs(before[at + n] - after[at + n]) for n in range(4)) > 1.5 / 255 for at in range(0, len(after), 4)]
    told = {"inside": 0, "outside": 0}
    for other, level in zip(apart, selected):
        told["inside" if level else "outside"] += other
    return told


def gray_mask(image, item):
    # Gray in an ellipse, white around it.
    mask = item.create_mask(Gimp.AddMaskType.WHITE)
    item.add_mask(mask)
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 12, 16, 70, 60)
    Gimp.context_set_foreground(Gegl.Color.new("#808080"))
    mask.edit_fill(Gimp.FillType.FOREGROUND)
    Gimp.Selection.none(image)


def bricks():
    image = opened(wall)
    return image, image.get_layers()[0]


def select(image):
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 34, 30, 24, 26)


def gray_layer_mask():
    image, layer = bricks()
    gray_mask(image, layer)
    select(image)
    return changed(image, layer)


def gray_layer_mask_across_its_edge():
    image, layer = bricks()
    gray_mask(image, layer)
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 4, 30, 30, 26)
    return changed(image, layer)


def gray_layer_mask_over_another_layer():
    image, layer = bricks()
    gray_mask(image, layer)
    below = Gimp.Layer.new(image, "below", 96, 96, Gimp.ImageType.RGB_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(below, None, 1)
    Gimp.context_set_foreground(Gegl.Color.new("#c02010"))
    below.edit_fill(Gimp.FillType.FOREGROUND)
    select(image)
    return changed(image, layer)


def gray_layer_mask_of_16_bits():
    image, layer = bricks()
    image.convert_precision(Gimp.Precision.U16_NON_LINEAR)
    gray_mask(image, layer)
    select(image)
    return changed(image, layer)


def gray_layer_mask_of_floating_point():
    image, layer = bricks()
    image.convert_precision(Gimp.Precision.FLOAT_LINEAR)
    gray_mask(image, layer)
    select(image)
    return changed(image, layer)


def gray_layer_mask_of_a_layer_that_is_moved():
    image, layer = bricks()
    gray_mask(image, layer)
    layer.set_offsets(-9, 7)
    select(image)
    return changed(image, layer)


def gray_mask_of_a_group():
    image, layer = bricks()
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    image.reorder_item(layer, group, 0)
    gray_mask(image, group)
    select(image)
    return changed(image, layer)


def gray_mask_of_a_group_that_is_filled():
    image, layer = bricks()
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    image.reorder_item(layer, group, 0)
    gray_mask(image, group)
    select(image)
    return changed(image, group)


def gray_alpha():
    image, layer = bricks()
    gray_mask(image, layer)
    layer.add_alpha()
    layer.remove_mask(Gimp.MaskApplyMode.APPLY)
    select(image)
    return changed(image, layer)


def half_select(image):
    channel = Gimp.Channel.new(image, "half", 96, 96, 50, Gegl.Color.new("black"))
    image.insert_channel(channel, None, 0)
    select(image)
    Gimp.context_set_foreground(Gegl.Color.new("#808080"))
    channel.edit_fill(Gimp.FillType.FOREGROUND)
    image.select_item(Gimp.ChannelOps.REPLACE, channel)
    image.remove_channel(channel)


def gray_selection():
    image, layer = bricks()
    half_select(image)
    return changed(image, layer)


def gray_selection_and_layer_mask():
    image, layer = bricks()
    gray_mask(image, layer)
    half_select(image)
    return changed(image, layer)


def gray_mask_and_opacity():
    image, layer = bricks()
    gray_mask(image, layer)
    layer.set_opacity(60)
    select(image)
    return changed(image, layer)


def feathered_selection_and_gray_mask():
    image, layer = bricks()
    gray_mask(image, layer)
    select(image)
    Gimp.Selection.feather(image, 6)
    return changed(image, layer)


cases = [
    gray_layer_mask, gray_layer_mask_across_its_edge, gray_layer_mask_over_another_layer, gray_layer_mask_of_16_bits,
    gray_layer_mask_of_floating_point, gray_layer_mask_of_a_layer_that_is_moved, gray_mask_of_a_group,
    gray_mask_of_a_group_that_is_filled, gray_alpha, gray_selection, gray_selection_and_layer_mask,
    gray_mask_and_opacity, feathered_selection_and_gray_mask,
]
"""
CASES = (
    "gray_layer_mask",
    "gray_layer_mask_across_its_edge",
    "gray_layer_mask_over_another_layer",
    "gray_layer_mask_of_16_bits",
    "gray_layer_mask_of_floating_point",
    "gray_layer_mask_of_a_layer_that_is_moved",
    "gray_mask_of_a_group",
    "gray_mask_of_a_group_that_is_filled",
    "gray_alpha",
    "gray_selection",
    "gray_selection_and_layer_mask",
    "gray_mask_and_opacity",
    "feathered_selection_and_gray_mask",
)


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("outside")
    save(folder / "wall.png", bricks(SIDE, SIDE))
    return plugged.cases(CODE, folder / "run", starts=False, wall=str(folder / "wall.png"))


@pytest.mark.parametrize("case", CASES)
def test_what_is_seen_outside_the_selection_stays_as_it_was(cases, case):
    found = cases[case]
    assert found["inside"] > 0
    assert found["outside"] == 0
