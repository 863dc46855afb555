"""What the terminal refuses before torch is loaded, which takes seconds."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pictures import bricks, bytes_of, save

ROOT = Path(__file__).parents[1]
CANVAS = ("--canvas", "wall.png")
REFUSED = {
    "an unknown device": ("wall.png", "--device", "warp"),
    "weights that are not there": ("wall.png", "--weights", "none.pth"),
    "a canvas without alpha": CANVAS,
    "a canvas that is opaque": ("--canvas", "opaque.png"),
    "a black mask": (*CANVAS, "--mask", "black.png"),
    "a black mask of a tile": (*CANVAS, "--mask", "black.png", "--seamless"),
    "a small mask": (*CANVAS, "--mask", "small.png"),
    "a black exemplar mask": ("wall.png", "--exemplar-mask", "black.png"),
    "a black second exemplar mask": (
        *("wall.png", "wall.png"),
        *("--exemplar-mask", "white.png", "--exemplar-mask", "black.png"),
    ),
    "a picture too small to enlarge": ("thin.png", "--enlarge", "2"),
    "a size of an enlarged picture": ("wall.png", "--enlarge", "2", "--size", "96"),
}
SCRIPT = """
import sys
from engine.cli import main
try:
    main()
except SystemExit as ended:
    status = ended.code
print(status, "torch" in sys.modules)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Pictures and masks."""
    made = tmp_path_factory.mktemp("pictures")
    wall = bytes_of(bricks())
    save(made / "wall.png", wall)
    save(made / "opaque.png", np.dstack([wall, np.full((64, 64), 255, np.uint8)]))
    save(made / "thin.png", wall[:5])
    for name, mask in (("black", np.zeros((64, 64))), ("white", np.ones((64, 64))), ("small", np.ones((9, 9)))):
        save(made / f"{name}.png", mask)
    return made


@pytest.mark.parametrize("wrong", REFUSED)
def test_it_is_refused_without_waiting_for_torch(folder, wrong):
    words = ("synthesize", *REFUSED[wrong], "--local", "--quiet", "-o", "out.png")
    found = subprocess.run(
        [sys.executable, "-c", SCRIPT, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TEXTURE_ENGINE_FOLDER": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert found.stderr.startswith("texture-engine: ")
    assert found.stderr.count("\n") == 1
    assert found.stdout.split() == ["2", "False"]
