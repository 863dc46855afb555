"""Groups with opacity and mode: a texture looks as if its layer itself had been filled, in a real GIMP."""

import blended
import numpy as np
import pytest
from blended import HOLE, around_selection, difference, save_pictures
from plugged import array_of

CODE = (
    blended.CODE
    + """

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


def half_seen_in_a_locked_group_that_passes_through():
    def change(group, layer):
        blend(group, "PASS_THROUGH", 40)
        layer.set_opacity(50)
        group.set_lock_content(True)
    return in_group(change)


def half_seen_in_a_group_that_passes_through():
    def change(group, layer):
        blend(group, "PASS_THROUGH", 100)
        layer.set_opacity(50)
    return in_group(change, "group")


def position_locked():
    def change(group, layer):
        blend(layer, "NORMAL", 50)
        for item in (group, layer):
            item.set_lock_position(True)
            item.set_lock_visibility(True)
        layer.set_lock_content(True)
    return in_group(change)


cases = [
    group_selected, group_selected_that_passes_through, multiplied_through, group_around,
    group_around_that_passes_through, group_locked, position_locked,
    half_seen_in_a_group_that_passes_through, half_seen_in_a_locked_group_that_passes_through,
]
"""
)
GROUP_CASES = [
    "group_selected",
    "group_selected_that_passes_through",
    "group_around",
    "group_around_that_passes_through",
    "group_locked",
    "position_locked",
    "half_seen_in_a_group_that_passes_through",
    "half_seen_in_a_locked_group_that_passes_through",
]


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("blending-groups")
    return plugged.cases(CODE, folder / "run", starts=False, **save_pictures(folder))


@pytest.mark.parametrize("case", GROUP_CASES)
def test_it_looks_as_if_the_layer_itself_had_been_filled(cases, case):
    assert difference(cases[case]["after"], cases[case]["expected"]) <= 1


@pytest.mark.parametrize("case", GROUP_CASES)
def test_around_the_selection_nothing_looks_different(cases, case):
    # GIMP's own arithmetic depends on how many pixels it takes at a time.
    assert around_selection(cases[case]) <= 1


def test_a_group_that_passes_through_is_filled_as_it_is_seen(cases):
    before, after = (array_of(cases["multiplied_through"][when])[..., :3].copy() for when in ("before", "after"))
    middle = (slice(16, 32), slice(24, 40))
    assert cases["multiplied_through"]["parents"] == ["group with texture"]
    assert not np.array_equal(before[middle], after[middle])
    means = [picture[middle].reshape(-1, 3).mean(0) for picture in (before, after)]
    assert np.allclose(*means, atol=8)
    after[HOLE] = before[HOLE]
    assert np.array_equal(before, after)


def test_a_result_goes_where_it_can_be_written(cases):
    assert cases["group_locked"]["parents"] == ["group with texture"]
    assert cases["position_locked"]["parents"][1:] == ["group"]
