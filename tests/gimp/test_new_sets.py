"""New textures of several maps of one texture, in a real GIMP."""

import imagecodecs
import numpy as np
import pytest
from plugged import array_of
from test_texture_sets import derived, material

SIDE = 64
CODE = """
def laid(names, group=False, image=None):
    # An image with a layer for each of these files, the first on top.
    image = image or opened(paths[names[0]])
    old, parent = image.get_layers(), None
    if group:
        parent = Gimp.GroupLayer.new(image, "oak")
        image.insert_layer(parent, None, 0)
    made = []
    for place, name in enumerate(names):
        layer = Gimp.Layer.new_from_drawable(opened(paths[name]).get_layers()[0], image)
        image.insert_layer(layer, parent, place)
        layer.set_name(name)
        made.append(layer)
    for layer in old:
        image.remove_layer(layer)
    image.set_selected_layers([parent] if group else made)
    return image, [parent] if group else made


def told(image, group, before, form="R'G'B'A u8"):
    return {
        "group": [group.is_group(), group.get_name()],
        "maps": [[layer.get_name(), layer.get_visible(), kept(layer, form)] for layer in group.get_children()],
        "rest": before,
    }


def made(image, layers, form="R'G'B'A u8", **wishes):
    before = everything(image)
    made_in, group = called("new", image, layers, quality="draft", width=80, height=72, seed=5, **wishes)
    return told(made_in, group, everything(image) == before, form)


def of_layers():
    return made(*laid(["oak_normal", "oak_height", "oak_color"]))


def of_a_group():
    image, layers = laid(["oak_color", "oak_height"], group=True)
    layers[0].get_children()[0].set_visible(False)
    return made(image, layers)


def beside_a_group():
    image, layers = laid(["oak_color", "oak_height"], group=True)
    wishes = {"quality": "draft", "width": 80, "height": 72, "destination": "layers"}
    called("new", image, layers, seed=5, **wishes)
    called("new", image, layers[0].get_children(), seed=6, **wishes)
    return [[each.get_name(), len(each.get_children())] for each in image.get_layers()]


def of_layers_in_16_bits():
    image = opened(paths["oak_height"])
    image.convert_rgb()
    image, layers = laid(["oak_color", "oak_height"], image=image)
    return {"precision": image.get_precision().value_nick, **made(image, layers, "R'G'B'A u16")}


def of_a_selection():
    image, layers = laid(["oak_color", "oak_height"])
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 8, 0, 40, 64)
    return {"taken": "selection", **made(image, layers)}


def of_maps_side_by_side():
    image, layers = laid(["oak_color", "oak_height"])
    image.resize(128, 64, 0, 0)
    layers[1].set_offsets(64, 0)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 8, 0, 40, 64)
    return made(image, layers)


def of_other_names():
    image, layers = laid(["oak_color", "oak_height"])
    for layer, name in zip(layers, ("wood", "bumps")):
        layer.set_name(name)
    return made(image, layers, layers_as="maps")


def into_layers():
    image, layers = laid(["oak_color", "oak_height"])
    before = [layer.get_name() for layer in image.get_layers()]
    _same, group = called(
        "new", image, layers, quality="draft", width=80, height=72, seed=5, destination="layers", seamless="both"
    )
    found = told(image, group, True)
    names = [layer.get_name() for layer in image.get_layers()]
    again = called("new", image, group.get_children(), quality="draft", width=32, height=32)[1].is_group()
    return {**found, "names": names, "selected": [each.get_name() for each in image.get_selected_layers()],
            "again": again}


def into_layers_given_from_below():
    image, layers = laid(["oak_color", "oak_height"])
    found = []
    for how in ("maps", "mix"):
        called("new", image, layers[::-1], quality="draft", width=40, height=40, destination="layers", layers_as=how)
        found.append([layer.get_name() for layer in image.get_layers()][-2:])
    return found


def mixed():
    image, layers = laid(["oak_color", "oak_height"])
    _made_in, layer = called("new", image, layers, quality="draft", width=80, height=72, layers_as="mix")
    return layer.is_group()


def a_group_as_one_picture():
    image, layers = laid(["oak_color", "oak_height"], group=True)
    _made_in, layer = called("new", image, layers, quality="draft", width=80, height=72, layers_as="mix")
    return layer.is_group()


def repeated():
    image, layers = laid(["oak_color", "oak_height"])
    made(image, layers)
    return called("repeat", image, layers)[1].is_group()


def not_made(names, **wishes):
    image, layers = laid(names)
    return refused("new", image, layers, quality="draft", **wishes)


def other_sizes():
    return not_made(["oak_color", "oak_ao"])


def two_textures():
    return not_made(["oak_color", "oak_height", "pine_color", "pine_height"])


def a_stranger():
    return not_made(["oak_color", "oak_height", "glow"])


def one_kind_twice():
    return not_made(["oak_color", "oak_height", "oak_bump"])


def another_look():
    return not_made(["oak_color", "oak_height"], recipe="gram")


def rotated():
    return not_made(["oak_color", "oak_height"], exemplar_rotation=30.0)


cases = [
    of_layers, of_a_group, beside_a_group, of_layers_in_16_bits, of_a_selection, of_maps_side_by_side,
    of_other_names, into_layers, into_layers_given_from_below, mixed, a_group_as_one_picture, repeated, other_sizes,
    two_textures, a_stranger, one_kind_twice, another_look, rotated,
]
"""


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("sets")
    colors, height, normal = material(SIDE)
    pictures = {"oak_color": colors, "oak_height": height, "oak_normal": normal, "oak_ao": height[:32]}
    pictures |= {"pine_color": colors, "pine_height": height, "glow": colors, "oak_bump": height}
    paths = {}
    for name, samples in pictures.items():
        paths[name] = str(folder / f"{name}.png")
        (folder / f"{name}.png").write_bytes(imagecodecs.png_encode(samples))
    return plugged.cases(CODE, folder / "run", starts=False, paths=paths)


def maps_of(case):
    assert case["rest"]
    assert case["group"] == [True, "Texture, seed 5"]
    found = {name: array_of(pixels) for name, _visible, pixels in case["maps"]}
    assert {each.shape for each in found.values()} == {(72, 80, 4)}
    return found


def rounded(height):
    """A height of 16 bits as GIMP rounds it to 8."""
    return height / 257


def test_layers_whose_names_are_those_of_maps_become_a_group_of_layers_of_these_names(cases):
    found = maps_of(cases["of_layers"])
    assert [name for name, _visible, _pixels in cases["of_layers"]["maps"]] == [
        "oak_normal",
        "oak_height",
        "oak_color",
    ]
    assert [visible for _name, visible, _pixels in cases["of_layers"]["maps"]] == [False, False, True]
    height, normal = derived(found["oak_color"][..., :3])
    assert np.array_equal(found["oak_normal"][..., :3], normal)
    assert np.abs(found["oak_height"][..., 0] - rounded(height)).max() < 1


def test_normals_keep_their_length(cases):
    lengths = np.linalg.norm(maps_of(cases["of_layers"])["oak_normal"][..., :3] / 127.5 - 1, axis=2)
    assert np.abs(lengths - 1).max() < 2 / 127.5


@pytest.mark.parametrize("case", ["of_a_group", "of_a_selection", "of_maps_side_by_side", "into_layers"])
def test_maps_stay_together(cases, case):
    found = {name.partition(" ")[0]: each for name, each in maps_of(cases[case]).items()}
    height, _normal = derived(found["oak_color"][..., :3])
    assert np.abs(found["oak_height"][..., 0] - rounded(height)).max() < 1


def test_a_height_of_16_bits_keeps_them(cases):
    case = cases["of_layers_in_16_bits"]
    assert case["precision"].startswith("u16")
    found = maps_of(case)
    colors = found["oak_color"][..., :3]
    height, _normal = derived(np.rint(colors / 257).astype(np.uint8))
    assert np.array_equal(found["oak_height"][..., 0], height)


def test_only_what_is_selected_is_taken(cases):
    given = {tuple(each) for each in material(SIDE)[0][:, 8:48].reshape(-1, 3)}
    made = maps_of(cases["of_a_selection"])["oak_color"][..., :3]
    assert {tuple(each) for each in made.reshape(-1, 3)} <= given


def test_layers_of_any_name_can_be_called_maps(cases):
    found = maps_of(cases["of_other_names"])
    assert list(found) == ["wood", "bumps"]
    height, _normal = derived(found["wood"][..., :3])
    assert np.abs(found["bumps"][..., 0] - rounded(height)).max() < 1


def test_a_group_in_the_same_image_is_above_its_maps_and_can_be_used_again(cases):
    case = cases["into_layers"]
    assert case["names"] == ["Texture, seed 5", "oak_color", "oak_height"]
    assert case["selected"] == ["oak_color", "oak_height"]
    assert case["again"]


def test_what_is_made_of_layers_lies_above_all_of_them_in_whatever_order_they_are_given(cases):
    assert cases["into_layers_given_from_below"] == [["oak_color", "oak_height"]] * 2


def test_sets_of_a_group_are_beside_it(cases):
    assert cases["beside_a_group"] == [["Texture, seed 6", 2], ["Texture, seed 5", 2], ["oak", 2]]


@pytest.mark.parametrize("case", ["mixed", "a_group_as_one_picture"])
def test_maps_are_something_else_if_that_is_said(cases, case):
    assert not cases[case]


def test_a_set_is_repeated(cases):
    assert cases["repeated"]


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("other_sizes", "64 × 32 px"),
        ("two_textures", "(oak, pine)"),
        ("a_stranger", "“glow”"),
        ("one_kind_twice", "height"),
        ("another_look", "Natural"),
        ("rotated", "rotation"),
    ],
)
def test_what_is_no_set_is_told_in_a_sentence(cases, case, words):
    assert words in cases[case]
