"""Layers saved as patterns, in a real GIMP."""

import numpy as np
import pytest
from gimps import profile
from pictures import bricks, save
from plugged import array_of, plug

CODE = """
PATTERNS = Path(Gimp.directory()) / "patterns"


def saved(image, layer, name=""):
    found, = called("save-as-pattern", image, [layer], pattern_name=name)
    pattern = Gimp.Pattern.get_by_name(found)
    _ok, width, height, bytes_each = pattern.get_info()
    return {"name": found, "size": [width, height], "bytes": bytes_each, "files": names()}


def names():
    return sorted(path.name for path in PATTERNS.glob("*.pat"))


def painted(name, fill):
    # What GIMP paints with a pattern.
    image = Gimp.Image.new(fill, fill, Gimp.ImageBaseType.RGB)
    layer = Gimp.Layer.new(image, "made", fill, fill, Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(layer, None, 0)
    Gimp.context_push()
    Gimp.context_set_pattern(Gimp.Pattern.get_by_name(name))
    layer.edit_fill(Gimp.FillType.PATTERN)
    Gimp.context_pop()
    return kept(layer)


def a_layer_is_saved_and_painted_with():
    image = opened(wall)
    layer, = image.get_layers()
    layer.set_name("Old: wall/1")
    found = saved(image, layer)
    return {**found, "painted": painted(found["name"], layer.get_width()), "source": kept(layer)}


def the_selection_is_saved():
    image = opened(wall)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 8, 4, 20, 12)
    return saved(image, image.get_layers()[0], "part")


def kinds():
    found = {}
    for name, kind, picture in (
        ("gray", Gimp.ImageBaseType.GRAY, Gimp.ImageType.GRAY_IMAGE),
        ("gray with alpha", Gimp.ImageBaseType.GRAY, Gimp.ImageType.GRAYA_IMAGE),
        ("rgb", Gimp.ImageBaseType.RGB, Gimp.ImageType.RGB_IMAGE),
        ("rgb with alpha", Gimp.ImageBaseType.RGB, Gimp.ImageType.RGBA_IMAGE),
    ):
        image = Gimp.Image.new_with_precision(16, 16, kind, Gimp.Precision.U16_NON_LINEAR)
        layer = Gimp.Layer.new(image, name, 16, 16, picture, 100, Gimp.LayerMode.NORMAL)
        image.insert_layer(layer, None, 0)
        image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 8, 16)
        layer.edit_fill(Gimp.FillType.WHITE)
        Gimp.Selection.none(image)
        found[name] = saved(image, layer)["bytes"]
    return found


def names_that_are_taken():
    image = opened(wall)
    layer, = image.get_layers()
    layer.set_name("twice")
    made = [saved(image, layer)["name"], saved(image, layer, None)["name"]]
    made += called("save-as-pattern", image, [layer])
    said = refused("save-as-pattern", image, [layer], pattern_name="twice")
    return {"names": made, "files": names(), "said": said}


def a_file_of_the_name_is_left_as_it_is():
    (PATTERNS / "mine.pat").write_bytes(b"mine")
    image = opened(wall)
    found = saved(image, image.get_layers()[0], "mine")
    return {**found, "kept": (PATTERNS / "mine.pat").read_bytes().decode()}


def a_file_is_in_place_of_the_folder():
    image = opened(wall)
    away = PATTERNS.rename(PATTERNS.with_name("away"))
    PATTERNS.write_bytes(b"")
    try:
        return refused("save-as-pattern", image, image.get_layers())
    finally:
        PATTERNS.unlink()
        away.rename(PATTERNS)


def refusals():
    image = opened(wall)
    layer, = image.get_layers()
    wide = Gimp.Image.new(10001, 4, Gimp.ImageBaseType.GRAY)
    band = Gimp.Layer.new(wide, "band", 10001, 4, Gimp.ImageType.GRAY_IMAGE, 100, Gimp.LayerMode.NORMAL)
    wide.insert_layer(band, None, 0)
    before = names()
    said = {
        "too large": refused("save-as-pattern", wide, [band]),
        "name too long": refused("save-as-pattern", image, [layer], pattern_name="é" * 128),
    }
    layer.set_offsets(30, 30)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 9, 9)
    said["outside"] = refused("save-as-pattern", image, [layer])
    wide.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, 10000, 4)
    empty = Gimp.Layer.new(image, "empty", 9, 9, Gimp.ImageType.RGBA_IMAGE, 100, Gimp.LayerMode.NORMAL)
    image.insert_layer(empty, None, 0)
    said["nothing visible"] = refused("save-as-pattern", image, [empty])
    return {"said": said, "written": names() != before, "largest": saved(wide, band, "é" * 127)["size"]}


cases = [
    a_layer_is_saved_and_painted_with, the_selection_is_saved, kinds, names_that_are_taken,
    a_file_of_the_name_is_left_as_it_is, a_file_is_in_place_of_the_folder, refusals,
]
"""


@pytest.fixture(scope="module")
def wall_file(tmp_path_factory):
    return save(tmp_path_factory.mktemp("pictures") / "wall.png", bricks(48, 48))


@pytest.fixture(scope="module")
def cases(place, known_plug_ins, tmp_path_factory, wall_file):
    """What one GIMP has made of all cases; it needs no engine."""
    own = profile(tmp_path_factory.mktemp("patterns") / "profile", known_plug_ins)
    plugged = plug(place, own, tmp_path_factory.mktemp("state") / "state")
    code = f"from pathlib import Path\n{CODE}"
    # GIMP itself says that the file of another program is no pattern.
    return plugged.cases(code, tmp_path_factory.mktemp("run"), allowed=("mine.pat",), wall=str(wall_file))


def test_a_layer_becomes_a_pattern_that_gimp_paints_with_at_once(cases):
    found = cases["a_layer_is_saved_and_painted_with"]
    assert found["name"] == "Old: wall/1"
    assert found["files"] == ["Old- wall-1.pat"]
    assert (found["size"], found["bytes"]) == ([48, 48], 3)
    assert np.array_equal(array_of(found["painted"]), array_of(found["source"]))


def test_of_a_selection_its_bounds_become_the_pattern(cases):
    found = cases["the_selection_is_saved"]
    assert found["name"] == "part"
    assert found["size"] == [20, 12]


def test_gray_stays_gray_and_alpha_is_kept_where_there_is_any(cases):
    assert cases["kinds"] == {"gray": 1, "gray with alpha": 2, "rgb": 3, "rgb with alpha": 4}


def test_a_name_that_is_taken_gets_a_number_or_is_refused(cases):
    found = cases["names_that_are_taken"]
    assert found["names"] == ["twice", "twice 2", "twice 3"]
    assert {"twice.pat", "twice 2.pat", "twice 3.pat"} <= set(found["files"])
    assert "twice-2.pat" not in found["files"]
    assert "“twice”" in found["said"]


def test_no_file_is_replaced(cases):
    found = cases["a_file_of_the_name_is_left_as_it_is"]
    assert found["name"] == "mine"
    assert found["kept"] == "mine"
    assert "mine-2.pat" in found["files"]


def test_a_file_in_place_of_the_folder_is_named(cases):
    assert "/patterns is not a folder" in cases["a_file_is_in_place_of_the_folder"]


def test_what_gimp_would_not_read_is_refused_in_a_sentence_and_nothing_is_written(cases):
    found = cases["refusals"]
    assert "10001 × 4" in found["said"]["too large"]
    assert "255" in found["said"]["name too long"]
    assert found["said"]["outside"]
    assert "Nothing can be seen in the layer" in found["said"]["nothing visible"]
    assert not found["written"]
    assert found["largest"] == [10000, 4]
