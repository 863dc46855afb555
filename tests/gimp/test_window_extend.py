"""Extend Image by mouse: its dialog, another try, one step of undo, and cancel, in a real GIMP with its window."""

from painting import asked, choose, ended, held, idle, layers, size, stops, undo, wait

EXTEND = "Extend Image"


def test_an_image_is_extended_twice_and_each_is_one_step_of_undo(desk, small_wall, pictures_folder):
    with desk.showing(small_wall) as opened:
        before = size(opened)
        asked(opened, EXTEND)
        choose(opened, "normal", "Draft: for a preview", EXTEND)
        opened.screenshot(pictures_folder / "extend-dialog.png")
        opened.press("Extend", window=EXTEND)
        ended(opened, "Done.", EXTEND)
        opened.screenshot(pictures_folder / "extend-done.png")
        grown = size(opened)
        assert grown != before
        # Another try begins with the image as it was.
        opened.press("Extend", window=EXTEND)
        wait(lambda: layers(opened) == 3)
        ended(opened, "Done.", EXTEND)
        assert size(opened) == grown
        opened.press("Close", window=EXTEND)
        opened.wait_for_no_window(EXTEND)
        for count in (2, 1):
            undo(opened, count)
        assert size(opened) == before
        opened.screenshot(pictures_folder / "extend-undone.png")


def test_after_cancel_the_image_has_its_size_and_its_layers_again(desk, small_wall, engine, pictures_folder):
    with desk.showing(small_wall) as opened:
        before = size(opened)

        def grows(dialog):
            dialog.press("Extend", window=EXTEND)
            wait(lambda: size(dialog) != before)

        asked(opened, EXTEND)
        with held(opened, engine, grows):
            opened.screenshot(pictures_folder / "extend-growing.png")
            opened.press("Cancel", window=EXTEND)
            stops(opened, EXTEND)
        ended(opened, "Canceled", EXTEND)
        assert size(opened) == before
        assert layers(opened) == 1
        wait(lambda: idle(engine), 20)
        opened.press("Close", window=EXTEND)
        opened.wait_for_no_window(EXTEND)
