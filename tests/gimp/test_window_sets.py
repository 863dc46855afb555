"""Maps of one texture, selected and made together by mouse, in a real GIMP with its window."""

import imagecodecs
import numpy as np
import pytest
from painting import asked, choose, ended, layers, said, undo, wait
from test_texture_sets import material
from windows import WAIT_SECONDS

NEW = "New Texture from Layer"
MAPS = ("oak_normal.png", "oak_height.png", "oak_color.png")
CODE = """
image = opened(paths[0])
group = Gimp.GroupLayer.new(image, "oak")
image.insert_layer(group, None, 0)
old = image.get_layers()[1:]
for place, path in enumerate(paths):
    layer = Gimp.Layer.new_from_drawable(opened(path).get_layers()[0], image)
    image.insert_layer(layer, group, place)
    # As File → Open as Layers names it.
    layer.set_name(path.split("/")[-1])
for layer in old:
    image.remove_layer(layer)
image.set_selected_layers([group])
group.set_expanded(True)
Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(layered), None)
result = len(group.get_children())
"""


@pytest.fixture
def opened(desk, plugged, tmp_path):
    """A GIMP with its window, a group of three maps, the plug-in and a warm engine."""
    colors, height, normal = material(64)
    gray = np.rint(height / 257).astype(np.uint8)[..., None].repeat(3, axis=2)
    for name, samples in zip(MAPS, (normal, gray, colors), strict=True):
        (tmp_path / name).write_bytes(imagecodecs.png_encode(samples))
    layered = tmp_path / "layered.xcf"
    given = {"paths": [str(tmp_path / name) for name in MAPS], "layered": str(layered)}
    assert plugged.run(CODE, tmp_path / "run", starts=False, **given).result == len(MAPS)
    with desk.showing(layered) as found:
        yield found


def select_maps(painter):
    """Click the maps in the Layers dialog, all but the first with the key that adds them."""

    def click(name):
        left, top, _width, height = painter.widget(name, role="table cell").box
        # Names are longer than the list is wide.
        painter.click(left + 15, top + height // 2)

    first, *others = MAPS
    click(first)
    painter.tell("xdotool", "keydown", "ctrl")
    try:
        for name in others:
            click(name)
    finally:
        painter.tell("xdotool", "keyup", "ctrl")


def told(painter, words):
    return wait(
        lambda: next((each for each in said(painter, NEW) if words in each), None),
        WAIT_SECONDS,
        lambda: said(painter, NEW),
    )


def test_a_group_of_maps_and_selected_maps_are_made_together(opened, pictures_folder):
    asked(opened, NEW)
    label = told(opened, "Maps of one texture:")
    opened.screenshot(pictures_folder / "sets-group.png")
    assert (
        label == "Maps of one texture: base color “oak_color.png”, height “oak_height.png”, normal “oak_normal.png”."
    )
    choose(opened, "maps", "One picture", NEW)
    told(opened, "Layer “oak”")
    opened.press("Close", window=NEW)
    opened.wait_for_no_window(NEW)
    before = layers(opened, "layered")
    select_maps(opened)
    opened.screenshot(pictures_folder / "sets-selected.png")
    asked(opened, NEW)
    assert told(opened, "Maps of one texture:") == label
    choose(opened, "maps", "A mixture", NEW)
    told(opened, "Mixed in equal shares")
    choose(opened, "mix", "Maps of one texture", NEW)
    choose(opened, "normal", "Draft: for a preview", NEW)
    choose(opened, "image", "New layers of this image", NEW)
    opened.screenshot(pictures_folder / "sets-dialog.png")
    opened.press("Make", window=NEW)
    ended(opened, "Done. The maps are in the layer group", NEW)
    opened.screenshot(pictures_folder / "sets-done.png")
    opened.press("Close", window=NEW)
    opened.wait_for_no_window(NEW)
    # A group with a layer for each map.
    assert layers(opened, "layered") == before + 1 + len(MAPS)
    opened.screenshot(pictures_folder / "sets-layers.png")
    undo(opened, before, "layered")
