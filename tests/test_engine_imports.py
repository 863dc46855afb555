"""What packages of the engine may import of each other."""

from pathlib import Path

from test_plugin_imports import first_words, imports

ROOT = Path(__file__).parents[1]
SYNTHESIS = ROOT / "engine" / "synthesis"
STRUCTURE, MATCHING = (sorted((SYNTHESIS / name).rglob("*.py")) for name in ("structure", "matching"))
ALLOWED = ("engine.synthesis.compiling", "engine.synthesis.matching")
# What matches on a GPU; nothing that structures import.
ON_GPU = {"choice", "on_gpu", "search_kernels", "vote_kernel"}


def modules(path):
    return {name for name in imports(path) if ROOT.joinpath(*name.split(".")).with_suffix(".py").exists()}


def test_structures_import_no_torch(subtests):
    for path in STRUCTURE:
        with subtests.test(path=str(path)):
            assert "torch" not in first_words(imports(path))
            assert not {name for name in modules(path) if name.rpartition(".")[2] in ON_GPU}


def test_the_algorithm_knows_of_the_protocol_its_vocabulary_alone(subtests):
    for path in sorted(SYNTHESIS.rglob("*.py")):
        with subtests.test(path=str(path)):
            spoken = {name for name in imports(path) if name.split(".")[0] == "protocol"}
            assert all(name == "protocol" or name.startswith("protocol.vocabulary") for name in spoken)


def test_matching_imports_nothing_else_of_synthesis(subtests):
    for path in MATCHING:
        with subtests.test(path=str(path)):
            engine = {name for name in imports(path) if name.startswith("engine.")}
            assert {name for name in engine if not name.startswith(ALLOWED)} == set()
            if path.stem not in ON_GPU:
                assert "torch" not in first_words(imports(path))
                assert not {name for name in modules(path) if name.rpartition(".")[2] in ON_GPU}


def test_batches_and_the_options_of_a_texture_know_nothing_of_the_commands(subtests):
    for path in [
        *sorted((ROOT / "engine" / "batch").rglob("*.py")),
        *sorted((ROOT / "engine" / "options").glob("*.py")),
    ]:
        with subtests.test(path=str(path)):
            assert not {name for name in imports(path) if name.startswith("engine.cli")}
            assert path.parent.name == "batch" or not {
                name for name in imports(path) if name.startswith("engine.batch")
            }
