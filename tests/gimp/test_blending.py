"""Opacity and mode: a texture looks as if its layer itself had been filled, in a real GIMP."""

import blended
import pytest
from blended import around_selection, difference, save_pictures

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
CODE = (
    blended.CODE
    + """

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


def layers_of_their_own():
    # New textures are no part of the layer that they are made from.
    image, layer = on_a_backdrop(opened(wall).get_layers()[0])
    blend(layer, "MULTIPLY", 40)
    before = blending(layer)
    _image, made = called("new", image, [layer], quality="draft", ratio=1, destination="layers")
    return {"made": blending(made), "stays": blending(layer) == before, "parent": made.get_parent() is None}


def twice():
    image, layer = on_a_backdrop(opened(wall).get_layers()[0])
    blend(layer, "MULTIPLY", 40)
    select(image)
    for seed in (1, 2):
        _image, made = called("fill", image, [layer], quality="draft", seed=seed)
    return [made.get_parent().get_name(), [item.get_name() for item in made.get_parent().get_children()]]


cases = [case_of(number, look) for number, look in enumerate(looks)]
cases += [feathered, frames, transparent, transparent_and_selected, seamless, layers_of_their_own, twice]
"""
)
LOOK_CASES = [
    pytest.param(f"look {number}", id="-".join(map(str, look)).lower()) for number, look in enumerate(LOOKS)
]
LAYER_CASES = [*LOOK_CASES, "feathered", "frames", "transparent", "transparent_and_selected", "seamless"]


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("blending")
    return plugged.cases(CODE, folder / "run", starts=False, looks=LOOKS, **save_pictures(folder))


@pytest.mark.parametrize("case", LAYER_CASES)
def test_it_looks_as_if_the_layer_itself_had_been_filled(cases, case):
    assert difference(cases[case]["after"], cases[case]["expected"]) <= 1


@pytest.mark.parametrize("case", LAYER_CASES)
def test_the_textures_of_these_tests_can_be_told_from_what_was_there(cases, case):
    assert difference(*cases[case]["alone"]) > 16


@pytest.mark.parametrize("case", LOOK_CASES)
def test_around_the_selection_nothing_looks_different(cases, case):
    # GIMP's own arithmetic depends on how many pixels it takes at a time.
    assert around_selection(cases[case]) <= 1


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


def test_new_textures_are_blended_by_themselves(cases):
    found = cases["layers_of_their_own"]
    assert found == {"made": ["normal", "auto", "auto", "auto", 100.0], "stays": True, "parent": True}


def test_the_next_result_goes_into_the_same_group(cases):
    group, layers = cases["twice"]
    assert group.endswith("with texture")
    assert layers[:2] == ["Texture, seed 2", "Texture, seed 1"]
    assert len(layers) == 3
