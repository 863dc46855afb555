"""A seed picked by mouse among coarse pictures, and a layer saved as a pattern, in a real GIMP with its window."""

import pytest
from painting import FILL, SECONDS, asked, choose, ended, idle, in_row, layers, select_hole, wait

NEW = "New Texture from Layer"
PICK = "Pick a Seed"
SAVE = "Save as Pattern"


@pytest.fixture(scope="module")
def painter(desk, small_wall):
    """A GIMP with its window, a part of the wall, the plug-in and a warm engine."""
    with desk.showing(small_wall) as found:
        yield found


def seed(painter, title):
    """The seed that a dialog shows."""
    return int(in_row(painter, "Seed", title, role="spin button").value)


def picture_of(painter, seed):
    """Wait until the picture of a seed can be clicked."""
    return wait(
        lambda: any("sensitive" in found.states for found in painter.widgets(window=PICK, name=f"Seed {seed}")),
        SECONDS,
        painter.names,
    )


@pytest.mark.parametrize("title", [NEW, FILL])
def test_a_picture_that_is_clicked_gives_its_seed_and_makes_nothing_yet(painter, engine, title, pictures_folder):
    if title == FILL:
        select_hole(painter)
    asked(painter, title)
    choose(painter, "normal", "Draft: for a preview", title)
    first = seed(painter, title)
    painter.press("Pick…", window=title)
    painter.wait_for_window(PICK)
    picture_of(painter, first + 3)
    painter.screenshot(pictures_folder / f"pick-{title.split()[0].lower()}.png")
    painter.press("More", window=PICK)
    picture_of(painter, first + 5)
    painter.press(f"Seed {first + 5}", window=PICK)
    painter.wait_for_no_window(PICK)
    assert seed(painter, title) == first + 5
    assert layers(painter) == 1
    wait(lambda: idle(engine), 20)
    if title == FILL:
        painter.press("Fill", window=title)
        ended(painter, "Done.", title)
        assert layers(painter) == 2
    painter.press("Close", window=title)
    painter.wait_for_no_window(title)


def test_a_layer_is_saved_under_a_name_that_is_free(painter, desk, pictures_folder):
    asked(painter, SAVE)
    painter.screenshot(pictures_folder / "save-as-pattern.png")
    painter.press("Save", window=SAVE)
    painter.wait_for_no_window(SAVE)
    (first,) = (desk.profile / "patterns").glob("*.pat")
    asked(painter, SAVE)
    painter.press("Save", window=SAVE)
    painter.wait_for_no_window(SAVE)
    assert len(list((desk.profile / "patterns").glob("*.pat"))) == 2
    assert first.exists()
