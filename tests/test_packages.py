"""The packages that the engine needs: what is told where some are missing, and the command that installs them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine import packages
from engine.packages import MODULES, import_fault, installing, owners
from installation.torch_builds import Choice

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
# The command line itself needs these two.
OTHERS = tuple(name for name in MODULES if name not in {"typer", "rich"})
PYTHON = f"{sys.executable} -m pip install"


def called(missing, *words):
    """Run the program without some packages; they are not found, as if they were not installed."""
    code = (
        f"import sys, runpy; sys.modules.update(dict.fromkeys({[MODULES[name] for name in missing]!r})); "
        f"sys.argv = ['engine', *{words!r}]; runpy.run_module('engine', run_name='__main__')"
    )
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )


@pytest.fixture
def versions(monkeypatch):
    """Versions of PyTorch's packages, to be set."""
    found = {}
    monkeypatch.setattr(packages, "version_of", lambda name: found.get(name, ""))
    return found


def test_all_that_the_project_depends_on_is_known():
    text = PROJECT.read_text().split("dependencies = [")[1].split("]")[0]
    assert sorted(MODULES) == sorted(re.findall(r'"([\w-]+)', text))


@pytest.mark.parametrize("missing", [("numba",), OTHERS], ids=["one", "all"])
def test_doctor_comes_to_its_end_and_names_what_is_missing(missing):
    told = called(missing, "doctor", "--quick")
    assert (told.returncode, told.stderr) == (1, "")
    words = " ".join(told.stdout.split())
    assert "Traceback" not in words
    (advice,) = re.findall("to do: .*", words)
    assert all(name in advice.split(" not installed: ")[0] for name in missing)
    assert "test synthesis" in words or "encoders: not checked" in words


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("typer", ("doctor",)),
        ("pyzmq", ("relay",)),
        ("filelock", ("serve",)),
        ("scipy", ("synthesize", "examples/cobbles.png", "--local", "-o", "-")),
    ],
)
def test_a_command_that_lacks_a_package_says_so_in_one_line(missing, words):
    told = called([missing], *words)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith(f"texture-engine: {missing} is not installed: run `")
    assert told.stderr.count("\n") == 1


def test_what_install_py_has_made_it_also_repairs(tmp_path):
    (tmp_path / "texture-synthesis.json").write_text(json.dumps({"complete": True}))
    assert re.fullmatch(r"`python3 .*install\.py( --here)?`", installing(["numba", "torch"], prefix=tmp_path))
    assert installing(["numba"], again=True, prefix=tmp_path).endswith(" --upgrade`")
    # It installs nothing that is optional.
    assert installing(["av"], prefix=tmp_path) == f"`{PYTHON} av`"


def test_pipx_installs_into_its_environment(tmp_path):
    place = tmp_path / "gimp-texture-synthesis"
    place.mkdir()
    (place / "pipx_metadata.json").touch()
    start = "pipx runpip gimp-texture-synthesis install"
    assert installing(["numba", "scipy"], prefix=place) == f"`{start} numba scipy`"
    assert installing(["numba"], again=True, prefix=place) == f"`{start} --force-reinstall --no-deps numba`"
    assert installing([], prefix=place) == "`pipx reinstall gimp-texture-synthesis`"


@pytest.mark.parametrize(
    ("kept", "command"),
    [
        ({"torch": "2.13.0+cpu"}, "torchvision torch==2.13.0+cpu --index-url https://download.pytorch.org/whl/cpu"),
        (
            {"torch": "2.13.0+cu126"},
            "torchvision torch==2.13.0+cu126 --index-url https://download.pytorch.org/whl/cu126",
        ),
        ({"torch": "2.15.0"}, "torchvision torch==2.15.0"),
    ],
)
def test_pip_keeps_the_build_of_pytorch(tmp_path, versions, kept, command):
    versions.update(kept)
    assert installing(["numba", "torchvision"], prefix=tmp_path) == f"`{PYTHON} {command}` and `{PYTHON} numba`"


def test_pip_installs_the_build_that_fits_where_none_is_there(tmp_path, versions, monkeypatch):
    monkeypatch.setattr("installation.torch_builds.fitting", lambda _facts: Choice("xpu", ""))
    assert versions == {}
    assert installing(["torch", "torchvision"], prefix=tmp_path) == (
        f"`{PYTHON} torch torchvision --index-url https://download.pytorch.org/whl/xpu`"
    )


def test_a_module_is_its_packages_or_needed_by_one():
    assert owners("PIL.Image") == ["pillow"]
    assert owners("llvmlite") == ["numba"]
    assert owners("engine.cli") == []


def test_a_package_that_is_there_and_does_not_load_is_named_with_its_reason():
    said = import_fault(ImportError("libfoo.so: no such file\nmore", name="numba.core"))
    assert said.startswith("numba.core cannot be imported (libfoo.so: no such file): ")
    assert "PYTHONPATH" in said
    assert said.count("`") == 2
