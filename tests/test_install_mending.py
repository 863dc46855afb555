"""`install.py`: what is broken is told by `--check`, and mended by the next run."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from engines import forked
from filelock import FileLock
from installs import empty_home, entry, hand_over_compiled, no_gimp_of_the_system, plugin, told_error

from installation.files import folder_fault, write_folder

KILL_SECONDS = 60


def checked(home, **more) -> list[str]:
    """What `--check` finds wrong."""
    told = home.run("--check", **more)
    wrong = [line.removeprefix("wrong: ") for line in told.stdout.splitlines() if line.startswith("wrong: ")]
    assert told.stderr == ""
    assert told.returncode == bool(wrong)
    assert ("no faults found" in told.stdout) is not bool(wrong)
    return wrong


@pytest.mark.skipif(sys.platform == "win32", reason="no process groups there")
def test_a_run_that_was_killed_is_finished_by_the_next(installed, tmp_path):
    home = empty_home(tmp_path, installed.house)
    profile = home.gimp()
    process = subprocess.Popen(
        home.command(), env=home.surroundings(), stdout=subprocess.DEVNULL, start_new_session=True
    )
    until = time.monotonic() + KILL_SECONDS
    # pip has begun to unpack: the worst moment.
    while not [*home.environment.glob("lib/python*/site-packages/torch*")] and time.monotonic() < until:
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)
    assert home.environment.exists()
    assert not entry(profile).exists()
    (fault, *_) = checked(home)
    assert fault == f"the environment {home.environment} was not finished: run `python3 '{home.source}/install.py'`"
    assert "- create an environment" in home.install()
    assert "there is nothing to do" in home.install("--dry-run")


BROKEN = {
    "its Python is gone": lambda home: (home.environment / "bin/python").unlink(),
    "its program is gone": lambda home: (home.environment / "bin/texture-engine").unlink(),
    "a package is gone": lambda home: shutil.rmtree(next(home.environment.glob("lib/*/site-packages/torch-*"))),
    "a file is cut": lambda home: os.truncate(next(home.environment.glob("lib/*/site-packages/zmq/error.py")), 3),
}


def test_an_environment_that_lacks_what_its_packages_need_is_made_anew(own_home):
    own_home.gimp()
    own_home.install()
    marker = own_home.environment / "texture-synthesis.json"
    told = json.loads(marker.read_text())
    marker.write_text(json.dumps({**told, "packages": [*told["packages"], "llvmlite"]}))
    fault, *_ = checked(own_home)
    assert fault.startswith(f"the environment {own_home.environment} lacks llvmlite: run `python3 ")
    assert "would create an environment in" in own_home.install("--dry-run")


@pytest.mark.parametrize("how", BROKEN)
def test_a_damaged_environment_is_made_anew(own_home, how):
    own_home.install()
    BROKEN[how](own_home)
    fault, *_ = checked(own_home)
    assert fault.startswith(f"the environment {own_home.environment} is damaged: run `python3 ")
    assert "would create an environment in" in own_home.install("--dry-run")


def lose_module(profile):
    (plugin(profile) / "protocol/link.py").unlink()


def lose_run_bit(profile):
    entry(profile).chmod(0o644)


def change_settings(profile):
    path = plugin(profile) / "settings.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "engine": "/old/texture-engine"}))


def lose_plugin(profile):
    shutil.rmtree(plugin(profile))


PLUGINS = {
    lose_module: "lacks protocol/link.py",
    lose_run_bit: "has no execute permission for texture-synthesis.py",
    change_settings: "is of another version",
    lose_plugin: "is not there",
}


def test_each_fault_of_the_plug_in_is_told_and_mended(home):
    profiles = [home.gimp(f"3.{number}") for number in range(len(PLUGINS))]
    home.install()
    for break_it, profile in zip(PLUGINS, profiles, strict=True):
        break_it(profile)
    # Another fault of the engine's saves the time that it takes to try whether it works.
    newer = home.source / "engine/newer.py"
    newer.touch()
    mend = f"run `python3 '{home.source}/install.py'`"
    folders = [plugin(profile) for profile in profiles]
    assert checked(home) == [
        f"the environment {home.environment} is not of the version in {home.source}: {mend}",
        *(f"the plug-in {folder} {fault}: {mend}" for folder, fault in zip(folders, PLUGINS.values(), strict=True)),
    ]
    newer.unlink()
    home.install()
    hand_over_compiled(home)
    assert checked(home) == []
    assert "already up to date" in home.install()


def test_what_an_interrupted_copy_has_left_is_removed(home):
    profile = home.gimp()
    home.install()
    left = [folder.with_name(f".{folder.name}.draft") for folder in (plugin(profile), home.state / "libraries")]
    left.append(plugin(profile).with_name(".texture-synthesis.old"))
    for folder in left:
        (folder / "half").mkdir(parents=True)
    home.install()
    assert not any(folder.exists() for folder in left)
    assert "already up to date" in home.install()


def test_a_check_tells_all_that_doctor_advises(own_home):
    own_home.gimp()
    own_home.install()
    hand_over_compiled(own_home)
    (site,) = own_home.environment.glob("lib/python*/site-packages")
    reason = "its parts do not fit each other, " * 5
    (site / "torchvision.py").write_text(f"raise ImportError({reason!r})\n")
    (fault,) = checked(own_home)
    assert "to do:" not in fault
    advice = fault.split(f"torchvision does not load ({reason}): run ")[1]
    assert re.match(r"`python3 .*install\.py'? --upgrade`", advice)
    assert fault.endswith(" doctor`, which says what to do")


@no_gimp_of_the_system
def test_a_check_without_gimp_says_what_to_do(home):
    (home.source / "engine/new.py").touch()
    _, fault = checked(home)
    assert fault == f"no GIMP 3 was found: start GIMP 3 once, then run `python3 '{home.source}/install.py'`"


def test_a_check_tells_that_nothing_is_installed(installed, tmp_path):
    home = empty_home(tmp_path, installed.house)
    home.gimp()
    before = home.snapshot()
    assert [line.split(": run ")[0] for line in checked(home)] == [
        f"the environment {home.environment} is not there",
        f"the plug-in {plugin(home.folder / '.config/GIMP/3.0')} is not there",
    ]
    assert home.snapshot() == before


def test_a_check_tells_of_a_running_engine_of_another_version(home, tmp_path):
    home.gimp()
    other = tmp_path / "state"
    other.mkdir(mode=0o700)
    home.install(TEXTURE_ENGINE_FOLDER=str(other))
    (home.source / "engine/newer.py").touch()
    with forked(tmp_path / "engine", "--device", "cpu") as engine:
        engine.client().close()
        (other / "engine.json").write_text(json.dumps({**json.loads(engine.file.read_text()), "software": "0.0.1"}))
        with FileLock(other / "engine.lock"):
            faults = checked(home, TEXTURE_ENGINE_FOLDER=str(other))
        # A port that is another's by now is no engine.
        alone = checked(home, TEXTURE_ENGINE_FOLDER=str(other))
    assert not any("0.0.1" in fault for fault in alone)
    stop = home.environment / "bin/texture-engine"
    assert faults[1:] == [f"the running engine has another version, 0.0.1: run `{stop} stop`"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"environments": []}', '{"environments": [1], "profiles": []}'])
@pytest.mark.parametrize("words", [(), ("--check",), ("--uninstall",)])
def test_a_broken_record_is_not_taken_for_an_empty_one(home, content, words):
    home.data.mkdir(parents=True, exist_ok=True)
    record = home.data / "installed.json"
    record.write_text(content)
    sentence = told_error(home.run(*words))
    assert str(record) in sentence
    assert "delete it" in sentence
    assert record.read_text() == content


def test_a_file_that_cannot_be_read_is_told_and_replaced(tmp_path, monkeypatch):
    contents = {"texture-synthesis.py": b"pass\n", "settings.json": b"{}\n"}
    folder = tmp_path / "plug-in"
    write_folder(folder, contents, "texture-synthesis.py")
    assert folder_fault(folder, contents, "texture-synthesis.py") is None
    read = Path.read_bytes

    def refused(path):
        if path.name == "settings.json":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", refused)
        assert "settings.json" in folder_fault(folder, contents, "texture-synthesis.py")
        write_folder(folder, contents, "texture-synthesis.py")
    assert folder_fault(folder, contents, "texture-synthesis.py") is None
