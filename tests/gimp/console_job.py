"""Runs in GIMP: the code of a test, or of many; what comes of it goes to a file.

It finds the `FOLDER` of one, or in `FOLDERS` a pipe with a line for each.
"""

import json
import traceback
from pathlib import Path

import gi

gi.require_version("Gegl", "0.4")
gi.require_version("Gimp", "3.0")
from gi.repository import Gegl, Gimp, Gio, GLib  # noqa: E402


def work(folder):
    """Run `code.py` of a folder with the names in `given.json`, and write `told.json`."""
    folder = Path(folder)
    space = {"__name__": "__main__", "Gegl": Gegl, "Gimp": Gimp, "Gio": Gio, "GLib": GLib, "result": None}
    space.update(json.loads((folder / "given.json").read_text()))
    try:
        file = folder / "code.py"
        exec(compile(file.read_text(), str(file), "exec"), space)  # noqa: S102
        told = json.dumps({"result": space["result"]})
    except BaseException:  # noqa: BLE001
        told = json.dumps({"traceback": traceback.format_exc()})
    written = folder / "told.new"
    written.write_text(told)
    written.rename(folder / "told.json")


def work_cleanly(folder):
    """Likewise, and leave nothing for the next one."""
    Gimp.context_push()
    work(folder)
    Gimp.context_pop()
    for image in Gimp.get_images():
        image.delete()


if "FOLDERS" in globals():
    with open(FOLDERS) as lines:  # noqa: F821, PTH123
        for line in lines:
            work_cleanly(line.rstrip("\n"))
else:
    work(FOLDER)  # noqa: F821
