"""New Texture from Layer, in a real GIMP."""

import re

import numpy as np
import pytest
from pictures import bricks, bytes_of, save
from plugged import array_of

SIDE = 64
CODE = """
def made(image, call=called, **wishes):
    before, opened_before = everything(image), len(Gimp.get_images())
    made_in, layer = call("new", image, image.get_layers(), quality="draft", **wishes)
    fresh = made_in.get_id() != image.get_id()
    found = {
        "fresh": fresh,
        "more images": len(Gimp.get_images()) - opened_before,
        "size": [made_in.get_width(), made_in.get_height()],
        "layers": [item.get_name() for item in made_in.get_layers()],
        "boxes": [box_of(item) for item in made_in.get_layers()],
        "pictures": [kept(item) for item in made_in.get_layers()],
        "returned": layer.get_name(),
        "selected": [item.get_name() for item in made_in.get_selected_layers()],
        "saved": made_in.get_file() is not None,
    }
    if not fresh:
        for item in made_in.get_layers():
            if item.get_name().startswith("Texture"):
                made_in.remove_layer(item)
    return {**found, "rest": everything(image) == before}


def by_ratio():
    return made(opened(wall), started, ratio=1.5)


def by_size():
    return made(opened(wall), width=90, height=40)


def by_width_and_ratio():
    return made(opened(wall), width=90, ratio=0.5)


def variations():
    return made(opened(wall), started, ratio=0.75, variations=3, seed=7)


def the_second_of_them():
    return made(opened(wall), ratio=0.75, seed=8)


def seamless():
    return made(opened(wall), ratio=1.25, seamless="both")


def layers():
    image = opened(wall)
    image.get_layers()[0].set_offsets(5, 9)
    return made(image, ratio=0.5, variations=2, destination="layers")


def painted(image, shown):
    # Pixels become green that are not shown in full, but for a hundredth.
    layer = image.get_layers()[0]
    pixels = bytearray(seen(layer, "R'G'B' u8"))
    for number, value in enumerate(shown):
        if value < 253:
            pixels[3 * number : 3 * number + 3] = bytes([0, 255, 0])
    put_pixels(layer, [0, 0, 64, 64], "R'G'B' u8", bytes(pixels))


def with_ellipse(feather=0):
    image = opened(wall)
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 8, 8, 48, 48)
    if feather:
        Gimp.Selection.feather(image, feather)
    return image


def of_a_selection():
    return made(with_ellipse(), width=48, height=48)


def of_a_selection_in_green():
    image = with_ellipse()
    painted(image, seen(image.get_selection(), "Y u8"))
    return made(image, width=48, height=48)


def of_a_feathered_selection():
    return made(with_ellipse(6), width=48, height=48)


def of_a_feathered_selection_in_green():
    image = with_ellipse(6)
    painted(image, seen(image.get_selection(), "Y u8"))
    return made(image, width=48, height=48)


def of_a_selection_beyond_the_layer():
    image = Gimp.Image.new(96, 96, Gimp.ImageBaseType.RGB)
    layer = Gimp.Layer.new_from_drawable(opened(wall).get_layers()[0], image)
    image.insert_layer(layer, None, 0)
    layer.set_offsets(20, 20)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 52, 60, 44, 36)
    return made(image, ratio=1)


def with_mask():
    image = with_ellipse()
    layer = image.get_layers()[0]
    layer.add_mask(layer.create_mask(Gimp.AddMaskType.SELECTION))
    Gimp.Selection.none(image)
    return image


def of_what_the_mask_shows():
    return made(with_mask(), width=48, height=48)


def of_what_the_mask_shows_in_green():
    image = with_mask()
    painted(image, seen(image.get_layers()[0].get_mask(), "Y u8"))
    return made(image, width=48, height=48)


def lace():
    # Holes in rows: nothing is seen there, whatever color it has.
    image = opened(wall)
    layer = image.get_layers()[0]
    layer.add_alpha()
    pixels = bytearray(seen(layer))
    for y in range(64):
        for x in range(64):
            if x % 16 < 8 and y % 16 < 8:
                pixels[4 * (64 * y + x) : 4 * (64 * y + x) + 4] = bytes([0, 255, 0, 0])
    put_pixels(layer, [0, 0, 64, 64], "R'G'B'A u8", bytes(pixels))
    return image


def of_lace():
    return made(lace(), width=96, height=96)


def of_lace_opaque():
    return made(lace(), width=96, height=96, flatten=True)


def too_small():
    image = opened(wall)
    before = len(Gimp.get_images())
    return [refused("new", image, image.get_layers(), width=4, height=30), len(Gimp.get_images()) - before]


def too_large():
    image = opened(wall)
    before = len(Gimp.get_images())
    return [refused("new", image, image.get_layers(), width=16384, height=16384), len(Gimp.get_images()) - before]


def selection_beside_the_layer():
    image = opened(wall)
    image.resize(200, 64, 0, 0)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 100, 10, 40, 40)
    return refused("new", image, image.get_layers())


def tiny_selection():
    image = opened(wall)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 10, 10, 3, 3)
    return refused("new", image, image.get_layers(), width=64, height=64)


cases = [
    by_ratio, by_size, by_width_and_ratio, variations, the_second_of_them, seamless, layers, of_a_selection,
    of_a_selection_in_green, of_a_feathered_selection, of_a_feathered_selection_in_green,
    of_a_selection_beyond_the_layer, of_what_the_mask_shows, of_what_the_mask_shows_in_green, of_lace,
    of_lace_opaque, too_small, too_large,
    selection_beside_the_layer, tiny_selection,
]
"""
MADE = (
    "by_ratio",
    "by_size",
    "by_width_and_ratio",
    "variations",
    "seamless",
    "layers",
    "of_a_selection",
    "of_a_feathered_selection",
    "of_a_selection_beyond_the_layer",
    "of_what_the_mask_shows",
    "of_lace_opaque",
)


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("new")
    save(folder / "wall.png", bricks(SIDE, SIDE))
    return plugged.cases(CODE, folder / "run", starts=False, wall=str(folder / "wall.png"))


@pytest.mark.parametrize("case", MADE)
def test_the_image_it_is_made_from_is_as_it_was(cases, case):
    assert cases[case]["rest"]


@pytest.mark.parametrize(
    ("case", "size"),
    [
        ("by_ratio", [96, 96]),
        ("by_size", [90, 40]),
        ("by_width_and_ratio", [90, 32]),
        ("of_a_selection_beyond_the_layer", [32, 24]),
    ],
)
def test_a_texture_has_the_size_that_was_asked_for(cases, case, size):
    assert cases[case]["size"] == size
    assert cases[case]["boxes"] == [[0, 0, *size]]
    assert cases[case]["layers"] == ["Texture, seed 0"]


@pytest.mark.parametrize("case", [case for case in MADE if case != "layers"])
def test_a_new_image_is_one_more_that_was_never_saved(cases, case):
    assert cases[case]["fresh"]
    assert cases[case]["more images"] == 1
    assert not cases[case]["saved"]


@pytest.mark.parametrize("case", MADE)
def test_a_texture_is_opaque_bricks(cases, case):
    around = bytes_of(bricks(SIDE, SIDE)).reshape(-1, 3).astype(float)
    for picture in cases[case]["pictures"]:
        texture = array_of(picture).astype(float)
        assert (texture[..., 3] == 255).all()
        assert np.allclose(texture[..., :3].reshape(-1, 3).mean(0), around.mean(0), atol=30)
        assert texture[..., :3].std() > around.std() / 2


def test_variations_are_layers_of_seeds_that_follow_each_other(cases):
    found = cases["variations"]
    assert sorted(found["layers"]) == ["Texture, seed 7", "Texture, seed 8", "Texture, seed 9"]
    assert found["boxes"] == [[0, 0, 48, 48]] * 3
    assert found["returned"] in found["layers"]
    pictures = [array_of(picture).astype(int) for picture in found["pictures"]]
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert np.abs(pictures[one] - pictures[other]).mean() > 3


def test_a_variation_is_what_its_seed_makes_alone(cases):
    found = cases["variations"]
    second = array_of(found["pictures"][found["layers"].index("Texture, seed 8")])
    assert np.array_equal(second, array_of(cases["the_second_of_them"]["pictures"][0]))


def test_new_layers_lie_above_the_layer_at_its_corner(cases):
    found = cases["layers"]
    assert not found["fresh"]
    assert found["more images"] == 0
    assert sorted(found["layers"][:2]) == ["Texture, seed 0", "Texture, seed 1"]
    assert found["layers"][2:] == ["Background"]
    assert found["boxes"] == [[5, 9, 32, 32], [5, 9, 32, 32], [5, 9, 64, 64]]
    assert found["selected"] == ["Background"]


def test_a_seamless_texture_tiles(cases):
    picture = array_of(cases["seamless"]["pictures"][0])[..., :3].astype(float)
    for axis in (0, 1):
        across = np.abs(picture.take(0, axis) - picture.take(-1, axis)).mean()
        inside = np.abs(np.diff(picture, axis=axis)).mean(axis=(1 - axis, 2))
        # The step from a joint to a brick is the largest that there is.
        assert across < 1.1 * inside.max()


def test_lace_gives_lace(cases):
    texture = array_of(cases["of_lace"]["pictures"][0])
    assert cases["of_lace"]["rest"]
    assert (texture[..., 3] < 20).mean() == pytest.approx(0.25, abs=0.04)
    assert (texture[..., 3] > 235).mean() == pytest.approx(0.75, abs=0.04)
    seen = texture[texture[..., 3] > 128].astype(int)
    assert (seen[:, 1] - seen[:, 0]).max() < 40


@pytest.mark.parametrize("case", ["of_a_selection", "of_a_feathered_selection", "of_what_the_mask_shows"])
def test_pixels_that_are_not_selected_or_hidden_are_never_used(cases, case):
    (texture,), (same,) = cases[case]["pictures"], cases[f"{case}_in_green"]["pictures"]
    assert np.array_equal(array_of(texture), array_of(same))


def test_a_size_out_of_range_is_told_and_no_image_stays(cases):
    sentence = "The texture would be 4 × 30 px: choose sides of 8 to 16384 px."
    assert cases["too_small"] == [sentence, 0]
    sentence, images = cases["too_large"]
    assert re.search("16384x16384 takes .* GiB at least, more than .*: choose a smaller size", sentence)
    assert images == 0


def test_a_selection_that_cannot_be_an_exemplar_is_told_in_a_sentence(cases):
    assert cases["selection_beside_the_layer"] == (
        "The selection is outside the layer: select a part of the layer, or nothing."
    )
    assert cases["tiny_selection"] == "The exemplar has no visible part of 8 × 8 px or more: choose another."
