"""A batch on a Ray cluster of two nodes, of which one is lost in the middle."""

import importlib.util
import subprocess
import sys
import time

import pytest
from pictures import bricks, save
from ray_clusters import NODE, SECONDS, cluster  # noqa: F401 - a fixture

if importlib.util.find_spec("ray") is None:
    pytest.skip("Ray is not installed: pip install '.[ray]'", allow_module_level=True)

COUNT = 6
QUICK = ("--quality", "draft", "--steps", "1", "--size", "48x40", "--device", "cpu")
# Ray raises it where it opens sockets and files; the nodes close them when they end.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    for number in range(COUNT):
        save(tmp_path / "in" / f"{number}.png", bricks(seed=number))
    (tmp_path / "in" / "bad.png").write_bytes(b"no picture")
    monkeypatch.setenv("TEXTURE_ENGINE_FOLDER", str(tmp_path / "nobody"))
    return tmp_path


def start(folder, *arguments):
    command = [sys.executable, "-m", "engine", "batch", "in", *QUICK, *arguments]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def made(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.png")}


@pytest.mark.alone
def test_a_node_that_is_lost_costs_nothing_but_time(cluster, folder):  # noqa: F811
    lost = cluster.add_node(**NODE)
    cluster.wait_for_nodes()
    process = start(folder, "-o", "far", "--ray", cluster.address)
    until = time.monotonic() + SECONDS
    while not made(folder / "far"):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)
    cluster.remove_node(lost, allow_graceful=False)
    _, err = process.communicate(timeout=SECONDS)
    # All but the one that no node could make.
    assert process.returncode == 1, err
    assert "bad.png failed: " in err
    assert f"1 of {COUNT + 1} textures failed" in err
    near = start(folder, "-o", "near", "--workers", "1")
    near.communicate(timeout=SECONDS)
    assert made(folder / "far") == made(folder / "near")
    assert len(made(folder / "far")) == COUNT


def test_a_cluster_that_is_not_there_is_told_in_one_sentence(folder):
    process = start(folder, "-o", "far", "--ray", "127.0.0.1:1")
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (1, ""), err
    assert "no Ray cluster answers at '127.0.0.1:1'" in err.splitlines()[-1]
