"""Earlier textures of the plug-in belong to the picture of their layer, in a real GIMP."""

import numpy as np
import pytest
from pictures import bricks, bytes_of, save
from plugged import array_of

SIDE = 96
# Something green that is to be removed.
THING = (slice(32, 64), slice(32, 64))
CODE = """
from gimp_plugin import tasks
from gimp_plugin.user_options import Options
from protocol.vocabulary import Settings

FIRST, INSIDE, ACROSS = (28, 28, 40, 40), (42, 42, 12, 12), (52, 20, 30, 30)


def select(image, box, feather=0):
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *box)
    if feather:
        Gimp.Selection.feather(image, feather)


def projected(image):
    layer = Gimp.Layer.new_from_visible(image, image, "seen")
    found = kept(layer, "R'G'B'A u16")
    layer.delete()
    return found


def sampled(image, layer, earlier=(), task="fill", **wishes):
    # All of what the engine is given, without asking it.
    task = tasks.prepare(Options(task, Settings(), context=SIDE if task == "fill" else 0, **wishes), image, [layer],
                         earlier=earlier)
    job = task.plan.jobs[0]
    found = job.canvas.picture if job.canvas.picture is not None else job.sources[0].picture
    forms = {2: "Y'A", 4: "R'G'B'A"}
    return {"width": found.width, "height": found.height, "form": f"{forms[found.channels]} {found.depth}",
            "pixels": base64.b64encode(bytes(found.data)).decode()}


def fill(image, layer, box=FIRST, feather=0, **wishes):
    select(image, box, feather)
    _image, made = called("fill", image, [layer], quality="draft", **wishes)
    return made


def twice(prepare=lambda image, layer: None, box=INSIDE, feather=0, **wishes):
    image = opened(wall)
    layer = image.get_layers()[0]
    found = prepare(image, layer)
    target = found if isinstance(found, Gimp.Layer) else layer
    first = fill(image, target, feather=feather, **wishes)
    before = projected(image)
    select(image, box)
    read = sampled(image, target)
    second = fill(image, target, box, **wishes)
    return {"before": before, "after": projected(image), "read": read, "texture": kept(second), "box": box}


def grouped(image, layer, mode="NORMAL", opacity=100):
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, layer.get_parent(), image.get_item_position(layer))
    image.reorder_item(layer, group, 0)
    group.set_mode(getattr(Gimp.LayerMode, mode))
    group.set_opacity(opacity)
    return group


def masked(_image, layer):
    # Half of it is hidden, by a half.
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    mask.get_buffer().set(Gegl.Rectangle.new(0, 0, SIDE, 20), "Y u8", bytes([128]) * (20 * SIDE))
    mask.get_buffer().flush()
    mask.update(0, 0, SIDE, SIDE)


def filtered(_image, layer):
    added = Gimp.DrawableFilter.new(layer, "gegl:gaussian-blur", "blur")
    for name in ("std-dev-x", "std-dev-y"):
        added.get_config().set_property(name, 1.5)
    layer.append_filter(added)
    added.update()


def touched_up():
    return twice()


def across():
    return twice(box=ACROSS)


def feathered():
    return twice(feather=8)


def with_frames():
    return twice(keep_frames=True)


def multiplied():
    def prepare(_image, layer):
        layer.set_mode(Gimp.LayerMode.MULTIPLY)
        layer.set_opacity(60)
    return twice(prepare)


def in_a_group():
    return twice(lambda image, layer: [grouped(image, layer, "SCREEN", 70)])


def in_a_group_that_passes_through():
    return twice(lambda image, layer: [grouped(image, layer, "PASS_THROUGH")])


def in_a_locked_group():
    return twice(lambda image, layer: grouped(image, layer).set_lock_content(True))


def group_itself():
    return twice(grouped)


def group_that_passes_through():
    return twice(lambda image, layer: grouped(image, layer, "PASS_THROUGH"))


def with_a_mask():
    return twice(masked)


def with_filters():
    return twice(filtered)


def gray():
    return twice(lambda image, _layer: image.convert_grayscale())


def in_16_bits():
    return twice(lambda image, _layer: image.convert_precision(Gimp.Precision.U16_NON_LINEAR))


def in_floats():
    return twice(lambda image, _layer: image.convert_precision(Gimp.Precision.FLOAT_LINEAR))


def hidden():
    image = opened(wall)
    layer = image.get_layers()[0]
    fill(image, layer).set_visible(False)
    return {"texture": kept(fill(image, layer, INSIDE))}


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
    image = opened(file.get_path())
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


def transparent_twice():
    image = opened(holed)
    layer = image.get_layers()[0]
    before = projected(image)
    found = []
    for _number in range(2):
        _image, made = called("fill", image, [layer], quality="draft", seed=5)
        found.append(kept(made, "R'G'B'A u16"))
    return {"first": found[0], "second": found[1], "before": before, "after": projected(image)}


def made_over_a_fill(picture, name):
    image = opened(picture)
    layer = image.get_layers()[0]
    fill(image, layer)
    before = projected(image)
    Gimp.Selection.none(image)
    _image, made = called(name, image, [layer], quality="draft")
    return {"texture": kept(made), "before": before, "after": projected(image)}


def scratch_and_transparent():
    # A scratch that was removed does not come back in what fills the transparent part.
    return made_over_a_fill(holed, "fill")


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
    touched_up, across, feathered, with_frames, multiplied, in_a_group, in_a_group_that_passes_through,
    in_a_locked_group, group_itself, group_that_passes_through, with_a_mask, with_filters, gray, in_16_bits,
    in_floats, hidden, half_shown, moved_and_covered, tried_again, lace_tried_again, below_a_new_texture,
    blended_afterwards, in_a_group_with_a_filter, saved_and_opened, extended, transparent_twice,
    scratch_and_transparent, seamless, new, exemplar, pattern,
]
"""
PLAIN = [
    "touched_up",
    "across",
    "with_frames",
    "in_a_group_that_passes_through",
    "in_a_locked_group",
    "group_itself",
    "group_that_passes_through",
    "with_filters",
    "gray",
    "in_16_bits",
    "in_floats",
]
"""Cases in which the image shows the layer at full opacity, all of it."""
OTHERS = ["feathered", "multiplied", "in_a_group", "with_a_mask"]


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("earlier")
    picture = bytes_of(bricks(SIDE, SIDE))
    picture[THING] = (20, 220, 40)
    save(folder / "wall.png", picture)
    alpha = np.full((SIDE, SIDE, 1), 255, np.uint8)
    alpha[70:90, 4:24] = 0
    save(folder / "holed.png", np.concatenate([picture, alpha], axis=-1))
    alpha = np.where(np.indices((SIDE, SIDE)).sum(axis=0) % 8 < 3, 0, 255).astype(np.uint8)[..., None]
    save(folder / "lace.png", np.concatenate([picture, alpha], axis=-1))
    paths = {name: str(folder / f"{name}.png") for name in ("wall", "holed", "lace")}
    return plugged.cases(CODE, folder / "run", starts=False, SIDE=SIDE, **paths)


def greens(found):
    """How many pixels are of the color that was to be removed, more or less."""
    red, green, blue = np.moveaxis(array_of(found)[..., :3].astype(float), -1, 0)
    return int(np.count_nonzero(green > 1.5 * np.maximum(red, blue) + 10))


def outside(found, before, after):
    left, top, width, height = found["box"]
    kept = np.ones((SIDE, SIDE), bool)
    kept[top : top + height, left : left + width] = False
    return array_of(before)[kept], array_of(after)[kept]


@pytest.mark.parametrize("case", [case for case in (*PLAIN, *OTHERS) if case != "gray"])
def test_what_was_removed_does_not_come_back_with_a_second_fill(cases, case):
    assert not greens(cases[case]["texture"])


@pytest.mark.parametrize("case", [*PLAIN, *OTHERS])
def test_what_is_outside_of_the_second_selection_stays_as_it_is_seen(cases, case):
    before, after = outside(cases[case], cases[case]["before"], cases[case]["after"])
    assert np.array_equal(before, after)


def apart(read, shown):
    """The largest distance of a sample that is read from what is shown, in levels of 8 bits."""
    one, other = (array_of(found).astype(float) for found in (read, shown))
    one, other = one / (257 if read["form"].endswith("u16") else 1), other / 257
    if one.shape[2] == 2:
        one = one[..., [0, 0, 0, 1]]
    return np.abs(one - other).max()


@pytest.mark.parametrize(
    "case",
    [*PLAIN, "feathered", "with_a_mask", "half_shown", "in_a_group_with_a_filter", "saved_and_opened", "extended"],
)
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


def test_a_hidden_texture_is_not_sampled(cases):
    assert greens(cases["hidden"]["texture"]) > 100


def test_what_the_layer_lacks_is_filled_again_without_a_selection(cases):
    found = cases["transparent_twice"]
    first, second, before, after = (array_of(found[name]) for name in ("first", "second", "before", "after"))
    assert (second[..., 3] == 65535).all()
    kept = np.ones((SIDE, SIDE), bool)
    kept[68:92, 2:26] = False
    assert np.array_equal(after[kept], before[kept])
    assert np.array_equal(after, second)
    assert first.shape == second.shape


def test_what_was_removed_does_not_come_back_where_the_transparent_part_is_filled(cases):
    found = cases["scratch_and_transparent"]
    assert not greens(found["texture"])
    before, after = array_of(found["before"]), array_of(found["after"])
    kept = np.ones((SIDE, SIDE), bool)
    kept[68:92, 2:26] = False
    assert np.array_equal(after[kept], before[kept])


@pytest.mark.parametrize("case", ["seamless", "new", "exemplar", "pattern"])
def test_what_was_removed_is_in_no_other_texture_either(cases, case):
    assert not greens(cases[case]["texture"])


def test_all_but_a_band_of_a_picture_that_is_made_to_tile_stays_as_it_is_seen(cases):
    band = SIDE // 6 + 1
    before, after = (
        array_of(cases["seamless"][name])[band:-band, band:-band].astype(float) for name in ("before", "after")
    )
    assert np.abs(before - after).max() <= 257
