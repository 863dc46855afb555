"""Run `install.py`, with a copy of this Python's pip in each environment that it makes.

What `install.py` does itself, by `ensurepip`, takes three seconds of a core. The words are its path and its words.
"""

import runpy
import shutil
import sys
import venv
from importlib.metadata import distribution
from pathlib import Path


def copy_pip(_builder, context) -> None:
    """Copy pip with what Python has compiled of it, in place of an installation."""
    found = distribution("pip")
    (site,) = Path(context.env_dir).glob("[Ll]ib/**/site-packages")
    for name in sorted({file.parts[0] for file in found.files or () if file.parts[0] != ".."}):
        shutil.copytree(found.locate_file(name), site / name)


if __name__ == "__main__":
    venv.EnvBuilder._setup_pip = copy_pip  # noqa: SLF001 - what `with_pip` calls
    del sys.argv[0]
    sys.path[0] = str(Path(sys.argv[0]).parent)
    runpy.run_path(sys.argv[0], run_name="__main__")
