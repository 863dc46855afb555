"""What the installer has written down for the plug-in."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gimp_plugin.installation import Installation, InstallationError, make_importable, read_installation

ROOT = Path(__file__).parents[1]
SETTINGS = {
    "engine": "/opt/engine/bin/texture-engine",
    "folder": "/home/ada/.config/GIMP/texture-synthesis",
    "libraries": "/home/ada/.local/share/libraries",
    "installer": "python3 /opt/install.py",
    "software": "0.1.0",
}


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    """Whatever is set where these tests run is no matter."""
    monkeypatch.delenv("TEXTURE_ENGINE_FOLDER", raising=False)


def written(folder, content):
    text = content if isinstance(content, str | bytes) else json.dumps(content)
    (folder / "settings.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def installation(libraries):
    return Installation("", Path(), libraries, "python3 install.py", "0.1.0")


# The settings.


def test_what_was_written_down_is_read(tmp_path):
    assert read_installation(written(tmp_path, SETTINGS)) == Installation(
        "/opt/engine/bin/texture-engine",
        Path("/home/ada/.config/GIMP/texture-synthesis"),
        Path("/home/ada/.local/share/libraries"),
        "python3 /opt/install.py",
        "0.1.0",
    )


def test_what_a_newer_installer_adds_is_no_hindrance(tmp_path):
    assert read_installation(written(tmp_path, {**SETTINGS, "color": "blue"})).software == "0.1.0"


def test_names_in_any_script_come_through(tmp_path):
    found = read_installation(written(tmp_path, json.dumps({**SETTINGS, "folder": "/home/Łukasz/図"})))
    assert found.folder == Path("/home/Łukasz/図")


@pytest.mark.parametrize(("told", "due"), [("/srv/engine", "/srv/engine"), ("", SETTINGS["folder"])])
def test_the_variable_has_the_last_word_on_the_folder(tmp_path, monkeypatch, told, due):
    monkeypatch.setenv("TEXTURE_ENGINE_FOLDER", told)
    assert read_installation(written(tmp_path, SETTINGS)).folder == Path(due)


FAULTS = {
    "nothing": "",
    "half of it": json.dumps(SETTINGS)[:40],
    "no text": b"\xff\xfe\x00",
    "a list": "[1, 2]",
    "a number": "7",
    "null": "null",
    **{f"no {name}": {key: value for key, value in SETTINGS.items() if key != name} for name in SETTINGS},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_settings_that_are_broken_are_told_in_one_sentence(tmp_path, fault):
    with pytest.raises(InstallationError) as broken:
        read_installation(written(tmp_path, FAULTS[fault]))
    sentence = str(broken.value)
    assert sentence.startswith(f"{tmp_path / 'settings.json'} cannot be read (")
    assert sentence.endswith("): run its install.py again")
    assert "\n" not in sentence


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_that_are_no_text_are_told(tmp_path, name):
    with pytest.raises(InstallationError):
        read_installation(written(tmp_path, {**SETTINGS, name: None}))


def test_settings_that_are_not_there_are_told(tmp_path):
    with pytest.raises(InstallationError, match=r"settings\.json cannot be read \(.*No such file"):
        read_installation(tmp_path)


# Pyzmq and msgpack.


def imported(libraries, *statements):
    """Make them importable in a Python of its own that has none of them, and say what came of it."""
    script = "; ".join(
        (
            "import sys",
            "from pathlib import Path",
            "from gimp_plugin.installation import *",
            "before = list(sys.path)",
            f"make_importable(Installation('', Path(), Path({str(libraries)!r}), 'python3 install.py', '0.1.0'))",
            *statements,
        )
    )
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {script}"],
        capture_output=True,
        text=True,
        timeout=60,
    )


def packages(folder, **contents):
    for name, content in contents.items():
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.py").write_text(content)
    return folder


def test_libraries_are_found_where_the_installer_has_put_them(tmp_path):
    folder = packages(tmp_path / "libraries", zmq="", msgpack="")
    told = imported(
        folder, "import zmq, msgpack", "print(zmq.__file__)", "print(sys.path == before + [sys.path[-1]])"
    )
    assert told.stdout.splitlines() == [str(folder / "zmq.py"), "True"], told.stderr


def test_what_gimp_brings_for_itself_comes_first(tmp_path):
    folder = packages(tmp_path / "libraries", zmq="", msgpack="", json="raise ValueError", struct="raise ValueError")
    told = imported(folder, "import json, struct", "print('fine')")
    assert told.stdout == "fine\n", told.stderr


def test_making_them_importable_twice_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    for _ in range(2):
        make_importable(installation(tmp_path))
    assert sys.path.count(str(tmp_path)) == 1


MISSING = {
    "nothing is there": {},
    "msgpack is missing": {"zmq": "", "_": ""},
    "pyzmq is missing": {"msgpack": ""},
    "pyzmq is for another Python": {"msgpack": "", "zmq": "raise ImportError('wrong magic number')"},
}


@pytest.mark.parametrize("fault", MISSING)
def test_libraries_that_are_missing_are_told_with_the_command(tmp_path, fault):
    told = imported(packages(tmp_path / "libraries", **MISSING[fault]))
    last = told.stderr.strip().splitlines()[-1]
    version = ".".join(map(str, sys.version_info[:2]))
    start = f"gimp_plugin.installation.InstallationError: pyzmq and msgpack for GIMP's Python {version} are missing ("
    assert last.startswith(start)
    assert last.endswith("): run `python3 install.py`")


def test_libraries_that_break_when_they_are_loaded_are_told_with_the_command(tmp_path):
    told = imported(packages(tmp_path / "libraries", msgpack="", zmq="raise OSError('libzmq cannot be loaded')"))
    assert "InstallationError: pyzmq and msgpack" in told.stderr.splitlines()[-1]
