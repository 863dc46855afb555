"""Runs in GIMP: the code of a test; what comes of it goes to a file."""

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
    (folder / "told.json").write_text(told)


work(FOLDER)  # noqa: F821
