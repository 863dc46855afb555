"""Extend Image, in a real GIMP."""

import numpy as np
import pytest
from pictures import bricks, save
from plugged import array_of

HIGH, WIDE = 60, 80
# A tenth of the height above and below, and of the width to the left and to the right.
TENTH = {"left": 8, "top": 6}
CODE = """
def extended(image, form="R'G'B'A u8", call=called, **wishes):
    layers = image.get_layers()
    before = [(box_of(layer), hash(bytes(seen(layer, "R'G'B'A float")))) for layer in layers]
    selected = [layer.get_name() for layer in image.get_selected_layers()]
    made_in, made = call("extend", image, layers[:1], quality="draft", **wishes)
    after = [(box_of(layer), hash(bytes(seen(layer, "R'G'B'A float")))) for layer in layers]
    mask = made.get_mask()
    flat = image.duplicate()
    flat.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
    whole, = flat.get_layers()
    found = {
        "same image": made_in.get_id() == image.get_id(),
        "size": [image.get_width(), image.get_height()],
        "layers": [layer.get_name() for layer in image.get_layers()],
        "box": box_of(made),
        "masked": mask is not None,
        "texture": kept(made, form),
        "picture": kept(whole, form),
        "shifts": [[now[0][0] - old[0][0], now[0][1] - old[0][1]] for old, now in zip(before, after)],
        "unchanged": all(old[0][2:] == now[0][2:] and old[1] == now[1] for old, now in zip(before, after)),
        "selected": selected == [layer.get_name() for layer in image.get_selected_layers()],
    }
    flat.delete()
    return found


def all_sides():
    return extended(opened(wall), call=started, **tenth())


def tenth():
    return dict(unit="percent", top=10.0, right=10.0, bottom=10.0, left=10.0)


def one_side():
    return extended(opened(wall), unit="pixels", top=0.0, right=16.0, bottom=0.0, left=0.0)


def in_16_bits():
    image = opened(wall)
    image.convert_precision(Gimp.Precision.U16_NON_LINEAR)
    return extended(image, "R'G'B'A u16", **tenth())


def in_floating_point():
    image = opened(wall)
    image.convert_precision(Gimp.Precision.FLOAT_LINEAR)
    return extended(image, "R'G'B'A float", **tenth())


def in_gray():
    image = opened(wall)
    image.convert_grayscale()
    return extended(image, "R'G'B'A u8", **tenth())


def layered():
    # A small layer beside the middle, one in a group, and one that reaches beyond the image.
    image = opened(wall)
    for name, box in (("small", (10, 40, 20, 10)), ("large", (-20, -20, 200, 50)), ("inner", (50, 5, 9, 9))):
        layer = Gimp.Layer.new(image, name, *box[2:], Gimp.ImageType.RGBA_IMAGE, 50, Gimp.LayerMode.MULTIPLY)
        image.insert_layer(layer, None, 0)
        layer.set_offsets(*box[:2])
        layer.fill(Gimp.FillType.WHITE)
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 1)
    image.reorder_item(layer, group, 0)
    return {**extended(image, **tenth()), "inner": box_of(layer)}


def with_a_selection():
    image = opened(wall)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 10, 12, 20, 20)
    found = extended(image, **tenth())
    return {**found, "selection": list(Gimp.Selection.bounds(image))[2:]}


def with_a_visible_channel():
    # Its color is drawn over the layers, and is no part of them.
    image = opened(wall)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 80, 30)
    channel = Gimp.Selection.save(image)
    Gimp.Selection.none(image)
    channel.set_color(Gegl.Color.new("red"))
    channel.set_visible(True)
    images = len(Gimp.get_images())
    found = extended(image, **tenth())
    return {**found, "visible": channel.get_visible(), "left open": len(Gimp.get_images()) - images}


def with_a_hole():
    # What is transparent within the image stays so, and no color of it gets into the texture.
    found = []
    for color in ([0, 255, 0], [0, 0, 255]):
        image = opened(wall)
        layer = image.get_layers()[0]
        layer.add_alpha()
        put_pixels(layer, [30, 30, 10, 10], "R'G'B'A u8", bytes([*color, 0]) * 100)
        found.append(extended(image, **tenth()))
    return found


def seeds():
    return [extended(opened(wall), **tenth(), seed=seed)["texture"] for seed in (1, 1, 2)]


def frames_kept():
    return extended(opened(wall), **tenth(), keep_frames=True)


def said(change=None, **wishes):
    image = opened(wall)
    if change:
        change(image)
    before = everything(image), image.get_width(), image.get_height()
    told = refused("extend", image, image.get_layers()[:1], **{**tenth(), **wishes})
    return {"said": told, "as before": before == (everything(image), image.get_width(), image.get_height())}


def by_nothing():
    return said(top=0.0, right=0.2, bottom=0.0, left=0.0)


def too_far():
    return said(unit="pixels", left=9000.0, right=9000.0)


def out_of_range():
    return said(top=-1.0)


def in_another_unit():
    return said(unit="inches")


def with_a_palette():
    return said(lambda image: image.convert_indexed(
        Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 16, False, False, ""
    ))


def with_nothing_visible():
    return said(lambda image: image.get_layers()[0].set_visible(False))


cases = [
    all_sides, one_side, in_16_bits, in_floating_point, in_gray, layered, with_a_selection,
    with_a_visible_channel, with_a_hole, seeds, frames_kept, by_nothing, too_far, out_of_range, in_another_unit,
    with_a_palette, with_nothing_visible,
]
"""
MADE = ("all_sides", "in_16_bits", "in_floating_point", "in_gray", "layered", "with_a_selection", "frames_kept")


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("extend")
    save(folder / "wall.png", bricks(HIGH, WIDE))
    return plugged.cases(CODE, folder / "run", starts=False, wall=str(folder / "wall.png"))


def outside():
    """Mark what is added on all sides."""
    found = np.ones((72, 96), bool)
    found[6:66, 8:88] = False
    return found


@pytest.mark.parametrize("case", MADE)
def test_the_canvas_grows_and_no_layer_moves_in_the_picture(cases, case):
    found = cases[case]
    assert found["same image"]
    assert found["size"] == [96, 72]
    assert found["box"] == [0, 0, 96, 72]
    assert found["masked"]
    assert found["shifts"] == [list(TENTH.values())] * len(found["shifts"])
    assert found["unchanged"]
    assert found["selected"]


def test_the_texture_is_a_layer_of_its_own_on_top(cases):
    assert cases["all_sides"]["layers"] == ["Texture, seed 0", "Background"]
    assert cases["layered"]["layers"] == ["Texture, seed 0", "group", "large", "small", "Background"]
    assert cases["layered"]["inner"] == [58, 11, 9, 9]


@pytest.mark.parametrize("case", ["all_sides", "in_16_bits", "in_floating_point", "in_gray", "with_a_selection"])
def test_the_picture_is_kept_to_the_bit_and_nothing_of_the_canvas_is_transparent(cases, case):
    picture = array_of(cases[case]["picture"])
    assert picture.shape == (72, 96, 4)
    assert picture[..., 3].min() == picture[..., 3].max()
    texture = array_of(cases[case]["texture"])
    assert np.array_equal(picture[outside()], texture[outside()])
    assert picture[outside()][:, :3].std() > 0
    if case in {"all_sides", "with_a_selection"}:
        wall = (bricks(HIGH, WIDE) * 255).round().astype(np.uint8)
        assert np.array_equal(picture[6:66, 8:88, :3], wall)


def test_one_side_is_a_strip_without_a_mask(cases):
    found = cases["one_side"]
    assert (found["size"], found["box"], found["masked"]) == ([96, 60], [80, 0, 16, 60], False)
    assert found["shifts"] == [[0, 0]]


def test_the_selection_stays_where_it_is_in_the_picture(cases):
    assert cases["with_a_selection"]["selection"] == [18, 18, 38, 38]


def test_what_is_transparent_stays_and_is_not_sampled(cases):
    one, other = cases["with_a_hole"]
    assert (array_of(one["picture"])[36:46, 38:48, 3] == 0).all()
    # Below the mask of the layer lies the picture, with its invisible colors.
    assert np.array_equal(array_of(one["texture"])[outside()], array_of(other["texture"])[outside()])


def test_the_overlay_of_a_visible_channel_is_not_sampled(cases):
    found, without = cases["with_a_visible_channel"], cases["all_sides"]
    assert np.array_equal(array_of(found["texture"]), array_of(without["texture"]))
    assert (found["visible"], found["left open"]) == (True, 0)


def test_the_same_seed_gives_the_same_texture(cases):
    first, again, other = map(array_of, cases["seeds"])
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("by_nothing", "No pixel would be added: extend at least one side."),
        ("too_far", "The image would be 18080 × 80 px: extend it to at most 16384 px."),
        ("out_of_range", "top"),
        ("in_another_unit", "percent, pixels"),
        ("with_a_palette", "Image → Mode → RGB"),
        ("with_nothing_visible", "there is nothing to extend"),
    ],
)
def test_what_cannot_be_extended_is_told_in_a_sentence_and_nothing_changes(cases, case, told):
    assert told in cases[case]["said"]
    assert cases[case]["as before"]
