"""An engine or an installation that is not whole: the plug-in's sentence, in a real GIMP."""

import json
import re
import shutil

import pytest
from engines import running
from gimps import profile
from pictures import bricks, save
from plugged import plug

from installation.plugin import plugin_folder
from protocol.connection import CONNECTION_FILE
from protocol.errors import EngineRefusedError
from protocol.keys import CLIENT_KEYS, make_keys, own_keys
from protocol.relay_socket import SOCKET_FILE

# An engine of the time after next.
NEWER = (
    "-c",
    "import protocol.version; protocol.version.PROTOCOL = (3, 0); from engine.cli import main; main()",
    "serve",
)
CODE = """
from pathlib import Path

settings = Path(plug_in) / "settings.json"
whole = settings.read_text()


def tried(**changes):
    settings.write_text(json.dumps({**json.loads(whole), **changes}))
    return asked()


def asked():
    image = opened(wall)
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 20, 20, 20, 20)
    before = everything(image)
    said = refused("fill", image, image.get_layers())
    assert everything(image) == before
    return said


def no_program():
    return tried(engine="/no/such/engine")


def a_program_that_fails():
    return tried(engine=fails)


def a_program_that_says_nothing():
    return tried(engine="/bin/false")


def another_version():
    return tried(folder=newer)


def another_key_of_mine():
    return tried(folder=stranger)


def another_key_of_the_engine():
    return tried(folder=mistaken)


def keys_open_to_others():
    return tried(folder=readable)


def no_module():
    module = Path(plug_in) / "gimp_plugin/box.py"
    away = module.rename(module.with_suffix(".away"))
    try:
        return asked()
    finally:
        away.rename(module)


def no_settings():
    settings.unlink()
    return asked()


def broken_settings():
    settings.write_text('{"engine": ')
    return asked()


def settings_of_another_version():
    settings.write_text('{"program": "engine"}')
    return asked()


def told_by_status():
    found = {}
    for name, folder in {"version": newer, "none": nobody}.items():
        settings.write_text(json.dumps({**json.loads(whole), "folder": folder}))
        found[name] = called("engine", action="status")[0]
    return found


def not_startable():
    settings.write_text(json.dumps({**json.loads(whole), "folder": nobody, "engine": "/no/such/engine"}))
    return refused("engine", action="start")


cases = [
    no_program, a_program_that_fails, a_program_that_says_nothing, another_version, another_key_of_mine,
    another_key_of_the_engine, keys_open_to_others, no_module, no_settings, broken_settings,
    settings_of_another_version, told_by_status, not_startable,
]
"""


@pytest.fixture(scope="module")
def cases(place, known_plug_ins, tmp_path_factory):
    """All that these tests look at, made in one GIMP."""
    folder = tmp_path_factory.mktemp("broken")
    save(folder / "wall.png", bricks(64, 64))
    fails = folder / "fails"
    fails.write_text("#!/bin/sh\necho starting\necho 'there is no torch' >&2\nexit 3\n")
    fails.chmod(0o755)
    states = {name: folder / name for name in ("nobody", "newer", "stranger", "mistaken", "readable")}
    own = profile(folder / "profile", known_plug_ins)
    plugged = plug(place, own, states["nobody"])
    with running(states["newer"], "--device", "cpu", program=NEWER) as engine:
        with pytest.raises(EngineRefusedError, match="version 3 of the protocol"):
            engine.client()
        for name in ("stranger", "mistaken", "readable"):
            shutil.copytree(states["newer"], states[name], ignore=shutil.ignore_patterns(SOCKET_FILE))
        (states["stranger"] / CLIENT_KEYS).unlink()
        own_keys(states["stranger"] / CLIENT_KEYS)
        told = json.loads(engine.file.read_text())
        mistaken = json.dumps({**told, "public_key": make_keys().public})
        (states["mistaken"] / CONNECTION_FILE).write_text(mistaken)
        (states["readable"] / CLIENT_KEYS).chmod(0o644)
        return plugged.cases(
            CODE,
            folder / "run",
            wall=str(folder / "wall.png"),
            fails=str(fails),
            plug_in=str(plugin_folder(own)),
            **{name: str(path) for name, path in states.items()},
        )


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        (
            "no_program",
            r"The engine is not at /no/such/engine \(No such file or directory\): run `python3 install.py`",
        ),
        (
            "a_program_that_fails",
            r"The engine does not start \(there is no torch\): run `python3 install.py --check`",
        ),
        (
            "a_program_that_says_nothing",
            r"The engine does not start \(no message\): run `python3 install.py --check`",
        ),
        (
            "another_version",
            r"The plug-in and the engine are not compatible \(the engine speaks version 3 of the protocol and the "
            r"client version 2: .*\): run `python3 install.py --upgrade`",
        ),
        ("another_key_of_mine", r"The engine does not answer: .*its keys were changed.* End its process \d+, .*"),
        (
            "another_key_of_the_engine",
            r"The engine does not answer: .*its keys were changed.* End its process \d+, .*",
        ),
        ("keys_open_to_others", r".*client\.secret .*"),
        (
            "no_module",
            r"The plug-in is incomplete \(No module named 'gimp_plugin\.box'\): run `python3 install.py`",
        ),
        ("no_settings", r".*settings\.json cannot be read \(.*No such file.*\): run .*install\.py again.*"),
        ("broken_settings", r".*settings\.json cannot be read \(.*\): run .*install\.py again.*"),
        ("settings_of_another_version", r".*settings\.json cannot be read \(.*\): run .*install\.py again.*"),
        (
            "not_startable",
            r"The engine is not at /no/such/engine \(No such file or directory\): run `python3 install.py`",
        ),
    ],
)
def test_what_is_not_whole_is_told_with_what_mends_it(cases, case, sentence):
    assert re.fullmatch(sentence, cases[case])


def test_the_status_tells_it_too(cases):
    found = cases["told_by_status"]
    assert found["version"].startswith("The plug-in and the engine are not compatible")
    assert found["none"] == "The engine is not running. It is started when it is needed."
