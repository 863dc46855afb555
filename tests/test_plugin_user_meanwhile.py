"""What the user had selected, undoes or closes while a texture grows, in a GIMP of the tests' own."""

import numpy as np
import pytest
from gimp_mock_items import Channel
from gimp_mock_pixels import Killed
from plugin_layers import BLUE, GREEN, RED, add, colors, everything, frame, growing, named, plain, texture

from gimp_plugin.box import Box

# What the user had selected, and undoing.


def test_the_selected_layers_stay_selected(gimp, image):
    chosen = image.get_selected_layers()
    growth = growing(gimp, image)
    for octave in (1, 0):
        growth.show(frame(GREEN, octave), 0)
        assert image.selected == chosen
    growth.finish([texture(), texture(seed=8)])
    assert image.selected == chosen


def test_a_selected_layer_that_was_deleted_meanwhile_is_not_selected_again(gimp, image):
    image.set_selected_layers(image.get_layers())
    growth = growing(gimp, image)
    image.remove_layer(named(image, "above"))
    growth.show(frame(GREEN), 0)
    assert [layer.name for layer in image.selected] == ["below"]


def test_a_selected_channel_stays_selected_unless_it_was_deleted(gimp, image):
    channel = Channel(image, np.zeros((30, 40, 1)))
    image.channels.append(channel)
    image.set_selected_channels([channel])
    growth = growing(gimp, image)
    growth.show(frame(GREEN), 0)
    assert (image.selected, image.selected_channels) == ([], [channel])
    growth.finish([texture()])
    assert (image.selected, image.selected_channels) == ([], [channel])
    growth = growing(gimp, image)
    image.channels.remove(channel)
    growth.finish([texture(seed=8)])
    assert image.selected_channels == []


def test_what_was_selected_is_selected_again_as_soon_as_a_layer_is_added(gimp, image, monkeypatch):
    chosen, writable, seen = image.get_selected_layers(), gimp.canvas.writable, []

    def watched(layer):
        seen.append(image.get_selected_layers())
        return writable(layer)

    monkeypatch.setattr(gimp.canvas, "writable", watched)
    growth = growing(gimp, image)
    growth.show(frame(GREEN), 0)
    growth.finish([texture()])
    assert seen == [chosen, chosen]


def test_a_texture_that_began_while_the_frame_of_another_was_selected_selects_its_own_layer(gimp, image):
    first = growing(gimp, image)
    first.show(frame(GREEN), 0)
    image.set_selected_layers([named(image, "Octave 0")])
    second = growing(gimp, image)
    first.finish([texture()])
    second.finish([texture(seed=8)])
    assert image.selected == [named(image, "below")]


def test_a_second_texture_of_an_image_is_shown_after_the_first_in_a_step_of_its_own(gimp, image):
    first, second = growing(gimp, image, keep=True), growing(gimp, image)
    first.show(frame(GREEN), 0)
    second.show(frame(BLUE), 0)
    assert everything(image) == ["above", "Texture Synthesis", "Texture Synthesis/Octave 0", "below"]
    first.finish([texture()])
    assert (image.undo_groups, image.undo_depth) == (1, 0)
    second.show(frame(BLUE), 0)
    assert colors(named(image, "Octave 0")) == {BLUE}
    assert (image.undo_groups, image.undo_depth) == (2, 1)
    second.finish([texture(seed=8)])
    assert image.undo_depth == 0


def test_a_texture_of_a_copy_of_an_unfinished_image_is_shown(gimp, image):
    growing(gimp, image).show(frame(GREEN), 0)
    copy = gimp.Gimp.Image(40, 30)
    group = add(gimp, copy, "Texture Synthesis", group=True)
    group.parasites.update(named(image, "Texture Synthesis").parasites)
    add(gimp, copy, "below")
    growing(gimp, copy).show(frame(BLUE), 0)
    assert (colors(named(copy, "Octave 0")), copy.undo_groups) == ({BLUE}, 1)


@pytest.mark.parametrize("end", ["finish", "abandon"])
def test_a_second_texture_that_is_finished_before_the_first_is_in_the_step_of_that(gimp, image, end):
    group = add(gimp, image, "house", group=True)
    add(gimp, image, "floor", parent=group)
    first, second = growing(gimp, image, above="floor"), growing(gimp, image)
    first.show(frame(GREEN), 0)
    (made,) = second.finish([texture(seed=8)])
    assert (image.undo_groups, image.undo_depth) == (1, 1)
    if end == "finish":
        first.finish([texture()])
    else:
        first.abandon()
    assert made.attached()
    assert image.undo_depth == 0


@pytest.mark.parametrize("shown", [0, 3])
@pytest.mark.parametrize("end", ["finish", "abandon"])
def test_all_of_it_is_one_step_to_undo(gimp, image, shown, end):
    growth = growing(gimp, image)
    for octave in range(shown):
        growth.show(frame(GREEN, octave), 0)
        assert image.undo_depth == 1
    if end == "finish":
        growth.finish([texture(), texture(seed=8)])
    else:
        growth.abandon()
        # Once more is no matter.
        growth.abandon()
    assert image.undo_depth == 0
    assert image.undo_groups == (1 if shown or end == "finish" else 0)


def test_an_undo_group_is_closed_when_something_breaks(gimp, image):
    growth = growing(gimp, image)
    growth.show(frame(GREEN), 0)
    with pytest.raises(AttributeError):
        growth.finish([None])
    assert image.undo_depth == 0


def test_what_is_abandoned_leaves_nothing(gimp, image):
    before = image.get_layers(), image.get_selected_layers()
    growth = growing(gimp, image, keep=True)
    for octave in (1, 0):
        growth.show(frame(GREEN, octave), 0)
    growth.abandon()
    assert (image.get_layers(), image.get_selected_layers()) == before


def test_a_result_that_breaks_in_the_middle_leaves_nothing(gimp, image):
    growth = growing(gimp, image)
    with pytest.raises(AttributeError):
        growth.finish([texture(), None])
    growth.abandon()
    assert everything(image) == ["above", "below"]


# What is gone.


def take(step, growth):
    """Take one of the steps at which it is seen that there is no place for a texture any more."""
    steps = {
        "show": lambda: growth.show(frame(RED), 0),
        "finish": lambda: growth.finish([texture()]),
        "check": growth.check,
    }
    steps[step]()


@pytest.mark.parametrize("step", ["show", "finish", "check"])
def test_an_image_that_was_closed_ends_the_growth(gimp, image, step):
    growth = growing(gimp, image)
    growth.show(frame(GREEN), 0)
    image.close()
    with pytest.raises(gimp.texture_layers.GoneError, match=r"^The image was closed\.$"):
        take(step, growth)
    growth.abandon()


@pytest.mark.parametrize("step", ["show", "finish", "check"])
def test_a_group_that_was_deleted_ends_the_growth(gimp, image, step):
    growth = growing(gimp, image)
    growth.show(frame(GREEN), 0)
    image.remove_layer(named(image, "Texture Synthesis"))
    with pytest.raises(gimp.texture_layers.GoneError, match=r"^The layers of the unfinished texture were deleted\.$"):
        take(step, growth)
    growth.abandon()
    assert everything(image) == ["above", "below"]
    assert image.undo_depth == 0


def test_a_group_inside_a_deleted_group_is_gone_as_well(gimp, image):
    group = add(gimp, image, "house", group=True)
    add(gimp, image, "floor", parent=group)
    growth = growing(gimp, image, above="floor")
    growth.show(frame(GREEN), 0)
    image.remove_layer(group)
    with pytest.raises(gimp.texture_layers.GoneError):
        growth.show(frame(RED), 0)
    growth.abandon()
    assert image.undo_depth == 0


@pytest.mark.parametrize("shown", [0, 1])
@pytest.mark.parametrize("step", ["show", "finish", "check"])
@pytest.mark.parametrize("opacity", [100, 50])
def test_a_layer_that_was_deleted_ends_the_growth_and_leaves_no_empty_group(gimp, image, shown, step, opacity):
    named(image, "below").set_opacity(opacity)
    growth = growing(gimp, image)
    for _frame in range(shown):
        growth.show(frame(GREEN), 0)
    image.remove_layer(named(image, "below"))
    with pytest.raises(gimp.texture_layers.GoneError, match=r"^The layer was deleted or merged"):
        take(step, growth)
    growth.abandon()
    assert everything(image) == ["above"]
    assert image.undo_depth == 0


@pytest.mark.parametrize("hidden", ["below", "house", None])
def test_a_texture_that_is_hidden_with_its_layer_is_told_of(gimp, image, hidden):
    group = add(gimp, image, "house", group=True)
    image.reorder_item(named(image, "below"), group, 0)
    if hidden:
        named(image, hidden).set_visible(False)
    for wishes in ({}, {"keep": True}):
        growth = growing(gimp, image, **wishes)
        growth.show(frame(GREEN), 0)
        growth.finish([texture()])
        assert growth.remark.startswith("The texture is hidden") == bool(hidden)


# Writing and reading.


@pytest.mark.parametrize("fault", ["locked", "a group", "removed", "in a locked group", "of another size", "closed"])
def test_what_may_not_be_written_is_not(gimp, image, fault):
    group = add(gimp, image, "house", group=True)
    layer = add(gimp, image, "floor", parent=group, width=16, height=8)
    if fault == "locked":
        layer.locked = True
    elif fault == "in a locked group":
        group.locked = True
    elif fault == "removed":
        image.remove_layer(group)
    elif fault == "closed":
        image.close()
    chosen = group if fault == "a group" else layer
    raster = plain(RED, 15 if fault == "of another size" else 16)
    assert not gimp.canvas.write(chosen, raster, Box(0, 0, raster.width, raster.height))
    assert layer.writes == 0


def test_the_mock_is_as_strict_as_gimp(gimp, image):
    layer = named(image, "below")
    whole = gimp.Gegl.Rectangle.new(0, 0, 40, 30)
    for data, name in ((bytes(4), "R'G'B'A u8"), (bytes(4 * 40 * 30), "RGBA u9")):
        with pytest.raises(Killed):
            layer.get_buffer().set(whole, name, data)
    layer.locked = True
    with pytest.raises(Killed):
        layer.get_buffer().set(whole, "R'G'B'A u8", bytes(4 * 40 * 30))


def test_pixels_outside_of_a_layer_are_transparent(gimp, image):
    layer = add(gimp, image, "small", width=4, height=3, corner=(10, 5))
    found = gimp.canvas.read(layer, Box(8, 5, 8, 2), gray=False, depth="u8")
    alpha = np.frombuffer(found.data, np.uint8).reshape(2, 8, 4)[..., 3]
    assert alpha.tolist() == [[0, 0, 255, 255, 255, 255, 0, 0]] * 2


@pytest.mark.parametrize(
    ("gray", "depth", "channels", "kind"),
    [(False, "u8", 4, "u8"), (False, "u16", 4, "u16"), (False, "f32", 4, "u16"), (True, "f32", 2, "u16")],
)
def test_pixels_in_range_are_read_with_alpha_and_no_more_than_sixteen_bits(gimp, image, gray, depth, channels, kind):
    found = gimp.canvas.read(named(image, "below"), Box(0, 0, 4, 4), gray=gray, depth=depth)
    assert (found.channels, found.depth) == (channels, kind)
    assert bytes(found.data) == b"\xff" * (16 * channels * (1 if kind == "u8" else 2))


@pytest.mark.parametrize(("value", "kind"), [(1.5, "f32"), (-0.1, "f32"), (1.001, "u16"), (-0.001, "u16")])
def test_colors_out_of_range_are_read_as_they_are_in_floating_point(gimp, image, value, kind):
    layer = named(image, "below")
    layer.pixels[2, 1, 0] = value
    found = gimp.canvas.read(layer, Box(0, 0, 4, 4), gray=False, depth="f32")
    assert found.depth == kind
    if kind == "f32":
        assert np.frombuffer(found.data, "<f4").reshape(4, 4, 4)[2, 1, 0] == np.float32(value)


def test_colors_out_of_range_that_cannot_be_seen_do_not_count(gimp, image):
    layer = named(image, "below")
    layer.pixels[2, 1] = (9, 9, 9, 0)
    assert gimp.canvas.read(layer, Box(0, 0, 4, 4), gray=False, depth="f32").depth == "u16"


@pytest.mark.parametrize("applied", [True, False])
def test_a_layers_mask_is_a_part_of_its_alpha(gimp, image, applied):
    layer = named(image, "below")
    mask = np.full((30, 40), 255, np.uint8)
    mask[:, :20], mask[:, 20:25] = 0, 200
    image.select(mask)
    layer.add_mask(layer.create_mask("SELECTION"))
    layer.apply_mask = applied
    found = gimp.canvas.read(layer, Box(0, 0, 40, 30), gray=False, depth="u8")
    alpha = np.frombuffer(found.data, np.uint8).reshape(30, 40, 4)[..., 3]
    assert np.array_equal(alpha, mask if applied else np.full((30, 40), 255))


def test_the_selection_is_read_to_the_byte(gimp, image):
    assert gimp.canvas.selection(image) is None
    mask = np.zeros((30, 40), np.uint8)
    mask[3:5, 7:10] = [[1, 128, 255], [0, 254, 7]]
    image.select(mask)
    box = gimp.canvas.selection(image)
    assert box == Box(7, 3, 3, 2)
    assert gimp.canvas.read_selection(image, box) == bytes([1, 128, 255, 0, 254, 7])


@pytest.mark.parametrize(
    ("nick", "depth"),
    [("u8-non-linear", "u8"), ("u8-linear", "u8"), ("u16-perceptual", "u16")]
    + [(nick, "f32") for nick in ("u32-linear", "half-linear", "float-non-linear", "double-linear")],
)
def test_an_images_precision_is_kept(gimp, nick, depth):
    assert gimp.canvas.depth_of(gimp.Gimp.Image(8, 8, precision=nick)) == depth


def test_a_new_result_lies_above_the_earlier_ones(gimp, image):
    first, second = (growing(gimp, image).finish([texture(seed=seed)])[0] for seed in (1, 2))
    layers = image.get_layers()
    assert layers.index(second) < layers.index(first) < layers.index(named(image, "below"))
