"""Fill and New Texture in every mode and precision of a real GIMP."""

import numpy as np
import pytest
from pictures import bricks, save
from plugged import array_of

SIDE = 64
HOLE = 20
PRECISIONS = ("U8", "U16", "U32", "HALF", "FLOAT", "DOUBLE")
# Each mode with and without alpha, each precision, in linear light and as it is shown.
FILLS = (
    *(("rgb", False, f"{kind}_LINEAR", "") for kind in PRECISIONS),
    *(("rgb", False, f"{kind}_NON_LINEAR", "") for kind in ("U8", "U16", "FLOAT")),
    ("rgb", True, "U8_PERCEPTUAL", ""),
    ("rgb", True, "U16_LINEAR", ""),
    ("rgb", True, "FLOAT_PERCEPTUAL", ""),
    ("gray", False, "U8_NON_LINEAR", ""),
    ("gray", True, "U8_LINEAR", ""),
    ("gray", False, "U16_LINEAR", ""),
    ("gray", True, "HALF_LINEAR", ""),
    ("gray", False, "DOUBLE_PERCEPTUAL", ""),
    ("rgb", False, "U8_NON_LINEAR", "adobe"),
    ("rgb", True, "FLOAT_LINEAR", "adobe"),
    ("gray", False, "U16_NON_LINEAR", "d50_gray_lab_trc"),
)
NEWS = (
    ("rgb", True, "FLOAT_LINEAR", "adobe"),
    ("gray", False, "U16_NON_LINEAR", "d50_gray_lab_trc"),
    ("rgb", False, "HALF_PERCEPTUAL", ""),
)
CODE = """
PROFILES = {
    "": None,
    "adobe": Gimp.ColorProfile.new_rgb_adobe(),
    "d50_gray_lab_trc": Gimp.ColorProfile.new_d50_gray_lab_trc(),
}


def made_like(mode, alpha, precision, profile):
    image = opened(wall)
    if mode == "gray":
        image.convert_grayscale()
    if image.get_precision() != getattr(Gimp.Precision, precision):
        image.convert_precision(getattr(Gimp.Precision, precision))
    if profile:
        image.convert_color_profile(PROFILES[profile], Gimp.ColorRenderingIntent.PERCEPTUAL, False)
    layer = image.get_layers()[0]
    if alpha:
        layer.add_alpha()
    image.set_resolution(96.5, 120)
    return image, layer


def told(image, layer, made):
    profile = image.get_color_profile()
    return {
        "mode": image.get_base_type().value_nick,
        "precision": image.get_precision().value_nick,
        "type": made.type().value_nick,
        "profile": profile.get_label() if profile else None,
        "resolution": list(image.get_resolution())[1:],
        "texture": kept(made, "R'G'B'A u16"),
        "floats": kept(made, "RGBA float"),
        "around": kept(layer, "R'G'B'A u16"),
    }


def fill(*like):
    image, layer = made_like(*like)
    wanted = told(image, layer, layer)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, hole, hole, 24, 24)
    before = everything(image)
    _image, made = called("fill", image, [layer], quality="draft")
    found = told(image, layer, made)
    image.remove_layer(made)
    return {**found, "wanted": wanted, "rest": everything(image) == before}


def new(*like):
    image, layer = made_like(*like)
    made_in, made = called("new", image, [layer], quality="draft", ratio=1)
    return {**told(made_in, layer, made), "wanted": told(image, layer, layer)}


def case_of(work, number, like):
    def case():
        return work(*like)
    case.__name__ = f"{work.__name__} {number}"
    return case


def palette(image):
    image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 32, False, False, "")
    return image


def indexed():
    image = palette(opened(wall))
    layers = image.get_layers()
    before = everything(image)
    found = {
        "fill": refused("fill", image, layers),
        "seamless": refused("seamless", image, layers),
        "new layers": refused("new", image, layers, destination="layers"),
    }
    found["rest"] = everything(image) == before
    made_in, made = called("new", image, layers, quality="draft", ratio=1)
    return {**found, **told(made_in, layers[0], made), "source": image.get_base_type().value_nick}


def out_of_range():
    # A float picture with light beyond white, below black, and with what is no number at all.
    image, layer = made_like("rgb", False, "FLOAT_LINEAR", "")
    odd = struct.pack("=9f", 40, 5, 2, -3, -1, 0, *3 * [float("nan")])
    put_pixels(layer, [2, 2, 3, 1], "RGB float", odd)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, hole, hole, 24, 24)
    _image, made = called("fill", image, [layer], quality="draft")
    return told(image, layer, made)


import struct

cases = [case_of(fill, number, like) for number, like in enumerate(fills)]
cases += [case_of(new, number, like) for number, like in enumerate(news)]
cases += [indexed, out_of_range]
"""


def named(like):
    """A mode in words."""
    mode, alpha, precision, profile = like
    return f"{mode}{'a' * alpha}-{precision}{'-' * bool(profile)}{profile}".lower()


FILL_CASES = [pytest.param(f"fill {number}", id=f"fill-{named(like)}") for number, like in enumerate(FILLS)]
NEW_CASES = [pytest.param(f"new {number}", id=f"new-{named(like)}") for number, like in enumerate(NEWS)]
FINE_CASES = [case for case in (*FILL_CASES, *NEW_CASES) if "u8" not in case.id]
# What all of a mode are to look like.
FIRST = {
    mode: next(f"fill {number}" for number, like in enumerate(FILLS) if (like[0], like[2]) == (mode, "U8_NON_LINEAR"))
    for mode in ("rgb", "gray")
}


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("modes")
    save(folder / "wall.png", bricks(SIDE, SIDE))
    return plugged.cases(
        CODE, folder / "run", starts=False, wall=str(folder / "wall.png"), fills=FILLS, news=NEWS, hole=HOLE
    )


@pytest.mark.parametrize("case", [*FILL_CASES, *NEW_CASES])
def test_the_image_with_the_result_is_as_the_image_was(cases, case):
    found, wanted = cases[case], cases[case]["wanted"]
    for same in ("mode", "precision", "profile", "resolution"):
        assert found[same] == wanted[same], same
    assert found["type"] == f"{found['mode']}a-image"


@pytest.mark.parametrize("case", FILL_CASES)
def test_all_but_the_new_layer_is_as_it_was(cases, case):
    assert cases[case]["rest"]


@pytest.mark.parametrize("case", [*FILL_CASES, *NEW_CASES])
def test_the_texture_looks_like_what_it_is_made_from(cases, case):
    around = array_of(cases[case]["around"])[..., :3].reshape(-1, 3) / 65535
    texture = array_of(cases[case]["texture"])[..., :3].reshape(-1, 3) / 65535
    assert np.allclose(texture.mean(0), around.mean(0), atol=0.08)


@pytest.mark.parametrize("case", FILL_CASES)
def test_the_texture_is_the_same_in_every_precision_and_profile(cases, case):
    first = FIRST[cases[case]["mode"]]
    texture, expected = (array_of(cases[name]["texture"])[..., :3] / 65535 for name in (case, first))
    # Small differences of the samples grow a little on the way.
    assert np.abs(texture - expected).mean() < 0.08


@pytest.mark.parametrize("case", FILL_CASES)
def test_the_texture_fits_its_border(cases, case):
    around = array_of(cases[case]["around"])[..., :3] / 65535
    filled = around.copy()
    hole = slice(HOLE, HOLE + 24)
    filled[hole, hole] = array_of(cases[case]["texture"])[..., :3] / 65535

    def across(picture):
        steps = np.abs(np.diff(picture, axis=1))
        return np.concatenate([steps[hole, HOLE - 1], steps[hole, HOLE + 23]]).mean()

    assert across(filled) < 1.5 * across(around)


@pytest.mark.parametrize("case", FINE_CASES)
def test_a_result_in_more_than_8_bits_has_more_than_8_bits(cases, case):
    texture = array_of(cases[case]["texture"])[..., :3]
    assert len(np.unique(texture)) > 256
    assert (texture % 257 != 0).mean() > 0.9


def test_an_image_with_a_palette_is_refused_with_a_sentence_and_stays_as_it_was(cases):
    sentence = "The image has indexed colors, which are too few for a texture: choose Image → Mode → RGB first."
    for task in ("fill", "seamless", "new layers"):
        assert cases["indexed"][task] == sentence
    assert cases["indexed"]["rest"]


def test_a_new_texture_from_an_image_with_a_palette_is_in_colors(cases):
    found = cases["indexed"]
    assert (found["source"], found["mode"], found["type"]) == ("indexed", "rgb", "rgba-image")
    around = array_of(found["around"])[..., :3].reshape(-1, 3) / 65535
    texture = array_of(found["texture"])[..., :3].reshape(-1, 3) / 65535
    assert np.allclose(texture.mean(0), around.mean(0), atol=0.08)


def test_light_beyond_white_and_what_is_no_number_do_no_harm(cases):
    assert np.isfinite(array_of(cases["out_of_range"]["floats"])).all()
