"""`install.py`: which of PyTorch's builds it installs, with an index that stands in for PyTorch's own."""

import functools
import json
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from installs import empty_home, told_error
from wheelhouse import NEVER, write_wheel

from installation.gpus import look, usable_gpu

PYPI = "pypi"

no_gpu = pytest.mark.skipif(usable_gpu(look()) is not None, reason="this computer has a GPU that PyTorch can use")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """The address of an index with the builds `cpu` and `cu126`, and of another one with newer packages."""
    folder = tmp_path_factory.mktemp("index")
    for build in ("cpu", "cu126"):
        for name in ("torch", "torchvision"):
            place = folder / build / name
            place.mkdir(parents=True)
            write_wheel(place, name, f"{NEVER}+{build}", "py3-none-any", {})
    for name in ("torch", "torchvision", "tifffile"):
        place = folder / PYPI / name
        place.mkdir(parents=True)
        write_wheel(place, name, "9999.1", "py3-none-any", {})
    handler = functools.partial(Quiet, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(30)


def reached(index):
    """Surroundings in which pip reaches the stand-in, and nothing else."""
    return {"TEXTURE_TORCH_INDEX": index, "PIP_NO_INDEX": "", "PIP_INDEX_URL": f"{index}/nothing", "PIP_RETRIES": "0"}


def torches(home):
    return {path.name for path in home.environment.glob("lib/python*/site-packages/torch*.dist-info")}


def builds(build):
    return {f"{name}-{NEVER}{build}.dist-info" for name in ("torch", "torchvision")}


def marker(home):
    return json.loads((home.environment / "texture-synthesis.json").read_text())


@pytest.fixture
def bare(installed, tmp_path):
    """A home where nothing is installed yet."""
    return empty_home(tmp_path, installed.house)


@no_gpu
def test_without_a_gpu_the_small_build_is_installed_updated_and_kept(bare, index):
    surroundings = reached(index)
    told = bare.install(**surroundings)
    (line,) = [line for line in told.splitlines() if line.startswith("- install PyTorch")]
    assert "200 MB" in line
    assert torches(bare) == builds("+cpu")
    assert (marker(bare)["build"], marker(bare)["asked"]) == ("cpu", "")
    assert "already up to date" in bare.install(TEXTURE_TORCH_INDEX="http://127.0.0.1:9")
    assert bare.run("--upgrade", **surroundings).returncode == 0
    assert torches(bare) == builds("+cpu")


@no_gpu
def test_an_upgrade_keeps_the_build_where_pypi_has_a_newer_one(own_home, index):
    surroundings = reached(index)
    own_home.install("--torch", "cpu", **surroundings)
    surroundings["PIP_INDEX_URL"] = f"{index}/{PYPI}"
    assert own_home.run("--upgrade", **surroundings).returncode == 0
    assert torches(own_home) == builds("+cpu")
    assert [*own_home.environment.glob("lib/python*/site-packages/tifffile-9999.1.dist-info")]


@no_gpu
def test_without_the_index_the_ordinary_build_is_installed_and_the_reason_told(bare):
    told = bare.install()
    (line,) = [line for line in told.splitlines() if "cannot be reached" in line]
    assert "http://127.0.0.1:9/cpu" in line
    assert torches(bare) == builds("")
    assert marker(bare)["build"] == "default"


def test_what_was_asked_for_is_made_anew_and_kept(own_home, index):
    surroundings = reached(index)
    assert "- create an environment" in own_home.install("--torch", "cu126", **surroundings)
    assert torches(own_home) == builds("+cu126")
    next(own_home.environment.glob("lib/*/site-packages/torch-*/METADATA")).unlink()
    assert "PyTorch's cu126 build" in own_home.install("--dry-run", **surroundings)


def test_an_index_that_was_asked_for_and_cannot_be_reached_is_an_error(bare):
    told = bare.run("--torch", "cpu", PIP_NO_INDEX="", PIP_FIND_LINKS="", PIP_RETRIES="0", PIP_TIMEOUT="5")
    assert told.returncode == 1
    assert told.stderr.splitlines()[-1].startswith("install.py: the installation failed")


@pytest.mark.parametrize(("cpu", "build"), [(True, "PyTorch's small build"), (False, None)])
def test_an_environment_of_version_0_2_keeps_its_build(own_home, cpu, build):
    path = own_home.environment / "texture-synthesis.json"
    older = {name: value for name, value in marker(own_home).items() if name not in {"build", "asked"}}
    path.write_text(json.dumps({**older, "cpu": cpu}))
    assert "the environment" not in own_home.install("--dry-run")
    (own_home.source / "engine/new.py").touch()
    told = own_home.install("--dry-run")
    assert "would change the environment" in told
    assert "PyTorch" not in told
    if build:
        assert build in own_home.install("--upgrade", "--dry-run")


def test_a_build_that_does_not_exist_is_refused_before_anything_is_done(bare):
    before = bare.snapshot()
    assert "nonsense" in told_error(bare.run("--torch", "nonsense"), 2)
    assert bare.snapshot() == before
