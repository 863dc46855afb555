"""What a start costs: packages are imported when they are needed, not before."""

import subprocess
import sys

import numpy as np
import pytest
from pictures import bricks, save

# What only figures, other encoders and rare files need.
LATE = ("matplotlib", "torchvision", "scipy.stats", "scipy.optimize", "sympy", "av", "ray", "plenoptic")
# What computes; the front passes messages on.
HEAVY = (*LATE, "torch", "numba", "scipy", "PIL", "imagecodecs", "tifffile", "safetensors", "numpy")


def imported(code, *words):
    """Run code in a new Python with these words as its command line, and return the modules that it has imported."""
    lines = [
        "import sys",
        "sys.argv[0] = 'texture-engine'",
        "try:",
        f"    {code}",
        "except SystemExit as end:",
        "    assert not end.code",
        "print(*sys.modules, sep='\\n')",
    ]
    command = [sys.executable, "-c", "\n".join(lines), *words]
    told = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert told.returncode == 0, told.stderr
    return set(told.stdout.split())


def test_a_plain_fill_imports_what_it_needs_alone(tmp_path):
    wall = bricks(48, 48)
    hole = np.zeros((48, 48), np.float32)
    hole[20:28, 20:28] = 1
    save(tmp_path / "wall.png", wall)
    save(tmp_path / "hole.png", hole)
    words = ["synthesize", "--local", "--canvas", f"{tmp_path}/wall.png", "--mask", f"{tmp_path}/hole.png"]
    found = imported("from engine.__main__ import start; start()", *words, "-o", f"{tmp_path}/out.png")
    assert (tmp_path / "out.png").is_file()
    assert "torch" in found
    assert not found.intersection(LATE)


@pytest.mark.parametrize("module", ["engine.cli", "engine.service.serving", "engine.relay"])
def test_commands_front_and_relay_start_without_what_computes(module):
    assert not imported(f"import {module}").intersection(HEAVY)
