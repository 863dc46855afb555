"""Layers and groups that show through: lace, and layer masks of layers and groups, in a real GIMP."""

import blended
import numpy as np
import pytest
from blended import difference, save_pictures
from plugged import array_of

CODE = (
    blended.CODE
    + """

def over(look, feather=0, selects=True, name="fill"):
    # Lace: what it is to look like is the layer with the texture in place of its own pixels.
    image, layer = on_a_backdrop(opened(lace).get_layers()[0])
    blend(layer, *look)
    if selects:
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 12, 24, 24)
        if feather:
            Gimp.Selection.feather(image, feather)
    found = {"before": projected(image), "layer": kept(layer)}
    _image, made = called(name, image, [layer], quality="draft")
    found |= {"after": projected(image), "texture": kept(made), "box": box_of(made)}
    found["mask"] = kept(made.get_mask(), "Y u8") if made.get_mask() else None
    if not feather:
        expected, whole = on_a_backdrop(layer)
        blend(whole, *look)
        x, y, width, height = box_of(made)
        pixels = bytes(seen(made))
        put_pixels(whole, [x, y, width, height], "R'G'B'A u8", pixels)
        found["expected"] = projected(expected)
    found["inside"] = [item.get_name() for item in made.get_parent().get_children()]
    return found


def lace_plain():
    return over(["NORMAL", 100])


def lace_multiplied():
    return over(["MULTIPLY", 60])


def lace_seamless():
    return over(["NORMAL", 100], selects=False, name="seamless")


def lace_feathered():
    return over(["NORMAL", 100], feather=8)


def grouped(image, layer, name="group"):
    group = Gimp.GroupLayer.new(image, name)
    image.insert_layer(group, layer.get_parent(), image.get_item_position(layer))
    image.reorder_item(layer, group, 0)
    return group


def half_shown(levels):
    # A layer mask, and the same applied, so that it is alpha.
    found = {}
    for what in ("applied", "masked"):
        image, layer = on_a_backdrop(opened(wall).get_layers()[0])
        mask = layer.create_mask(Gimp.AddMaskType.WHITE)
        layer.add_mask(mask)
        put_pixels(mask, [0, 0, 72, 72], "Y u8", bytes(levels) * 72)
        if what == "applied":
            layer.remove_mask(Gimp.MaskApplyMode.APPLY)
        select(image)
        called("fill", image, [layer], quality="draft")
        found[what] = projected(image)
    return found


def mask_of_one_gray():
    return half_shown([128] * 72)


def mask_nearly_white():
    return half_shown([250] * 72)


def mask_from_black_to_white():
    return half_shown([min(255, 4 * x) for x in range(72)])


def in_a_masked_group(target, blended, **wishes):
    # The selection sticks out of the group, which is to stay as large as its mask.
    image, layer = on_a_backdrop(opened(wall).get_layers()[0])
    layer.scale(50, 50, False)
    layer.set_offsets(14, 12)
    blend(layer, *blended)
    group = grouped(image, grouped(image, layer, "inner"), "outer")
    mask = group.create_mask(Gimp.AddMaskType.WHITE)
    group.add_mask(mask)
    put_pixels(mask, [0, 0, 50, 50], "Y u8", bytes(range(6, 256, 5)) * 50)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *target)
    found = {"before": projected(image), "mask": [kept(mask, "Y u8")]}
    try:
        _image, made = called("fill", image, [layer], quality="draft", **wishes)
    except RuntimeError as error:
        return {"said": str(error)}
    found["mask"].append(kept(group.get_mask(), "Y u8"))
    x, y, width, height = box_of(made)
    shown = kept(made.get_mask(), "Y u8") if made.get_mask() else None
    return {**found, "after": projected(image), "box": [x, y, width, height], "shown": shown}


def masked_left():
    return in_a_masked_group([4, 20, 24, 24], ["NORMAL", 80])


def masked_top():
    return in_a_masked_group([20, 2, 24, 24], ["MULTIPLY", 100])


def masked_top_left_with_frames():
    return in_a_masked_group([4, 2, 24, 24], ["NORMAL", 100], keep_frames=True)


def masked_right():
    return in_a_masked_group([50, 30, 20, 24], ["NORMAL", 80], keep_frames=True)


def masked_outside():
    return in_a_masked_group([1, 1, 9, 9], ["NORMAL", 80], context=60)


def masked_and_locked(name="fill", selected=(36, 20, 34, 20), picture=None):
    image, layer = on_a_backdrop(opened(picture or wall).get_layers()[0])
    group = grouped(image, grouped(image, layer, "inner"), "outer")
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 2, 2, 60, 60)
    group.add_mask(group.create_mask(Gimp.AddMaskType.SELECTION))
    group.set_lock_content(True)
    Gimp.Selection.none(image)
    if selected:
        image.select_rectangle(Gimp.ChannelOps.REPLACE, *selected)
    found = {"before": projected(image), "mask": kept(group.get_mask(), "Y u8")}
    try:
        _image, made = called(name, image, [layer], quality="draft")
    except RuntimeError as error:
        return {"said": str(error)}
    return {**found, "after": projected(image), "above": made.get_parent() is None}


def masked_and_locked_seamless():
    # Its borders differ, so that much of it changes within the mask; bricks stay nearly as they are there.
    return masked_and_locked("seamless", (), light)


def masked_and_locked_outside():
    return masked_and_locked(selected=(62, 62, 8, 8))


cases = [
    lace_plain, lace_multiplied, lace_seamless, lace_feathered, mask_of_one_gray, mask_nearly_white,
    mask_from_black_to_white, masked_left, masked_top, masked_top_left_with_frames, masked_right, masked_outside,
    masked_and_locked, masked_and_locked_seamless, masked_and_locked_outside,
]
"""
)


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("blending-masks")
    return plugged.cases(CODE, folder / "run", starts=False, **save_pictures(folder))


@pytest.mark.parametrize("case", ["lace_plain", "lace_multiplied", "lace_seamless"])
def test_lace_takes_the_place_of_lace(cases, case):
    found = cases[case]
    assert difference(found["after"], found["expected"]) <= 1
    assert difference(found["before"], found["after"]) > 16
    assert (array_of(found["texture"])[..., 3] == 0).any()
    assert found["inside"] == ["Texture, seed 0", "Hole", "Background copy"]


def test_a_feathered_selection_fades_from_lace_to_lace(cases):
    found = cases["lace_feathered"]
    texture, mask = array_of(found["texture"])[..., 3] / 255, array_of(found["mask"])[..., 0] / 255
    left, top, width, height = found["box"]
    part = (slice(top, top + height), slice(left, left + width))
    layer = array_of(found["layer"])[part][..., 3] / 255
    backdrop = array_of(found["before"])[part][..., 3] == 0
    after = array_of(found["after"])[part][..., 3] / 255
    # Where nothing lies below, alpha is that of the layer.
    expected = texture * mask + layer * (1 - mask)
    alone = backdrop & (layer == 0)
    assert alone.sum() > 16
    assert np.abs(after - expected)[alone].max() < 0.02


@pytest.mark.parametrize("case", ["mask_of_one_gray", "mask_nearly_white", "mask_from_black_to_white"])
def test_a_layer_mask_that_shows_a_part_counts_as_alpha(cases, case):
    applied, masked = (array_of(cases[case][what]).astype(int) for what in ("applied", "masked"))
    assert np.abs(applied - masked).max() <= 2


@pytest.mark.parametrize(
    ("case", "box"),
    [
        ("masked_left", [14, 20, 14, 24]),
        ("masked_top", [20, 12, 24, 14]),
        ("masked_top_left_with_frames", [14, 12, 14, 14]),
        ("masked_right", [50, 30, 14, 24]),
    ],
)
def test_a_texture_ends_where_a_group_with_a_mask_ends(cases, case, box):
    found = cases[case]
    assert found["box"] == box
    before, after = (array_of(mask) for mask in found["mask"])
    assert np.array_equal(before, after)
    # What is selected is shown wholly.
    assert found["shown"] is None or (array_of(found["shown"]) == 255).all()
    left, top, width, height = box
    pictures = [array_of(found[when]).astype(int) for when in ("before", "after")]
    change = np.abs(pictures[0] - pictures[1]).max(axis=2)
    assert change[top : top + height, left : left + width].max() > 4
    change[top : top + height, left : left + width] = 0
    shown = np.maximum(*(picture[..., 3] for picture in pictures)) > 0
    assert change[shown].max() <= 1


@pytest.mark.parametrize("case", ["masked_and_locked", "masked_and_locked_seamless"])
def test_a_texture_above_a_locked_group_ends_where_the_mask_of_the_group_does(cases, case):
    found = cases[case]
    assert found["above"]
    before, after = (array_of(found[when]).astype(int) for when in ("before", "after"))
    mask = array_of(found["mask"])[..., 0]
    change = np.abs(before - after).max(axis=2)
    assert change[mask == 255].max() > 4
    assert not change[mask == 0].any()


@pytest.mark.parametrize("case", ["masked_outside", "masked_and_locked_outside"])
def test_a_selection_outside_of_a_group_with_a_mask_is_refused(cases, case):
    assert cases[case]["said"].startswith("The selection is outside the layer's group")
