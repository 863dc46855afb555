"""A second fill of a layer with an earlier texture: what was removed does not come back, in a real GIMP."""

import earlier
import numpy as np
import pytest
from earlier import SIDE, apart, greens, save_pictures
from plugged import array_of

CODE = (
    earlier.CODE
    + """

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


def masked(_image, layer):
    # Half of it is hidden, by a half.
    mask = layer.create_mask(Gimp.AddMaskType.WHITE)
    layer.add_mask(mask)
    put_pixels(mask, [0, 0, SIDE, 20], "Y u8", bytes([128]) * (20 * SIDE))


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


def transparent_twice():
    image = opened(holed)
    layer = image.get_layers()[0]
    before = projected(image)
    found = []
    for _number in range(2):
        _image, made = called("fill", image, [layer], quality="draft", seed=5)
        found.append(kept(made, "R'G'B'A u16"))
    return {"first": found[0], "second": found[1], "before": before, "after": projected(image)}


def scratch_and_transparent():
    # A scratch that was removed does not come back in what fills the transparent part.
    return made_over_a_fill(holed, "fill")


cases = [
    touched_up, across, feathered, with_frames, multiplied, in_a_group, in_a_group_that_passes_through,
    in_a_locked_group, group_itself, group_that_passes_through, with_a_mask, with_filters, gray, in_16_bits,
    in_floats, hidden, transparent_twice, scratch_and_transparent,
]
"""
)
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
    return plugged.cases(CODE, folder / "run", starts=False, SIDE=SIDE, **save_pictures(folder))


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


@pytest.mark.parametrize("case", [*PLAIN, "feathered", "with_a_mask"])
def test_what_is_sampled_is_what_is_seen(cases, case):
    assert apart(cases[case]["read"], cases[case]["before"]) <= 1


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
