"""Dialogs for layers with very long names, in a real GIMP with its window."""

import pytest
from painting import FILL, asked
from windows import SCREEN

LONG = "scan_2024-03-11_IMG_" + 14 * "0123456789abcdef"
CODE = """
image = opened(wall)
layer = image.get_layers()[0]
layer.set_name(name)
image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 20, 40, 40)
Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(path), None)
"""


@pytest.fixture
def dialog(desk, plugged, tmp_path, wall):
    """The dialog for such a layer."""
    path = tmp_path / "wall.xcf"
    plugged.run(CODE, tmp_path / "run", starts=False, wall=str(wall), path=str(path), name=LONG)
    with desk.showing(path) as found:
        asked(found)
        yield found
        found.press("Close", window=FILL)
        found.wait_for_no_window(FILL)


def test_a_name_without_spaces_does_not_widen_the_dialog(dialog, pictures_folder):
    dialog.screenshot(pictures_folder / "long-name.png")
    assert any(LONG in label.name for label in dialog.widgets(window=FILL, role="label"))
    (shown,) = dialog.widgets(window=FILL, role="dialog")
    assert shown.box[2] < int(SCREEN.split("x")[0]) * 3 // 4
