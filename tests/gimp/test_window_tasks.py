"""New Texture from Layer and Make Seamless by mouse, and what happens when the work is left in the middle."""

import os
import pathlib
import re
import shutil
import signal
import time
from contextlib import contextmanager

import pytest
from gimps import processes_with, profile
from painting import (
    FILL,
    MENU,
    SECONDS,
    asked,
    choose,
    choose_cell,
    close_image,
    ended,
    held,
    idle,
    in_row,
    layers,
    paused,
    press_key,
    said,
    select_hole,
    size,
    wait,
    works,
)
from pictures import bricks, bytes_of
from PIL import Image
from plugged import host_engine, plug
from provide import CHECKOUT, LOCALE
from windows import WAIT_SECONDS, window

from installation.plugin import plugin_folder
from protocol.connection import CONNECTION_FILE, find_engine
from protocol.errors import EngineError, NoEngineError

PHOTOGRAPH = CHECKOUT.parent / "shared" / "textures" / "wall-with-hole.png"
NEW = "New Texture from Layer"
SEAMLESS = "Make Seamless"
CHOOSER = "Choose drawable: Exemplar mask"
ABRUPT = ("died unexpectedly", "Plug-in crashed")


@pytest.fixture
def opened(desk, small_wall):
    """A GIMP with its window, a part of the wall, the plug-in and a warm engine."""
    with desk.showing(small_wall) as found:
        yield found


@pytest.fixture
def asking(desk, wall):
    """A GIMP with its window that is asked for a fill, of which the test may leave nothing."""
    with desk.showing(wall, allowed=ABRUPT) as found:
        select_hole(found)
        asked(found)
        yield found


def close(dialog, title=FILL):
    """Close a dialog."""
    dialog.press("Close", window=title)
    dialog.wait_for_no_window(title)


def test_an_exemplar_mask_is_chosen_by_mouse_and_taken_away_again(opened, pictures_folder):
    # Where nothing is selected the channel is black.
    opened.menu("Select", "Save to Channel")
    # It is selected in place of the layer.
    opened.menu("Layer", "Stack", "Select Top Layer")
    asked(opened)
    choose(opened, "normal", "Draft: for a preview")
    opened.press("Browse...", window=FILL)
    choose_cell(opened, "[wall] (imported)", CHOOSER)
    tab = opened.press("Channels", window=CHOOSER)

    def channels():
        cells = opened.widgets(window=CHOOSER, role="table cell")
        return [cell for cell in cells if cell.name and cell.box[0] > tab.box[0] - tab.box[2]]

    opened.click(*wait(channels)[-1].middle)
    opened.press("OK", window=CHOOSER)
    opened.wait_for_no_window(CHOOSER)
    opened.press("Fill", window=FILL)
    ended(opened, "The exemplar mask has no white pixel")
    opened.screenshot(pictures_folder / "exemplar-mask.png")
    opened.press("Clear", window=FILL)
    opened.press("Fill", window=FILL)
    ended(opened, "Done.")
    close(opened)


def test_new_textures_and_seamless_ones_are_made_by_mouse(opened, pictures_folder):
    asked(opened, SEAMLESS)
    choose(opened, "normal", "Draft: for a preview", SEAMLESS)
    opened.screenshot(pictures_folder / "seamless-dialog.png")
    opened.press(SEAMLESS, window=SEAMLESS)
    ended(opened, "Done.", SEAMLESS)
    opened.screenshot(pictures_folder / "seamless-done.png")
    close(opened, SEAMLESS)
    assert layers(opened) == 2
    asked(opened, NEW)
    choose(opened, "normal", "Draft: for a preview", NEW)
    opened.press("Size in pixels", window=NEW)
    opened.screenshot(pictures_folder / "new-dialog.png")
    opened.press("Size by ratio", window=NEW)
    opened.press("Make", window=NEW)
    opened.wait_for_window("[Untitled]")
    ended(opened, "Done.", NEW)
    opened.screenshot(pictures_folder / "new-done.png")
    assert "256x256" in opened.wait_for_window("[Untitled]")
    close(opened, NEW)


def test_the_part_that_becomes_the_tile_is_shown_and_the_layer_is_named(opened, pictures_folder):
    select_hole(opened)
    asked(opened, SEAMLESS)
    assert "Layer “wall.png”" in said(opened, SEAMLESS)
    assert any("tile is the selection's bounding rectangle" in label for label in said(opened, SEAMLESS))
    opened.screenshot(pictures_folder / "seamless-selection.png")
    close(opened, SEAMLESS)


def test_the_size_in_pixels_begins_with_that_by_ratio_and_is_reset_to_the_ratio(opened, pictures_folder):
    select_hole(opened)
    asked(opened, NEW)
    opened.press("Size in pixels", window=NEW)
    opened.screenshot(pictures_folder / "new-selection.png")
    sides = [in_row(opened, label, NEW, role="spin button").value for label in ("Width", "Height")]
    # Twice the ellipse of 71 and 61 pixels.
    assert sides == [142, 122]
    # The number of pixels is 0 then, and the ratio counts.
    opened.press("Reset", window=NEW)
    opened.press("Reset to Factory Defaults")
    wait(lambda: not opened.widgets(window=NEW, name="Width"), WAIT_SECONDS)
    assert "checked" in opened.widget("Size by ratio", window=NEW).states
    opened.press("Size in pixels", window=NEW)
    assert in_row(opened, "Width", NEW, role="spin button").value == sides[0]
    close(opened, NEW)


@pytest.mark.skipif(not PHOTOGRAPH.exists(), reason=f"needs {PHOTOGRAPH.name}, which is not part of this repository")
def test_the_hole_of_a_photograph_is_filled_by_mouse(desk, tmp_path, pictures_folder):
    picture = tmp_path / "wall.png"
    shutil.copy(PHOTOGRAPH, picture)
    with desk.showing(picture) as found:
        found.key("ctrl+shift+j")
        found.screenshot(pictures_folder / "wall-1-opened.png")
        select_hole(found)
        found.screenshot(pictures_folder / "wall-2-selected.png")
        asked(found)
        found.place_window(FILL, 440, 380)
        found.screenshot(pictures_folder / "wall-3-dialog.png")
        works(found)
        ended(found, "Done.")
        press_key(found, "Escape", FILL, lambda: FILL not in found.windows())
        found.screenshot(pictures_folder / "wall-4-done.png")
        assert layers(found) == 2


def test_an_image_with_a_palette_is_filled_in_a_copy_with_colors(desk, tmp_path):
    picture = tmp_path / "few.png"
    Image.fromarray(bytes_of(bricks(96, 96))).quantize(16).save(picture)
    with desk.showing(picture) as found:
        asked(found)
        choose(found, "normal", "Draft: for a preview")
        choose(found, "surroundings", "A pattern")
        found.press("Fill", window=FILL)
        found.press("Continue in an RGB Copy")
        ended(found, "Done.")
        assert "RGB color" in found.wait_for_window("[Untitled]")
        close(found)


def test_a_texture_that_is_done_takes_the_keyboard_from_no_other_window(opened, engine):
    select_hole(opened)
    asked(opened)
    choose(opened, "normal", "Draft: for a preview")
    with paused(engine):
        opened.press("Fill", window=FILL)
        opened.activate("wall")
    ended(opened, "Done.")
    assert b"[wall]" in opened.tell("xdotool", "getactivewindow", "getwindowname")
    # It takes clicks as before.
    opened.press("Fill", window=FILL)
    wait(lambda: layers(opened) == 3)
    opened.press("Reset", window=FILL)
    opened.press("Reset to Initial Values", window=FILL)
    close(opened)


def test_closing_the_image_before_the_dialog_is_no_fault(opened, desk):
    select_hole(opened)
    asked(opened)
    choose(opened, "normal", "Draft: for a preview")
    opened.press("Fill", window=FILL)
    ended(opened, "Done.")
    close_image(opened)
    opened.wait_for_no_window("[wall]")
    opened.press("Close", window=FILL)
    wait(lambda: not desk.plug_in_processes())
    opened.wait_for_no_window(FILL)
    assert "GIMP Message" not in opened.windows(), opened.names()


def test_closing_the_image_in_the_middle_ends_the_job(asking, engine):
    with held(asking, engine):
        assert not idle(engine)
        close_image(asking)
        assert ended(asking, "The image was closed.")
    wait(lambda: idle(engine), 20)
    close(asking)


def test_rotating_the_image_in_the_middle_ends_the_job_and_keeps_nothing(asking, engine, pictures_folder):
    with held(asking, engine):
        asking.activate("wall")
        asking.menu("Image", "Transform", "Rotate 90° clockwise")
        wait(lambda: size(asking) == "224x256")
    # It is noticed when the next frame comes.
    assert ended(asking, "The image or the layer was cropped, resized, scaled, flipped or rotated")
    assert layers(asking) == 1
    asking.screenshot(pictures_folder / "rotated.png")
    wait(lambda: idle(engine), 20)
    close(asking)


def test_a_plug_in_that_is_killed_leaves_the_engine_idle_and_gimp_alive(asking, desk, engine):
    with held(asking, engine):
        (process,) = desk.plug_in_processes()
        os.kill(process, signal.SIGKILL)
        asking.wait_for_no_window(FILL)
    wait(lambda: idle(engine), 20)
    assert layers(asking) >= 1


def test_quitting_gimp_in_the_middle_leaves_the_engine_idle(asking, desk, engine):
    with held(asking, engine):
        desk.terminate()
        wait(lambda: not desk.plug_in_processes(), 20)
    wait(lambda: idle(engine), 20)


def test_the_engine_is_started_where_none_runs_and_outlives_gimp(place, known_plug_ins, tmp_path, wall):
    own = profile(tmp_path / "profile", known_plug_ins)
    state = tmp_path / "state"
    plug(place, own, state, engine=host_engine(place, tmp_path / "texture-engine"))
    try:
        with window(place, own, wall) as found:
            asked(found, "Engine")
            title = found.wait_for_window("Texture Synthesis Engine")
            assert any("not running" in label for label in said(found, title))
            found.press("Start", window=title)
            wait(lambda: any("ready" in label for label in said(found, title)))
            found.press("Stop", window=title)
            wait(lambda: any("has ended" in label or "not running" in label for label in said(found, title)))
            found.press("Close", window=title)
            select_hole(found)
            asked(found)
            works(found)
        assert find_engine(state / CONNECTION_FILE)
    finally:
        end_engine(state)


def test_why_the_engine_does_not_start_stays_in_sight(place, known_plug_ins, tmp_path, wall):
    own = profile(tmp_path / "profile", known_plug_ins)
    program = tmp_path / "fails"
    program.write_text("#!/bin/sh\necho there is no torch >&2\nexit 1\n")
    program.chmod(0o755)
    plug(place, own, tmp_path / "state", engine=program)
    with window(place, own, wall) as found:
        asked(found, "Engine")
        title = found.wait_for_window("Texture Synthesis Engine")
        found.press("Start", window=title)
        wait(lambda: any("there is no torch" in label for label in said(found, title)))
        # The dialog looks for an engine twice meanwhile.
        time.sleep(2.5)
        assert any("there is no torch" in label for label in said(found, title))
        found.press("Close", window=title)


def end_engine(state):
    """End the engine of a folder, if there is one."""
    try:
        process = find_engine(state / CONNECTION_FILE).process
    except (NoEngineError, EngineError):
        return
    os.kill(process, signal.SIGINT)
    until = time.monotonic() + 20
    while pathlib.Path(f"/proc/{process}").exists() and time.monotonic() < until:
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("language", "filters", "title", "new", "exemplar", "draft", "shut"),
    [
        (
            "de",
            "Filter",
            "Auswahl mit Textur füllen",
            "Neue Textur aus Ebene …",
            "Vorlage",
            "Entwurf: für eine Vorschau",
            "Schließen",
        ),
        (
            "es",
            "Filtros",
            "Rellenar la selección con textura",
            "Textura nueva a partir de la capa…",
            "Muestra",
            "Borrador: para una vista previa",
            "Cerrar",
        ),
        (
            "fr",
            "Filtres",
            "Remplir la sélection avec une texture",
            "Nouvelle texture à partir du calque…",
            "Échantillon",
            "Ébauche\N{NO-BREAK SPACE}: pour un aperçu",
            "Fermer",
        ),
    ],
)
def test_it_speaks_the_language_of_the_user(
    place,
    known_plug_ins,
    engine,
    tmp_path,
    wall,
    pictures_folder,
    language,
    filters,
    title,
    new,
    exemplar,
    draft,
    shut,
):
    own = profile(tmp_path / "profile", known_plug_ins)
    plug(place, own, engine.folder)
    # Within any locale but C, this chooses the language, as GIMP's preferences do.
    with window(place, own, wall, language=LOCALE, environment={"LANGUAGE": language}) as found:
        bus = found.environment["DBUS_SESSION_BUS_ADDRESS"]
        assert found.process.pid in processes_with(bus)
        found.menu(filters, MENU[1], f"{title} …" if language == "de" else f"{title}…")
        found.wait_for_window(title, SECONDS)
        assert found.widget(exemplar, role="label")
        assert draft in tooltips_in_one_language(found, title)
        found.screenshot(pictures_folder / f"language-{language}.png")
        found.press(shut, window=title)
        found.wait_for_no_window(title)
        found.menu(filters, MENU[1], new)
        title = found.wait_for_window(new.rstrip(" …"))
        assert draft in tooltips_in_one_language(found, title)
        found.screenshot(pictures_folder / f"language-{language}-new.png")
        found.press(shut, window=title)
        found.wait_for_no_window(title)
    # Nothing of it outlives it.
    wait(lambda: not processes_with(bus))


def tooltips_in_one_language(found, title):
    """All tooltips of a dialog, none of which names a choice as scripts do."""
    shown = "\n".join(each.tooltip for each in found.widgets(window=title))
    assert not re.search(r"\b(draft|surroundings|above-below|both|layers|mix)\b", shown), shown
    return shown


def test_the_help_button_and_the_link_open_the_page_about_the_procedure(desk, tmp_path, wall):
    page = tmp_path / "page"
    with desk.showing(wall) as found, browser(desk.profile, page):
        asked(found)
        for button in ("Help", "How it works"):
            page.unlink(missing_ok=True)
            found.press(button, window=FILL)
            opened = wait(lambda: page.exists() and page.read_text().strip(), 20)
            assert opened == f"file://{plugin_folder(desk.profile)}/help/en/index.html#fill"
        close(found)


@contextmanager
def browser(home, page):
    """Give a user, for a while, a browser that only notes what it is to open."""
    applications = home / ".local" / "share" / "applications"
    applications.mkdir(parents=True)
    script = home / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > {page}\n')
    script.chmod(0o755)
    (applications / "browser.desktop").write_text(
        f"[Desktop Entry]\nType=Application\nName=Browser\nExec={script} %u\n"
        "MimeType=text/html;x-scheme-handler/file;\n"
    )
    (applications / "mimeapps.list").write_text(
        "[Default Applications]\ntext/html=browser.desktop\nx-scheme-handler/file=browser.desktop\n"
    )
    yield
    shutil.rmtree(applications)
