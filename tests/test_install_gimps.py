"""`install.py`: which GIMPs it finds."""

import shutil

import pytest
from installs import entry, no_gimp_of_the_system, plugin, told_error

from installation.gimps import find_gimps


def test_every_gimp_3_gets_the_plug_in(home):
    profiles = [home.gimp("3.0"), home.gimp("3.2"), home.gimp("3.10")]
    home.install()
    assert all(entry(profile).is_file() for profile in profiles)


def test_a_gimp_2_gets_nothing(home):
    profile, old = home.gimp("3.0"), home.gimp("2.10")
    home.install()
    assert entry(profile).is_file()
    assert [path.name for path in old.iterdir()] == ["gimprc"]


@no_gimp_of_the_system
def test_without_gimp_the_engine_is_installed_and_the_next_step_told(home):
    shutil.rmtree(home.state.parent)
    told = home.install()
    assert told.startswith("no GIMP 3 was found: the engine is installed; start GIMP 3 once, then run")
    assert "--gimp" in told
    assert "In GIMP" not in told
    assert not home.state.exists()


@no_gimp_of_the_system
@pytest.mark.parametrize("found", ["profile", "program"])
def test_a_gimp_2_alone_is_told_to_be_too_old(home, found):
    if found == "profile":
        home.gimp("2.10")
    else:
        home.program("gimp", "2.10.34")
    told = home.install()
    assert told.startswith("only GIMP 2 was found, and the plug-in needs GIMP 3: the engine is installed")
    assert "In GIMP" not in told


@no_gimp_of_the_system
@pytest.mark.parametrize(
    ("name", "version"), [("gimp", "3.0.4"), ("gimp-3.0", "3.0.4"), ("gimp-console-3.2", "3.2.6")]
)
def test_a_gimp_that_was_never_started_gets_a_profile(home, name, version):
    home.program(name, version)
    home.install()
    assert entry(home.folder / ".config/GIMP" / version[:3]).is_file()


@no_gimp_of_the_system
@pytest.mark.parametrize("older", ["2.10", "3.0"])
def test_a_gimp_that_will_take_over_settings_is_to_be_started_first(home, older):
    home.gimp(older)
    home.program("gimp-3.2", "3.2.6")
    told = home.install()
    assert told.startswith("GIMP 3.2 has not been started yet: start it once, so that it imports the settings of")
    assert f"GIMP {older}, then run this again" in told
    # With a folder of its own it would begin without them.
    assert not (home.folder / ".config/GIMP/3.2").exists()


@pytest.mark.parametrize("place", ["var/lib/flatpak", "home/.local/share/flatpak"])
def test_a_gimp_from_flatpak_is_found_before_its_first_start(monkeypatch, tmp_path, place):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    programs = tmp_path / place / "app/org.gimp.GIMP/current/active/files/bin"
    programs.mkdir(parents=True)
    for name in ("gimp-3.2", "gimp-test-clipboard-3.2", "gimp"):
        (programs / name).touch()
    assert find_gimps({}, tmp_path).profiles == (tmp_path / "home/.config/GIMP/3.2",)


def test_a_gimp_from_snap_is_found_before_its_first_start(tmp_path):
    (tmp_path / "snap/gimp/current/usr/bin").mkdir(parents=True)
    (tmp_path / "snap/gimp/current/usr/bin/gimp-3.2").touch()
    found = find_gimps({"SNAP_REAL_HOME": str(tmp_path / "real")}, tmp_path)
    assert found.profiles == (tmp_path / "real/.config/GIMP/3.2",)


def test_a_folder_that_gimp_is_told_by_its_variable_gets_the_plug_in(home, tmp_path):
    home.install(GIMP3_DIRECTORY=str(tmp_path / "own"))
    assert entry(tmp_path / "own").is_file()


def test_the_variable_counts_from_the_home_folder(home):
    home.install(GIMP3_DIRECTORY="own")
    assert entry(home.folder / "own").is_file()


def test_profiles_are_looked_for_where_configuration_is(home, tmp_path):
    elsewhere, usual = tmp_path / "config/GIMP/3.0", home.gimp()
    elsewhere.mkdir(parents=True)
    home.install(XDG_CONFIG_HOME=str(tmp_path / "config"))
    assert entry(elsewhere).is_file()
    assert entry(usual).is_file()


def test_a_gimp_that_is_told_is_the_only_one(home, tmp_path):
    usual, own = home.gimp(), tmp_path / "portable"
    (own / "plug-ins").mkdir(parents=True)
    home.install("--gimp", own)
    assert entry(own).is_file()
    assert not plugin(usual).exists()


def test_a_gimp_that_was_told_once_is_kept_up_to_date(home, tmp_path):
    own = tmp_path / "portable"
    (own / "plug-ins").mkdir(parents=True)
    home.install("--gimp", own)
    entry(own).unlink()
    home.install()
    assert entry(own).is_file()


WRONG = {
    "nowhere": ((), "does not exist: give the folder of a GIMP 3 that has been started, such as"),
    "2.10": (("gimprc",), "belongs to GIMP 2, and the plug-in needs GIMP 3"),
    "pictures": (("a.png",), "is not a profile folder of GIMP"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_folder_that_is_no_gimp_3s_is_refused(home, tmp_path, name):
    files, sentence = WRONG[name]
    for file in files:
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / file).touch()
    before = home.snapshot()
    said = told_error(home.run("--gimp", tmp_path / name), 2)
    assert said.startswith(f"{tmp_path / name} {sentence}")
    assert home.snapshot() == before
