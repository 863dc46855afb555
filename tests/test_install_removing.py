"""`install.py --uninstall`."""

import json
import shutil
import signal
import subprocess
from functools import partial
from types import SimpleNamespace

from engines import END_SECONDS, forked
from installs import empty_home, no_gimp_of_the_system, plugin, told_error

from installation import removing
from installation.actions import carry_out
from installation.folders import NAME

LEFT_BY_THE_ENGINE = ("client.secret", "engine.secret", "engine.lock", "engine.log", "engine.log.1")


def files_in(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def test_nothing_is_left_but_what_was_there_before(own_home):
    values = own_home.gimp() / "plug-in-settings"
    own_home.install()
    for name in LEFT_BY_THE_ENGINE:
        (own_home.state / name).touch()
    # GIMP keeps the last values of every dialog.
    values.mkdir()
    compiled = own_home.folder / ".cache/gimp-texture-synthesis/compiled/search_1"
    compiled.mkdir(parents=True)
    (compiled / "search.nbi").touch()
    for procedure in ("plug-in-texture-synthesis-new", "plug-in-blur"):
        (values / f"GimpProcedureConfigRun-{procedure}.last").touch()
    told = own_home.install("--uninstall")
    assert told.endswith("Texture Synthesis is uninstalled\n")
    assert files_in(own_home.folder / ".config/GIMP/3.0") == {
        "gimprc",
        "plug-in-settings/GimpProcedureConfigRun-plug-in-blur.last",
    }
    assert not own_home.data.exists()
    assert not own_home.state.exists()
    assert not (own_home.folder / ".cache/gimp-texture-synthesis").exists()
    assert own_home.install("--uninstall") == "nothing of Texture Synthesis is installed\n"


def test_an_engine_that_is_running_is_ended_first(own_home):
    own_home.gimp()
    own_home.install()
    with forked(own_home.state, "--device", "cpu") as engine:
        engine.client().close()
        told = own_home.install("--uninstall")
        assert f"- stop the running engine (process {engine.process.pid})" in told
        assert engine.process.wait(END_SECONDS) == 0
    assert not own_home.state.exists()


def test_an_engine_without_its_environment_is_ended(own_home):
    own_home.gimp()
    own_home.install()
    shutil.rmtree(own_home.environment)
    with forked(own_home.state, "--device", "cpu") as engine:
        engine.client().close()
        own_home.install("--uninstall")
        assert engine.process.wait(END_SECONDS) == 0
    assert not own_home.state.exists()
    assert not own_home.data.exists()


def test_another_process_with_the_id_of_an_engine_is_left_alone(own_home):
    own_home.gimp()
    own_home.install()
    shutil.rmtree(own_home.environment)
    with forked(own_home.state, "--device", "cpu") as engine:
        # The other process starts later than the engine: what starts within one tick of the clock looks the same.
        engine.client().close()
        other = subprocess.Popen(["sleep", "900"])
        try:
            # The engine is stopped, so that it does not write its file again.
            engine.process.send_signal(signal.SIGSTOP)
            told = json.loads(engine.file.read_text())
            engine.file.write_text(json.dumps({**told, "process": other.pid}))
            said = told_error(own_home.run("--uninstall"))
            assert other.poll() is None
        finally:
            other.kill()
            other.wait()
            engine.process.send_signal(signal.SIGCONT)
    assert said.endswith(f"end process {other.pid}")


def test_what_is_kept_is_told(own_home):
    own_home.gimp()
    own_home.install()
    keys, weights = own_home.state / "authorized_keys", own_home.folder / ".cache/gimp-texture-synthesis/encoders"
    keys.write_text("desk")
    weights.mkdir(parents=True)
    notes = own_home.state / "notes.txt"
    notes.write_text("mine")
    told = own_home.install("--uninstall")
    assert f"kept: {keys}, the keys of clients on other computers\n" in told
    assert f"kept: {weights}, the downloaded encoders\n" in told
    assert files_in(own_home.state) == {"authorized_keys", "notes.txt"}
    assert weights.exists()


def test_the_cache_that_windows_has_in_the_data_folder_leaves_no_folder(tmp_path, monkeypatch):
    data = tmp_path / "data"
    cache = data / NAME / "Cache"
    (cache / "compiled").mkdir(parents=True)
    monkeypatch.setattr(removing, "weights_folder", lambda: cache / "encoders")
    carry_out([partial(removing._compiled, SimpleNamespace(data=data))], dry=False)  # noqa: SLF001
    assert [*data.iterdir()] == []


def test_a_dry_run_removes_nothing(own_home):
    profile = own_home.gimp()
    own_home.install()
    before = own_home.snapshot()
    told = own_home.install("--uninstall", "--dry-run")
    assert f"would remove {plugin(profile)}\n" in told
    assert f"would remove the environment in {own_home.environment}\n" in told
    assert own_home.snapshot() == before


@no_gimp_of_the_system
def test_a_gimp_that_was_never_started_is_as_before(own_home):
    own_home.program("gimp-3.0", "3.0.4")
    own_home.install()
    own_home.install("--uninstall")
    # An empty profile would keep GIMP from taking over older settings.
    assert not (own_home.folder / ".config/GIMP").exists()


def test_gimps_and_environments_elsewhere_are_remembered(own_home, tmp_path):
    own = tmp_path / "portable"
    (own / "plug-ins/others").mkdir(parents=True)
    shutil.move(own_home.environment, own_home.source / ".venv")
    own_home.install("--here", "--gimp", own)
    own_home.install("--uninstall")
    assert [path.name for path in (own / "plug-ins").iterdir()] == ["others"]
    assert not (own_home.source / ".venv").exists()
    assert not own_home.data.exists()


def test_an_environment_of_somebody_elses_is_kept(installed, tmp_path):
    home = empty_home(tmp_path, installed.house)
    other = home.source / ".venv/pyvenv.cfg"
    other.parent.mkdir()
    other.write_text("mine")
    told = home.install("--uninstall", "--here")
    assert told.startswith(f"kept: {other.parent}, which was not made by this installer\n")
    assert other.read_text() == "mine"
