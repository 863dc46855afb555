"""What several test files need."""

import os
import signal
import sys
from pathlib import Path

import pytest
from pythons import OLDEST, furnished, other_pythons

# As the engine does it, and before torch is loaded: tests run beside the processes that they start.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")


@pytest.fixture(scope="session", autouse=True)
def _interruptible():
    """Let Ctrl+C reach the processes of the tests, also where these run in the background and it is ignored."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def second_python(request, tmp_path_factory):
    """A Python of another version with pyzmq and msgpack, made once and kept in pytest's cache."""
    cache = getattr(request.config, "cache", None)
    kept = Path(cache.mkdir("second-python")) if cache else tmp_path_factory.mktemp("second-python")
    bases = other_pythons()
    for minor, base in bases:
        if python := furnished(kept / f"3.{minor}", base):
            return python
    if bases:
        return pytest.skip("pip can install pyzmq and msgpack for no Python of another version")
    return pytest.skip(f"there is no Python 3.{OLDEST} or later but the one that runs the tests")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """A warm engine for the tests of one file."""
    # Imported here: the tests of `protocol/` run where torch is not installed.
    from engines import running

    with running(tmp_path_factory.mktemp("engines") / "engine", "--device", "cpu") as found:
        with found.client() as client:
            found.ready(client)
        yield found


@pytest.fixture
def client(engine):
    """A client of it, once what the test before has left behind is over."""
    with engine.client() as connected:
        engine.ready(connected)
        yield connected


@pytest.fixture(params=["compiled", "tensors", "tensors on cuda"])
def matcher(request):
    """What searches for patches and votes; on a GPU where there is one."""
    import torch

    from engine.synthesis.matching import COMPILED
    from engine.synthesis.matching.tensors import TensorMatcher

    if request.param == "compiled":
        return COMPILED
    if request.param == "tensors":
        return TensorMatcher(torch.device("cpu"))
    if not torch.cuda.is_available():
        return pytest.skip("torch finds no CUDA device here")
    return TensorMatcher(torch.device("cuda"))


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """A home where `install.py` has run, for a GIMP 3.0; not to be changed."""
    from installs import empty_home, furnished_house

    folder = tmp_path_factory.mktemp("installed")
    home = empty_home(folder, furnished_house(folder / "house"))
    home.gimp()
    home.install()
    return home


@pytest.fixture
def home(installed, tmp_path):
    """A home with the engine and the libraries, where GIMP and the plug-in are still missing."""
    from installs import copied_home

    return copied_home(installed, tmp_path, own=False)


@pytest.fixture
def own_home(installed, tmp_path):
    """Likewise, with an environment that the test may change."""
    from installs import copied_home

    return copied_home(installed, tmp_path, own=True)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder of its own with an exemplar in it, where the command line is called."""
    from pictures import bricks, save

    monkeypatch.chdir(tmp_path)
    save(tmp_path / "bricks.png", bricks())
    return tmp_path


@pytest.fixture
def call(here, monkeypatch, capsys):  # noqa: ARG001 - the calls are made there
    """Run the command line in this process: exit status, stdout, stderr."""
    from engine.cli import main

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["texture-engine", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return ended.value.code, told.out, told.err

    return run
