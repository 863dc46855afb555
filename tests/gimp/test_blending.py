"""Opacity and mode: a texture looks as if its layer itself had been filled, in a real GIMP."""

import numpy as np
import pytest
from pictures import bricks, ramp, save
from plugged import array_of

SIDE = 72
# Modes with opacity; then blend space, composite space and composite mode where they are not GIMP's choice.
LOOKS = (
    ("NORMAL", 100),
    ("NORMAL", 40),
    ("NORMAL_LEGACY", 100),
    ("NORMAL_LEGACY", 65),
    ("MULTIPLY", 100),
    ("MULTIPLY", 55),
    ("MULTIPLY_LEGACY", 100),
    ("SCREEN", 100),
    ("OVERLAY", 80),
    ("SOFTLIGHT", 100),
    ("DIFFERENCE", 100),
    ("ADDITION", 30),
    ("SUBTRACT", 100),
    ("GRAIN_MERGE", 100),
    ("HSV_HUE", 100),
    ("LCH_COLOR", 60),
    ("LUMINANCE", 100),
    ("DISSOLVE", 50),
    ("ERASE", 60),
    ("COLOR_ERASE", 100),
    ("MULTIPLY", 70, "RGB_LINEAR", "RGB_PERCEPTUAL", "AUTO"),
    ("NORMAL", 100, "RGB_PERCEPTUAL", "RGB_PERCEPTUAL", "AUTO"),
    ("NORMAL", 100, "AUTO", "AUTO", "CLIP_TO_BACKDROP"),
    ("NORMAL", 100, "AUTO", "AUTO", "CLIP_TO_LAYER"),
    ("NORMAL", 50, "AUTO", "AUTO", "INTERSECTION"),
    ("SCREEN", 90, "RGB_PERCEPTUAL", "AUTO", "UNION"),
)
CODE = """
def blend(layer, mode, opacity, blend="AUTO", space="AUTO", composite="AUTO"):
    layer.set_mode(getattr(Gimp.LayerMode, mode))
    layer.set_blend_space(getattr(Gimp.LayerColorSpace, blend))
    layer.set_composite_space(getattr(Gimp.LayerColorSpace, space))
    layer.set_composite_mode(getattr(Gimp.LayerCompositeMode, composite))
    layer.set_opacity(opacity)


def blending(layer):
    named = [layer.get_mode(), layer.get_blend_space(), layer.get_composite_space(), layer.get_composite_mode()]
    return [*(value.value_nick for value in named), round(layer.get_opacity(), 1)]


def projected(image):
    layer = Gimp.Layer.new_from_visible(image, image, "seen")
    found = kept(layer)
    layer.delete()
    return found


def on_a_backdrop(layer):
    image = opened(light)
    # A part of the backdrop is transparent.
    backdrop = image.get_layers()[0]
    backdrop.add_alpha()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 34, 20)
    backdrop.edit_clear()
    Gimp.Selection.none(image)
    added = Gimp.Layer.new_from_drawable(layer, image)
    image.insert_layer(added, None, 0)
    return image, added


def select(image, feathered=False):
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 20, 12, 24, 24)
    if feathered:
        Gimp.Selection.feather(image, 8)


alone = {}


def filled_alone(look, name, feathered, picture, selects, wishes):
    # The layer without a backdrop, before and after; most looks play no part in that, so it is made once.
    plays = look if look[0].startswith("NORMAL") and look[1] == 100 else None
    key = json.dumps([plays, name, feathered, picture, selects, wishes])
    if key not in alone:
        plain = opened(picture)
        layer = plain.get_layers()[0]
        if plays:
            blend(layer, *look)
        if selects:
            select(plain, feathered)
        raw = projected(plain)
        called(name, plain, [layer], quality="draft", **wishes)
        alone[key] = plain, [raw, projected(plain)]
    return alone[key]


def filled(look, name="fill", feathered=False, picture=None, selects=True, **wishes):
    # What it is to look like: the layer alone, filled and then blended.
    image, blended = on_a_backdrop(opened(picture or wall).get_layers()[0])
    blend(blended, *look)
    look_before, before = blending(blended), projected(image)
    if selects:
        select(image, feathered)
    plain, pictures = filled_alone(look, name, feathered, picture or wall, selects, wishes)
    expected, whole = on_a_backdrop(Gimp.Layer.new_from_visible(plain, plain, "filled"))
    blend(whole, *look)
    rest = everything(image)
    _image, made = called(name, image, [blended], quality="draft", **wishes)
    found = {
        "before": before, "after": projected(image), "expected": projected(expected),
        "alone": pictures,
        "look": look_before, "stays": blending(blended) == look_before,
        "made": blending(made), "top": blending(image.get_layers()[0]),
        "layers": [item.get_name() for item in image.get_layers()],
        "selected": [item.get_name() for item in image.get_selected_layers()],
    }
    group = made.get_parent()
    while group is not None and group.get_name() == "Texture Synthesis":
        made, group = group, group.get_parent()
    image.remove_layer(made)
    if group is not None:
        found["inside"] = [blending(item) for item in group.get_children()]
        image.reorder_item(blended, None, 0)
        blend(blended, *look)
        image.remove_layer(group)
    found["rest"] = everything(image) == rest
    return found


def case_of(number, look):
    def case():
        return filled(look)
    case.__name__ = f"look {number}"
    return case


def feathered():
    return filled(["MULTIPLY", 55], feathered=True)


def frames():
    return filled(["SCREEN", 45], keep_frames=True)


def transparent():
    return filled(["MULTIPLY", 55], picture=holed, selects=False)


def transparent_and_selected():
    return filled(["NORMAL", 40], picture=holed)


def seamless():
    return filled(["DIFFERENCE", 70], name="seamless", selects=False)


def over(look, feather=0, selects=True, name="fill"):
    # Lace: what it is to look like is the layer with the texture in place of its own pixels.
    image, layer = on_a_backdrop(opened(lace).get_layers()[0])
    blend(layer, *look)
    if selects:
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 12, 24, 24)
        if feather:
            Gimp.Selection.feather(image, feather)
    found = {"before": projected(image), "layer": kept(layer)}
    _image, made = called(name, image, [layer], quality="draft")
    found |= {"after": projected(image), "texture": kept(made), "box": box_of(made)}
    found["mask"] = kept(made.get_mask(), "Y u8") if made.get_mask() else None
    if not feather:
        expected, whole = on_a_backdrop(layer)
        blend(whole, *look)
        x, y, width, height = box_of(made)
        pixels = bytes(seen(made))
        whole.get_buffer().set(Gegl.Rectangle.new(x, y, width, height), "R'G'B'A u8", pixels)
        whole.get_buffer().flush()
        whole.update(x, y, width, height)
        found["expected"] = projected(expected)
    found["inside"] = [item.get_name() for item in made.get_parent().get_children()]
    return found


def lace_plain():
    return over(["NORMAL", 100])


def lace_multiplied():
    return over(["MULTIPLY", 60])


def lace_seamless():
    return over(["NORMAL", 100], selects=False, name="seamless")


def lace_feathered():
    return over(["NORMAL", 100], feather=8)


def layers_of_their_own():
    # New textures are no part of the layer that they are made from.
    image, layer = on_a_backdrop(opened(wall).get_layers()[0])
    blend(layer, "MULTIPLY", 40)
    before = blending(layer)
    _image, made = called("new", image, [layer], quality="draft", ratio=1, destination="layers")
    return {"made": blending(made), "stays": blending(layer) == before, "parent": made.get_parent() is None}


def grouped(image, layer, name="group"):
    group = Gimp.GroupLayer.new(image, name)
    image.insert_layer(group, layer.get_parent(), image.get_item_position(layer))
    image.reorder_item(layer, group, 0)
    return group


def in_group(change, target="layer"):
    # The layer in a group: changed before it is blended, and expected of a copy of it that is filled.
    plain = opened(wall)
    select(plain)
    called("fill", plain, plain.get_layers(), quality="draft")
    found = {}
    for what, source in (
        ("expected", Gimp.Layer.new_from_visible(plain, plain, "filled")),
        ("after", opened(wall).get_layers()[0]),
    ):
        image, layer = on_a_backdrop(source)
        select(image)
        group = grouped(image, layer)
        change(group, layer)
        if what == "after":
            found["before"] = projected(image)
            _image, made = called("fill", image, [group if target == "group" else layer], quality="draft")
            found["parents"] = parents(made)
        found[what] = projected(image)
    return found


def half_shown(levels):
    # A layer mask, and the same applied, so that it is alpha.
    found = {}
    for what in ("applied", "masked"):
        image, layer = on_a_backdrop(opened(wall).get_layers()[0])
        mask = layer.create_mask(Gimp.AddMaskType.WHITE)
        layer.add_mask(mask)
        mask.get_buffer().set(Gegl.Rectangle.new(0, 0, 72, 72), "Y u8", bytes(levels) * 72)
        mask.get_buffer().flush()
        mask.update(0, 0, 72, 72)
        if what == "applied":
            layer.remove_mask(Gimp.MaskApplyMode.APPLY)
        select(image)
        called("fill", image, [layer], quality="draft")
        found[what] = projected(image)
    return found


def mask_of_one_gray():
    return half_shown([128] * 72)


def mask_nearly_white():
    return half_shown([250] * 72)


def mask_from_black_to_white():
    return half_shown([min(255, 4 * x) for x in range(72)])


def parents(item):
    found = []
    while (item := item.get_parent()) is not None:
        found.append(item.get_name())
    return found


def group_selected():
    return in_group(lambda group, layer: group.set_opacity(40), "group")


def group_selected_that_passes_through():
    return in_group(lambda group, layer: blend(group, "PASS_THROUGH", 40), "group")


def multiplied_through():
    # What is seen of such a group depends on what lies below it.
    image = opened(gray)
    image.insert_layer(Gimp.Layer.new_from_drawable(opened(wall).get_layers()[0], image), None, 0)
    layer = image.get_layers()[0]
    layer.set_mode(Gimp.LayerMode.MULTIPLY)
    group = grouped(image, layer)
    blend(group, "PASS_THROUGH", 70)
    select(image)
    before = projected(image)
    _image, made = called("fill", image, [group], quality="draft")
    return {"before": before, "after": projected(image), "parents": parents(made)}


def group_around():
    return in_group(lambda group, layer: blend(group, "MULTIPLY", 70))


def group_around_that_passes_through():
    def change(group, layer):
        blend(group, "PASS_THROUGH", 60)
        blend(layer, "MULTIPLY", 50)
    return in_group(change)


def group_locked():
    def change(group, layer):
        blend(group, "SCREEN", 60)
        group.set_lock_content(True)
    return in_group(change)


def position_locked():
    def change(group, layer):
        blend(layer, "NORMAL", 50)
        for item in (group, layer):
            item.set_lock_position(True)
            item.set_lock_visibility(True)
        layer.set_lock_content(True)
    return in_group(change)


def in_a_masked_group(target, blended, **wishes):
    # The selection sticks out of the group, which is to stay as large as its mask.
    image, layer = on_a_backdrop(opened(wall).get_layers()[0])
    layer.scale(50, 50, False)
    layer.set_offsets(14, 12)
    blend(layer, *blended)
    group = grouped(image, grouped(image, layer, "inner"), "outer")
    mask = group.create_mask(Gimp.AddMaskType.WHITE)
    group.add_mask(mask)
    mask.get_buffer().set(Gegl.Rectangle.new(0, 0, 50, 50), "Y u8", bytes(range(6, 256, 5)) * 50)
    mask.get_buffer().flush()
    mask.update(0, 0, 50, 50)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, *target)
    found = {"before": projected(image), "mask": [kept(mask, "Y u8")]}
    try:
        _image, made = called("fill", image, [layer], quality="draft", **wishes)
    except RuntimeError as error:
        return {"said": str(error)}
    found["mask"].append(kept(group.get_mask(), "Y u8"))
    x, y, width, height = box_of(made)
    shown = kept(made.get_mask(), "Y u8") if made.get_mask() else None
    return {**found, "after": projected(image), "box": [x, y, width, height], "shown": shown}


def masked_left():
    return in_a_masked_group([4, 20, 24, 24], ["NORMAL", 80])


def masked_top():
    return in_a_masked_group([20, 2, 24, 24], ["MULTIPLY", 100])


def masked_top_left_with_frames():
    return in_a_masked_group([4, 2, 24, 24], ["NORMAL", 100], keep_frames=True)


def masked_right():
    return in_a_masked_group([50, 30, 20, 24], ["NORMAL", 80], keep_frames=True)


def masked_outside():
    return in_a_masked_group([1, 1, 9, 9], ["NORMAL", 80], context=60)


def masked_and_locked(name="fill", selected=(36, 20, 34, 20), picture=None):
    image, layer = on_a_backdrop(opened(picture or wall).get_layers()[0])
    group = grouped(image, grouped(image, layer, "inner"), "outer")
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 2, 2, 60, 60)
    group.add_mask(group.create_mask(Gimp.AddMaskType.SELECTION))
    group.set_lock_content(True)
    Gimp.Selection.none(image)
    if selected:
        image.select_rectangle(Gimp.ChannelOps.REPLACE, *selected)
    found = {"before": projected(image), "mask": kept(group.get_mask(), "Y u8")}
    try:
        _image, made = called(name, image, [layer], quality="draft")
    except RuntimeError as error:
        return {"said": str(error)}
    return {**found, "after": projected(image), "above": made.get_parent() is None}


def masked_and_locked_seamless():
    # Its borders differ, so that much of it changes within the mask; bricks stay nearly as they are there.
    return masked_and_locked("seamless", (), light)


def masked_and_locked_outside():
    return masked_and_locked(selected=(62, 62, 8, 8))


def twice():
    image, layer = on_a_backdrop(opened(wall).get_layers()[0])
    blend(layer, "MULTIPLY", 40)
    select(image)
    for seed in (1, 2):
        _image, made = called("fill", image, [layer], quality="draft", seed=seed)
    return [made.get_parent().get_name(), [item.get_name() for item in made.get_parent().get_children()]]


cases = [case_of(number, look) for number, look in enumerate(looks)]
cases += [
    feathered, frames, transparent, transparent_and_selected, seamless, lace_plain, lace_multiplied, lace_seamless,
    lace_feathered, layers_of_their_own, group_selected,
    group_selected_that_passes_through, multiplied_through, group_around, group_around_that_passes_through,
    group_locked, position_locked, twice, mask_of_one_gray, mask_nearly_white, mask_from_black_to_white,
    masked_left, masked_top, masked_top_left_with_frames, masked_right, masked_outside,
    masked_and_locked, masked_and_locked_seamless, masked_and_locked_outside,
]
"""
LOOK_CASES = [
    pytest.param(f"look {number}", id="-".join(map(str, look)).lower()) for number, look in enumerate(LOOKS)
]
LAYER_CASES = [*LOOK_CASES, "feathered", "frames", "transparent", "transparent_and_selected", "seamless"]
GROUP_CASES = [
    "group_selected",
    "group_selected_that_passes_through",
    "group_around",
    "group_around_that_passes_through",
    "group_locked",
    "position_locked",
]
HOLE = (slice(12, 36), slice(20, 44))


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("blending")
    save(folder / "light.png", ramp(SIDE, SIDE))
    save(folder / "gray.png", np.full((SIDE, SIDE, 3), 0.4))
    picture = bricks(SIDE, SIDE)
    save(folder / "wall.png", picture)
    alpha = np.ones((SIDE, SIDE, 1))
    alpha[16:30, 24:40] = 0
    save(folder / "holed.png", np.concatenate([picture, alpha], axis=2))
    # Threads with nothing between them.
    rows, columns = np.mgrid[:SIDE, :SIDE]
    threads = ((rows % 6 < 3) | (columns % 8 < 3))[..., None]
    save(folder / "lace.png", np.concatenate([picture, np.where(threads, 1.0, 0.0)], axis=2))
    paths = {name: str(folder / f"{name}.png") for name in ("light", "gray", "wall", "holed", "lace")}
    return plugged.cases(CODE, folder / "run", starts=False, looks=LOOKS, **paths)


def difference(first, second):
    """The largest difference of what can be seen of two pictures."""
    first, second = (array_of(picture).astype(int) for picture in (first, second))
    seen = np.maximum(first[..., 3], second[..., 3]) > 0
    return np.abs(first - second)[seen].max()


@pytest.mark.parametrize("case", [*LAYER_CASES, *GROUP_CASES])
def test_it_looks_as_if_the_layer_itself_had_been_filled(cases, case):
    assert difference(cases[case]["after"], cases[case]["expected"]) <= 1


@pytest.mark.parametrize("case", ["lace_plain", "lace_multiplied", "lace_seamless"])
def test_lace_takes_the_place_of_lace(cases, case):
    found = cases[case]
    assert difference(found["after"], found["expected"]) <= 1
    assert difference(found["before"], found["after"]) > 16
    assert (array_of(found["texture"])[..., 3] == 0).any()
    assert found["inside"] == ["Texture, seed 0", "Hole", "Background copy"]


def test_a_feathered_selection_fades_from_lace_to_lace(cases):
    found = cases["lace_feathered"]
    texture, mask = array_of(found["texture"])[..., 3] / 255, array_of(found["mask"])[..., 0] / 255
    left, top, width, height = found["box"]
    part = (slice(top, top + height), slice(left, left + width))
    layer = array_of(found["layer"])[part][..., 3] / 255
    backdrop = array_of(found["before"])[part][..., 3] == 0
    after = array_of(found["after"])[part][..., 3] / 255
    # Where nothing lies below, alpha is that of the layer.
    expected = texture * mask + layer * (1 - mask)
    alone = backdrop & (layer == 0)
    assert alone.sum() > 16
    assert np.abs(after - expected)[alone].max() < 0.02


@pytest.mark.parametrize("case", LAYER_CASES)
def test_the_textures_of_these_tests_can_be_told_from_what_was_there(cases, case):
    assert difference(*cases[case]["alone"]) > 16


@pytest.mark.parametrize("case", [*LOOK_CASES, *GROUP_CASES])
def test_around_the_selection_nothing_looks_different(cases, case):
    before, after = (array_of(cases[case][when]).copy() for when in ("before", "after"))
    before[HOLE] = after[HOLE] = 0
    shown = np.maximum(before[..., 3], after[..., 3]) > 0
    # GIMP's own arithmetic depends on how many pixels it takes at a time.
    assert np.abs(before[shown].astype(int) - after[shown]).max(initial=0) <= 1


@pytest.mark.parametrize("case", LOOK_CASES)
def test_a_layer_that_covers_stays_as_it_is_and_the_texture_is_blended_like_it(cases, case):
    found = cases[case]
    mode, _blend, _space, composite, opacity = found["look"]
    covers = mode.startswith("normal") and opacity == 100 and composite in {"auto", "union"}
    assert found["stays"] == covers
    # Otherwise a group has taken that over, from the layer and for the texture.
    assert (found["made"] if covers else found["top"]) == found["look"]
    if not covers:
        assert found["layers"][0] == "Background copy with texture"
        assert found["inside"] == [["normal", "auto", "auto", "auto", 100.0]]
        assert found["made"] == ["normal", "auto", "auto", "auto", 100.0]


@pytest.mark.parametrize("case", LAYER_CASES)
def test_all_else_is_as_it_was(cases, case):
    assert cases[case]["rest"]
    assert cases[case]["selected"] == ["Background copy"]


def test_a_group_that_passes_through_is_filled_as_it_is_seen(cases):
    before, after = (array_of(cases["multiplied_through"][when])[..., :3].copy() for when in ("before", "after"))
    middle = (slice(16, 32), slice(24, 40))
    assert cases["multiplied_through"]["parents"] == ["group with texture"]
    assert not np.array_equal(before[middle], after[middle])
    means = [picture[middle].reshape(-1, 3).mean(0) for picture in (before, after)]
    assert np.allclose(*means, atol=8)
    after[HOLE] = before[HOLE]
    assert np.array_equal(before, after)


def test_new_textures_are_blended_by_themselves(cases):
    found = cases["layers_of_their_own"]
    assert found == {"made": ["normal", "auto", "auto", "auto", 100.0], "stays": True, "parent": True}


def test_a_result_goes_where_it_can_be_written(cases):
    assert cases["group_locked"]["parents"] == ["group with texture"]
    assert cases["position_locked"]["parents"][1:] == ["group"]


def test_the_next_result_goes_into_the_same_group(cases):
    group, layers = cases["twice"]
    assert group.endswith("with texture")
    assert layers[:2] == ["Texture, seed 2", "Texture, seed 1"]
    assert len(layers) == 3


@pytest.mark.parametrize("case", ["mask_of_one_gray", "mask_nearly_white", "mask_from_black_to_white"])
def test_a_layer_mask_that_shows_a_part_counts_as_alpha(cases, case):
    applied, masked = (array_of(cases[case][what]).astype(int) for what in ("applied", "masked"))
    assert np.abs(applied - masked).max() <= 2


@pytest.mark.parametrize(
    ("case", "box"),
    [
        ("masked_left", [14, 20, 14, 24]),
        ("masked_top", [20, 12, 24, 14]),
        ("masked_top_left_with_frames", [14, 12, 14, 14]),
        ("masked_right", [50, 30, 14, 24]),
    ],
)
def test_a_texture_ends_where_a_group_with_a_mask_ends(cases, case, box):
    found = cases[case]
    assert found["box"] == box
    before, after = (array_of(mask) for mask in found["mask"])
    assert np.array_equal(before, after)
    # What is selected is shown wholly.
    assert found["shown"] is None or (array_of(found["shown"]) == 255).all()
    left, top, width, height = box
    pictures = [array_of(found[when]).astype(int) for when in ("before", "after")]
    change = np.abs(pictures[0] - pictures[1]).max(axis=2)
    assert change[top : top + height, left : left + width].max() > 4
    change[top : top + height, left : left + width] = 0
    shown = np.maximum(*(picture[..., 3] for picture in pictures)) > 0
    assert change[shown].max() <= 1


@pytest.mark.parametrize("case", ["masked_and_locked", "masked_and_locked_seamless"])
def test_a_texture_above_a_locked_group_ends_where_the_mask_of_the_group_does(cases, case):
    found = cases[case]
    assert found["above"]
    before, after = (array_of(found[when]).astype(int) for when in ("before", "after"))
    mask = array_of(found["mask"])[..., 0]
    change = np.abs(before - after).max(axis=2)
    assert change[mask == 255].max() > 4
    assert not change[mask == 0].any()


@pytest.mark.parametrize("case", ["masked_outside", "masked_and_locked_outside"])
def test_a_selection_outside_of_a_group_with_a_mask_is_refused(cases, case):
    assert cases[case]["said"].startswith("The selection is outside the layer's group")
