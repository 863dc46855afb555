"""An exemplar that is rotated and scaled, and a content that is redrawn, chosen by mouse, in a real GIMP."""

import json

import numpy as np
import pytest
from painting import asked, choose, choose_layer, ended, enter, expand, press_in_row, said, wait
from pictures import save
from test_transforming import stripes
from windows import SCREEN, WAIT_SECONDS

NEW = "New Texture from Layer"
WIDTH, HEIGHT = 96, 80


@pytest.fixture
def opened(desk, tmp_path):
    """A GIMP with its window, stripes in front of a content, and a warm engine."""
    ramp = np.linspace(0, 1, WIDTH)[None, :, None].repeat(HEIGHT, axis=0).repeat(3, axis=2)
    for name, picture in {"ramp": ramp, "stripes": stripes()}.items():
        save(tmp_path / f"{name}.png", picture)
    with desk.showing(tmp_path / "ramp.png", tmp_path / "stripes.png") as found:
        yield found


def scroll_down(dialog):
    """Scroll to the end of the settings; over a setting the wheel would change it."""
    bar = max(dialog.widgets(window=NEW, role="scroll bar"), key=lambda each: each.box[3])
    dialog.click(*bar.middle, button=5, times=15)


def made(painter, engine):
    """Press the button, and read what was then made of what was chosen."""
    written = engine.folder / "last-texture.json"

    def time():
        return written.stat().st_mtime_ns if written.exists() else 0

    before = time()
    painter.press("Make", window=NEW)
    # The last texture was made, too: what the dialog says may be of that one.
    wait(lambda: time() != before, WAIT_SECONDS)
    ended(painter, "Done.", NEW)
    return json.loads(written.read_text())


def test_what_is_under_content_and_rotation_is_set_by_mouse(opened, engine, pictures_folder):
    asked(opened, NEW)
    choose(opened, "normal", "Draft: for a preview", NEW)
    expand(opened, "Content and rotation", NEW)
    opened.widget("Rotate exemplar, °", window=NEW)
    opened.screenshot(pictures_folder / "shaped-none.png")
    expand(opened, "More", NEW)
    opened.widget("Network", window=NEW)
    opened.screenshot(pictures_folder / "shaped-all.png")
    # Its buttons must not be below the screen.
    (dialog,) = opened.widgets(window=NEW, role="dialog")
    assert dialog.box[1] + dialog.box[3] <= int(SCREEN.split("x")[1])
    expand(opened, "More", NEW)
    wait(lambda: not opened.widgets(window=NEW, name="Network"), WAIT_SECONDS)
    scroll_down(opened)
    enter(opened, "Rotate exemplar, °", "90", NEW)
    enter(opened, "Scale exemplar", "0.5", NEW)
    asked_for = made(opened, engine)["settings"]
    opened.screenshot(pictures_folder / "shaped-rotated.png")
    assert (asked_for["exemplar_rotation"], asked_for["exemplar_scale"]) == (90, 0.5)
    enter(opened, "Rotate exemplar, °", "0", NEW)
    enter(opened, "Scale exemplar", "1", NEW)
    choose_layer(opened, "Content", "[ramp]", "ramp.png", NEW)
    size = f"Size of the content: {WIDTH} × {HEIGHT} px"
    wait(lambda: size in said(opened, NEW), WAIT_SECONDS, lambda: said(opened, NEW))
    enter(opened, "Strength", "0.8", NEW)
    choose(opened, "brightness", "Brightness and color", NEW)
    last = made(opened, engine)
    opened.screenshot(pictures_folder / "shaped-content.png")
    assert last["content"] > 0
    assert (last["settings"]["strength"], last["settings"]["content_by"]) == (0.8, "color")
    opened.wait_for_window(f"{WIDTH}x{HEIGHT}")
    press_in_row(opened, "Clear", "Content", NEW)
    wait(lambda: size not in said(opened, NEW), WAIT_SECONDS, lambda: said(opened, NEW))
    scroll_down(opened)
    choose_layer(opened, "Scale map", "[ramp]", "ramp.png", NEW)
    assert made(opened, engine)["scale_map"] > 0
    opened.screenshot(pictures_folder / "shaped-map.png")
    opened.press("Close", window=NEW)
    opened.wait_for_no_window(NEW)
