"""Repeat Last Texture, and the last values, in a real GIMP."""

import numpy as np
import pytest
from pictures import bricks, save
from plugged import array_of

SIDE = 64
CHOOSE = "Repeat Last Texture uses the last choices: change them in “Fill Selection with Texture”."
CODE = """
import os
from pathlib import Path

last = Path(state) / "last-texture.json"


def bricks():
    image = opened(wall)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 20, 20, 20)
    return image, image.get_layers()


def again(image, layers, call=called):
    before = everything(image)
    _image, made = call("repeat", image, layers)
    found = {"name": made.get_name(), "box": box_of(made), "texture": kept(made)}
    image.remove_layer(made)
    return {**found, "wish": json.loads(last.read_text()), "rest": everything(image) == before}


def before_any():
    last.unlink(missing_ok=True)
    return refused("repeat", *bricks())


def last_of_another_version():
    last.write_text('{"task": "fill", "unheard-of": 1}')
    return refused("repeat", *bricks())


def after_a_fill():
    image, layers = bricks()
    _image, made = started("fill", image, layers, quality="draft", recipe="sliced", seed=5)
    first = {"name": made.get_name(), "texture": kept(made)}
    image.remove_layer(made)
    return {"first": first, "second": again(image, layers), "third": again(image, layers)}


def on_another_image():
    image = opened(sea)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 8, 12, 16, 20)
    return again(image, image.get_layers(), started)


def after_a_failure():
    # What could not be made is not repeated.
    image, layers = bricks()
    Gimp.Selection.none(image)
    refused("fill", image, layers, recipe="patch")
    return json.loads(last.read_text())["settings"]["recipe"]


def after_new():
    image, layers = bricks()
    called("new", image, layers, quality="draft", width=40, height=24)
    before = everything(image)
    made_in, made = called("repeat", image, layers)
    return {"fresh": made_in.get_id() != image.get_id(), "box": box_of(made), "rest": everything(image) == before}


def file_gone():
    image, layers = bricks()
    copy = Path(state) / "copy.png"
    copy.write_bytes(Path(sea).read_bytes())
    called("fill", image, layers, quality="draft", exemplar="file", exemplar_file=Gio.File.new_for_path(str(copy)))
    copy.unlink()
    return refused("repeat", image, layers).replace(str(copy), "FILE")


def drawable_gone():
    image, layers = bricks()
    other = opened(sea)
    called("fill", image, layers, quality="draft", exemplar="drawable", exemplar_drawable=other.get_layers()[0])
    other.delete()
    return refused("repeat", image, layers)


def pattern_gone():
    wish = json.loads(last.read_text())
    last.write_text(json.dumps({**wish, "source": "pattern", "pattern": "No Such Pattern"}))
    return refused("repeat", *bricks())


def with_last_values():
    image, layers = bricks()
    procedure = pdb.lookup_procedure("plug-in-texture-synthesis-fill")
    config = procedure.create_config()
    config.set_property("run-mode", Gimp.RunMode.WITH_LAST_VALS)
    config.set_property("image", image)
    config.set_core_object_array("drawables", layers)
    values = procedure.run(config)
    made = values.index(2)
    return {"status": values.index(0).value_nick, "name": made.get_name(), "box": box_of(made)}


cases = [
    before_any, last_of_another_version, after_a_fill, on_another_image, after_a_failure, after_new, file_gone,
    drawable_gone, pattern_gone, with_last_values,
]
"""
# A GIMP that ends, and another one after it, in which other layers have the same ids.
BEFORE = """
from pathlib import Path

last = Path(state) / "last-texture.json"
image, other = opened(wall), opened(sea)
layer, exemplar = image.get_layers()[0], other.get_layers()[0]
mask = Gimp.Channel.new(image, "mask", image.get_width(), image.get_height(), 100, Gegl.Color.new("white"))
image.insert_channel(mask, None, 0)
mask.fill(Gimp.FillType.WHITE)
image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 20, 20, 20)
result = {}
for name, wishes in {
    "drawable": {"exemplar": "drawable", "exemplar_drawable": exemplar}, "mask": {"exemplar_mask": mask}
}.items():
    called("fill", image, [layer], quality="draft", **wishes)
    called("repeat", image, [layer])
    result[name] = last.read_text()
"""
AFTER = """
from pathlib import Path

last = Path(state) / "last-texture.json"
result = {}
for name, text in kept_before.items():
    number = json.loads(text)[name]
    image = opened(wall)
    while not Gimp.Item.id_is_valid(number):
        image = opened(wall)
        mask = Gimp.Channel.new(image, "other", image.get_width(), image.get_height(), 100, Gegl.Color.new("white"))
        image.insert_channel(mask, None, 0)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 20, 20, 20)
    last.write_text(text)
    result[name] = refused("repeat", image, image.get_layers())
"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Paths of two pictures."""
    folder = tmp_path_factory.mktemp("pictures")
    save(folder / "wall.png", bricks(SIDE, SIDE))
    save(folder / "sea.png", bricks(SIDE, SIDE)[..., ::-1])
    return {"wall": str(folder / "wall.png"), "sea": str(folder / "sea.png")}


@pytest.fixture(scope="module")
def cases(plugged, pictures, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    return plugged.cases(CODE, tmp_path_factory.mktemp("repeat"), starts=False, state=str(plugged.state), **pictures)


@pytest.mark.parametrize("case", ["before_any", "last_of_another_version"])
def test_where_there_was_no_texture_yet_a_sentence_says_so(cases, case):
    assert cases[case] == "There is no last texture yet: make one first."


def test_it_is_made_again_with_the_same_settings_and_another_seed(cases):
    found = cases["after_a_fill"]
    for number in ("second", "third"):
        wish = found[number]["wish"]
        how = wish["settings"]
        assert (wish["task"], how["recipe"], how["quality"]) == ("fill", "sliced", "draft")
        assert found[number]["name"] == f"Texture, seed {how['seed']}"
        assert found[number]["box"] == [20, 20, 20, 20]
        assert found[number]["rest"]
    pictures = [array_of(found[number]["texture"]).astype(int) for number in ("first", "second", "third")]
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert np.abs(pictures[one] - pictures[other]).mean() > 2


def test_it_works_on_another_image(cases):
    found = cases["on_another_image"]
    assert found["box"] == [8, 12, 16, 20]
    assert found["rest"]
    colors = array_of(found["texture"])[..., :3].reshape(-1, 3).mean(0)
    assert colors[2] > colors[0] + 20


def test_what_could_not_be_made_is_not_what_is_repeated(cases):
    assert cases["after_a_failure"] == "sliced"


def test_a_new_image_is_made_again_as_a_new_image(cases):
    assert cases["after_new"] == {"fresh": True, "box": [0, 0, 40, 24], "rest": True}


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ("file_gone", "There is no file FILE: choose another exemplar."),
        ("drawable_gone", "The exemplar's layer no longer exists: choose another."),
        ("pattern_gone", "There is no pattern “No Such Pattern”: choose another."),
    ],
)
def test_an_exemplar_that_is_gone_meanwhile_is_told_in_a_sentence(cases, case, sentence):
    assert cases[case] == f"{sentence} {CHOOSE}"


def test_the_last_values_of_a_procedure_serve_without_a_screen(cases):
    found = cases["with_last_values"]
    assert (found["status"], found["box"]) == ("success", [20, 20, 20, 20])


def test_drawables_of_an_earlier_run_of_gimp_are_gone_though_others_have_their_ids(plugged, pictures, tmp_path):
    given = {"state": str(plugged.state), **pictures}
    found = plugged.run(BEFORE, tmp_path / "before", starts=False, anew=True, **given).result
    said = plugged.run(AFTER, tmp_path / "after", starts=False, anew=True, kept_before=found, **given).result
    assert said["drawable"] == f"The exemplar's layer no longer exists: choose another. {CHOOSE}"
    assert said["mask"].startswith("The exemplar mask is not in the image")
