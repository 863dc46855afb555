"""The plug-in used by mouse and keyboard, in a real GIMP with its window."""

import time

import pytest
from painting import (
    FILL,
    MENU,
    asked,
    choose,
    ended,
    held,
    idle,
    layers,
    press_key,
    said,
    select_hole,
    stops,
    undo,
    wait,
    works,
)
from PIL import Image, ImageChops


@pytest.fixture(scope="module")
def painter(desk, large_wall):
    """A GIMP with its window, the large wall, the plug-in and a warm engine."""
    with desk.showing(large_wall) as found:
        select_hole(found)
        found.key("ctrl+shift+j")
        yield found


@pytest.fixture
def dialog(painter):
    """The dialog, opened by mouse; nothing of the test stays in the image."""
    painter.menu(*MENU, f"{FILL}…")
    painter.wait_for_window(FILL)
    yield painter
    painter.press("Close", window=FILL)
    painter.wait_for_no_window(FILL)
    while layers(painter) > 1:
        before = layers(painter)
        press_key(painter, "ctrl+z", "wall", lambda before=before: layers(painter) < before)


def test_a_hole_is_filled_by_mouse_and_one_step_takes_it_away_or_back(dialog, engine, pictures_folder):
    # Beside the picture, so that it can be seen.
    dialog.place_window(FILL, 440, 380)
    dialog.screenshot(pictures_folder / "dialog.png")
    first = pictures_folder / "first-frame.png"

    early = []

    def grows(dialog):
        works(dialog)
        dialog.screenshot(first)
        # A quick engine may have sent all of these frames by then.
        early.append(layers(dialog) < 4)
        wait(lambda: layers(dialog) >= 4)

    with held(dialog, engine, grows):
        second = dialog.screenshot(pictures_folder / "growing.png")
    with Image.open(first) as one, Image.open(second) as other:
        assert not all(early) or ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getbbox()
    ended(dialog, "Done.")
    assert layers(dialog) == 2
    press_key(dialog, "Escape", FILL, lambda: FILL not in dialog.windows())
    dialog.screenshot(pictures_folder / "done.png")
    undo(dialog, 1)
    # GIMP must not complain.
    press_key(dialog, "ctrl+y", "wall", lambda: layers(dialog) == 2)
    undo(dialog, 1)
    dialog.menu(*MENU, f"{FILL}…")
    dialog.wait_for_window(FILL)


def test_cancel_keeps_nothing(dialog, engine):
    with held(dialog, engine):
        dialog.press("Cancel", window=FILL)
        stops(dialog)
    ended(dialog, "Canceled")
    assert layers(dialog) == 1
    wait(lambda: idle(engine), 20)


def test_escape_cancels_what_is_going_on_and_the_dialog_stays(dialog, engine):
    with held(dialog, engine):
        dialog.activate(FILL)
        dialog.key("Escape")
        stops(dialog)
    ended(dialog, "Canceled")
    assert layers(dialog) == 1
    assert FILL in dialog.windows()
    wait(lambda: idle(engine), 20)


@pytest.mark.parametrize("how", ["button", "window"])
def test_closing_the_dialog_cancels_what_is_going_on(dialog, engine, how):
    with held(dialog, engine):
        if how == "button":
            dialog.press("Close", window=FILL)
        else:
            dialog.activate(FILL)
            dialog.key("alt+F4")
        dialog.wait_for_no_window(FILL)
    wait(lambda: layers(dialog) == 1)
    wait(lambda: idle(engine), 20)
    asked(dialog)


def test_stop_here_keeps_the_picture_so_far(dialog, engine):
    with held(dialog, engine):
        dialog.press("Stop Here", window=FILL)
        stops(dialog)
    assert "Texture so far" in ended(dialog, "Stopped.")
    assert layers(dialog) == 2


def test_another_try_draws_another_seed_and_hides_the_first(dialog):
    # GIMP names such a list after what is chosen.
    choose(dialog, "normal", "Draft: for a preview")
    seeds = []
    for before in (1, 2):
        dialog.press("Fill", window=FILL)
        wait(lambda before=before: layers(dialog) != before)
        seeds.append(ended(dialog, "Done."))
    assert seeds[0] != seeds[1]
    assert layers(dialog) == 3


def test_the_last_texture_is_repeated_without_a_dialog(painter):
    painter.menu(*MENU, "Repeat Last Texture")
    wait(lambda: layers(painter) == 2 and not any(FILL in title for title in painter.windows()))
    undo(painter, 1)


def test_the_engine_is_shown(painter, pictures_folder):
    painter.menu(*MENU, "Engine…")
    title = painter.wait_for_window("Texture Synthesis Engine")
    wait(lambda: any("ready" in label for label in said(painter, title)))
    painter.screenshot(pictures_folder / "engine.png")
    # No program here opens logs. The status is written anew each second, and the path stays.
    painter.press("Open Log", window=title)
    wait(lambda: any(".log" in label for label in said(painter, title)))
    time.sleep(2)
    assert any(".log" in label for label in said(painter, title))
    painter.screenshot(pictures_folder / "engine-log.png")
    painter.press("Close", window=title)
    painter.wait_for_no_window(title)
