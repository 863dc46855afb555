"""Guides of a new texture chosen by mouse, and taken away again, in a real GIMP with its window."""

import numpy as np
import pytest
from painting import asked, choose, choose_layer, ended, expand, press_in_row, said, wait
from pictures import save
from test_mixing import stones
from windows import WAIT_SECONDS

NEW = "New Texture from Layer"
PICK = "Pick a Seed"
SIDE, WIDTH, HEIGHT = 64, 96, 80
BLACK, WHITE = (0, 0, 0), (1, 1, 1)
CODE = """
image = opened(exemplar)
guide = Gimp.Layer.new_from_drawable(opened(areas).get_layers()[0], image)
image.insert_layer(guide, None, 1)
guide.set_name("areas")
image.set_selected_layers([image.get_layers()[0]])
Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(layered), None)
result = len(image.get_layers())
"""


@pytest.fixture
def opened(desk, plugged, tmp_path):
    """A GIMP with its window, an exemplar above its guide, the guide of a canvas, and a warm engine."""
    left, top = np.indices((SIDE, SIDE))[1] < 24, np.indices((HEIGHT, WIDTH))[0] < HEIGHT // 2
    pictures = {
        "exemplar": np.where(left[..., None], stones(0, SIDE, SIDE), stones(2, SIDE, SIDE)),
        "areas": np.where(left[..., None], WHITE, BLACK).astype(float),
        "halves": np.where(top[..., None], WHITE, BLACK).astype(float),
    }
    paths = {name: tmp_path / f"{name}.png" for name in pictures}
    for name, picture in pictures.items():
        save(paths[name], picture)
    layered = tmp_path / "layered.xcf"
    given = {name: str(path) for name, path in {**paths, "layered": layered}.items()}
    assert plugged.run(CODE, tmp_path / "run", starts=False, **given).result == 2
    with desk.showing(paths["halves"], layered) as found:
        yield found


def test_guides_are_chosen_by_mouse_and_give_the_size(opened, pictures_folder):
    asked(opened, NEW)
    choose(opened, "normal", "Draft: for a preview", NEW)
    expand(opened, "More", NEW)
    opened.widget("Canvas guide", window=NEW)
    opened.screenshot(pictures_folder / "guides-none.png")
    choose_layer(opened, "Exemplar guide", "layered", "areas", NEW)
    opened.press("Make", window=NEW)
    ended(opened, "There is an exemplar guide, and no canvas guide", NEW)
    choose_layer(opened, "Canvas guide", "[halves]", "halves.png", NEW)
    size = f"Size of the canvas guide: {WIDTH} × {HEIGHT} px"
    wait(lambda: size in said(opened, NEW), WAIT_SECONDS, lambda: said(opened, NEW))
    assert not opened.widgets(window=NEW, name="Size by ratio")
    opened.screenshot(pictures_folder / "guides-chosen.png")
    opened.press("Pick…", window=NEW)
    opened.wait_for_window(PICK)
    wait(
        lambda: all("sensitive" in each.states for each in opened.widgets(window=PICK, name="Seed 1")),
        WAIT_SECONDS,
        opened.names,
    )
    opened.screenshot(pictures_folder / "guides-picking.png")
    opened.press("Close", window=PICK)
    opened.wait_for_no_window(PICK)
    opened.press("Make", window=NEW)
    ended(opened, "Done.", NEW)
    opened.screenshot(pictures_folder / "guides-done.png")
    assert f"{WIDTH}x{HEIGHT}" in opened.wait_for_window("[Untitled]")
    for label in ("Exemplar guide", "Canvas guide"):
        press_in_row(opened, "Clear", label, NEW)
    wait(lambda: size not in said(opened, NEW), WAIT_SECONDS, lambda: said(opened, NEW))
    assert opened.widgets(window=NEW, name="Size by ratio")
    opened.press("Close", window=NEW)
    opened.wait_for_no_window(NEW)
