"""The plug-in used by mouse and keyboard, in a real GIMP with its window."""

import re
import time

import pytest
from gimps import profile
from pictures import bricks, bytes_of
from PIL import Image, ImageChops, ImageDraw
from plugged import plug
from windows import window

SIDE = 160
HOLE = (48, 56, 112, 104)
MENU = ("Filters", "Texture Synthesis")
FILL = "Fill Selection with Texture"
SECONDS = 120


@pytest.fixture(scope="module")
def wall(tmp_path_factory):
    """A brick wall with a hole."""
    path = tmp_path_factory.mktemp("pictures") / "wall.png"
    picture = Image.fromarray(bytes_of(bricks(SIDE, SIDE)))
    alpha = Image.new("L", picture.size, 255)
    ImageDraw.Draw(alpha).ellipse(HOLE, fill=0)
    picture.putalpha(alpha)
    picture.save(path)
    return path


@pytest.fixture(scope="module")
def painter(place, known_plug_ins, libraries, engine, tmp_path_factory, wall):
    """A GIMP with its window, the wall, the plug-in and a warm engine."""
    own = profile(tmp_path_factory.mktemp("painter") / "profile", known_plug_ins)
    plug(place, own, engine.folder, libraries)
    with window(place, own, wall) as found:
        select_hole(found)
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
        painter.key("ctrl+z")
        time.sleep(0.5)


def wait(condition, seconds=SECONDS):
    """Wait until it holds, and give it."""
    until = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


def layers(painter):
    """How many layers the image has, by GIMP's title."""
    title = painter.wait_for_window("wall")
    return int(re.search(r"(\d+) layers?\)", title)[1])


def select_hole(painter):
    """Select the hole as a user does."""
    painter.menu("Layer", "Transparency", "Alpha to Selection")
    painter.menu("Select", "Invert")


def said(painter, title=FILL):
    """All labels of a dialog."""
    return [found.name for found in painter.widgets(window=title, role="label")]


def choose(dialog, name, choice):
    """Choose from a list by keyboard."""
    dialog.press(name, window=FILL, role="combo box")
    dialog.press(choice, role="menu item")


def works(dialog):
    """Wait until the first frame is there."""
    dialog.press("Fill", window=FILL)
    wait(lambda: layers(dialog) > 1)


def ended(dialog, word):
    """Wait until the dialog says so."""
    return wait(lambda: next((label for label in said(dialog) if label.startswith(word)), None))


def idle(engine):
    """Whether the engine has nothing to do."""
    with engine.client("look") as client:
        status = client.status()
    return not status.waiting and all(worker.state == "ready" for worker in status.workers)


def test_a_hole_is_filled_by_mouse_and_one_step_takes_it_away(dialog, pictures_folder):
    dialog.screenshot(pictures_folder / "dialog.png")
    works(dialog)
    first = dialog.screenshot(pictures_folder / "first-frame.png")
    time.sleep(1)
    second = dialog.screenshot(pictures_folder / "later-frame.png")
    with Image.open(first) as one, Image.open(second) as other:
        assert ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getbbox()
    ended(dialog, "Done.")
    dialog.screenshot(pictures_folder / "done.png")
    assert layers(dialog) == 2
    dialog.key("Escape")
    dialog.wait_for_no_window(FILL)
    dialog.key("ctrl+z")
    wait(lambda: layers(dialog) == 1)
    dialog.menu(*MENU, f"{FILL}…")
    dialog.wait_for_window(FILL)


def test_cancel_keeps_nothing(dialog, engine):
    works(dialog)
    dialog.press("Cancel", window=FILL)
    ended(dialog, "Cancelled")
    assert layers(dialog) == 1
    wait(lambda: idle(engine), 20)


def test_escape_cancels_what_is_going_on_and_the_dialog_stays(dialog, engine):
    works(dialog)
    dialog.key("Escape")
    ended(dialog, "Cancelled")
    assert layers(dialog) == 1
    assert FILL in dialog.windows()
    wait(lambda: idle(engine), 20)


def test_stop_here_keeps_the_picture_so_far(dialog):
    works(dialog)
    dialog.press("Stop Here", window=FILL)
    assert "Texture so far" in ended(dialog, "Done.")
    assert layers(dialog) == 2


def test_another_try_draws_another_seed_and_hides_the_first(dialog):
    # GIMP names such a list after what is chosen.
    choose(dialog, "normal", "Draft: a quick look")
    seeds = []
    for _try in range(2):
        dialog.press("Fill", window=FILL)
        wait(lambda: "sensitive" not in dialog.widget("Fill", window=FILL).states)
        seeds.append(ended(dialog, "Done."))
    assert seeds[0] != seeds[1]
    assert layers(dialog) == 3


def test_the_last_texture_is_repeated_without_a_dialog(painter):
    painter.menu(*MENU, "Repeat Last Texture")
    painter.wait_for_window(FILL)
    painter.wait_for_no_window(FILL, SECONDS)
    assert layers(painter) == 2
    painter.key("ctrl+z")
    wait(lambda: layers(painter) == 1)


def test_the_engine_is_shown(painter, pictures_folder):
    painter.menu(*MENU, "Engine…")
    title = painter.wait_for_window("Texture Synthesis Engine")
    wait(lambda: any("ready" in label for label in said(painter, title)))
    painter.screenshot(pictures_folder / "engine.png")
    painter.press("Close", window=title)
    painter.wait_for_no_window(title)
