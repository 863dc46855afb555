"""The plug-in used by mouse and keyboard, in a real GIMP with its window."""

import re
import time

import pytest
from gimps import profile
from pictures import bricks, bytes_of
from PIL import Image, ImageChops, ImageDraw
from plugged import host_engine, plug
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


@pytest.fixture
def painter(place, known_plug_ins, libraries, engine, tmp_path, wall):
    """A GIMP with its window, the wall, the plug-in and a warm engine."""
    own = profile(tmp_path / "profile", known_plug_ins)
    plug(place, own, engine.folder, libraries)
    with window(place, own, wall) as found:
        yield found


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


def test_a_hole_is_filled_by_mouse(painter, pictures_folder):
    select_hole(painter)
    painter.screenshot(pictures_folder / "1-selected.png")
    painter.menu(*MENU, f"{FILL}…")
    painter.wait_for_window(FILL)
    painter.screenshot(pictures_folder / "2-dialog.png")
    painter.press("Fill", window=FILL)
    wait(lambda: layers(painter) > 1)
    first = painter.screenshot(pictures_folder / "3-first-frame.png")
    time.sleep(1)
    second = painter.screenshot(pictures_folder / "4-later-frame.png")
    with Image.open(first) as one, Image.open(second) as other:
        assert ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getbbox()
    wait(lambda: any(label.startswith("Done.") for label in said(painter)))
    painter.screenshot(pictures_folder / "5-done.png")
    assert layers(painter) == 2
    painter.press("Close", window=FILL)
    painter.wait_for_no_window(FILL)
    painter.screenshot(pictures_folder / "6-result.png")
    painter.key("ctrl+z")
    wait(lambda: layers(painter) == 1)
