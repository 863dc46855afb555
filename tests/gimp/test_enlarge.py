"""Enlarge, in a real GIMP."""

import numpy as np
import pytest
from pictures import bricks, save
from plugged import array_of

HIGH, WIDE = 40, 48
CODE = """
def enlarged(image, form="R'G'B'A u8", call=called, **wishes):
    before, layers = everything(image), image.get_layers()
    made_in, made = call("enlarge", image, layers[:1], **wishes)
    return {
        "new": made_in.get_id() != image.get_id(),
        "size": [made_in.get_width(), made_in.get_height()],
        "precision": made_in.get_precision().value_nick,
        "gray": made_in.get_base_type() == Gimp.ImageBaseType.GRAY,
        "layers": [layer.get_name() for layer in made_in.get_layers()],
        "box": box_of(made),
        "picture": kept(made, form),
        "before": kept(layers[0], form),
        "rest": everything(image) == before,
    }


def twice():
    return enlarged(opened(wall), call=started)


def by_a_fraction():
    return enlarged(opened(wall), factor=2.5)


def a_selection():
    image = opened(wall)
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 6, 8, 24, 20)
    return enlarged(image)


def in_16_bits():
    image = opened(wall)
    image.convert_precision(Gimp.Precision.U16_NON_LINEAR)
    return enlarged(image, "R'G'B'A u16")


def in_floating_point():
    image = opened(wall)
    image.convert_precision(Gimp.Precision.FLOAT_LINEAR)
    return enlarged(image, "R'G'B'A float")


def in_gray():
    image = opened(wall)
    image.convert_grayscale()
    return enlarged(image)


def with_a_palette():
    image = opened(wall)
    image.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 16, False, False, "")
    return enlarged(image)


def with_a_hole():
    # Invisible colors do not get into what is seen.
    found = []
    for color in ([0, 255, 0], [0, 0, 255]):
        image = opened(wall)
        layer = image.get_layers()[0]
        layer.add_alpha()
        put_pixels(layer, [16, 10, 16, 16], "R'G'B'A u8", bytes([*color, 0]) * 256)
        found.append(enlarged(image))
    return found


def made_opaque():
    image = opened(wall)
    image.get_layers()[0].add_alpha()
    return enlarged(image, flatten=True)


def with_a_mask():
    image = opened(wall)
    layer = image.get_layers()[0]
    layer.add_alpha()
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 24, 40)
    layer.add_mask(layer.create_mask(Gimp.AddMaskType.SELECTION))
    Gimp.Selection.none(image)
    return enlarged(image)


def seeds():
    return [enlarged(opened(wall), seed=seed)["picture"] for seed in (1, 1, 2)]


def repeated():
    image = opened(wall)
    called("enlarge", image, image.get_layers(), factor=1.5)
    made_in, made = called("repeat", image, image.get_layers())
    return [made_in.get_width(), made_in.get_height()]


def said(change=None, **wishes):
    image = opened(wall)
    if change:
        change(image)
    before, count = everything(image), len(Gimp.get_images())
    told = refused("enlarge", image, image.get_layers()[:1], **wishes)
    return {"said": told, "as before": before == everything(image) and count == len(Gimp.get_images())}


def too_little():
    return said(lambda image: image.scale(7, 40))


def too_much():
    return said(lambda image: image.scale(3000, 10), factor=8.0)


def nothing_visible():
    def cleared(image):
        layer, = image.get_layers()
        layer.add_alpha()
        layer.edit_clear()

    return said(cleared)


def out_of_range():
    return said(factor=1.0)


def in_another_direction():
    return said(seamless="z")


cases = [
    twice, by_a_fraction, a_selection, in_16_bits, in_floating_point, in_gray, with_a_palette, with_a_hole,
    made_opaque, with_a_mask, seeds, repeated, too_little, too_much, nothing_visible,
    out_of_range, in_another_direction,
]
"""
SIZES = {
    "twice": [96, 80],
    "by_a_fraction": [120, 100],
    "a_selection": [48, 40],
    "in_16_bits": [96, 80],
    "in_floating_point": [96, 80],
    "in_gray": [96, 80],
    "with_a_palette": [96, 80],
}


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("enlarge")
    save(folder / "wall.png", bricks(HIGH, WIDE))
    return plugged.cases(CODE, folder / "run", starts=False, wall=str(folder / "wall.png"))


def halved(picture):
    """Average each 2 by 2 pixels."""
    height, width = picture.shape[:2]
    return picture.reshape(height // 2, 2, width // 2, 2, -1).astype(float).mean(axis=(1, 3))


@pytest.mark.parametrize("case", SIZES)
def test_the_enlarged_picture_is_the_only_layer_of_a_new_image(cases, case):
    found = cases[case]
    assert found["new"]
    assert found["size"] == SIZES[case]
    assert found["box"] == [0, 0, *SIZES[case]]
    assert len(found["layers"]) == 1
    assert found["rest"]


def test_the_layer_is_named_after_its_picture_and_how_large_it_is(cases):
    assert cases["twice"]["layers"] == ["Background × 2"]
    assert cases["by_a_fraction"]["layers"] == ["Background × 2.5"]


@pytest.mark.parametrize(
    ("case", "precision", "gray"),
    [
        ("twice", "u8-non-linear", False),
        ("in_16_bits", "u16-non-linear", False),
        ("in_floating_point", "float-linear", False),
        ("in_gray", "u8-non-linear", True),
        ("with_a_palette", "u8-non-linear", False),
    ],
)
def test_it_has_the_precision_and_the_mode_of_the_picture_and_colors_in_place_of_a_palette(
    cases, case, precision, gray
):
    assert (cases[case]["precision"], cases[case]["gray"]) == (precision, gray)


@pytest.mark.parametrize(("case", "top"), [("twice", 255), ("in_16_bits", 65535), ("in_floating_point", 1.0)])
def test_reduced_again_it_is_the_picture_that_it_was(cases, case, top):
    picture, before = array_of(cases[case]["picture"]), array_of(cases[case]["before"])
    assert (picture[..., 3] == top).all()
    assert np.abs(halved(picture) - before).mean() < 0.02 * top


def test_of_a_selection_its_bounding_rectangle_is_enlarged(cases):
    found = cases["a_selection"]
    assert np.abs(halved(array_of(found["picture"])) - array_of(found["before"])[8:28, 6:30]).mean() < 6


def test_transparency_is_enlarged_and_what_it_hides_does_not_show(cases):
    one, other = (array_of(each["picture"]) for each in cases["with_a_hole"])
    assert one[28:44, 40:56, 3].max() < 10
    assert one[:16, :, 3].min() == 255
    seen = one[..., 3] > 0
    assert np.array_equal(one[seen], other[seen])
    masked = array_of(cases["with_a_mask"]["picture"])
    assert (masked[:, :40, 3].min(), masked[:, 56:, 3].max()) == (255, 0)
    assert (array_of(cases["made_opaque"]["picture"])[..., 3] == 255).all()


def test_the_same_seed_gives_the_same_picture(cases):
    first, again, other = map(array_of, cases["seeds"])
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_it_is_repeated(cases):
    assert cases["repeated"] == [72, 60]


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("too_little", "The picture has 7 × 40 px: choose one of 8 px a side or more."),
        ("too_much", "The picture would be 24000 × 80 px: enlarge it to at most 16384 px a side."),
        ("nothing_visible", "Nothing can be seen in the layer"),
        ("out_of_range", "1.1 to 8"),
        ("in_another_direction", "none, x, y, both"),
    ],
)
def test_what_cannot_be_enlarged_is_told_in_a_sentence_and_nothing_is_left(cases, case, told):
    assert told in cases[case]["said"]
    assert cases[case]["as before"]
