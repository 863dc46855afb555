"""The plug-in in a GIMP's profile, put there by the installer's own parts, with an engine of its own."""

import base64
import json
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from console_desk import ConsoleDesk
from forking import ONE_THREAD
from gimps import Said, console
from provide import CHECKOUT, Place

from engine.synthesis.compiling import cache_folder
from installation.files import write_folder
from installation.plugin import ENTRY, plugin_contents, plugin_folder

INSTALLER = "python3 install.py"
RUN_SECONDS = 600
# Defined in every piece of code that runs in GIMP.
TOOLS = """
import base64
import json
import traceback

pdb = Gimp.get_pdb()


def loaded(path):
    return Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(path))


def opened(path, loaded_before={}):
    # To load a file starts a plug-in of GIMP's, which takes a tenth of a second of a core; a copy is made at once.
    if path not in loaded_before:
        loaded_before[path] = loaded(path)
    return loaded_before[path].duplicate()


def configured(name, image=None, drawables=(), **wishes):
    procedure = pdb.lookup_procedure(f"plug-in-texture-synthesis-{name}")
    config = procedure.create_config()
    config.set_property("run-mode", Gimp.RunMode.NONINTERACTIVE)
    if image is not None:
        config.set_property("image", image)
        config.set_core_object_array("drawables", list(drawables))
    for wish, value in wishes.items():
        config.set_property(wish.replace("_", "-"), value)
    return procedure, config


def called(name, image=None, drawables=(), **wishes):
    procedure, config = configured(name, image, drawables, **wishes)
    values = procedure.run(config)
    found = [values.index(number) for number in range(values.length())]
    if found[0] != Gimp.PDBStatusType.SUCCESS:
        raise RuntimeError(found[1] if len(found) > 1 else pdb.get_last_error())
    return found[1:]


def refused(name, image=None, drawables=(), **wishes):
    try:
        called(name, image, drawables, **wishes)
    except RuntimeError as error:
        return str(error)
    raise AssertionError("it was not refused")


def seen(drawable, form="R'G'B'A u8"):
    box = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
    return drawable.get_buffer().get(box, 1.0, form, Gegl.AbyssPolicy.NONE)


def put_pixels(drawable, box, form, pixels):
    # Until it is told, GIMP may show what it has drawn before.
    buffer = drawable.get_buffer()
    buffer.set(Gegl.Rectangle.new(*box), form, pixels)
    buffer.flush()
    drawable.update(*box)


def kept(drawable, form="R'G'B'A u8"):
    # For `array_of`.
    pixels = base64.b64encode(seen(drawable, form)).decode()
    return {"width": drawable.get_width(), "height": drawable.get_height(), "form": form, "pixels": pixels}


def box_of(layer):
    return [*list(layer.get_offsets())[1:], layer.get_width(), layer.get_height()]


def everything(image):
    # All that a user would miss if it were another.
    def told(layer):
        own = {
            "name": layer.get_name(),
            "offsets": list(layer.get_offsets())[1:],
            "visible": layer.get_visible(),
            "blending": [
                layer.get_mode().value_nick, layer.get_blend_space().value_nick,
                layer.get_composite_space().value_nick, layer.get_composite_mode().value_nick, layer.get_opacity(),
            ],
            "filters": [
                [one.get_operation_name(), one.get_visible(), one.get_opacity(), one.get_blend_mode().value_nick]
                for one in layer.get_filters()
            ],
            "locks": [
                layer.get_lock_content(), layer.get_lock_position(), layer.get_lock_visibility(),
                layer.get_lock_alpha(),
            ],
            "pixels": hash(bytes(seen(layer, "R'G'B'A float"))),
            "mask": hash(bytes(seen(layer.get_mask(), "Y u8"))) if layer.get_mask() else None,
            "inside": [told(child) for child in layer.get_children()] if layer.is_group() else [],
        }
        return own
    return json.dumps([
        [told(layer) for layer in image.get_layers()],
        [layer.get_name() for layer in image.get_selected_layers()],
        hash(bytes(seen(image.get_selection(), "Y u8"))),
    ])


def taken_back(image, made):
    # Removes a result, and the group that it shares with a layer.
    group = made.get_parent()
    image.remove_layer(made)
    if group is None or not group.get_name().endswith(" with texture"):
        return
    for item in group.get_children():
        if item.get_name() == "Hole":
            image.remove_layer(item)
    layer, = group.get_children()
    image.reorder_item(layer, group.get_parent(), image.get_item_position(group))
    image.remove_layer(group)


def told_by(cases):
    # One that fails does not keep the others from being told.
    told = {}
    for case in cases:
        try:
            told[case.__name__] = {"found": case()}
        except Exception:
            told[case.__name__] = {"fault": traceback.format_exc()}
    return told
"""
# For tests of what comes of many calls, and not of the calls: the procedures run in the process of the code, and one
# connection serves them all. A start of the plug-in and of its relay takes longer than a small texture.
WITHOUT_STARTS = """
import sys

sys.path.insert(0, package)
from pathlib import Path

from gimp_plugin import procedures
from gimp_plugin.engine_link import EngineLink
from gimp_plugin.installation import read_installation
from gimp_plugin.log import start_log
from gimp_plugin.outcome import Call

installation = read_installation(Path(package))
start_log(installation.folder)


class SharedLink:
    def __init__(self):
        self.link = EngineLink(installation, name="tests", wait_for_user=False)

    def __getattr__(self, name):
        return getattr(self.link, name)

    def __call__(self, *_place, **_how):
        return self

    def close(self):
        pass


# Code that ran in this GIMP before may have left one.
if procedures.EngineLink is EngineLink:
    procedures.EngineLink = SharedLink()


# As GIMP calls them.
started = called


def called(name, image, drawables, **wishes):
    procedure, config = configured(name, image, drawables, **wishes)
    outcome = procedures.run(
        Call(procedure, Gimp.RunMode.NONINTERACTIVE, image, list(drawables), config, name, installation))
    if outcome.problem:
        raise RuntimeError(outcome.problem)
    return [outcome.text] if outcome.text else [outcome.image, *outcome.layers[-1:]]
"""
KINDS = {"u8": np.uint8, "u16": np.uint16, "float": np.float32}


@dataclass(frozen=True)
class Cases:
    """What several functions have found in one GIMP.

    Attributes:
        told: By the function's name, what it has returned, or how it failed.
    """

    told: dict

    def __getitem__(self, name: str):
        """What one has returned; if it failed, this test fails, and no other."""
        case = self.told[name]
        assert "fault" not in case, case["fault"]
        return case["found"]


@dataclass(frozen=True)
class Plugged:
    """A profile with the plug-in.

    Attributes:
        place: Where GIMP is.
        profile: The profile.
        state: Where the engine's connection file and keys are, and the plug-in's log.
        desk: A GIMP for code that starts no plug-in; without, each has its own.
    """

    place: Place
    profile: Path
    state: Path
    desk: ConsoleDesk | None = None

    def run(self, code: str, folder: Path, *, starts=True, anew=False, environment=None, allowed=(), **given) -> Said:
        """Run code in GIMP without a window; it finds `TOOLS`, too, and where the plug-in is, as `package`.

        Args:
            code: The code.
            folder: Where to leave files.
            starts: Whether each call of a procedure starts the plug-in, as GIMP does it; without, `started` does so.
            anew: Whether this needs a GIMP that has just started.
            environment: More environment variables of GIMP.
            allowed: Patterns of complaints that are no faults.
            given: What the code finds under its names.
        """
        code = f"{TOOLS}{'' if starts else WITHOUT_STARTS}\n{code}"
        given |= {"folder": folder, "timeout": RUN_SECONDS, "allowed": ("GIMP_IS_PDB_PROCEDURE", *allowed)}
        given["package"] = str(plugin_folder(self.profile))
        if self.desk and not (starts or anew or environment):
            return self.desk.run(code, **given)
        return console(self.place, self.profile, code, environment=environment, **given)

    def cases(self, code: str, folder: Path, **how) -> "Cases":
        """Run code that leaves in `cases` a list of functions, each of which looks into one case.

        A start of GIMP takes seconds, so many tests share one; `how` is what `run` takes.
        """
        code = f"{code}\nresult = told_by(cases)"
        return Cases(self.run(code, folder, **how).result)

    def log(self) -> str:
        """What the plug-in has logged."""
        path = self.state / "plug-in.log"
        return path.read_text() if path.exists() else ""


def plug(place: Place, profile: Path, state: Path, *, engine: Path | None = None) -> Plugged:
    """Put the plug-in into a profile.

    Args:
        place: Where GIMP is.
        profile: The profile.
        state: A folder for the engine's files.
        engine: The program that starts an engine; None for one that only relays to a running one.
    """
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    contents = plugin_contents(CHECKOUT, profile, state, INSTALLER)
    settings = json.loads(contents["settings.json"])
    settings["engine"] = str(engine or host_engine(place, profile.with_name(f"{profile.name}-relay"), only="relay"))
    contents["settings.json"] = json.dumps(settings).encode()
    write_folder(plugin_folder(profile), contents, ENTRY)
    return Plugged(place, profile, state)


def host_engine(place: Place, file: Path, *, only="") -> Path:
    """Make a program that GIMP can start, and that is the engine, or one command of it, of these tests."""
    python = shlex.join([sys.executable, "-m", "engine"])
    # GIMP in a folder of its own does not see that Python: its program steps out of there.
    out = "" if place.root == Path("/") else f"nsenter --target {os.getpid()} --mount -- "
    # GIMP's home is another one, where its functions would be compiled anew.
    variables = {
        "PYTHONPATH": CHECKOUT,
        **ONE_THREAD,
        "PATH": os.environ["PATH"],
        "NUMBA_CACHE_DIR": cache_folder(),
    }
    settings = shlex.join(f"{name}={value}" for name, value in variables.items())
    refuse = f'[ "$1" = {only} ] || {{ echo "$1 is not for this test" >&2; exit 1; }}\n' if only else ""
    file.write_text(f'#!/bin/sh\n{refuse}exec {out}env {settings} {python} "$@"\n')
    file.chmod(0o755)
    return file


def array_of(kept: dict):
    """What `kept` has sent out of GIMP, as (height, width, channels)."""
    samples = np.frombuffer(base64.b64decode(kept["pixels"]), KINDS[kept["form"].split()[1]])
    return samples.reshape(kept["height"], kept["width"], -1)
