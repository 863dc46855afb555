"""Layers that are maps of one texture: by their names, and when they are refused; and layers made of them."""

import numpy as np
import pytest
from plugin_layers import GREEN, everything, frame, growing, named, plain

from gimp_plugin import samples, texture_sets
from gimp_plugin.job_sequence import Texture
from gimp_plugin.plans import MapLayer, PlanError
from gimp_plugin.user_options import AUTO, MAPS, MIX, NEW, Options
from protocol.map_names import BASE, MapNames
from protocol.raster import Raster
from protocol.vocabulary import MOST_MAPS, Settings


def names_of(*layers) -> MapNames:
    return texture_sets.names_of(layers)


# Names.


@pytest.mark.parametrize(
    ("layers", "kinds"),
    [
        (("oak_color", "oak_normal"), (BASE, "normal")),
        (("oak", "oak_ao"), (BASE, "ambient occlusion")),
        (("oak_color.png", "oak_normal.tif"), (BASE, "normal")),
        (("oak_color #1", "oak_normal #12"), (BASE, "normal")),
        (("oak_color copy", "oak_normal.png copy #2"), (BASE, "normal")),
        (("Height", "Roughness"), ("height", "roughness")),
    ],
)
def test_names_tell_what_a_map_is_whatever_gimp_has_added_to_them(layers, kinds):
    names = names_of(*layers)
    assert names.kinds == kinds
    assert texture_sets.is_set(names, AUTO)


@pytest.mark.parametrize("layers", [("grass", "gravel"), ("grass #1", "grass #2"), ("oak_color",), ()])
def test_other_layers_are_mixed(layers):
    assert not texture_sets.is_set(names_of(*layers), AUTO)


def test_what_is_chosen_outweighs_the_names():
    assert not texture_sets.is_set(names_of("oak_color", "oak_normal"), MIX)
    assert texture_sets.is_set(names_of("wood", "bumps"), MAPS)
    assert not texture_sets.is_set(names_of("wood"), MAPS)


@pytest.mark.parametrize(
    ("layers", "order"),
    [
        (("oak_normal", "oak_height", "oak_color"), (2, 1, 0)),
        (("oak_normal", "oak_height"), (1, 0)),
        (("wood", "bumps"), (0, 1)),
        (("glow", "oak_normal"), (1, 0)),
    ],
)
def test_the_base_color_leads_or_else_what_is_nearest_to_it(layers, order):
    assert names_of(*layers).order == order


def test_a_set_is_described_with_the_map_that_leads_first():
    layers = ("oak_normal", "oak_color")
    said = texture_sets.described(names_of(*layers), layers)
    assert said.index("oak_color") < said.index("oak_normal")
    assert "is a base color" not in said
    layers = ("oak_normal", "oak_height")
    assert "“oak_height” is shown" in texture_sets.described(names_of(*layers), layers)


# Refusals.


@pytest.mark.parametrize(
    ("layers", "how", "words"),
    [
        (("a_color", "a_normal", "b_color", "b_normal"), MAPS, "(a, b)"),
        (("a_color", "a_normal", "a_nrm"), MAPS, "“a_normal” and “a_nrm”"),
        (("a_color", "a_normal", "glow"), AUTO, "“glow”"),
        (tuple(map(str, range(MOST_MAPS + 2))), MAPS, f"{MOST_MAPS + 1} at most"),
    ],
)
def test_layers_that_are_not_the_maps_of_one_texture_are_refused(layers, how, words):
    with pytest.raises(PlanError) as refusal:
        texture_sets.check_names(names_of(*layers), layers, how)
    assert words in str(refusal.value)


def test_a_name_that_says_nothing_is_taken_where_maps_were_chosen():
    texture_sets.check_names(names_of("a_color", "a_normal", "glow"), ("a_color", "a_normal", "glow"), MAPS)


@pytest.mark.parametrize(
    "options",
    [
        Options(NEW, Settings(recipe="gram")),
        Options(NEW, Settings(exemplar_rotation=30)),
        Options(NEW, Settings(exemplar_scale=0.5)),
        Options(NEW, content=3),
        Options(NEW, rotation_map=3),
        Options(NEW, scale_map=3),
    ],
)
def test_what_maps_cannot_have_is_refused(options):
    texture_sets.check_options(Options(NEW))
    with pytest.raises(PlanError):
        texture_sets.check_options(options)


def test_maps_of_another_size_are_named():
    texture_sets.check_sizes(("a", "b"), ((4, 5), (4, 5)))
    with pytest.raises(PlanError, match="“b” is 5 × 4 px, and “a” 4 × 5 px"):
        texture_sets.check_sizes(("a", "b"), ((4, 5), (5, 4)))


# Pixels.


@pytest.mark.parametrize(("depth", "kind"), [("u8", "u1"), ("u16", "<u2"), ("f32", "<f4")])
@pytest.mark.parametrize("channels", [2, 4])
def test_pixels_are_picked_as_they_are(depth, kind, channels):
    generator = np.random.default_rng(0)
    given = [generator.integers(0, 200, (6, 9, channels)).astype(kind) for _ in range(2)]
    origins = np.dstack([generator.integers(0, 6, (4, 7)), generator.integers(0, 9, (4, 7))]).astype("<u2")
    rasters = [Raster(9, 6, channels, depth, each.tobytes()) for each in given]
    made = samples.picked(rasters, Raster(7, 4, 2, "u16", origins.tobytes()))
    for each, raster in zip(given, made, strict=True):
        assert (raster.width, raster.height, raster.channels, raster.depth) == (7, 4, channels, depth)
        found = np.frombuffer(raster.data, kind).reshape(4, 7, channels)
        assert np.array_equal(found, each[origins[..., 0], origins[..., 1]])


def test_floating_point_is_faded_by_a_mask():
    raster = Raster(2, 1, 2, "f32", np.array([0.5, 1, 0.25, 0.5], "<f4").tobytes())
    faded = samples.faded(raster, bytes([255, 51]))
    assert np.frombuffer(faded.data, "<f4") == pytest.approx([0.5, 1, 0.25, 0.1])


# Layers.


@pytest.fixture
def maps():
    """Two maps of one texture of three by two pixels, in floating point."""
    values = np.linspace(0, 1, 24, dtype="<f4")
    other = Raster(3, 2, 4, "f32", values[::-1].tobytes())
    return [
        MapLayer("oak_normal", other, leads=False),
        MapLayer("oak", Raster(3, 2, 4, "f32", values.tobytes()), leads=True),
    ]


@pytest.fixture
def made():
    """A texture, each pixel of which comes from the last pixel of the exemplar."""
    places = np.broadcast_to(np.array([1, 2], "<u2"), (8, 16, 2))
    return Texture(7, plain(GREEN), finished=True, origins=Raster(16, 8, 2, "u16", places.tobytes()))


@pytest.mark.parametrize("shown", [0, 2])
def test_a_set_is_a_group_whose_leading_map_is_shown(gimp, image, maps, made, shown):
    growth = growing(gimp, image, joins=False, maps=maps)
    for octave in range(shown):
        growth.show(frame(GREEN, octave), 0)
    (group,) = growth.finish([made])
    name = "Texture, seed 7"
    assert everything(image) == ["above", name, f"{name}/oak_normal", f"{name}/oak", "below"]
    assert [each.visible for each in group.children] == [False, True]
    assert [each.corner for each in group.children] == [(5, 6)] * 2
    for each, layer in zip(maps, group.children, strict=True):
        last = np.frombuffer(each.raster.data, "<f4")[-4:]
        assert np.array_equal(layer.bytes("R'G'B'A float").reshape(-1, 4), np.tile(last, (128, 1)))


def test_a_set_that_breaks_in_the_middle_leaves_nothing(gimp, image, maps, made):
    broken = [MapLayer("oak_ao", None, leads=False), *maps]
    growth = growing(gimp, image, joins=False, maps=broken)
    before = everything(image)
    with pytest.raises(AttributeError):
        growth.finish([made])
    growth.abandon()
    assert everything(image) == before


def test_each_set_of_several_hides_none_of_the_others(gimp, image, maps, made):
    first, second = growing(gimp, image, joins=False, maps=maps).finish([made, made])
    assert (first.visible, second.visible) == (True, True)
    growing(gimp, image, joins=False, maps=maps, earlier=(first, second)).finish([made])
    assert (first.visible, second.visible) == (False, False)
    assert named(image, "oak").visible
