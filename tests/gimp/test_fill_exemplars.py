"""Fill Selection with Texture from another exemplar than what lies around, in a real GIMP."""

import numpy as np
import pytest
from pictures import bricks, bytes_of, save
from PIL import Image, ImageOps
from plugged import array_of

SIDE = 64
# EXIF's number of the tag.
ORIENTATION = 0x112
CODE = """
import sys
from pathlib import Path

import gi
gi.require_version("Babl", "0.1")
from gi.repository import Babl

sys.path.insert(0, package)
from gimp_plugin import exemplar_sources


def bricks():
    image = opened(wall)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 20, 24, 24)
    return image, image.get_layers()


def filled(image, drawables, **wishes):
    before = everything(image)
    _image, made = called("fill", image, drawables, quality="draft", **wishes)
    found = {"texture": kept(made), "box": box_of(made)}
    image.remove_layer(made)
    return {**found, "rest": everything(image) == before, "open": len(Gimp.get_images())}


def from_a_layer():
    image, layers = bricks()
    other = Gimp.Layer.new_from_drawable(opened(sea).get_layers()[0], image)
    image.insert_layer(other, None, 0)
    other.set_visible(False)
    other.set_offsets(50, -30)
    return filled(image, layers, exemplar="drawable", exemplar_drawable=other)


def from_an_image():
    image, layers = bricks()
    other = opened(sea)
    image_layer = other.get_layers()[0]
    before = everything(other)
    found = filled(image, layers, exemplar="drawable", exemplar_drawable=image_layer)
    return {**found, "other": everything(other) == before}


def from_an_image_with_a_palette():
    image, layers = bricks()
    other = opened(sea)
    other.convert_indexed(Gimp.ConvertDitherType.NONE, Gimp.ConvertPaletteType.GENERATE, 16, False, False, "")
    return filled(image, layers, exemplar="drawable", exemplar_drawable=other.get_layers()[0])


def from_a_file():
    image, layers = bricks()
    before = len(Gimp.get_images())
    found = filled(image, layers, exemplar="file", exemplar_file=Gio.File.new_for_path(sea))
    return {**found, "left open": found["open"] - before}


def from_a_pattern():
    image, layers = bricks()
    Gimp.Selection.all(image)
    before = len(Gimp.get_images())
    Gimp.context_set_opacity(30)
    chosen = Gimp.context_get_pattern().get_name()
    pattern = Gimp.Pattern.get_by_name("Leopard")
    found = filled(image, layers, exemplar="pattern", exemplar_pattern=pattern)
    alike = Gimp.context_get_pattern().get_name() == chosen and Gimp.context_get_opacity() == 30
    Gimp.context_set_opacity(100)
    _found, width, height, _bytes = pattern.get_info()
    pixels = pattern.get_buffer(width, height, Babl.format("R'G'B' u8")).get(
        Gegl.Rectangle.new(0, 0, width, height), 1.0, "R'G'B' u8", Gegl.AbyssPolicy.NONE)
    colors = [sum(pixels[channel::3]) / (width * height) for channel in range(3)]
    return {**found, "left open": found["open"] - before, "context kept": alike, "colors": colors}


def all_of_a_layer():
    image, layers = bricks()
    Gimp.Selection.all(image)
    return filled(image, layers, exemplar="file", exemplar_file=Gio.File.new_for_path(sea))


def all_of_a_layer_unselected():
    image, layers = bricks()
    Gimp.Selection.none(image)
    return filled(image, layers, exemplar="file", exemplar_file=Gio.File.new_for_path(sea))


def without_alpha_in_gray():
    image, layers = bricks()
    image.convert_grayscale()
    return filled(image, image.get_layers(), exemplar="file", exemplar_file=Gio.File.new_for_path(sea))


def turned_files():
    found = {}
    for name, path in turned.items():
        read = exemplar_sources.read_file(Path(path), gray=False, depth="u8")
        pixels = base64.b64encode(bytes(read.data)).decode()
        found[name] = {"width": read.width, "height": read.height, "form": "R'G'B'A u8", "pixels": pixels}
    return found


def file_with_a_visible_channel():
    image, _layers = bricks()
    channel = Gimp.Selection.save(image)
    channel.set_visible(True)
    file = Gio.File.new_for_path(f"{sea}.xcf")
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, file, None)
    again = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, file)
    shown = [channel.get_visible() for channel in again.get_channels()]
    read = exemplar_sources.read_file(Path(file.get_path()), gray=False, depth="u8")
    return {"channels": shown, "as its layer": bytes(read.data) == bytes(seen(image.get_layers()[0]))}


def file_elsewhere():
    image, layers = bricks()
    file = Gio.File.new_for_uri("https://example.org/grass.png")
    return refused("fill", image, layers, exemplar="file", exemplar_file=file)


def no_such_file():
    image, layers = bricks()
    return refused("fill", image, layers, exemplar="file", exemplar_file=Gio.File.new_for_path("/no/such.png"))


def folder_for_a_file():
    image, layers = bricks()
    return refused("fill", image, layers, exemplar="file", exemplar_file=Gio.File.new_for_path("/"))


def no_file():
    image, layers = bricks()
    return refused("fill", image, layers, exemplar="file")


def no_picture():
    image, layers = bricks()
    return refused("fill", image, layers, exemplar="file", exemplar_file=Gio.File.new_for_path(poem))


def no_drawable():
    image, layers = bricks()
    return refused("fill", image, layers, exemplar="drawable")


def too_small():
    image, layers = bricks()
    other = opened(sea)
    other.crop(6, 6, 0, 0)
    return refused("fill", image, layers, exemplar="drawable", exemplar_drawable=other.get_layers()[0])


def nothing_visible():
    image, layers = bricks()
    other = opened(sea)
    other.get_layers()[0].add_alpha()
    Gimp.Selection.all(other)
    other.get_layers()[0].edit_clear()
    return refused("fill", image, layers, exemplar="drawable", exemplar_drawable=other.get_layers()[0])


def from_itself():
    image, layers = bricks()
    fill = {"exemplar": "drawable", "exemplar_drawable": layers[0]}
    before = kept(layers[0])
    return {**filled(image, layers, **fill), "before": before}


def all_of_itself():
    image, layers = bricks()
    Gimp.Selection.all(image)
    return filled(image, layers, exemplar="drawable", exemplar_drawable=layers[0])


cases = [
    from_itself, all_of_itself, from_a_layer, from_an_image, from_an_image_with_a_palette, from_a_file,
    from_a_pattern, all_of_a_layer,
    all_of_a_layer_unselected, without_alpha_in_gray, turned_files, file_with_a_visible_channel, file_elsewhere,
    no_such_file, folder_for_a_file, no_file, no_picture, no_drawable, too_small, nothing_visible,
]
"""
BLUE = ("from_a_layer", "from_an_image", "from_an_image_with_a_palette", "from_a_file")


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    """Paths of pictures with each of EXIF's orientations, in several formats."""
    folder, picture = tmp_path_factory.mktemp("turned"), np.zeros((20, 40, 3), np.uint8)
    picture[:10, 20:], picture[10:, :20], picture[10:, 20:] = (250, 0, 0), (0, 250, 0), (250, 250, 250)
    found = {}
    for orientation in range(1, 9):
        for kind in ("jpg", "png", "tif"):
            exif = Image.Exif()
            exif[ORIENTATION] = orientation
            path = folder / f"{orientation}.{kind}"
            Image.fromarray(picture).save(path, exif=exif)
            found[path.name] = str(path)
    return found


@pytest.fixture(scope="module")
def cases(plugged, turned, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("exemplars")
    paths = {name: folder / f"{name}.png" for name in ("wall", "sea", "poem")}
    save(paths["wall"], bricks(SIDE, SIDE))
    # Bricks of blue.
    save(paths["sea"], bricks(SIDE, SIDE)[..., ::-1] * [0, 1, 1])
    paths["poem"].write_text("The sea is calm tonight.")
    given = {"turned": turned, **{name: str(path) for name, path in paths.items()}}
    return plugged.cases(CODE, folder / "run", starts=False, **given)


@pytest.mark.parametrize("case", BLUE)
def test_the_texture_is_like_the_exemplar_and_not_like_what_lies_around(cases, case):
    assert cases[case]["box"] == [20, 20, 24, 24]
    colors = array_of(cases[case]["texture"])[6:-6, 6:-6, :3].reshape(-1, 3).mean(0)
    around = bytes_of(bricks(SIDE, SIDE)).reshape(-1, 3).mean(0)
    assert np.abs(colors - around[::-1] * [0, 1, 1]).max() < np.abs(colors - around).max()


@pytest.mark.parametrize("case", [*BLUE, "from_a_pattern", "all_of_a_layer", "all_of_a_layer_unselected"])
def test_all_but_the_new_layer_is_as_it_was(cases, case):
    assert cases[case]["rest"]


def test_another_image_is_only_looked_at(cases):
    assert cases["from_an_image"]["other"]


@pytest.mark.parametrize("case", ["from_a_file", "from_a_pattern"])
def test_no_image_stays_open_that_was_only_read(cases, case):
    assert cases[case]["left open"] == 0


def test_a_pattern_is_taken_as_it_is_and_the_painters_context_stays(cases):
    found = cases["from_a_pattern"]
    texture = array_of(found["texture"])[..., :3].reshape(-1, 3).mean(0)
    assert np.allclose(texture, found["colors"], atol=24)
    assert found["context kept"]


def test_a_file_with_an_exif_orientation_is_sampled_upright(cases, turned):
    for name, path in turned.items():
        with Image.open(path) as picture:
            upright = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
        read = array_of(cases["turned_files"][name])[..., :3]
        assert read.shape == upright.shape, name
        # Decoders of JPEG round differently.
        assert np.abs(read.astype(int) - upright).mean() < 1, name


def test_the_overlay_of_a_visible_channel_of_a_file_is_not_sampled(cases):
    assert cases["file_with_a_visible_channel"] == {"channels": [True], "as its layer": True}


@pytest.mark.parametrize("case", ["all_of_a_layer", "all_of_a_layer_unselected"])
def test_a_whole_layer_becomes_another_texture(cases, case):
    assert cases[case]["box"] == [0, 0, SIDE, SIDE]
    colors = array_of(cases[case]["texture"])[..., :3].reshape(-1, 3).mean(0)
    assert colors[0] < 40 < 100 < colors[2]


def test_an_exemplar_in_colors_serves_a_gray_image(cases):
    texture = array_of(cases["without_alpha_in_gray"]["texture"])
    assert (texture[..., 0] == texture[..., 2]).all()


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("no_such_file", "There is no file /no/such.png"),
        ("folder_for_a_file", "/ is a folder"),
        ("file_elsewhere", "https://example.org/grass.png"),
        ("no_file", "Choose the file to take the texture from."),
        ("no_picture", "poem.png as a picture: choose another file."),
        ("no_drawable", "Choose the layer or image to take the texture from."),
        ("too_small", "The exemplar has no visible part of 8 × 8 px or more: choose another."),
        ("nothing_visible", "The exemplar has no visible part of 8 × 8 px or more: choose another."),
    ],
)
def test_what_cannot_be_an_exemplar_is_told_in_a_sentence(cases, case, sentence):
    assert sentence in cases[case]


def test_a_layer_that_is_its_own_exemplar_gives_nothing_back_of_what_is_selected(cases):
    case = cases["from_itself"]
    box = case["box"]
    before = array_of(case["before"])[box[1] : box[1] + box[3], box[0] : box[0] + box[2]]
    assert (array_of(case["texture"])[..., :3] != before[..., :3]).any(axis=2).mean() > 0.5
    assert case["rest"]


def test_a_layer_that_is_its_own_exemplar_is_made_anew_where_all_of_it_is_selected(cases):
    case = cases["all_of_itself"]
    assert case["box"][2:] == [SIDE, SIDE]
    assert case["rest"]
