"""A layer that does not cover what lies below it, filled by mouse and undone, in a real GIMP with its window."""

import pytest
from painting import FILL, asked, choose, ended, layers, undo
from PIL import Image, ImageChops

CODE = """
image = opened(wall)
layer = image.get_layers()[0]
layer.set_opacity(40)
layer.append_filter(Gimp.DrawableFilter.new(layer, "gegl:invert-gamma", "invert"))
backdrop = Gimp.Layer.new(
    image, "backdrop", image.get_width(), image.get_height(), Gimp.ImageType.RGB_IMAGE, 100, Gimp.LayerMode.NORMAL)
image.insert_layer(backdrop, None, 1)
backdrop.fill(Gimp.FillType.WHITE)
image.set_selected_layers([layer])
image.select_rectangle(Gimp.ChannelOps.REPLACE, 100, 100, 80, 80)
Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(saved), None)
image.delete()
"""


@pytest.fixture
def painter(desk, plugged, tmp_path, wall):
    """A GIMP with its window and an inverted wall of 40 % opacity over white, of which a part is selected."""
    picture = tmp_path / "wall.xcf"
    plugged.run(CODE, tmp_path / "run", starts=False, wall=str(wall), saved=str(picture))
    with desk.showing(picture) as found:
        yield found


def test_such_a_layer_is_filled_as_it_is_seen_and_one_step_takes_that_away(painter, pictures_folder):
    # Marching ants would differ between two looks.
    painter.key("ctrl+t")
    # So would the pointer, which is where the dialog was closed.
    asked(painter)
    painter.press("Close", window=FILL)
    painter.wait_for_no_window(FILL)
    painter.screenshot(pictures_folder / "blended-before.png")
    before = layers(painter)
    asked(painter)
    choose(painter, "normal", "Draft: for a preview")
    painter.screenshot(pictures_folder / "blended-dialog.png")
    painter.press("Fill", window=FILL)
    ended(painter, "Done.")
    painter.press("Close", window=FILL)
    painter.wait_for_no_window(FILL)
    # A group and the texture.
    assert layers(painter) == before + 2
    painter.screenshot(pictures_folder / "blended-done.png")
    undo(painter, before)
    painter.screenshot(pictures_folder / "blended-undone.png")

    def canvas(name):
        with Image.open(pictures_folder / name) as screen:
            return screen.convert("RGB").crop((488, 376, 740, 626))

    first, done, undone = (canvas(f"blended-{when}.png") for when in ("before", "done", "undone"))
    assert ImageChops.difference(first, done).getbbox()
    assert not ImageChops.difference(first, undone).getbbox()
