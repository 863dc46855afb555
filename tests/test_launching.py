"""What an engine takes over from the program that starts it."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from engines import end_of, short_job, surroundings
from forking import ONE_THREAD
from plugin_links import end_engine, installation_of, linked, program, reach

from engine.cli.detaching import is_started
from engine.synthesis.compiling import cache_folder
from engine.threads import SPINS
from gimp_plugin import engine_program
from protocol.client import EngineClient
from protocol.connection import CONNECTION_FILE, read_connection
from protocol.keys import CLIENT_KEYS, own_keys
from protocol.launching import bundles_of, engine_environment
from protocol.messages import Done

FOLDER = Path("/home/anna/.config/GIMP/texture-synthesis")
ALWAYS = {"PATH": os.defpath, "TEXTURE_ENGINE_FOLDER": str(FOLDER)}

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
posix = pytest.mark.skipif(sys.platform == "win32", reason="paths are written as on POSIX")


def handed_down(*bundles, **variables):
    """What the engine gets of these, beside what it always gets."""
    found = engine_environment(variables, FOLDER, tuple(map(Path, bundles)))
    return {name: value for name, value in found.items() if ALWAYS.get(name) != value}


# Which variables.

LEFT_BEHIND = (
    # The loader's and Python's.
    *("LD_LIBRARY_PATH", "LD_PRELOAD", "LD_AUDIT", "DYLD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "PYTHONPATH"),
    *("PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHONWARNINGS", "VIRTUAL_ENV", "CONDA_PREFIX"),
    # GIMP's and its toolkit's.
    *("GTK_PATH", "GTK_MODULES", "GTK_EXE_PREFIX", "GIO_MODULE_DIR", "GIO_EXTRA_MODULES", "GDK_PIXBUF_MODULE_FILE"),
    *("GDK_BACKEND", "GI_TYPELIB_PATH", "GSETTINGS_SCHEMA_DIR", "GEGL_PATH", "BABL_PATH", "GIMP3_DIRECTORY"),
    *("GIMP3_PLUGINDIR", "QT_PLUGIN_PATH", "QT_QPA_PLATFORM", "FONTCONFIG_FILE", "GST_PLUGIN_PATH"),
    # An AppImage's, a Snap's and a Flatpak's.
    *("APPDIR", "APPIMAGE", "ARGV0", "OWD", "SNAP", "SNAP_NAME", "FLATPAK_ID"),
    # The locale's.
    *("LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_NUMERIC", "LOCPATH"),
    *("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK", "BASH_ENV", "HOMEBREW_PREFIX"),
)
KEPT = (
    *("HOME", "USER", "PATH", "TMPDIR", "TEMP", "TZ", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "XDG_DATA_DIRS"),
    *("http_proxy", "HTTPS_PROXY", "no_proxy", "SSL_CERT_FILE", "SystemRoot", "LOCALAPPDATA", "ProgramFiles(x86)"),
    *("CUDA_VISIBLE_DEVICES", "CUDA_HOME", "NVIDIA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"),
    *("HSA_OVERRIDE_GFX_VERSION", "ZE_AFFINITY_MASK", "ONEAPI_DEVICE_SELECTOR", "PYTORCH_ENABLE_MPS_FALLBACK"),
    *("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_AFFINITY", "MKL_NUM_THREADS", "NUMBA_CACHE_DIR"),
    *("NUMBA_NUM_THREADS", "TORCH_HOME", "PYTORCH_CUDA_ALLOC_CONF", "MALLOC_ARENA_MAX", "TEXTURE_ANYTHING"),
)


def test_what_belongs_to_the_starter_stays_behind(subtests):
    for name in LEFT_BEHIND:
        with subtests.test(name=name):
            assert handed_down(**{name: "anything"}) == {}


def test_what_belongs_to_the_user_is_handed_down(subtests):
    for name in KEPT:
        with subtests.test(name=name):
            assert handed_down(**{name: "anything"}) == {name: "anything"}


def test_the_engine_always_has_its_folder_and_a_path():
    assert engine_environment({}, FOLDER) == ALWAYS
    assert engine_environment({"TEXTURE_ENGINE_FOLDER": "/elsewhere"}, FOLDER) == ALWAYS


def test_the_user_can_name_more_of_them():
    found = handed_down(
        TEXTURE_ENGINE_KEEP="LD_LIBRARY_PATH, lang", LD_LIBRARY_PATH="/run/driver", LANG="C", LD_PRELOAD="x"
    )
    del found["TEXTURE_ENGINE_KEEP"]
    assert found == {"LD_LIBRARY_PATH": "/run/driver", "LANG": "C"}


# Folders of the starter in what is handed down.


@posix
def test_folders_of_an_appimage_are_taken_out_of_the_path():
    mount = "/run/.mount_GIMP4a7f"
    path = f"{mount}/usr/bin:/usr/local/bin:{mount}:/usr/bin:{mount}-other/bin:/opt/x"
    assert handed_down(mount, PATH=path) == {"PATH": "/usr/local/bin:/usr/bin:/opt/x"}
    assert handed_down("/opt/GIMP", PATH="/opt/GIMP/bin:/opt/GIMP-extras/bin") == {"PATH": "/opt/GIMP-extras/bin"}
    # One AppImage that was started by another has only its own folder in APPDIR.
    assert handed_down(PATH=f"{mount}/usr/bin:/usr/bin") == {"PATH": "/usr/bin"}


@posix
def test_of_a_path_that_is_the_starters_alone_the_usual_one_is_left():
    assert engine_environment({"PATH": "/opt/GIMP/bin"}, FOLDER, (Path("/opt/GIMP"),)) == ALWAYS


@posix
def test_certificates_and_folders_of_an_appimage_stay_behind():
    mount = "/run/.mount_GIMP4a7f"
    found = handed_down(
        mount,
        SSL_CERT_FILE=f"{mount}/etc/ssl/cert.pem",
        XDG_DATA_DIRS=f"{mount}/usr/share:/usr/local/share:/usr/share",
        XDG_CONFIG_DIRS=f"{mount}/etc/xdg",
        https_proxy="http://proxy.example.org:3128",
    )
    assert found == {"XDG_DATA_DIRS": "/usr/local/share:/usr/share", "https_proxy": "http://proxy.example.org:3128"}


@posix
@pytest.mark.parametrize("value", ["", ":", "a::b", "0,1", "http://[::1]:3128", "expandable_segments:True"])
def test_values_are_handed_down_as_they_are(value):
    assert handed_down("/opt/GIMP", CUDA_ANYTHING=value) == {"CUDA_ANYTHING": value}


@posix
def test_bundles_are_those_of_appimages_and_snaps():
    assert bundles_of({"APPDIR": "/run/.mount_a", "SNAP": "/snap/gimp/1"}) == (
        Path("/run/.mount_a"),
        Path("/snap/gimp/1"),
    )
    assert bundles_of({"APPDIR": "", "SNAP": "/", "HOME": "/home/anna"}) == ()
    # As some set it who start an AppImage that was unpacked.
    assert bundles_of({"APPDIR": "."}) == ()


@posix
def test_gimps_application_on_macos_is_a_bundle(monkeypatch):
    monkeypatch.delenv("APPDIR", raising=False)
    monkeypatch.delenv("SNAP", raising=False)
    monkeypatch.setattr(sys, "executable", "/Applications/GIMP.app/Contents/MacOS/python3.10")
    assert engine_program.gimp_bundles() == (Path("/Applications/GIMP.app"),)


# Real engines, from poisoned surroundings.


@pytest.fixture
def poisoned(tmp_path, monkeypatch):
    """Surroundings like those in an AppImage of GIMP, and worse."""
    broken = tmp_path / "broken"
    for name in ("numpy", "zmq", "torch", "json", "random", "engine"):
        (broken / name).mkdir(parents=True)
        (broken / name / "__init__.py").write_text(f"raise RuntimeError('the starter's own {name}')")
    (broken / "sitecustomize.py").write_text("raise SystemExit('poisoned')")
    mount = tmp_path / ".mount_GIMP"
    (mount / "usr/bin").mkdir(parents=True)
    values = {
        "LD_PRELOAD": str(mount / "nowhere.so"),
        "LD_LIBRARY_PATH": str(mount / "usr/lib"),
        "PYTHONHOME": str(broken),
        "PYTHONPATH": str(broken),
        "LC_ALL": "xx_YY.UTF-16",
        "LANG": "tlh_QO",
        "APPDIR": str(mount),
        "APPIMAGE": str(tmp_path / "GIMP.AppImage"),
        "OWD": str(tmp_path),
        "GTK_PATH": "/nowhere",
        "GI_TYPELIB_PATH": "/nowhere",
        "QT_PLUGIN_PATH": "/nowhere",
        "PATH": f"{mount}/usr/bin{os.pathsep}{os.environ['PATH']}",
        "CUDA_VISIBLE_DEVICES": "",
        # Where functions are compiled already.
        "NUMBA_CACHE_DIR": str(cache_folder()),
        **ONE_THREAD,
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    # A working directory is handed down, too.
    monkeypatch.chdir(broken)
    return mount, values


@pytest.fixture
def folder(tmp_path):
    """The folder of an engine that is ended after the test."""
    found = tmp_path / "state"
    yield found
    end_engine(found)


def environment_of(process):
    entries = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
    return dict(entry.decode().split("=", 1) for entry in entries if entry)


def assert_clean(process, folder, mount, values):
    """That a process has nothing of the starter, and all of the user."""
    found = environment_of(process)
    # Python's own, where there is no locale.
    assert found.pop("LC_CTYPE", "C.UTF-8") == "C.UTF-8"
    assert not set(LEFT_BEHIND) & set(found)
    # The shell that stands for the program adds the latter.
    assert set(found) <= {*engine_environment(os.environ, folder), "GOMP_SPINCOUNT", "PWD", "SHLVL", "_"}
    assert str(mount) not in " ".join(found.values())
    assert found["PATH"] == values["PATH"].split(os.pathsep, 1)[1]
    for name in ("CUDA_VISIBLE_DEVICES", "NUMBA_CACHE_DIR", *ONE_THREAD):
        assert found[name] == values[name]
    assert found["GOMP_SPINCOUNT"] == SPINS
    assert found["HOME"] == os.environ["HOME"]
    assert found["TEXTURE_ENGINE_FOLDER"] == str(folder)


@linux
def test_gimp_starts_an_engine_that_works_whatever_gimp_has_set(folder, poisoned, monkeypatch):
    mount, values = poisoned
    errors = folder.with_name("errors")
    started = folder.with_name("texture-engine")
    installation = installation_of(folder, program(started, f'exec 2>>"{errors}"', 'engine "$@"'))
    # The tests set it for themselves, which would hide that the engine does.
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    with linked(installation) as link:
        reach(link)
        assert link.problem == "", errors.read_text()
        link.client.submit(short_job())
        assert isinstance(end_of(link.client, "short"), Done)
        status = link.client.status()
    assert_clean(status.process, folder, mount, values)
    assert_clean(status.workers[0].process, folder, mount, values)
    assert Path(f"/proc/{status.process}/cwd").readlink() == folder
    # Neither the shell nor Python has complained about anything.
    assert errors.read_text() == ""
    assert "Traceback" not in (folder / "engine.log").read_text()


@linux
def test_an_engine_in_the_background_has_the_same_surroundings(folder, poisoned, monkeypatch):
    mount, values = poisoned
    # With these, the program itself would not start.
    for name in ("PYTHONHOME", "PYTHONPATH", "LD_PRELOAD", "GOMP_SPINCOUNT"):
        monkeypatch.delenv(name, raising=False)
    # As the installed program does, which does not look into the working directory.
    script = "import sys; del sys.path[0]; from engine.cli import main; main()"
    words = [sys.executable, "-c", script, "serve", "--detach", "--device", "cpu", "--log-file", "own.log"]
    told = subprocess.run(words, capture_output=True, text=True, env=surroundings(folder), timeout=60)
    assert (told.returncode, told.stderr) == (0, "")
    with EngineClient.connect(folder / CONNECTION_FILE, name="test", keys=own_keys(folder / CLIENT_KEYS)) as client:
        client.submit(short_job())
        assert isinstance(end_of(client, "short"), Done)
        process = client.status().process
        assert_clean(process, folder, mount, values)
        assert_clean(client.status().workers[0].process, folder, mount, values)
    assert process == read_connection(folder / CONNECTION_FILE).process
    # Paths on its command line mean what they mean where it was called.
    assert "job short of 'test': done" in Path("own.log").read_text()


@pytest.mark.parametrize(
    ("process", "started", "system", "due"),
    [
        (7, 50.0, "linux", True),
        (8, 101.0, "linux", False),
        # There, the Python of an environment runs another process.
        (8, 101.0, "win32", True),
        (8, 99.0, "win32", False),
    ],
)
def test_the_engine_that_was_started_is_known_from_others(process, started, system, due):
    found = SimpleNamespace(process=process, started=started)
    assert is_started(found, 7, 100.0, system) is due
