"""A canvas in tiles on a Ray cluster of two nodes."""

import contextlib
import importlib.util
import os

import pytest
from calling import ROOT, start_process

if importlib.util.find_spec("ray") is None:
    pytest.skip("Ray is not installed: pip install '.[ray]'", allow_module_level=True)

SECONDS = 600
NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
# Ray raises it where it opens sockets and files; the nodes close them when they end.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def cluster(monkeypatch):
    from ray.cluster_utils import Cluster

    # The nodes import this program as the tests do.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    started = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    try:
        started.add_node(**NODE)
        started.wait_for_nodes()
        yield started
    finally:
        with contextlib.suppress(Exception):
            started.shutdown()


@pytest.mark.alone
def test_tiles_of_a_cluster_are_those_of_one_process(cluster, here):
    # A regular exemplar, which no network works on: the number of threads makes no difference.
    command = ("synthesize", "bricks.png", "--size", "256x256", "--tile", "128", "--quality", "draft")
    for output, place in (("far.tif", ("--ray", cluster.address)), ("near.tif", ())):
        process = start_process(*command, "-o", output, *place, cwd=here)
        _, err = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, err
    assert (here / "far.tif").read_bytes() == (here / "near.tif").read_bytes()
