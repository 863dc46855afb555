"""What a user does to an image in which a texture grows: the plug-in's own layers, in a real GIMP."""

import pytest
from pictures import bricks, save

WIDTH, HEIGHT = 96, 72
# Where the texture grows, in the middle of the picture or not.
PLACES = {"middle": [36, 24, 24, 24], "left": [8, 30, 24, 16]}
CODE = """
import sys

sys.path.insert(0, package)
from gimp_plugin import canvas
from gimp_plugin.box import Box
from gimp_plugin.places import Place
from gimp_plugin.texture_layers import GoneError, TextureLayers
from gimp_plugin.job_sequence import Texture
from protocol.messages import Frame
from protocol.raster import Raster

LEVELS = {"frame": 60, "result": 120}


def raster(what, width, height):
    # No two pixels nearby are the same.
    pixels = ((LEVELS[what], 5 * x % 256, 7 * y % 256, 255) for y in range(height) for x in range(width))
    data = bytes(channel for pixel in pixels for channel in pixel)
    return Raster(width, height, 4, "u8", data)


def structure(items):
    return [
        [item.get_name(), box_of(item), item.get_mode().value_nick, item.get_opacity(), item.get_visible(),
         hash(bytes(seen(item))), structure(item.get_children()) if item.is_group() else None]
        for item in items
    ]


def meanwhile(change, box, opacity=100, size=None, frames=1, joins=True, keep=False, group=None):
    image = opened(wall)
    layer = image.get_layers()[0]
    if group:
        layer = grouped(image, layer, group)
    if size:
        layer.resize(*size)
    layer.set_opacity(opacity)
    image.clean_all()
    expected = image.duplicate()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *box)
    above = layer.get_children()[-1] if group == "locked" else layer
    place = Place(image, above, box[0], box[1], Box(0, 0, box[2], box[3]), joins=joins)
    growth = TextureLayers(place, keep=keep)

    def show(octave):
        growth.check()
        growth.show(Frame("job", raster("frame", box[2], box[3]), octave, 1, 2, 0, 0, box[2], box[3]), 0)

    for octave in reversed(range(frames)):
        show(octave)
    change(image, layer)
    change(expected, expected.get_layers()[0])
    found = {}
    try:
        growth.check()
        if frames:
            show(0)
        made, = growth.finish([Texture(7, raster("result", box[2], box[3]), True)])
    except GoneError as gone:
        growth.abandon()
        found["said"] = str(gone)
        found["same"] = structure(image.get_layers()) == structure(expected.get_layers())
        found["left"] = structure(image.get_layers())
        return found
    found |= {"box": box_of(made), "layer": box_of(layer)}
    if keep:
        found["frames"] = [box_of(item) for item in made.get_parent().get_children()]
    image.remove_layer(made)
    return found


def while_written(what):
    # Between the moment at which a layer is made and that at which the image has it.
    image = opened(wall)
    layer = image.get_layers()[0]
    box = places["left"]
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *box)
    growth = TextureLayers(Place(image, layer, box[0], box[1], Box(0, 0, box[2], box[3]), joins=True), keep=True)
    make = canvas.new_layer

    def slow(*arguments):
        made = make(*arguments)
        canvas.new_layer = make
        crop(image, layer)
        return made

    for octave in (2, 1):
        if what == "frame" and octave == 1:
            canvas.new_layer = slow
        growth.show(Frame("job", raster("frame", box[2], box[3]), octave, 1, 2, 0, 0, box[2], box[3]), 0)
    if what == "result":
        canvas.new_layer = slow
    made, = growth.finish([Texture(7, raster("result", box[2], box[3]), True)])
    found = {"box": box_of(made), "frames": [box_of(item) for item in made.get_parent().get_children()]}
    image.delete()
    return found


def while_frame_is_written():
    return while_written("frame")


def while_result_is_written():
    return while_written("result")


def grouped(image, layer, kind):
    # With another layer in it, and in a group of its own.
    group, inner = (Gimp.GroupLayer.new(image, name) for name in ("group", "inner"))
    image.insert_layer(group, None, 0)
    image.insert_layer(inner, group, 0)
    small = Gimp.Layer.new(image, "small", 9, 7, Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(small, inner, 0)
    small.set_offsets(50, 20)
    image.reorder_item(layer, group, 1)
    if kind == "locked":
        group.set_lock_content(True)
    elif kind == "through":
        group.set_mode(Gimp.LayerMode.PASS_THROUGH)
    return group


def crop(image, _layer):
    image.crop(88, 60, 4, 6)


def crop_into(image, _layer):
    image.crop(50, 40, 40, 30)


def crop_without(image, _layer):
    image.crop(10, 10, 80, 60)


def canvas_size(image, _layer):
    image.resize(150, 100, 20, 10)


def rotate_90(image, _layer):
    image.rotate(Gimp.RotationType.DEGREES90)


def rotate_180(image, _layer):
    image.rotate(Gimp.RotationType.DEGREES180)


def flip(image, _layer):
    image.flip(Gimp.OrientationType.HORIZONTAL)


def scale(image, _layer):
    image.scale(48, 36)


def nothing(image, _layer):
    pass


def move_layer(_image, layer):
    layer.set_offsets(layer.get_offsets()[1] + 7, layer.get_offsets()[2] - 3)


def scale_layer(_image, layer):
    layer.scale(60, 50, False)


def move_inside(_image, group):
    # The group grows, and what the texture belongs to stays.
    group.get_children()[0].get_children()[0].set_offsets(90, 60)


def add_inside(image, group):
    added = Gimp.Layer.new(image, "added", 20, 20, Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(added, group, 0)
    added.set_offsets(-10, -10)


def flatten(image, _layer):
    image.flatten()


def merge_visible(image, _layer):
    image.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)


def frames_in(image):
    return next(item for item in every(image.get_layers()) if item.get_name() == "Texture Synthesis")


def every(items):
    for item in items:
        yield item
        yield from every(item.get_children()) if item.is_group() else ()


def merge_frames(image, _layer):
    # The copy without a texture has no frames.
    if len(list(every(image.get_layers()))) > 1:
        frames_in(image).merge()


def merge_down(image, _layer):
    if len(list(every(image.get_layers()))) > 1:
        image.merge_down(frames_in(image), Gimp.MergeType.EXPAND_AS_NECESSARY)


def delete_frames(image, _layer):
    if len(list(every(image.get_layers()))) > 1:
        image.remove_layer(frames_in(image))


def delete(image, layer):
    image.remove_layer(layer)


CHANGES = [crop, crop_into, crop_without, canvas_size, rotate_90, rotate_180, flip, scale, nothing, move_layer,
           scale_layer]


def case_of(change, where, opacity, **wishes):
    def case():
        return meanwhile(change, places[where], opacity, **wishes)
    told = "".join(f" {name} {value}" for name, value in wishes.items())
    case.__name__ = f"{change.__name__} {where} {opacity}{told}"
    return case


cases = [case_of(change, where, opacity) for change in CHANGES for where in places for opacity in (100, 50)]
cases += [case_of(delete, "left", opacity, frames=frames) for opacity in (100, 50) for frames in (0, 1)]
cases += [case_of(change, "left", 50, keep=True, frames=3) for change in (crop, move_layer)]
cases += [case_of(change, "left", 100, joins=False) for change in (crop, rotate_90, move_layer, delete)]
cases += [case_of(scale, "left", 100, frames=0)]
cases += [while_frame_is_written, while_result_is_written]
MERGES = (flatten, merge_visible, merge_frames, merge_down, delete_frames)
cases += [case_of(change, "left", opacity) for change in MERGES for opacity in (100, 50)]
cases += [
    case_of(change, "left", opacity, group=kind) for kind in ("normal", "locked", "through") for opacity in (100, 50)
    for change in (nothing, crop, move_layer, scale_layer, move_inside, add_inside)
]
"""
TURNS = ["rotate_90", "rotate_180", "flip", "scale", "scale_layer", "crop_into", "crop_without"]


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("meanwhile")
    save(folder / "wall.png", bricks(HEIGHT, WIDTH))
    return plugged.cases(
        CODE,
        folder / "run",
        wall=str(folder / "wall.png"),
        places=PLACES,
    )


def moved(box, x, y):
    return [box[0] + x, box[1] + y, *box[2:]]


@pytest.mark.parametrize("opacity", [100, 50])
@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize(
    ("change", "shift"),
    [("nothing", (0, 0)), ("crop", (-4, -6)), ("canvas_size", (20, 10)), ("move_layer", (7, -3))],
)
def test_the_result_moves_along_with_the_image_and_with_its_layer(cases, change, where, opacity, shift):
    assert cases[f"{change} {where} {opacity}"]["box"] == moved(PLACES[where], *shift)


@pytest.mark.parametrize(("change", "shift"), [("crop", (-4, -6)), ("move_layer", (7, -3))])
def test_frames_that_are_kept_move_along_as_well(cases, change, shift):
    found = cases[f"{change} left 50 keep True frames 3"]
    assert found["frames"] == 4 * [moved(PLACES["left"], *shift)]


@pytest.mark.parametrize("what", ["frame", "result"])
def test_a_crop_while_a_layer_is_written_moves_that_as_well(cases, what):
    found = cases[f"while_{what}_is_written"]
    assert found["box"] == moved(PLACES["left"], -4, -6)
    assert found["frames"] == 3 * [moved(PLACES["left"], -4, -6)]


@pytest.mark.parametrize("opacity", [100, 50])
@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("change", TURNS)
def test_a_texture_that_does_not_fit_any_more_ends_and_leaves_the_image_as_the_user_has_made_it(
    cases, change, where, opacity
):
    found = cases[f"{change} {where} {opacity}"]
    assert "cropped, resized, scaled" in found["said"]
    assert found["same"], found["left"]


@pytest.mark.parametrize("opacity", [100, 50])
@pytest.mark.parametrize("kind", ["normal", "locked", "through"])
@pytest.mark.parametrize(
    ("change", "shift"),
    [
        ("nothing", (0, 0)),
        ("crop", (-4, -6)),
        ("move_layer", (7, -3)),
        ("move_inside", (0, 0)),
        ("add_inside", (0, 0)),
    ],
)
def test_the_result_moves_along_with_a_group_and_not_with_single_layers_of_it(cases, change, kind, opacity, shift):
    assert cases[f"{change} left {opacity} group {kind}"]["box"] == moved(PLACES["left"], *shift)


@pytest.mark.parametrize("opacity", [100, 50])
@pytest.mark.parametrize("change", ["flatten", "merge_visible", "merge_frames", "merge_down"])
def test_layers_that_are_merged_are_not_said_to_be_deleted(cases, change, opacity):
    assert "merged" in cases[f"{change} left {opacity}"]["said"]
    assert "Undo" in cases[f"{change} left {opacity}"]["said"]


@pytest.mark.parametrize("opacity", [100, 50])
def test_frames_that_are_deleted_are_said_to_be(cases, opacity):
    found = cases[f"delete_frames left {opacity}"]
    assert "deleted" in found["said"]
    assert found["same"], found["left"]


# GIMP does not scale a locked group.
@pytest.mark.parametrize("kind", ["normal", "through"])
def test_a_group_that_is_scaled_ends_the_work(cases, kind):
    found = cases[f"scale_layer left 100 group {kind}"]
    assert "cropped, resized, scaled" in found["said"]
    assert found["same"], found["left"]


@pytest.mark.parametrize("frames", [0, 1])
@pytest.mark.parametrize("opacity", [100, 50])
def test_a_layer_that_is_deleted_ends_the_work_and_leaves_no_empty_group(cases, opacity, frames):
    found = cases[f"delete left {opacity} frames {frames}"]
    assert "deleted" in found["said"]
    assert found["left"] == []


def test_an_image_that_was_scaled_before_the_first_frame_ends_the_work(cases):
    found = cases["scale left 100 frames 0"]
    assert "cropped, resized, scaled" in found["said"]
    assert found["same"], found["left"]


@pytest.mark.parametrize(("change", "shift"), [("crop", (-4, -6)), ("move_layer", (0, 0)), ("delete", (0, 0))])
def test_a_new_texture_moves_along_with_the_image_alone(cases, change, shift):
    assert cases[f"{change} left 100 joins False"]["box"] == moved(PLACES["left"], *shift)


def test_a_new_texture_in_an_image_that_is_rotated_ends(cases):
    assert "cropped, resized, scaled" in cases["rotate_90 left 100 joins False"]["said"]
