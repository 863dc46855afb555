"""What is true of compiled functions alone: threads, memory, and where they are kept."""

import hashlib
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from matching import field_for, noise, search, sought_in, source_of
from pictures import clouds

from engine.synthesis.compiling import cache_folder
from engine.synthesis.matching import COMPILED
from engine.synthesis.structure.octave import RADIUS

HASHES = """
import hashlib
import sys
import numba
sys.path.insert(0, sys.argv[1])
from test_compiled_matching import fingerprint
for threads in (1, 2, 8):
    numba.set_num_threads(threads)
    print(fingerprint())
"""


# Loads what compiles functions, and nothing that needs torch.
COMPILING = """
import sys
from pathlib import Path
from types import ModuleType
import engine
synthesis = sys.modules["engine.synthesis"] = ModuleType("engine.synthesis")
synthesis.__path__ = [str(Path(engine.__file__).parent / "synthesis")]
"""


def fingerprint():
    """What several passes find, and the votes, as a number."""
    picture = clouds(200, 120)
    source, query = source_of(picture[:, :60]), sought_in(picture[:, 60:])
    field = field_for(COMPILED, query, source)
    proposals = np.random.default_rng(0).integers(-40, 40, (20, 2))
    for turn in range(2):
        search(COMPILED, field, query, source, seed=turn, proposals=proposals, tries=3)
    found = np.zeros((200, 60, 3), np.float32)
    wanted = np.ones((200, 60), bool)
    COMPILED.vote(
        field, source, wanted, wanted, np.exp(-field.costs), found, radius=RADIUS, padding=0, wrap=(True, True)
    )
    parts = (field.places.tobytes(), field.costs.tobytes(), found.tobytes())
    return hashlib.sha256(b"".join(parts)).hexdigest()


def run_python(code, *arguments, **variables):
    environment = {**os.environ, **{name: str(value) for name, value in variables.items()}}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


def test_the_same_is_found_with_any_number_of_threads():
    ended = run_python(HASHES, Path(__file__).parent, NUMBA_NUM_THREADS=8)
    assert ended.returncode == 0, ended.stderr
    assert set(ended.stdout.split()) == {fingerprint()}
    assert len(ended.stdout.split()) == 3


def test_a_search_needs_no_more_memory_than_a_second_field():
    picture = noise(300, 400)
    source, query = source_of(picture[:200, :200]), sought_in(picture)
    field = field_for(COMPILED, query, source)
    search(COMPILED, field, query, source, passes=1)
    tracemalloc.start()
    try:
        search(COMPILED, field, query, source)
        COMPILED.measure(field, query, source)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert field.places.nbytes <= peak < 1.1 * field.places.nbytes


# Where compiled functions are kept.


def test_a_folder_for_compiled_functions_is_made_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "a" / "b"))
    assert cache_folder() == tmp_path / "a" / "b"
    assert (tmp_path / "a" / "b").is_dir()
    assert not list((tmp_path / "a" / "b").iterdir())


def test_without_a_folder_that_can_be_written_functions_are_compiled_each_time(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file" / "compiled"))
    assert cache_folder() is None
    code = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from matching import field_for, noise, sought_in, source_of
from engine.synthesis.matching import COMPILED
source, query = source_of(noise(20, 20)), sought_in(noise(9, 9))
print(float(field_for(COMPILED, query, source).costs.mean()))
"""
    ended = run_python(code, Path(__file__).parent)
    assert (ended.returncode, ended.stderr) == (0, "")
    expected = float(field_for(COMPILED, sought_in(noise(9, 9)), source_of(noise(20, 20))).costs.mean())
    assert float(ended.stdout) == pytest.approx(expected)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_without_a_compiler_functions_are_interpreted(monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    code = "from engine.synthesis.compiling import compiled; print(compiled(lambda value: 2 * value)(21))"
    ended = run_python(COMPILING + code, Path(__file__).parent)
    assert (ended.returncode, ended.stdout.strip()) == (0, "42")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of files there")
def test_a_disk_that_gets_full_costs_no_more_than_another_compilation(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    code = """
import resource
from engine.synthesis.compiling import compiled_serially

def doubled(value):
    return 2 * value

resource.setrlimit(resource.RLIMIT_FSIZE, (256, 256))
print(compiled_serially(doubled)(21), compiled_serially(doubled)(2.5))
"""
    script = tmp_path / "script.py"
    script.write_text(COMPILING + code)
    ended = run_python(f"import runpy; runpy.run_path({str(script)!r})", Path(__file__).parent)
    assert (ended.returncode, ended.stdout.split()) == (0, ["42", "5.0"])
    assert ended.stderr.count("compiled code cannot be kept") == 1
