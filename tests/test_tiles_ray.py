"""A canvas in tiles on a Ray cluster of two nodes."""

import importlib.util

import pytest
from calling import start_process
from ray_clusters import NODE, SECONDS, cluster  # noqa: F401 - a fixture

if importlib.util.find_spec("ray") is None:
    pytest.skip("Ray is not installed: pip install '.[ray]'", allow_module_level=True)

# Ray raises it where it opens sockets and files; the nodes close them when they end.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.alone
def test_tiles_of_a_cluster_are_those_of_one_process(cluster, here):  # noqa: F811
    cluster.add_node(**NODE)
    cluster.wait_for_nodes()
    # A regular exemplar, which no network works on: the number of threads makes no difference.
    command = ("synthesize", "bricks.png", "--size", "256x256", "--tile", "128", "--quality", "draft")
    for output, place in (("far.tif", ("--ray", cluster.address)), ("near.tif", ())):
        process = start_process(*command, "-o", output, *place, cwd=here, alone=True)
        _, err = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, err
    assert (here / "far.tif").read_bytes() == (here / "near.tif").read_bytes()
