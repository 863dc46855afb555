"""What tests of the command line call it with, and what they expect of a refusal."""

import os
import subprocess
from pathlib import Path

import forking
import torch
from engines import start_python
from safetensors.torch import save_file

ROOT = Path(__file__).parents[1]
QUICK = ("--quality", "draft", "--steps", "1", "--size", "48x40")
FILL = ("--quality", "draft", "--steps", "1")


def start_process(*arguments, cwd, alone=False, **options):
    """Start the program; `alone`, it loads its libraries itself."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **forking.ONE_THREAD}
    start = start_python if alone else forking.start
    return start(
        [*forking.PROGRAM, *map(str, arguments)],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def vgg_weights(path, *, first=3, value=0.1):
    chance = torch.Generator().manual_seed(0)
    state = {}
    for name, shape in (("conv1_1", (4, first, 3, 3)), ("conv2_1", (6, 4, 3, 3)), ("conv3_1", (8, 6, 3, 3))):
        state[f"{name}.weight"] = value * torch.randn(shape, generator=chance)
        state[f"{name}.bias"] = torch.zeros(shape[0])
    save_file(state, path)
    return path


def assert_refused(told, message):
    status, out, err = told
    assert (status, out) == (2, ""), err
    assert err.startswith("texture-engine: ")
    assert len(err.splitlines()) == 1
    assert err.endswith("\n")
    assert message in err


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
