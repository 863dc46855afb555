"""What rooms of the engine may know of each other."""

from pathlib import Path

import pytest
from test_plugin_rooms import first_words, imports

ROOT = Path(__file__).parents[1]
SYNTHESIS = ROOT / "engine" / "synthesis"
STRUCTURE, MATCHING = (sorted((SYNTHESIS / name).rglob("*.py")) for name in ("structure", "matching"))
ALLOWED = ("engine.synthesis.compiling", "engine.synthesis.matching")
# What matches in tensors; nothing that structures import.
TENSORS = {"chance", "choice", "tensor_patches", "tensor_places", "tensor_search", "tensors"}


def modules(path):
    return {name for name in imports(path) if ROOT.joinpath(*name.split(".")).with_suffix(".py").exists()}


@pytest.mark.parametrize("path", STRUCTURE, ids=lambda path: path.stem)
def test_structures_import_no_torch(path):
    assert "torch" not in first_words(imports(path))
    assert not {name for name in modules(path) if name.rpartition(".")[2] in TENSORS}


@pytest.mark.parametrize("path", sorted(SYNTHESIS.rglob("*.py")), ids=lambda path: path.stem)
def test_the_algorithm_knows_of_the_protocol_its_vocabulary_alone(path):
    spoken = {name for name in imports(path) if name.split(".")[0] == "protocol"}
    assert all(name == "protocol" or name.startswith("protocol.vocabulary") for name in spoken)


@pytest.mark.parametrize("path", MATCHING, ids=lambda path: path.stem)
def test_matching_imports_nothing_else_of_synthesis(path):
    engine = {name for name in imports(path) if name.startswith("engine.")}
    assert {name for name in engine if not name.startswith(ALLOWED)} == set()
    if path.stem not in TENSORS:
        assert "torch" not in first_words(imports(path))
        assert not {name for name in modules(path) if name.rpartition(".")[2] in TENSORS}
