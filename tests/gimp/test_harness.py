"""The GIMP that the tests of the plug-in use: it does what it is told, and its complaints are heard."""

import time

import pytest
from gimps import console, plug_in, profile, refuse_faults
from pictures import bricks, bytes_of
from PIL import Image
from windows import window

RED = (255, 0, 0)
AREA = 64 * 48
PLUG_IN = """
import sys
import gi
gi.require_version("Gegl", "0.4")
gi.require_version("Gimp", "3.0")
from gi.repository import Gegl, Gimp, GLib


class Painter(Gimp.PlugIn):
    def do_query_procedures(self):
        return ["painter-red", "painter-fails"]

    def do_set_i18n(self, name):
        return False

    def do_create_procedure(self, name):
        work = paint if name == "painter-red" else fail
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, work, None)
        procedure.set_image_types("*")
        procedure.set_menu_label("Paint It Red" if work is paint else "Paint It Wrong")
        procedure.add_menu_path("<Image>/Filters/Painters")
        return procedure


def paint(procedure, run_mode, image, drawables, config, data):
    if run_mode == Gimp.RunMode.INTERACTIVE and not agreed():
        return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
    Gimp.context_set_foreground(Gegl.Color.new("red"))
    drawables[0].edit_fill(Gimp.FillType.FOREGROUND)
    Gimp.displays_flush()
    return procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)


def agreed():
    gi.require_version("GimpUi", "3.0")
    gi.require_version("Gtk", "3.0")
    from gi.repository import GimpUi, Gtk
    GimpUi.init("painter")
    dialog = Gtk.Dialog(title="Paint the layer?")
    dialog.add_button("Leave It", 1)
    dialog.add_button("Paint It", 2)
    count = Gtk.SpinButton.new_with_range(1, 9, 1)
    count.get_accessible().set_name("Coats")
    dialog.get_content_area().add(count)
    dialog.show_all()
    return dialog.run() == 2


def fail(procedure, run_mode, image, drawables, config, data):
    raise ValueError("this color is wrong")


Gimp.main(Painter.__gtype__, sys.argv)
"""


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    """A picture of 64×48 pixels."""
    path = tmp_path_factory.mktemp("pictures") / "bricks.png"
    Image.fromarray(bytes_of(bricks(48, 64))).convert("RGB").save(path)
    return path


@pytest.fixture(scope="module")
def painting(place, known_plug_ins, tmp_path_factory, picture):
    """A GIMP with a window, the picture and the plug-in."""
    own = profile(tmp_path_factory.mktemp("painting") / "profile", known_plug_ins)
    plug_in(own, "painter", PLUG_IN)
    with window(place, own, picture, allowed=("Traceback",)) as found:
        yield found


def reds(path):
    """How many pixels of a screenshot are quite red."""
    with Image.open(path) as screen:
        return sum(number for number, color in screen.convert("RGB").getcolors(1 << 24) if color == RED)


def wait(condition, seconds=60):
    """Wait until it holds."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.1)


# Without a window.


def test_code_in_gimp_gets_names_and_gives_a_result(place, gimp_profile, tmp_path, picture):
    code = """
        image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path))
        image.scale(image.get_width() * times, image.get_height() * times)
        result = {"size": [image.get_width(), image.get_height()], "version": Gimp.version()}
    """
    said = console(place, gimp_profile, code, folder=tmp_path / "run", path=str(picture), times=3)
    assert said.result == {"size": [192, 144], "version": place.version}


def test_an_exception_in_gimp_fails_the_test_with_its_traceback(place, gimp_profile, tmp_path):
    with pytest.raises(AssertionError, match=r'code\.py", line 2(.|\n)*ZeroDivisionError'):
        console(place, gimp_profile, "nothing = 0\nresult = 1 / nothing", folder=tmp_path / "run")


def test_a_critical_complaint_fails_the_test_unless_it_is_allowed(place, gimp_profile, tmp_path):
    code = """
        image = Gimp.Image.new(8, 8, Gimp.ImageBaseType.RGB)
        layer = Gimp.Layer.new(image, "layer", 8, 8, Gimp.ImageType.RGB_IMAGE, 100, Gimp.LayerMode.NORMAL)
        image.insert_layer(layer, None, 0)
        layer.get_buffer().set(Gegl.Rectangle.new(0, 0, 8, 8), "R'G'B' u8", b"too short")
        result = "went on"
    """
    with pytest.raises(AssertionError, match="GEGL-CRITICAL"):
        console(place, gimp_profile, code, folder=tmp_path / "first")
    assert (
        console(place, gimp_profile, code, folder=tmp_path / "second", allowed=("GEGL-CRITICAL",)).result == "went on"
    )


def test_a_gimp_that_does_not_end_is_ended(place, gimp_profile, tmp_path):
    began = time.monotonic()
    with pytest.raises(AssertionError, match="not done after 4 s"):
        console(place, gimp_profile, "import time; time.sleep(60)", folder=tmp_path / "run", timeout=4)
    assert time.monotonic() - began < 60


def test_a_plug_in_of_the_profile_can_be_called(place, gimp_profile, tmp_path):
    plug_in(gimp_profile, "painter", PLUG_IN)
    code = """
        image = Gimp.Image.new(8, 8, Gimp.ImageBaseType.RGB)
        layer = Gimp.Layer.new(image, "layer", 8, 8, Gimp.ImageType.RGB_IMAGE, 100, Gimp.LayerMode.NORMAL)
        image.insert_layer(layer, None, 0)
        procedure = Gimp.get_pdb().lookup_procedure("painter-red")
        config = procedure.create_config()
        config.set_property("image", image)
        config.set_core_object_array("drawables", [layer])
        procedure.run(config)
        result = list(layer.get_buffer().get(Gegl.Rectangle.new(3, 3, 1, 1), 1.0, "R'G'B' u8", Gegl.AbyssPolicy.NONE))
    """
    assert console(place, gimp_profile, code, folder=tmp_path / "run").result == [255, 0, 0]


def test_gimp_sees_the_network_and_the_processes_of_the_tests(place, gimp_profile, tmp_path, engine):
    code = """
        import json, os, pathlib, socket
        told = json.loads((pathlib.Path(os.environ["TEXTURE_ENGINE_FOLDER"]) / "engine.json").read_text())
        host, port = told["address"].removeprefix("tcp://").rsplit(":", 1)
        with socket.create_connection((host, int(port)), 5):
            result = [told["process"], os.path.exists(f"/proc/{told['process']}")]
    """
    environment = {"TEXTURE_ENGINE_FOLDER": str(engine.folder)}
    said = console(place, gimp_profile, code, folder=tmp_path / "run", environment=environment)
    assert said.result == [engine.process.pid, True]


# With a window.


def test_the_window_shows_the_picture(painting, pictures_folder):
    assert painting.windows() == [painting.wait_for_window("bricks")]
    assert "64x48" in painting.windows()[0]
    with Image.open(painting.screenshot(pictures_folder / "window.png")) as screen:
        assert screen.size == (1280, 960)


def test_a_menu_item_is_clicked_and_its_dialog_is_used(painting, pictures_folder):
    assert reds(painting.screenshot(pictures_folder / "before.png")) == 0
    painting.menu("Filters", "Painters", "Paint It Red")
    title = painting.wait_for_window("Paint the layer?")
    assert title in painting.windows()
    coats = painting.press("Coats", window=title)
    assert (coats.role, coats.value, coats.text) == ("spin button", 1, "1")
    painting.key("ctrl+a")
    painting.type("7\t")
    wait(lambda: painting.widget("Coats", window=title).value == 7)
    painting.screenshot(pictures_folder / "dialog.png")
    painting.press("Paint It", window=title)
    painting.wait_for_no_window(title)
    # The layer, and small pictures of it; then only the color that is picked.
    wait(lambda: reds(painting.screenshot(pictures_folder / "after.png")) > AREA)
    painting.key("ctrl+z")
    wait(lambda: reds(painting.screenshot(pictures_folder / "undone.png")) < AREA / 2)


def test_a_menu_item_that_is_not_there_fails_the_test(painting):
    with pytest.raises(AssertionError, match="nothing is called 'Paint It Green'"):
        painting.widget("Paint It Green", seconds=0.5)


def test_what_a_plug_in_fails_with_is_heard(painting):
    painting.menu("Filters", "Painters", "Paint It Wrong")
    wait(lambda: "ValueError: this color is wrong" in painting.said())
    with pytest.raises(AssertionError, match="Traceback"):
        refuse_faults(painting.said())
