"""Layers whose filters make colors out of range: a group would clip them, in a real GIMP."""

import filtered
import numpy as np
import pytest
from filtered import ALLOWED, INNER, SIDE
from pictures import bricks, save
from plugged import array_of

CODE = (
    filtered.CODE
    + """

def unsharp(layer):
    put(layer, "gegl:unsharp-mask", std_dev=3.0, scale=2.0)


def exposed(layer):
    put(layer, "gegl:exposure", exposure=2.0)


def half_opaque(layer):
    layer.set_opacity(60)


def in_multiply(layer):
    layer.set_mode(Gimp.LayerMode.MULTIPLY)


def with_a_gray_mask(layer):
    layer.add_mask(layer.create_mask(Gimp.AddMaskType.COPY))


def out_of_range(filtered, blended, floats):
    image, layer = wall_in()
    backdrop = Gimp.Layer.new(image, "backdrop", 96, 96, Gimp.ImageType.RGB_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(backdrop, None, 1)
    Gimp.context_set_foreground(Gegl.Color.new("#ffe0a0"))
    backdrop.fill(Gimp.FillType.FOREGROUND)
    filtered(layer)
    blended(layer)
    if floats:
        image.convert_precision(Gimp.Precision.FLOAT_NON_LINEAR)
    select(image)
    image.clean_all()
    found = {"before": projected(image), "said": "", "parent": None}
    rest, count = everything(image), len(Gimp.get_images())
    try:
        _image, made = called("fill", image, [layer], quality="draft")
        found["parent"] = made.get_parent() is not None
        colors = memoryview(bytes(seen(made, "R'G'B' float"))).cast("f")
        found["range"] = [min(colors), max(colors)]
    except RuntimeError as error:
        found["said"] = str(error)
    return {
        **found, "after": projected(image), "rest": everything(image) == rest, "dirty": image.is_dirty(),
        "images": len(Gimp.get_images()) - count,
    }


def case_of(*how):
    def case():
        return out_of_range(globals()[how[0]], globals()[how[1]], how[2])
    case.__name__ = " ".join(map(str, how))
    return case


cases = [case_of(*how) for how in beyond]
"""
)
# One looks at what lies around a pixel, one goes above the range and one below it.
STRONG = ("unsharp", "exposed", "hue")
BLENDED = ("half_opaque", "in_multiply")
MASKED = "with_a_gray_mask"
BEYOND = tuple((each, how, floats) for each in STRONG for how in (*BLENDED, MASKED) for floats in (False, True))


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("filters")
    save(folder / "wall.png", bricks(SIDE, SIDE))
    wall = str(folder / "wall.png")
    return plugged.cases(CODE, folder / "run", starts=False, allowed=ALLOWED, beyond=BEYOND, wall=wall)


def around(picture):
    found = array_of(picture).astype(int) / 257
    found[36:60, 36:60] = 0
    return found


@pytest.mark.parametrize("how", BEYOND, ids=lambda how: " ".join(map(str, how)))
def test_colors_out_of_range_are_the_same_around_the_selection(cases, how):
    found = cases[" ".join(map(str, how))]
    assert np.abs(around(found["before"]) - around(found["after"])).max() <= 1
    assert found["images"] == 0


@pytest.mark.parametrize("how", BLENDED)
@pytest.mark.parametrize("each", STRONG)
def test_a_layer_whose_colors_a_group_would_clip_is_refused_before_anything_is_changed(cases, each, how):
    found = cases[f"{each} {how} False"]
    assert "filters of “Background”" in found["said"]
    assert "32-bit floating point" in found["said"]
    assert found["rest"]
    assert not found["dirty"]


@pytest.mark.parametrize("each", STRONG)
def test_what_can_be_seen_through_is_in_no_group_that_would_clip_colors(cases, each):
    found = cases[f"{each} {MASKED} False"]
    assert found["parent"] is False


@pytest.mark.parametrize("how", [*BLENDED, MASKED])
@pytest.mark.parametrize("each", STRONG)
def test_a_group_of_floats_keeps_colors_out_of_range(cases, each, how):
    found = cases[f"{each} {how} True"]
    assert found["parent"] is True
    assert np.abs(array_of(found["before"])[INNER].astype(int) - array_of(found["after"])[INNER]).max() > 257


@pytest.mark.parametrize("how", [*BLENDED, MASKED])
@pytest.mark.parametrize("each", STRONG)
def test_a_texture_of_floats_has_colors_out_of_range_like_its_surroundings(cases, each, how):
    low, high = cases[f"{each} {how} True"]["range"]
    assert max(high - 1, -low) > 0.02
