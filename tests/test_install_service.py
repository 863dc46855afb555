"""`install.py --service`: systemd's unit and the desktop's entry."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from installs import hand_over_compiled

from installation.problems import MisuseError
from installation.service import check_system, contents, service_of

# Systemd starts no program with quotes or backslashes in its path.
HARD = ("/home/anna/a b/100%/$HOME/`x`/engine", '/home/o"k/$HOME/`x`/back\\slash')


def files(home):
    unit = home.folder / ".config/systemd/user/texture-engine.service"
    return unit, home.folder / ".local/share/applications/texture-engine.desktop"


def systemctl(home, *, works: bool) -> Path:
    """A stand-in that notes what it is asked for."""
    log = home.folder / "asked"
    program = home.programs / "systemctl"
    end = "exit 0" if works else "echo 'Failed to connect to bus' >&2; exit 1"
    program.write_text(f'#!/bin/sh\necho "$@" >> {shlex.quote(str(log))}\n{end}\n')
    program.chmod(0o755)
    return log


def test_unit_and_entry_start_the_installed_engine_and_are_removed_with_it(own_home):
    home = own_home
    log = systemctl(home, works=True)
    home.gimp()
    home.install("--service")
    unit, entry = files(home)
    engine = home.environment / "bin/texture-engine"
    assert f'ExecStart="{engine}" serve\n' in unit.read_text()
    assert f'Environment="TEXTURE_ENGINE_FOLDER={home.state}"\n' in unit.read_text()
    assert f'Exec=env "TEXTURE_ENGINE_FOLDER={home.state}" "{engine}" serve --detach\n' in entry.read_text()
    assert "--user enable --now texture-engine.service" in log.read_text().splitlines()
    hand_over_compiled(home)
    # A later run keeps both up to date.
    unit.write_text("[Service]\n")
    assert f"wrong: {unit}" in home.run("--check").stdout
    home.install()
    assert "ExecStart" in unit.read_text()
    home.install("--uninstall")
    assert not any(path.exists() for path in files(home))
    assert "--user disable --now texture-engine.service" in log.read_text().splitlines()
    # Nothing was in these folders before.
    assert not unit.parents[1].exists()
    assert not entry.parent.exists()


def test_folders_that_others_made_or_use_are_kept(own_home):
    home = own_home
    systemctl(home, works=True)
    home.gimp()
    unit, entry = files(home)
    entry.parent.mkdir(parents=True)
    home.install("--service")
    other = unit.with_name("other.service")
    other.touch()
    home.install("--uninstall")
    assert [*unit.parent.iterdir()] == [other]
    assert entry.parent.is_dir()


def test_without_the_option_there_is_no_service(home):
    log = systemctl(home, works=True)
    home.gimp()
    home.install()
    assert not any(path.exists() for path in files(home))
    assert not log.exists()


def test_where_systemd_does_not_run_the_files_are_written_and_the_other_way_is_told(home):
    systemctl(home, works=False)
    home.gimp()
    told = home.run("--service")
    assert told.returncode == 0
    assert "Failed to connect to bus" in told.stderr
    assert all(path.exists() for path in files(home))


def test_other_systems_are_refused():
    with pytest.raises(MisuseError, match="darwin"):
        check_system("darwin")


@pytest.mark.parametrize("engine", HARD[:1])
def test_systemd_reads_the_unit_as_it_is_meant(tmp_path, engine):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("there is no systemd-analyze here")
    place = tmp_path / engine.lstrip("/")
    place.parent.mkdir(parents=True)
    shutil.copy("/bin/true", place)
    unit = tmp_path / "texture-engine.service"
    service = service_of({"XDG_CONFIG_HOME": str(tmp_path)})
    unit.write_text(contents(service, place, tmp_path)[service.unit])
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}
    told = subprocess.run(
        [program, "verify", "--user", "--man=no", unit], capture_output=True, text=True, env=environment
    )
    if "Failed to initialize manager" in told.stderr:
        pytest.skip("no systemd can be tried here")
    lines = [line for line in told.stderr.splitlines() if "texture-engine" in line]
    assert (lines, told.returncode) == ([], 0), told.stderr


@pytest.mark.parametrize("engine", HARD)
def test_the_entry_is_valid(tmp_path, engine):
    program = shutil.which("desktop-file-validate")
    if program is None:
        pytest.skip("there is no desktop-file-validate here")
    service = service_of({"XDG_DATA_HOME": str(tmp_path)})
    entry = tmp_path / "texture-engine.desktop"
    entry.write_text(contents(service, Path(engine), tmp_path)[service.entry])
    told = subprocess.run([program, entry], capture_output=True, text=True)
    assert (told.stdout, told.returncode) == ("", 0)
