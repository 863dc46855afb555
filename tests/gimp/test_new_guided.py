"""New textures with guides, in a real GIMP."""

import numpy as np
import pytest
from pictures import save
from plugged import array_of
from test_mixing import stones

SIDE = 64
EDGE = 24
WIDTH, HEIGHT = 96, 80
CODE = """
def layer_of(path, image):
    made = Gimp.Layer.new_from_drawable(opened(path).get_layers()[0], image)
    image.insert_layer(made, None, 0)
    return made


def two_parts():
    # An exemplar with two areas, beside the corner of its image, and a guide that is hidden and faint.
    image = opened(exemplar)
    guide = layer_of(areas, image)
    image.resize(100, 90, 7, 5)
    guide.set_visible(False)
    guide.set_opacity(40)
    layer = image.get_layers()[1]
    image.set_selected_layers([layer])
    return image, layer, guide


def channel_of(path, image):
    layer = layer_of(path, image)
    made = Gimp.Channel.new(image, "areas", image.get_width(), image.get_height(), 100, Gegl.Color.new("black"))
    image.insert_channel(made, None, 0)
    put_pixels(made, [0, 0, layer.get_width(), layer.get_height()], "Y' u8", bytes(seen(layer, "Y' u8")))
    image.remove_layer(layer)
    image.set_selected_layers(image.get_layers())
    return made


def made(image, layers, **wishes):
    before = everything(image)
    wishes = {"quality": "draft", **wishes}
    made_in, layer = called("new", image, layers, **wishes)
    found = {"box": box_of(layer), "picture": kept(layer)}
    if made_in.get_id() == image.get_id():
        for item in image.get_layers():
            if item.get_name().startswith("Texture"):
                image.remove_layer(item)
    return {**found, "rest": everything(image) == before}


def wanted():
    return opened(halves).get_layers()[0]


def by_layers():
    image, layer, guide = two_parts()
    return made(image, [layer], guide=guide, canvas_guide=wanted(), width=40, height=30)


def by_channels():
    image = opened(exemplar)
    guide, canvas_guide = channel_of(areas, image), channel_of(halves, opened(halves))
    return made(image, image.get_layers(), guide=guide, canvas_guide=canvas_guide)


def of_a_selection():
    image, layer, guide = two_parts()
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 20, 15, 48, 50)
    return made(image, [layer], guide=guide, canvas_guide=wanted())


def tileable():
    image, layer, guide = two_parts()
    return made(image, [layer], guide=guide, canvas_guide=wanted(), seamless="both")


def into_layers():
    image, layer, guide = two_parts()
    return made(image, [layer], guide=guide, canvas_guide=wanted(), destination="layers", variations=2)


def mixed(canvas_guide):
    image = opened(red)
    return made(image, [image.get_layers()[0], layer_of(blue, image)], canvas_guide=canvas_guide)


def by_grays():
    return mixed(opened(ramp).get_layers()[0])


def by_a_gray_channel():
    return mixed(channel_of(ramp, opened(ramp)))


def repeated():
    image, layer, guide = two_parts()
    other = opened(halves)
    called("new", image, [layer], quality="draft", guide=guide, canvas_guide=other.get_layers()[0])
    _image, again = called("repeat", image, [layer])
    found = {"box": box_of(again), "picture": kept(again), "rest": True}
    other.remove_layer(other.get_layers()[0])
    removed = refused("repeat", image, [layer])
    other.delete()
    closed = refused("repeat", image, [layer])
    return {**found, "refused": [removed, closed]}


def repeated_elsewhere():
    image, layer, guide = two_parts()
    called("new", image, [layer], quality="draft", guide=guide, canvas_guide=wanted())
    other = opened(red)
    return refused("repeat", other, other.get_layers())


def not_made(count=1, **wishes):
    image, layer, guide = two_parts()
    layers = [layer, *(layer_of(red, image) for _number in range(count - 1))]
    known = {"guide": guide, "halves": wanted(), "other": opened(areas).get_layers()[0]}
    wishes = {name: known.get(one, one) if isinstance(one, str) else one for name, one in wishes.items()}
    return refused("new", image, layers, quality="draft", **wishes)


def guide_of_several():
    return not_made(2, guide="guide", canvas_guide="halves")


def no_canvas_guide():
    return not_made(guide="guide")


def no_exemplar_guide():
    return not_made(canvas_guide="halves")


def guide_in_another_image():
    return not_made(guide="other", canvas_guide="halves")


def colors_that_mix():
    return not_made(2, canvas_guide=opened(colors).get_layers()[0])


def guide_that_is_small():
    image, layer, guide = two_parts()
    guide.resize(64, 50, 0, 0)
    return refused("new", image, [layer], guide=guide, canvas_guide=wanted())


def guide_with_gaps():
    guide = wanted()
    guide.add_alpha()
    guide.get_image().select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 10, 10)
    guide.edit_clear()
    return not_made(guide="guide", canvas_guide=guide)


def guide_that_is_tiny():
    guide = wanted()
    guide.resize(96, 7, 0, 0)
    return not_made(guide="guide", canvas_guide=guide)


def foreign_color():
    return not_made(guide="guide", canvas_guide=opened(colors).get_layers()[0])


cases = [
    by_layers, by_channels, of_a_selection, tileable, into_layers, by_grays, by_a_gray_channel, repeated,
    repeated_elsewhere, guide_of_several, no_canvas_guide, no_exemplar_guide, guide_in_another_image, colors_that_mix,
    guide_that_is_small, guide_with_gaps, guide_that_is_tiny, foreign_color,
]
"""


def painted(where, first, second):
    """Give one area one color, and the rest another one."""
    return np.where(where[..., None], np.array(first, float), np.array(second, float))


@pytest.fixture(scope="module")
def cases(plugged, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("guided")
    left, top = np.indices((SIDE, SIDE))[1] < EDGE, np.indices((HEIGHT, WIDTH))[0] < HEIGHT // 2
    red, blue, white, black = stones(0, SIDE, SIDE), stones(2, SIDE, SIDE), (1, 1, 1), (0, 0, 0)
    pictures = {
        "exemplar": np.where(left[..., None], red, blue),
        "areas": painted(left, white, black),
        "halves": painted(top, white, black),
        "colors": painted(top, white, (1, 0, 1)),
        "ramp": np.linspace(0, 1, WIDTH)[None, :, None].repeat(HEIGHT, axis=0).repeat(3, axis=2),
        "red": red,
        "blue": blue,
    }
    for name, picture in pictures.items():
        save(folder / f"{name}.png", picture)
    return plugged.cases(
        CODE, folder / "run", starts=False, **{name: str(folder / f"{name}.png") for name in pictures}
    )


def red_part(pixels):
    """The part of the pixels that are more red than blue."""
    return float((pixels[..., 0] > pixels[..., 2]).mean())


@pytest.mark.parametrize(
    "case", ["by_layers", "by_channels", "of_a_selection", "tileable", "into_layers", "repeated"]
)
def test_each_area_of_the_exemplar_is_where_the_canvas_guide_has_its_color(cases, case):
    found = cases[case]
    assert found["box"][2:] == [WIDTH, HEIGHT]
    assert found["rest"]
    picture = array_of(found["picture"])[..., :3].astype(int)
    above, below = np.array_split(picture, 2)
    assert red_part(above) > 0.9
    assert red_part(below) < 0.1


def test_a_guided_texture_tiles(cases):
    picture = array_of(cases["tileable"]["picture"])[..., :3].astype(float)
    across = np.abs(picture[:, 0] - picture[:, -1]).mean()
    assert across < 1.5 * np.abs(np.diff(picture, axis=1)).mean(axis=(0, 2)).max()


@pytest.mark.parametrize("case", ["by_grays", "by_a_gray_channel"])
def test_grays_mix_layers_from_black_for_the_first_to_white_for_the_last(cases, case):
    found = cases[case]
    assert found["box"] == [0, 0, WIDTH, HEIGHT]
    picture = array_of(found["picture"])[..., :3].astype(int)
    shares = [red_part(part) for part in np.array_split(picture, 4, axis=1)]
    assert shares[0] > 0.7 > 0.3 > shares[3]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("repeated_elsewhere", "exemplar guide is not in the image"),
        ("guide_of_several", "2 layers are selected"),
        ("no_canvas_guide", "no canvas guide"),
        ("no_exemplar_guide", "no exemplar guide"),
        ("guide_in_another_image", "exemplar guide is not in the image"),
        ("colors_that_mix", "The canvas guide has colors"),
        ("guide_that_is_small", "A guide is transparent in places"),
        ("guide_with_gaps", "A guide is transparent in places"),
        ("guide_that_is_tiny", "96 × 7 px"),
        ("foreign_color", "#ff00ff"),
    ],
)
def test_guides_that_cannot_be_used_are_told_in_a_sentence(cases, case, words):
    assert words in cases[case]


def test_the_last_texture_is_repeated_only_while_its_guides_exist(cases):
    assert all("canvas guide, the content or a map no longer" in each for each in cases["repeated"]["refused"])
