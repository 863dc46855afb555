"""Where a texture is sampled from, in a real GIMP."""

import pytest
from pictures import bricks, bytes_of, save
from plugged import array_of

SIDE = 96
INNER = (slice(4, 20), slice(4, 20))
CODE = """
def channel(image, *boxes):
    made = Gimp.Channel.new(image, "allowed", image.get_width(), image.get_height(), 100, Gegl.Color.new("black"))
    image.insert_channel(made, None, 0)
    width, height = image.get_width(), image.get_height()
    put_pixels(made, [0, 0, width, height], "Y u8", bytes(width * height))
    for box in boxes:
        put_pixels(made, box, "Y u8", bytes([255]) * (box[2] * box[3]))
    # A new channel is selected in place of the layer.
    image.set_selected_layers(image.get_layers())
    return made


def wall():
    image = opened(bricks)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 36, 36, 24, 24)
    return image, image.get_layers()


def filled(image, layers, call=called, **wishes):
    before = everything(image)
    _image, made = call("fill", image, layers, quality="draft", **wishes)
    found = {"texture": kept(made), "box": box_of(made)}
    image.remove_layer(made)
    return {**found, "rest": everything(image) == before}


def from_its_sides():
    return filled(*wall(), sample_from="sides")


def from_above_and_below():
    return filled(*wall(), sample_from="above-below")


def from_a_context_of_its_rows():
    return filled(*wall(), sample_from="sides", context=20)


def from_a_channel():
    image, layers = wall()
    return filled(image, layers, started, exemplar_mask=channel(image, (0, 0, 96, 30)))


def from_a_layer():
    # White where it can be seen, and beside it nothing may be sampled.
    image, layers = wall()
    mask = Gimp.Layer.new(image, "allowed", 40, 24, Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(mask, None, 0)
    mask.set_offsets(56, 36)
    mask.fill(Gimp.FillType.WHITE)
    mask.set_visible(False)
    return filled(image, layers, exemplar_mask=mask)


def from_far_away():
    # Further than a hole of its size looks by itself.
    image, layers = wall()
    image.resize(900, 96, 0, 0)
    layers[0].resize(900, 96, 0, 0)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 800, 0, 100, 96)
    Gimp.context_set_foreground(Gegl.Color.new("lime"))
    layers[0].edit_fill(Gimp.FillType.FOREGROUND)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 36, 36, 24, 24)
    return {
        "mask": filled(image, layers, exemplar_mask=channel(image, (820, 10, 60, 60))),
        "context": filled(image, layers, context=900, exemplar_mask=channel(image, (820, 10, 60, 60))),
    }


def from_a_part_of_another_layer():
    image, layers = wall()
    other = opened(bricks)
    mask = channel(other, (0, 36, 96, 24))
    return filled(image, layers, exemplar="drawable", exemplar_drawable=other.get_layers()[0], exemplar_mask=mask)


def new_texture():
    image = opened(bricks)
    made_in, made = called(
        "new", image, image.get_layers(), quality="draft", exemplar_mask=channel(image, (0, 36, 96, 24)),
        width=48, height=48)
    return {"texture": kept(made)}


def mask_of_another_image():
    image, layers = wall()
    return refused("fill", image, layers, exemplar_mask=channel(opened(bricks), (0, 0, 96, 30)))


def black_mask():
    image, layers = wall()
    return refused("fill", image, layers, exemplar_mask=channel(image))


def mask_in_the_hole():
    image, layers = wall()
    return refused("fill", image, layers, exemplar_mask=channel(image, (40, 40, 10, 10)))


cases = [
    from_its_sides, from_above_and_below, from_a_context_of_its_rows, from_a_channel, from_a_layer, from_far_away,
    from_a_part_of_another_layer, new_texture, mask_of_another_image, black_mask, mask_in_the_hole,
]
"""


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("sampling")
    samples = bytes_of(bricks(SIDE, SIDE))
    # A band of blue bricks goes through the hole.
    samples[36:60] = samples[36:60, :, ::-1]
    save(folder / "bricks.png", samples)
    return plugged.cases(CODE, folder / "run", starts=False, bricks=str(folder / "bricks.png"))


def color(found):
    red, green, blue = array_of(found["texture"])[INNER][..., :3].reshape(-1, 3).mean(axis=0)
    return max((red, "red"), (green, "green"), (blue, "blue"))[1]


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("from_its_sides", "blue"),
        ("from_above_and_below", "red"),
        ("from_a_context_of_its_rows", "blue"),
        ("from_a_channel", "red"),
        ("from_a_layer", "blue"),
        ("from_a_part_of_another_layer", "blue"),
    ],
)
def test_a_selection_is_filled_from_where_it_may_be_sampled(cases, case, expected):
    assert color(cases[case]) == expected
    assert cases[case]["box"] == [36, 36, 24, 24]
    assert cases[case]["rest"]


@pytest.mark.parametrize("how", ["mask", "context"])
def test_what_is_white_in_the_mask_is_sampled_however_far_away_it_is(cases, how):
    found = cases["from_far_away"][how]
    assert color(found) == "green"
    assert found["rest"]


def test_a_new_texture_is_made_of_what_is_white_in_the_mask(cases):
    assert color(cases["new_texture"]) == "blue"


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("mask_of_another_image", "The exemplar mask is not in the image"),
        ("black_mask", "The exemplar mask has no white pixel"),
        ("mask_in_the_hole", "Too little is left to sample"),
    ],
)
def test_a_mask_that_cannot_be_used_is_told(cases, case, words):
    assert cases[case].startswith(words)
