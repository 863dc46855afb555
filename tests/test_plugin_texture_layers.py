"""The layers in which a texture grows, in a GIMP of the tests' own."""

import numpy as np
import pytest
from gimp_mock_items import Channel
from gimp_mock_pixels import Killed
from plugin_layers import BLUE, GREEN, RED, add, colors, everything, frame, growing, named, plain, texture

from gimp_plugin.box import Box
from gimp_plugin.job_sequence import Texture
from protocol.messages import Frame
from protocol.raster import Raster

# Frames.


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


@pytest.fixture
def house(gimp, image):
    """A group with a layer, inside of another group."""
    estate = add(gimp, image, "estate", group=True)
    found = add(gimp, image, "house", parent=estate, group=True)
    add(gimp, image, "floor", parent=found)
    return found


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


def test_what_was_selected_is_selected_again_before_a_layer_is_written(gimp, image, monkeypatch):
    chosen, write, seen = image.get_selected_layers(), gimp.canvas.write, []

    def watched(layer, raster, area):
        seen.append(image.get_selected_layers())
        return write(layer, raster, area)

    monkeypatch.setattr(gimp.canvas, "write", watched)
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
    assert not gimp.canvas.write(chosen, raster)
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
