"""Earlier textures of the plug-in belong to the picture of their layer that is sampled, in a real GIMP."""

import earlier
import numpy as np
import pytest
from earlier import SIDE, apart, greens, save_pictures
from plugged import array_of

CODE = (
    earlier.CODE
    + """

def half_shown():
    # What the user sees is half green.
    image = opened(wall)
    layer = image.get_layers()[0]
    fill(image, layer).set_opacity(50)
    select(image, INSIDE)
    return {"read": sampled(image, layer), "before": projected(image), "box": INSIDE}


def moved_and_covered():
    # What is not right above it is no part of it: it would hide a new texture, too.
    image = opened(wall)
    layer = image.get_layers()[0]
    fill(image, layer)
    between = Gimp.Layer.new(image, "mine", 4, 4, Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(between, None, 1)
    select(image, INSIDE)
    return {"read": sampled(image, layer), "plain": sampled(opened_with(INSIDE), opened_layer())}


def in_a_group_with_a_filter():
    # A new image is outside of the group, whose filter belongs to the look of what is in it.
    image = opened(wall)
    layer = image.get_layers()[0]
    group = grouped(image, layer)
    fill(image, layer)
    Gimp.Selection.none(image)
    filtered(image, group)
    return {"read": sampled(image, layer, task="new"), "before": projected(image)}


def saved_and_opened():
    image = opened(wall)
    fill(image, image.get_layers()[0])
    file = Gio.File.new_for_path(f"{wall}.xcf")
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, file, None)
    image = loaded(file.get_path())
    select(image, INSIDE)
    return {"read": sampled(image, image.get_layers()[1]), "before": projected(image)}


def extended():
    image = opened(wall)
    layer = image.get_layers()[0]
    fill(image, layer)
    called("extend", image, [layer], quality="draft", unit="pixels", top=0.0, right=16.0, bottom=0.0, left=0.0)
    select(image, (84, 40, 20, 20))
    return {"read": sampled(image, layer), "before": projected(image)}


def blended_afterwards():
    # A new texture will lie below the first one, in a group that has the layer's opacity.
    image = opened(wall)
    layer = image.get_layers()[0]
    fill(image, layer)
    layer.set_opacity(40)
    select(image, INSIDE)
    return {"read": sampled(image, layer), "plain": sampled(opened_with(INSIDE), opened_layer())}


def pattern():
    image = opened(wall)
    layer = image.get_layers()[0]
    fill(image, layer)
    name, = called("save-as-pattern", image, [layer], pattern_name="Touched Up")
    chosen = Gimp.Pattern.get_by_name(name)
    _found, width, height, _bytes = chosen.get_info()
    shown = Gimp.Image.new(width, height, Gimp.ImageBaseType.RGB)
    drawn = Gimp.Layer.new(shown, "pattern", width, height, Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL)
    shown.insert_layer(drawn, None, 0)
    Gimp.context_set_pattern(chosen)
    drawn.edit_fill(Gimp.FillType.PATTERN)
    chosen.delete()
    return {"texture": kept(drawn)}


def opened_with(box):
    global latest
    latest = opened(wall)
    select(latest, box)
    return latest


def opened_layer():
    return latest.get_layers()[0]


def tried_again():
    image = opened(wall)
    layer = image.get_layers()[0]
    made = fill(image, layer)
    select(image, INSIDE)
    return {"read": sampled(image, layer, [made]), "plain": sampled(opened_with(INSIDE), opened_layer())}


def lace_tried_again():
    image = opened(lace)
    layer = image.get_layers()[0]
    select(image, FIRST)
    before = sampled(image, layer)
    made = fill(image, layer)
    holes = [item.get_name() for item in made.get_parent().get_children()]
    return {"read": sampled(image, layer, [made]), "plain": before, "inside": holes}


def below_a_new_texture():
    image = opened(wall)
    layer = image.get_layers()[0]
    called("new", image, [layer], quality="draft", ratio=1, destination="layers")
    select(image, INSIDE)
    return {"read": sampled(image, layer), "plain": sampled(opened_with(INSIDE), opened_layer())}


def seamless():
    return made_over_a_fill(wall, "seamless")


def new():
    image = opened(wall)
    layer = image.get_layers()[0]
    fill(image, layer)
    before = projected(image)
    Gimp.Selection.none(image)
    _image, made = called("new", image, [layer], quality="draft", ratio=1)
    return {"read": sampled(image, layer, task="new"), "before": before, "texture": kept(made)}


def exemplar():
    image, other = opened(wall), opened(wall)
    layer, item = image.get_layers()[0], other.get_layers()[0]
    fill(other, item)
    select(other, FIRST)
    made = fill(image, layer, (0, 0, SIDE, SIDE), exemplar="drawable", exemplar_drawable=item)
    return {"texture": kept(made)}


cases = [
    half_shown, moved_and_covered, tried_again, lace_tried_again, below_a_new_texture, blended_afterwards,
    in_a_group_with_a_filter, saved_and_opened, extended, seamless, new, exemplar, pattern,
]
"""
)


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("earlier")
    return plugged.cases(CODE, folder / "run", starts=False, SIDE=SIDE, **save_pictures(folder))


@pytest.mark.parametrize("case", ["half_shown", "in_a_group_with_a_filter", "saved_and_opened", "extended"])
def test_what_is_sampled_is_what_is_seen(cases, case):
    found = cases[case]
    assert greens(found["before"]) > 0 if case == "half_shown" else True
    assert apart(found["read"], found["before"]) <= 1


@pytest.mark.parametrize(
    "case", ["moved_and_covered", "blended_afterwards", "tried_again", "lace_tried_again", "below_a_new_texture"]
)
def test_what_is_no_part_of_the_layer_or_is_replaced_is_not_sampled(cases, case):
    found = cases[case]
    assert np.array_equal(array_of(found["read"]), array_of(found["plain"]))


def test_lace_is_tried_again_without_its_hole(cases):
    assert "Hole" in cases["lace_tried_again"]["inside"]


@pytest.mark.parametrize("case", ["seamless", "new", "exemplar", "pattern"])
def test_what_was_removed_is_in_no_other_texture_either(cases, case):
    assert not greens(cases[case]["texture"])


def test_all_but_a_band_of_a_picture_that_is_made_to_tile_stays_as_it_is_seen(cases):
    band = SIDE // 6 + 1
    before, after = (
        array_of(cases["seamless"][name])[band:-band, band:-band].astype(float) for name in ("before", "after")
    )
    assert np.abs(before - after).max() <= 257
