"""What `protocol/` may know, so that a small Python without numpy can speak with the engine."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "protocol").rglob("*.py"))
ALLOWED = {*sys.stdlib_module_names, "zmq", "msgpack", "protocol"}


def run(python, script, *arguments, **options):
    """Run a script in a Python of its own that finds this package's rooms."""
    told = subprocess.run(
        [python, "-c", script, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        **options,
    )
    assert told.returncode == 0, told.stderr
    return told.stdout


def imported(path):
    """The packages that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]


def test_protocol_imports_the_standard_library_zmq_and_msgpack_alone(subtests):
    for path in FILES:
        with subtests.test(path=str(path)):
            assert set(imported(path)) <= ALLOWED


def test_a_client_loads_neither_numpy_nor_torch_nor_the_engine():
    loaded = run(
        sys.executable, "import sys, protocol.client; print(*{name.partition('.')[0] for name in sys.modules})"
    )
    assert not {"numpy", "torch", "PIL", "engine", "gimp_plugin"} & set(loaded.split())


EXCHANGE = """
import sys
from pathlib import Path
from protocol.codec import decode, encode
from protocol.limits import Limits
from protocol.messages import Canvas, ClientMessage, Done, EngineMessage, Source, Synthesize
from protocol.raster import Raster
from protocol.vocabulary import Settings

HOW = Settings(layers=(("relu3_1", 0.1),), seed=2**63 - 1, scales=(0.5, 2.0))
GRAY, DEEP = Raster(2, 1, 1, "u8", b"\\x00\\xff"), Raster(1, 2, 4, "f32", bytes(range(32)))
MESSAGES = (
    (Synthesize("job-1", (Source(DEEP, GRAY),), Canvas(GRAY), HOW), ClientMessage),
    (Done("job-1", DEEP, 90, 12.5, 0.1, {"gram": 1e-9, "größe": 2.0}, "cuda:0", 2**40), EngineMessage),
)
does, folder = sys.argv[1], Path(sys.argv[2])
for number, (message, union) in enumerate(MESSAGES):
    paths = [folder / f"{number}.header", folder / f"{number}.pixels"]
    if does == "write":
        for path, part in zip(paths, encode(message), strict=True):
            path.write_bytes(part)
    else:
        assert decode([path.read_bytes() for path in paths], union, Limits()) == message
print(*sys.version_info[:2])
"""


@pytest.mark.parametrize("direction", ["from this Python to the second", "from the second Python to this"])
def test_two_pythons_understand_each_other(second_python, tmp_path, direction):
    pythons = [sys.executable, second_python]
    if direction.startswith("from the second"):
        pythons.reverse()
    versions = [
        run(python, EXCHANGE, does, tmp_path) for python, does in zip(pythons, ("write", "read"), strict=True)
    ]
    assert versions[0] != versions[1]
