"""Two textures of one image at once, each with its dialog, and what is selected then, in a real GIMP."""

import pytest
from painting import FILL, asked, ended, held, layers, select_hole, undo, wait
from pictures import bricks, save
from windows import WAIT_SECONDS

EXTEND = "Extend Image"
CODE = """
def fill(chosen):
    image = opened(wall)
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 16, 16, 64, 64)
    channel = Gimp.Selection.save(image)
    if chosen == "channel":
        image.set_selected_channels([channel])
    else:
        image.set_selected_layers(image.get_layers())
    called("fill", image, image.get_layers(), quality="draft")
    return [[item.get_name() for item in found] for found in
            (image.get_selected_layers(), image.get_selected_channels(), image.get_channels())]


def layer():
    return fill("layer")


def channel():
    return fill("channel")


cases = [layer, channel]
"""


def test_a_channel_or_a_layer_that_was_selected_stays_selected(plugged, tmp_path):
    path = tmp_path / "wall.png"
    save(path, bricks(96, 96))
    found = plugged.cases(CODE, tmp_path / "run", wall=str(path))
    (name,) = found["channel"][2]
    assert found["channel"][:2] == [[], [name]]
    assert found["layer"][:2] == [["Background"], []]


@pytest.fixture
def painter(desk, wall):
    """A GIMP with its window, a wall with a selected hole, and a warm engine."""
    with desk.showing(wall) as found:
        select_hole(found)
        yield found


def test_a_fill_that_begins_while_the_image_is_extended_is_a_step_of_its_own(painter, engine, pictures_folder):
    asked(painter, EXTEND)
    painter.place_window(EXTEND, 20, 300)
    asked(painter, FILL)
    painter.place_window(FILL, 440, 200)
    painter.activate(EXTEND)

    def grows(dialog):
        dialog.press("Extend", window=EXTEND)
        wait(lambda: layers(dialog) > 1)

    with held(painter, engine, grows):
        painter.activate(FILL)
        painter.press("Fill", window=FILL)
        wait(lambda: "sensitive" not in painter.widget("Fill", window=FILL).states, WAIT_SECONDS)
    ended(painter, "Done.", EXTEND)
    painter.activate(EXTEND)
    painter.press("Close", window=EXTEND)
    painter.wait_for_no_window(EXTEND)
    ended(painter, "Done.")
    painter.screenshot(pictures_folder / "two-at-once.png")
    painter.press("Close", window=FILL)
    painter.wait_for_no_window(FILL)
    assert layers(painter) == 3
    undo(painter, 2)
    undo(painter, 1)
    assert "inconsistent" not in painter.said()
