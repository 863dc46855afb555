"""What the installer has written down for the plug-in."""

import json
import re
from pathlib import Path

import pytest

from gimp_plugin.installation import Installation, InstallationError, read_installation

SETTINGS = {
    "engine": "/opt/engine/bin/texture-engine",
    "folder": "/home/ada/.config/GIMP/texture-synthesis",
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


# The settings.


def test_what_was_written_down_is_read(tmp_path):
    assert read_installation(written(tmp_path, SETTINGS)) == Installation(
        "/opt/engine/bin/texture-engine",
        Path("/home/ada/.config/GIMP/texture-synthesis"),
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
    "no end of lists": "[" * 100_000,
    **{f"no {name}": {key: value for key, value in SETTINGS.items() if key != name} for name in SETTINGS},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_settings_that_are_broken_are_told_in_one_sentence(tmp_path, fault):
    with pytest.raises(InstallationError) as broken:
        read_installation(written(tmp_path, FAULTS[fault]))
    sentence = str(broken.value)
    assert sentence.startswith(f"{tmp_path / 'settings.json'} cannot be read (")
    assert re.search(r"\): run .*install\.py", sentence)
    assert "\n" not in sentence


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_that_are_no_text_are_told(tmp_path, name):
    with pytest.raises(InstallationError):
        read_installation(written(tmp_path, {**SETTINGS, name: None}))


def test_settings_that_are_not_there_are_told(tmp_path):
    with pytest.raises(InstallationError, match=r"settings\.json cannot be read \(.*No such file"):
        read_installation(tmp_path)
