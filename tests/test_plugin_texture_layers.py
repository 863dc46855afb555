"""The layers in which a texture grows, in a GIMP of the tests' own."""

import numpy as np
import pytest
from plugin_layers import BLUE, GREEN, RED, add, colors, everything, frame, growing, named, texture

from gimp_plugin.box import Box
from gimp_plugin.job_sequence import Texture
from protocol.messages import Frame
from protocol.raster import Raster


def test_nothing_is_touched_before_there_is_something_to_show(gimp, image):
    growth = growing(gimp, image)
    growth.check()
    growth.abandon()
    assert everything(image) == ["above", "below"]
    assert image.undo_groups == 0


def test_the_first_frame_is_a_layer_in_a_group_above_the_layer_that_is_meant(gimp, image):
    growing(gimp, image).show(frame(RED, octave=2), 0)
    group = "Texture Synthesis"
    assert everything(image) == ["above", group, f"{group}/Octave 2", "below"]
    layer = named(image, "Octave 2")
    assert (layer.corner, layer.width, layer.height, colors(layer)) == ((5, 6), 16, 8, {RED})
    assert gimp.flushes


def test_frames_of_one_octave_refresh_one_layer(gimp, image):
    growth = growing(gimp, image)
    for color in (RED, GREEN, BLUE):
        growth.show(frame(color, octave=1), 0)
        assert colors(named(image, "Octave 1")) == {color}
    assert len(everything(image)) == 4
    assert named(image, "Octave 1").writes == 3


def test_every_octave_of_every_texture_has_a_layer_of_its_own_the_newest_on_top(gimp, image):
    growth = growing(gimp, image)
    for number, octave in ((0, 1), (0, 0), (1, 1), (1, 0)):
        growth.show(frame(RED, octave), number)
    group = named(image, "Texture Synthesis")
    assert [layer.name for layer in group.children] == ["Octave 0", "Octave 1", "Octave 0", "Octave 1"]
    growth.show(frame(GREEN, 0), 0)
    assert [colors(layer) for layer in group.children] == [{RED}, {RED}, {GREEN}, {RED}]


def test_a_coarse_frame_is_enlarged_to_what_it_covers(gimp, image):
    growing(gimp, image).show(frame(RED, 2, size=(4, 2)), 0)
    assert colors(named(image, "Octave 2")) == {RED}


def test_a_frame_that_can_be_seen_through_is_shown_with_its_alpha(gimp, image):
    pixels = np.full((2, 4, 4), 90, np.uint8)
    pixels[:, 2:, 3] = 0
    raster = Raster(4, 2, 4, "u8", pixels.tobytes())
    growing(gimp, image, part=Box(0, 0, 16, 8)).show(Frame("job", raster, 2, 1, 10, 0, 0, 8, 8), 0)
    found = named(image, "Octave 2").bytes()
    assert (found[:, :4] == 90).all()
    # Half of the frame is clear, and it covers half of the layer.
    assert (found[:, 4:, 3] == 0).all()


def test_a_frame_of_a_part_is_shown_where_it_belongs(gimp, image):
    growth = growing(gimp, image, part=Box(10, 10, 16, 8))
    growth.show(frame(RED, covered=Box(14, 12, 50, 3)), 0)
    shown = named(image, "Octave 0").bytes()[..., :3]
    due = np.zeros((8, 16, 3), np.uint8)
    due[2:5, 4:] = RED
    assert np.array_equal(shown, due)


def test_a_frame_that_covers_nothing_of_the_layer_is_black(gimp, image):
    growth = growing(gimp, image, part=Box(0, 0, 16, 8))
    growth.show(frame(RED, covered=Box(20, 0, 16, 8)), 0)
    assert colors(named(image, "Octave 0")) == {(0, 0, 0)}


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("width", range(1, 9))
def test_rows_of_any_length_come_through(gimp, width, channels):
    data = bytes(np.random.default_rng(0).integers(0, 255, channels * 3 * width, np.uint8))
    raster = Raster(width, 3, channels, "u8", data)
    assert gimp.scaling.scaled(raster, Box(0, 0, width, 3), Box(0, 0, width, 3)) == raster


def test_a_frame_layer_that_the_user_has_deleted_stays_deleted(gimp, image):
    growth = growing(gimp, image)
    growth.show(frame(RED), 0)
    image.remove_layer(named(image, "Octave 0"))
    growth.show(frame(GREEN), 0)
    assert everything(image) == ["above", "Texture Synthesis", "below"]


def test_a_frame_layer_that_the_user_has_resized_is_left_alone(gimp, image):
    growth = growing(gimp, image)
    growth.show(frame(RED), 0)
    layer = named(image, "Octave 0")
    layer.width, layer.pixels = 5, layer.pixels[:, :5]
    growth.show(frame(GREEN), 0)
    assert colors(layer) == {RED}


@pytest.mark.parametrize("locked", ["Octave 0", "Texture Synthesis"])
def test_a_frame_layer_that_the_user_has_locked_is_left_alone(gimp, image, locked):
    growth = growing(gimp, image)
    growth.show(frame(RED), 0)
    named(image, locked).locked = True
    growth.show(frame(GREEN), 0)
    assert colors(named(image, "Octave 0")) == {RED}


# Results.


@pytest.mark.parametrize("shown", [0, 2])
def test_the_result_takes_the_place_of_the_frames(gimp, image, shown):
    growth = growing(gimp, image)
    for octave in range(shown):
        growth.show(frame(GREEN, octave), 0)
    (layer,) = growth.finish([texture()])
    assert everything(image) == ["above", "Texture, seed 7", "below"]
    assert layer is named(image, "Texture, seed 7")
    assert (layer.corner, colors(layer), layer.mask) == ((5, 6), {RED}, None)


def test_a_texture_that_was_stopped_says_so(gimp, image):
    growing(gimp, image).finish([texture(finished=False)])
    assert everything(image)[1] == "Texture so far, seed 7"


def test_several_textures_become_layers_the_last_on_top(gimp, image):
    layers = growing(gimp, image).finish([texture(RED, 1), texture(GREEN, 2)])
    assert everything(image) == ["above", "Texture, seed 2", "Texture, seed 1", "below"]
    assert [colors(layer) for layer in layers] == [{RED}, {GREEN}]


def test_without_a_layer_below_the_result_is_the_topmost(gimp, image):
    growth = growing(gimp, image, above=None)
    growth.show(frame(GREEN), 0)
    growth.finish([texture()])
    assert everything(image)[0] == "Texture, seed 7"


def test_a_layer_in_a_group_has_its_result_in_that_group(gimp, image):
    group = add(gimp, image, "house", group=True)
    for name in ("floor", "roof"):
        add(gimp, image, name, parent=group)
    growth = growing(gimp, image, above="floor")
    growth.show(frame(GREEN), 0)
    assert everything(image)[:3] == ["house", "house/roof", "house/Texture Synthesis"]
    growth.finish([texture()])
    assert everything(image)[:4] == ["house", "house/roof", "house/Texture, seed 7", "house/floor"]


def test_a_new_texture_goes_to_the_top_where_the_layer_below_was_deleted(gimp, image):
    growth = growing(gimp, image, joins=False)
    image.remove_layer(named(image, "below"))
    growth.finish([texture()])
    assert everything(image) == ["Texture, seed 7", "above"]


def test_only_the_part_that_was_wanted_becomes_the_layer(gimp, image):
    data = np.zeros((30, 40, 4), np.uint8)
    data[10:18, 10:26] = (*RED, 255)
    whole = Texture(7, Raster(40, 30, 4, "u8", data.tobytes()), finished=True)
    (layer,) = growing(gimp, image, part=Box(10, 10, 16, 8)).finish([whole])
    assert np.array_equal(layer.bytes(), data[10:18, 10:26])


@pytest.mark.parametrize(("depth", "kind"), [("u16", "<u2"), ("f32", "<f4")])
def test_a_result_keeps_its_precision(gimp, depth, kind):
    image = gimp.Gimp.Image(40, 30, precision="u16-non-linear")
    values = np.linspace(0, 65535 if depth == "u16" else 1, 16 * 8 * 3).astype(kind)
    raster = Raster(16, 8, 3, depth, values.tobytes())
    (layer,) = growing(gimp, image, above=None).finish([Texture(0, raster, finished=True)])
    found = layer.bytes("R'G'B' u16" if depth == "u16" else "R'G'B' float")
    assert np.array_equal(found.ravel(), values)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_gray_image_gets_gray_layers(gimp, channels):
    image = gimp.Gimp.Image(40, 30, "GRAY")
    growth = growing(gimp, image, above=None)
    growth.show(frame(RED), 0)
    raster = Raster(16, 8, channels, "u8", bytes([90, 255][:channels]) * (16 * 8))
    kind = named(image, "Octave 0").type
    (layer,) = growth.finish([Texture(0, raster, finished=True)])
    assert (kind, layer.type, colors(layer)) == ("GRAYA", "GRAYA", {(90, 90, 90)})


def test_frames_stay_below_the_result_where_they_are_kept(gimp, image):
    growth = growing(gimp, image, keep=True)
    for octave in (1, 0):
        growth.show(frame(GREEN, octave), 0)
    growth.finish([texture()])
    group = "Texture Synthesis"
    kept = [f"{group}/{name}" for name in ("Texture, seed 7", "Octave 0", "Octave 1")]
    assert everything(image) == ["above", group, *kept, "below"]


def test_an_unfinished_texture_is_no_part_of_the_layers_picture(gimp, image):
    from gimp_plugin import marks

    growth = growing(gimp, image, keep=True)
    growth.show(frame(RED), 0)
    below = named(image, "below")
    assert marks.parts_of(below) == []
    growth.finish([texture()])
    assert [item.name for item in marks.parts_of(below)] == ["Texture Synthesis"]


def test_where_no_frame_came_there_is_none_to_keep(gimp, image):
    growing(gimp, image, keep=True).finish([texture()])
    assert everything(image) == ["above", "Texture, seed 7", "below"]


def test_results_of_earlier_tries_are_hidden_and_those_that_are_gone_are_no_matter(gimp, image):
    first, second = growing(gimp, image).finish([texture(seed=1), texture(seed=2)])
    image.remove_layer(second)
    (third,) = growing(gimp, image, earlier=(first, second)).finish([texture(seed=3)])
    assert (first.visible, third.visible) == (False, True)
    assert second.visible


def test_earlier_tries_stay_where_the_new_one_comes_to_nothing(gimp, image):
    (first,) = growing(gimp, image).finish([texture(seed=1)])
    growth = growing(gimp, image, earlier=(first,))
    growth.show(frame(GREEN), 0)
    growth.abandon()
    assert first.visible


# Masks.


@pytest.mark.parametrize("selected", [None, 0, 1])
def test_the_mask_is_what_was_meant_whatever_is_selected_meanwhile(gimp, image, selected):
    values = np.arange(128, dtype=np.uint8).reshape(8, 16)
    growth = growing(gimp, image, mask=values.tobytes())
    growth.show(frame(GREEN), 0)
    if selected is not None:
        image.select(np.full((30, 40), 255 * selected, np.uint8))
    shown = named(image, "Octave 0").mask
    (layer,) = growth.finish([texture()])
    for found in (shown, layer.mask):
        assert np.array_equal(np.rint(found.pixels[..., 0] * 255), values)


# Locks.


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("locked", ["house", "estate"])
def test_a_texture_for_a_group_that_is_locked_goes_above_it(gimp, image, house, locked, keep):
    named(image, locked).locked = True
    growth = growing(gimp, image, above=house.children[0].name, keep=keep)
    growth.show(frame(GREEN), 0)
    assert colors(named(image, "Octave 0")) == {GREEN}
    (layer,) = growth.finish([texture()])
    assert colors(layer) == {RED}
    own = {"Texture Synthesis"} if keep else set()
    assert set(layer.path()) - own == ({"Texture, seed 7"} if locked == "estate" else {"estate", "Texture, seed 7"})


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("locked", ["house", "estate"])
def test_a_texture_for_a_group_that_is_locked_meanwhile_is_not_lost(gimp, image, house, locked, keep):
    growth = growing(gimp, image, above=house.children[0].name, keep=keep)
    growth.show(frame(GREEN), 0)
    named(image, locked).locked = True
    (layer,) = growth.finish([texture()])
    assert colors(layer) == {RED}


def test_a_texture_is_not_lost_where_the_group_of_its_frames_is_locked(gimp, image):
    growth = growing(gimp, image, keep=True)
    growth.show(frame(GREEN), 0)
    named(image, "Texture Synthesis").locked = True
    (layer,) = growth.finish([texture()])
    assert colors(layer) == {RED}


def test_a_layer_that_is_locked_is_no_hindrance_to_one_above_it(gimp, image):
    named(image, "below").locked = True
    growth = growing(gimp, image)
    growth.show(frame(GREEN), 0)
    (layer,) = growth.finish([texture()])
    assert colors(layer) == {RED}
