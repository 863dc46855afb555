"""`install.py`: what it installs, and that it does so once."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from engines import END_SECONDS, forked
from installs import ROOT, empty_home, entry, hand_over_compiled, plugin, told_error
from pythons import succeeds
from test_protocol_imports import imported
from wheelhouse import write_wheel

from installation import folders
from installation.torch_builds import described

posix = pytest.mark.skipif(sys.platform == "win32", reason="what POSIX modes say means nothing there")


@pytest.fixture(scope="session")
def profile(installed):
    return installed.folder / ".config/GIMP/3.0"


# What is there afterwards.


def test_the_engine_can_be_started_afterwards(installed):
    engine = installed.environment / "bin/texture-engine"
    told = subprocess.run([engine, "status"], env=installed.surroundings(), capture_output=True, text=True)
    assert (told.returncode, told.stderr.startswith("texture-engine: no engine is running")) == (1, True)
    assert str(installed.state) in told.stderr


def test_the_end_says_where_to_click(home):
    home.gimp()
    *_, last = home.install().splitlines()
    assert last == "In GIMP: Filters → Texture Synthesis; restart GIMP if it is running."


def test_a_terminal_without_arrows_is_told_the_same(home):
    home.gimp()
    assert "Filters ? Texture Synthesis" in home.install(PYTHONIOENCODING="ascii")


@posix
def test_the_entry_script_can_be_run_and_nothing_else(profile):
    modes = {path.name: path.stat().st_mode & 0o777 for path in plugin(profile).rglob("*") if path.is_file()}
    assert modes.pop("texture-synthesis.py") == 0o755
    assert set(modes.values()) == {0o644}
    # Not `env`: a virtual environment that comes first on the PATH has no `gi`.
    assert entry(profile).read_text().startswith("#!/usr/bin/python3\n")


def test_the_plug_in_has_its_modules_and_the_protocol_and_nothing_else(profile):
    found = {path.relative_to(plugin(profile)) for path in plugin(profile).rglob("*") if path.is_file()}
    modules = {path.relative_to(ROOT) for name in ("gimp_plugin", "protocol") for path in (ROOT / name).rglob("*.py")}
    modules.discard(Path("gimp_plugin/texture-synthesis.py"))
    assert modules <= found
    shown = {path for path in found if path.parts[0] in {"help", "locale"} or "icons" in path.parts}
    assert Path("help/en/gimp-help.xml") in shown
    others = found - modules - shown
    assert others == {Path("texture-synthesis.py"), Path("settings.json")}
    assert all((plugin(profile) / path).read_bytes() == (ROOT / path).read_bytes() for path in modules)


def test_translations_and_icons_are_copied(home):
    catalog = home.source / "gimp_plugin/locale/xx/LC_MESSAGES/texture-synthesis.mo"
    icon = home.source / "gimp_plugin/icons/new.svg"
    for path in (catalog, catalog.with_suffix(".po"), icon):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
    folder = plugin(home.gimp())
    home.install()
    assert (folder / "locale/xx/LC_MESSAGES/texture-synthesis.mo").read_text() == catalog.name
    assert (folder / "gimp_plugin/icons/new.svg").read_text() == icon.name
    assert not [*folder.rglob("*.po")]


def test_the_settings_tell_where_things_are(installed, profile):
    settings = json.loads((plugin(profile) / "settings.json").read_text())
    number = re.search('^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1]
    assert settings == {
        "software": number,
        "engine": str(installed.environment / "bin/texture-engine"),
        "folder": str(installed.state),
        "installer": f"python3 '{installed.source / 'install.py'}'",
    }


def test_the_installer_needs_the_standard_library_alone():
    for path in (ROOT / "install.py", *(ROOT / "installation").glob("*.py")):
        assert set(imported(path)) <= {*sys.stdlib_module_names, "installation", "protocol"}, path
    code = "import sys; sys.path.insert(0, sys.argv[1]); import install"
    # Without packages; of the protocol, only what needs none either.
    subprocess.run([sys.executable, "-I", "-S", "-c", code, ROOT], check=True)


def test_installer_and_engine_agree_on_where_encoders_are_kept(monkeypatch, tmp_path):
    from engine.encoders.vgg import cache_folder

    assert folders.weights_folder() == cache_folder()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert folders.weights_folder() == cache_folder()


# Once.


def test_a_second_run_changes_nothing(home):
    home.gimp()
    home.install()
    before = home.snapshot()
    told = home.install()
    assert "already up to date" in told
    assert "- " not in told
    assert home.snapshot() == before


def test_what_python_writes_beside_the_modules_is_no_change(home):
    folder = plugin(home.gimp())
    home.install()
    cached = folder / "protocol/__pycache__/link.cpython-313.pyc"
    cached.parent.mkdir()
    cached.write_bytes(b"code")
    assert "already up to date" in home.install()
    assert cached.exists()


def test_a_dry_run_writes_nothing_and_tells_everything(installed, tmp_path):
    home = empty_home(tmp_path, installed.house)
    profile = home.gimp()
    before = home.snapshot()
    told = home.install("--dry-run", "--torch", "default").splitlines()
    assert home.snapshot() == before
    assert told == [
        f"would create an environment in {home.environment}",
        f"would install the engine and what it needs into it, with {described('default')}, as asked for",
        "would mark it as complete",
        f"would copy the plug-in to {plugin(profile)}",
        f"would record in {home.data} what is installed",
        "nothing was done",
    ]


def test_a_dry_run_has_nothing_to_tell_where_all_is_well(home):
    home.gimp()
    home.install()
    assert home.install("--dry-run") == "already up to date, there is nothing to do\n"


# Changes.


def test_an_update_removes_what_is_not_needed_any_more(home):
    home.gimp()
    left = [home.state / name for name in ("libraries", ".libraries.draft")]
    for folder in left:
        (folder / "zmq").mkdir(parents=True)
    home.install()
    assert not any(folder.exists() for folder in left)
    assert home.state.exists()


def test_a_changed_checkout_is_installed_and_ends_the_engine_of_the_old_one(own_home):
    profile = own_home.gimp()
    own_home.install()
    before = entry(profile).stat().st_mtime_ns
    for name in ("engine/__init__.py", "protocol/__init__.py"):
        with (own_home.source / name).open("a") as file:
            file.write("NEW = True\n")
    with forked(own_home.state, "--device", "cpu") as engine:
        engine.client().close()
        told = own_home.install()
        assert f"- stop the running engine (process {engine.process.pid})" in told
        assert engine.process.wait(END_SECONDS) == 0
    assert "- change the environment" in told
    (package,) = own_home.environment.glob("lib/python*/site-packages/engine/__init__.py")
    assert package.read_text().endswith("NEW = True\n")
    assert (plugin(profile) / "protocol/__init__.py").read_text().endswith("NEW = True\n")
    # GIMP looks again only at an entry script with another time.
    assert entry(profile).stat().st_mtime_ns > before


def test_an_engine_without_its_environment_makes_room_for_another(own_home):
    own_home.gimp()
    own_home.install()
    shutil.rmtree(own_home.environment)
    with forked(own_home.state, "--device", "cpu") as engine:
        engine.client().close()
        told = own_home.install()
        assert f"- stop the running engine (process {engine.process.pid})" in told
        assert engine.process.wait(END_SECONDS) == 0
    assert f"- create an environment in {own_home.environment}" in told
    assert "already up to date" in own_home.install()


def test_an_upgrade_takes_newer_packages_and_copies_anew(own_home, tmp_path):
    profile = own_home.gimp()
    own_home.install()
    before = entry(profile).stat().st_mtime_ns
    house = shutil.copytree(own_home.house, tmp_path / "newer")
    write_wheel(house, "tifffile", "9999.1", "py3-none-any", {})
    assert "already up to date" in own_home.install(PIP_FIND_LINKS=str(house))
    # pip may have a word about the real packages of the tests' own Python, so stderr need not be empty.
    assert own_home.run("--upgrade", PIP_FIND_LINKS=str(house)).returncode == 0
    versions = {path.name for path in own_home.environment.glob("lib/python*/site-packages/tifffile-*")}
    assert versions == {"tifffile-9999.1.dist-info"}
    assert entry(profile).stat().st_mtime_ns > before


# What cannot be done.


def test_an_older_python_is_told_to_be_too_old(tmp_path):
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    older = [shutil.which(f"python3.{minor}") for minor in range(6, 10)]
    older += [str(path / "bin/python") for path in versions.glob("3.[6-9].*")]
    works = [python for python in older if python and succeeds(python, "-c", "")]
    if not works:
        pytest.skip("there is no Python older than 3.10")
    for python in works:
        told = subprocess.run(
            [python, ROOT / "install.py"], capture_output=True, text=True, env={"HOME": str(tmp_path)}
        )
        assert told.returncode == 2
        assert re.fullmatch(r"Python 3\.\d\.\d+ is too old: run this with Python 3\.10 or newer\n", told.stderr)


def test_a_python_without_venv_is_told_the_command_that_brings_it(home, tmp_path):
    (tmp_path / "without/ensurepip").mkdir(parents=True)
    (tmp_path / "without/ensurepip/__init__.py").write_text("raise ModuleNotFoundError('no ensurepip')")
    before = home.snapshot()
    sentence = told_error(home.run(PYTHONPATH=str(tmp_path / "without")))
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    assert sentence.startswith(f"this Python cannot create environments: run `sudo apt install {package}`")
    assert home.snapshot() == before


@posix
def test_what_a_terminal_hands_down_does_not_reach_the_engines_python(home, tmp_path):
    home.gimp()
    home.install()
    hand_over_compiled(home)
    for name in ("numpy", "zmq", "msgpack", "pip", "torch", "engine", "importlib_metadata"):
        (tmp_path / "broken" / name).mkdir(parents=True)
        (tmp_path / "broken" / name / "__init__.py").write_text("raise RuntimeError('not the one that was meant')")
    handed_down = {"PYTHONPATH": str(tmp_path / "broken"), "LC_ALL": "xx_YY.UTF-16", "LD_PRELOAD": "/nowhere.so"}
    poisoned = home.run("--check", **handed_down)
    assert poisoned.returncode == 0, poisoned.stdout
    assert "engine " in poisoned.stdout
    assert "no faults found" in poisoned.stdout
    assert "already up to date" in home.run(**handed_down).stdout


def test_sudo_is_refused(home):
    assert told_error(home.run(SUDO_USER="somebody"), 2).endswith("run it without sudo")


@pytest.mark.parametrize(
    "words", [("--check", "--uninstall"), ("--upgrade", "--check"), ("--nonsense",), ("--gimp",)]
)
def test_misuse_has_status_2(home, words):
    told = home.run(*words)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.splitlines()[-1].startswith("install.py: error: ")


@posix
def test_a_state_folder_that_others_can_change_is_refused_before_anything_is_done(home):
    home.gimp()
    home.state.chmod(0o777)
    before = home.snapshot()
    assert told_error(home.run()) == f"{home.state} can be written by others: run `chmod go-w {home.state}`"
    assert home.snapshot() == before


def test_an_environment_of_somebody_elses_is_left_alone(home):
    other = home.source / ".venv/pyvenv.cfg"
    other.parent.mkdir()
    other.write_text("mine")
    sentence = told_error(home.run("--here"))
    assert sentence == f"{other.parent} was not made by this installer: remove it, or leave out --here"
    assert other.read_text() == "mine"


def test_packages_that_cannot_be_had_are_told_and_the_engine_stays_as_it_was(own_home):
    own_home.install()
    project = own_home.source / "pyproject.toml"
    before = project.read_text()
    project.write_text(before.replace('  "torch>=2.2",', '  "torch>=2.2",\n  "torch-that-nobody-has>=2",'))
    told = own_home.run()
    assert told.returncode == 1
    last = told.stderr.splitlines()[-1]
    assert last == "install.py: the installation failed, for the reason above: solve it, then run this again"
    project.write_text(before)
    assert own_home.install("--dry-run").endswith("already up to date, there is nothing to do\n")


def test_the_environment_can_be_beside_the_checkout(own_home):
    profile = own_home.gimp()
    shutil.move(own_home.environment, own_home.source / ".venv")
    own_home.install("--here")
    settings = json.loads((plugin(profile) / "settings.json").read_text())
    assert settings["engine"] == str(own_home.source / ".venv/bin/texture-engine")
    assert settings["installer"].endswith("install.py' --here")
    assert not own_home.environment.exists()
