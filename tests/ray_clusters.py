"""A Ray cluster on this computer, for tests; they are skipped without Ray."""

import contextlib
import os

import pytest
from calling import ROOT

NODE = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
SECONDS = 600


@pytest.fixture
def cluster(monkeypatch):
    """A cluster of one node, which imports this program as the tests do."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    started = Cluster(initialize_head=True, head_node_args={**NODE, "include_dashboard": False})
    try:
        yield started
    finally:
        with contextlib.suppress(Exception):
            started.shutdown()
