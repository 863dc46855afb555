"""Make Seamless, in a real GIMP."""

import numpy as np
import pytest
from pictures import ramp, save
from plugged import array_of

SIDE = 72
# What is made anew reaches less far in than this.
MIDDLE = (slice(SIDE // 3, SIDE - SIDE // 3),) * 2
CODE = """
def tiled(image, layers, call=called, **wishes):
    before = everything(image)
    made_in, made = call("seamless", image, layers, quality="draft", **wishes)
    found = {
        "same image": made_in.get_id() == image.get_id(),
        "layers": [item.get_name() for item in image.get_layers()],
        "box": box_of(made),
        "mask": made.get_mask() is not None,
        "texture": kept(made, "R'G'B'A u16"),
        "before": kept(layers[0], "R'G'B'A u16"),
    }
    image.remove_layer(made)
    return {**found, "rest": everything(image) == before}


def whole():
    image = opened(light)
    return tiled(image, image.get_layers(), started)


def across():
    return tiled(*picture(), seamless="x")


def down():
    image = opened(slope)
    return tiled(image, image.get_layers(), seamless="y")


def picture():
    image = opened(light)
    return image, image.get_layers()


def in_16_bits():
    image = opened(light)
    image.convert_precision(Gimp.Precision.U16_NON_LINEAR)
    return tiled(image, image.get_layers())


def offset():
    image = opened(light)
    image.resize(100, 90, 15, 9)
    return tiled(image, image.get_layers())


def selected():
    image = opened(light)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 8, 12, 48, 40)
    return tiled(image, image.get_layers())


def holed_with(color):
    # A transparent part is made anew, too, whatever color it has.
    image = opened(light)
    layer = image.get_layers()[0]
    layer.add_alpha()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 30, 30, 10, 10)
    put_pixels(layer, [30, 30, 10, 10], "R'G'B'A u8", bytes([*color, 0]) * 100)
    Gimp.Selection.none(image)
    return tiled(image, [layer])


def holed():
    return holed_with([0, 255, 0])


def holed_otherwise():
    return holed_with([0, 0, 255])


def too_small():
    image = opened(light)
    image.scale(6, 6)
    return refused("seamless", image, image.get_layers())


def selection_beside_the_layer():
    image = opened(light)
    image.resize(200, 72, 0, 0)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 100, 10, 40, 40)
    return refused("seamless", image, image.get_layers())


def tiling_already():
    image = opened(grid)
    return refused("seamless", image, image.get_layers())


def one_color():
    image = opened(flat)
    alone = refused("seamless", image, image.get_layers())
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 20, 20, 20)
    called("fill", image, image.get_layers(), quality="draft")
    beside = [30, 30, 20, 20], [50, 50, 20, 20]
    said = [alone]
    for box in beside:
        image.select_rectangle(Gimp.ChannelOps.REPLACE, *box)
        said.append(refused("seamless", image, image.get_layers()[1:]))
    return said


cases = [
    tiling_already, one_color,
    whole, across, down, in_16_bits, offset, selected, holed, holed_otherwise, too_small, selection_beside_the_layer,
]
"""
MADE = ("whole", "in_16_bits", "offset", "selected", "holed")


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("seamless")
    save(folder / "light.png", ramp(SIDE, SIDE))
    # Lighter towards the bottom, too.
    save(folder / "slope.png", 0.7 * ramp(SIDE, SIDE) + np.linspace(0, 0.3, SIDE)[:, None, None])
    save(folder / "flat.png", np.full((SIDE, SIDE, 3), 0.4))
    lines = np.arange(SIDE) % 12 < 2
    save(folder / "grid.png", np.where((lines[:, None] | lines)[..., None], 0.2, np.ones(3)))
    files = {name: str(folder / f"{name}.png") for name in ("light", "slope", "grid", "flat")}
    return plugged.cases(CODE, folder / "run", starts=False, **files)


def seam(picture):
    """The larger step from one border to the opposite one, in bytes."""
    picture = picture[..., :3].astype(float) / 257
    return max(np.abs(picture[0] - picture[-1]).mean(), np.abs(picture[:, 0] - picture[:, -1]).mean())


@pytest.mark.parametrize("case", MADE)
def test_all_but_the_new_layer_above_is_as_it_was(cases, case):
    found = cases[case]
    assert found["same image"]
    assert found["layers"] == ["Texture, seed 0", "Background"]
    assert not found["mask"]
    assert found["rest"]


@pytest.mark.parametrize(
    ("case", "box"),
    [
        ("whole", [0, 0, SIDE, SIDE]),
        ("offset", [15, 9, SIDE, SIDE]),
        ("selected", [8, 12, 48, 40]),
    ],
)
def test_the_result_has_the_size_and_place_of_what_it_is_made_from(cases, case, box):
    assert cases[case]["box"] == box


@pytest.mark.parametrize("case", MADE)
def test_the_result_is_opaque_and_tiles(cases, case):
    texture = array_of(cases[case]["texture"])
    assert (texture[..., 3] == 65535).all()
    # The borders of the picture itself are 170 bytes apart.
    assert seam(array_of(cases["whole"]["before"])) > 150
    assert seam(texture) < 24


@pytest.mark.parametrize(("case", "inner"), [("across", (slice(None), MIDDLE[1])), ("down", (MIDDLE[0],))])
def test_along_one_axis_only_the_borders_that_meet_are_made_anew(cases, case, inner):
    before, after = (array_of(cases[case][name]) for name in ("before", "texture"))
    assert np.array_equal(before[inner], after[inner])
    assert not np.array_equal(before, after)
    # The left and the right border of the picture itself are 170 bytes apart, or 120.
    left, right = after[:, 0, :3] / 257, after[:, -1, :3] / 257
    assert (np.abs(left - right).mean() < 24) == (case == "across")


@pytest.mark.parametrize("case", ["whole", "in_16_bits", "offset"])
def test_the_middle_is_kept_as_it_is(cases, case):
    before, after = array_of(cases[case]["before"]), array_of(cases[case]["texture"])
    assert np.array_equal(before[MIDDLE], after[MIDDLE])
    assert not np.array_equal(before, after)


def test_a_transparent_part_is_made_anew_from_what_is_visible(cases):
    texture = array_of(cases["holed"]["texture"])
    assert np.array_equal(texture, array_of(cases["holed_otherwise"]["texture"]))


def test_what_cannot_be_made_to_tile_or_tiles_already_is_told_in_a_sentence(cases):
    assert "tiles already" in cases["tiling_already"]
    assert cases["too_small"].startswith("There is nothing to sample")
    assert cases["selection_beside_the_layer"] == (
        "The selection is outside the layer: select a part of the layer, or nothing."
    )


def test_an_earlier_texture_is_spoken_of_only_where_one_lies_above(cases):
    alone, below_one, beside_one = cases["one_color"]
    assert "hide" in below_one
    assert alone == beside_one
    assert "tiles already" in alone
    assert "above" not in alone
