#!/usr/bin/env python3
"""Set up the engine in an environment of its own.

python3 install.py           in the user's data folder
python3 install.py --here    in `.venv`, beside this file
"""

import argparse
import os
import subprocess
import sys
import venv
from pathlib import Path

OLDEST = (3, 10)
CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def data_folder() -> Path:
    """Where programs of this user keep what they need, on Linux, Windows and macOS."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "gimp-texture-synthesis"


def main() -> int:
    """Make the environment, install the engine into it and say how to start it; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--here", action="store_true", help="put the environment into .venv beside this file")
    parser.add_argument(
        "--cpu", action="store_true", help="take PyTorch's small builds without CUDA, from its own index"
    )
    options = parser.parse_args()
    if sys.version_info < OLDEST:
        print(f"Python {sys.version.split()[0]} is too old: run this with Python 3.10 or newer", file=sys.stderr)
        return 2
    source = Path(__file__).resolve().parent
    folder = source / ".venv" if options.here else data_folder() / "engine"
    venv.create(folder, with_pip=True)
    programs = folder / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [str(programs / "python"), "-m", "pip", "install", "--disable-pip-version-check"]
    commands = [[*pip, "torch", "torchvision", "--index-url", CPU_INDEX]] if options.cpu else []
    for command in [*commands, [*pip, str(source)]]:
        if subprocess.run(command, check=False).returncode:  # noqa: S603
            print("installing failed, for the reason above: run this again once it is mended", file=sys.stderr)
            return 1
    print(f"installed; start it with {programs / 'texture-engine'} --help")
    return 0


if __name__ == "__main__":
    sys.exit(main())
