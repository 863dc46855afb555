"""What several test files need."""

import gc
import os
import shutil
import signal
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock
from parallel import cores, made_once, processes, scheduler, turn
from pythons import OLDEST, furnished, other_pythons

# What takes long comes first, so that no process is still at it when the others are through; the second and the third
# one begin without GIMP, whose profile the first one makes. The files with tests that run alone come last, those with
# many tests first: for one that runs alone, all processes wait until the longest test that has begun is done.
FIRST = (
    "gimp/test_window",
    "test_filling",
    "test_synthesis",
    "gimp/",
    "test_triton_matching",
    "test_stale_engines",
    "test_tiles",
    "test_translucency",
    "test_gallery",
    "test_file_",
    "test_devices",
    "test_runner",
    "test_cli",
)
# What is loaded and collected lasts: to look through it for garbage takes a third of the time that it takes.
gc.disable()
SHARED = pytest.StashKey[Path]()

# As the engine does it, and before torch is loaded: tests run beside the processes that they start.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """As many processes as `-n auto` means here."""
    return processes()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give each process whole files, if that is what is asked for."""
    return scheduler(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Give all processes of a run one folder."""
    if SHARED not in node.config.stash:
        node.config.stash[SHARED] = Path(tempfile.mkdtemp(prefix="texture-tests-"))
    node.workerinput["shared"] = str(node.config.stash[SHARED])


def pytest_collection_finish():
    gc.freeze()
    gc.enable()


def pytest_unconfigure(config):
    if folder := config.stash.get(SHARED, None):
        shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(config, items):
    """Sort the tests of a run in several processes, which take them file by file, and mark what they need."""
    for item in items:
        if "engine" in item.fixturenames or hasattr(item.module, "running"):
            item.add_marker("engine")
    if hasattr(config, "workerinput"):
        lonely = {item.path for item in items if item.get_closest_marker("alone")}
        counts = Counter(item.path for item in items if item.path in lonely)
        items.sort(key=lambda item: (item.path in lonely, -counts[item.path], place_of(item)))


def place_of(item):
    file = item.path.relative_to(Path(__file__).parent).as_posix()
    return next((number for number, first in enumerate(FIRST) if file.startswith(first)), len(FIRST))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    """Run a test that is marked `alone` while no other test runs."""
    # Outside of its time limit: here it waits.
    worker = getattr(item.config, "workerinput", None)
    if worker is None:
        return (yield)
    with turn(Path(worker["shared"]), alone=item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.fixture(scope="session")
def shared(request, tmp_path_factory):
    """A folder that all processes of this run share."""
    worker = getattr(request.config, "workerinput", None)
    return Path(worker["shared"]) if worker else tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="session", autouse=True)
def _own_cores(request):
    """Let torch and numba use this process's share of the cores."""
    worker = getattr(request.config, "workerinput", None)
    if worker:
        with suppress(ImportError):
            import numba
            import torch

            share = max(1, cores() // worker["workercount"])
            torch.set_num_threads(share)
            numba.set_num_threads(min(share, numba.config.NUMBA_NUM_THREADS))


@pytest.fixture(scope="session", autouse=True)
def _templates():
    """End what processes were forked from."""
    yield
    if "forking" in sys.modules:
        sys.modules["forking"].end_templates()


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
    with FileLock(kept / "lock"):
        for minor, base in bases:
            if python := furnished(kept / f"3.{minor}", base):
                return python
    if bases:
        return pytest.skip("pip can install pyzmq and msgpack for no Python of another version")
    return pytest.skip(f"there is no Python 3.{OLDEST} or later but the one that runs the tests")


@pytest.fixture(scope="session")
def engine(tmp_path_factory):
    """A warm engine for all tests of this process that leave it as it is."""
    # Imported here: the tests of `protocol/` run where torch is not installed.
    from engines import forked

    with forked(tmp_path_factory.mktemp("engines") / "engine", "--device", "cpu") as found:
        with found.client() as client:
            found.ready(client)
        yield found


@pytest.fixture
def client(engine):
    """A client of it, once what the test before has left behind is over."""
    with engine.client() as connected:
        engine.ready(connected)
        yield connected


@pytest.fixture(params=["compiled", "triton on cuda"])
def matcher(request):
    """What searches for patches and votes; on a GPU where there is one."""
    import torch

    from engine.synthesis.matching import COMPILED

    if request.param == "compiled":
        return COMPILED
    if not torch.cuda.is_available():
        return pytest.skip("torch finds no CUDA device here")
    from engine.synthesis.matching.on_gpu import TritonMatcher

    return TritonMatcher(torch.device("cuda"))


@pytest.fixture(scope="session")
def installed(shared):
    """A home where `install.py` has run, for a GIMP 3.0; not to be changed."""
    from installs import home_in, installed_home

    return home_in(made_once(shared / "installed", installed_home))


@pytest.fixture
def home(installed, tmp_path):
    """A home with the engine, where GIMP and the plug-in are still missing."""
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


@pytest.fixture
def make(call, here):
    """Synthesize from the exemplar and expect success; gives the samples of the file."""
    from calling import QUICK
    from pictures import load

    def run(*arguments, output="out.png", quick=QUICK):
        status, _, err = call("synthesize", "bricks.png", "-o", output, *quick, *arguments)
        assert status == 0, err
        return load(here / output)

    return run


@pytest.fixture
def gimp():
    """GIMP's modules, in a mock of it, and those of the plug-in that use them."""
    import gimp_mock

    with gimp_mock.mocked() as found:
        from gimp_plugin import canvas, scaling, texture_layers

        yield SimpleNamespace(canvas=canvas, scaling=scaling, texture_layers=texture_layers, **vars(found))


@pytest.fixture
def image(gimp):
    """An image of 40 by 30 pixels with two layers, of which the lower one is selected."""
    from plugin_layers import add, named

    made = gimp.Gimp.Image(40, 30)
    for name in ("below", "above"):
        add(gimp, made, name)
    made.set_selected_layers([named(made, "below")])
    return made


@pytest.fixture
def house(gimp, image):
    """A group with a layer, inside of another group."""
    from plugin_layers import add

    estate = add(gimp, image, "estate", group=True)
    found = add(gimp, image, "house", parent=estate, group=True)
    add(gimp, image, "floor", parent=found)
    return found
