"""Enlarge by mouse: its dialog, the new image, and cancel, in a real GIMP with its window."""

from painting import SECONDS, asked, ended, enter, held, idle, layers, stops, wait
from pictures import load, save
from provide import CHECKOUT

ENLARGE = "Enlarge"


def test_a_layer_becomes_a_new_image_three_times_as_large(desk, tmp_path, pictures_folder):
    picture = tmp_path / "wall.png"
    save(picture, load(CHECKOUT / "examples" / "cobbles.png")[:128, :128])
    with desk.showing(picture) as opened:
        asked(opened, ENLARGE)
        enter(opened, "Times as large", "3", ENLARGE)
        opened.screenshot(pictures_folder / "enlarge-dialog.png")
        opened.press("Enlarge", window=ENLARGE)
        opened.wait_for_window("[Untitled]")
        ended(opened, "Done.", ENLARGE)
        opened.screenshot(pictures_folder / "enlarge-done.png")
        assert "384x384" in opened.wait_for_window("[Untitled]")
        opened.press("Close", window=ENLARGE)
        opened.wait_for_no_window(ENLARGE)


def test_after_cancel_there_is_no_new_image(desk, wall, engine, pictures_folder):
    def grows(dialog):
        dialog.press("Enlarge", window=ENLARGE)
        dialog.wait_for_window("[Untitled]", SECONDS)

    with desk.showing(wall) as opened:
        asked(opened, ENLARGE)
        enter(opened, "Times as large", "4", ENLARGE)
        with held(opened, engine, grows):
            opened.screenshot(pictures_folder / "enlarge-growing.png")
            opened.press("Cancel", window=ENLARGE)
            stops(opened, ENLARGE)
        ended(opened, "Canceled", ENLARGE)
        opened.wait_for_no_window("[Untitled]")
        assert layers(opened) == 1
        wait(lambda: idle(engine), 20)
        opened.press("Close", window=ENLARGE)
        opened.wait_for_no_window(ENLARGE)
