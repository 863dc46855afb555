"""Pythons of other versions than the one that runs the tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST, NEWEST = 10, 19
SECONDS = 60


def other_pythons():
    """The Pythons on this computer of another version than this one, the newest first, with their minor version."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = []
    for minor in range(NEWEST, OLDEST - 1, -1):
        paths = [shutil.which(f"python3.{minor}"), *map(str, sorted(pyenv.glob(f"3.{minor}.*/bin/python")))]
        # A name on the PATH may be pyenv's for a version that is not in use: it is asked.
        asked = "import sys; sys.exit(sys.version_info[:2] != (3, int(sys.argv[1])))"
        works = (path for path in paths if path and succeeds(path, "-c", asked, str(minor)))
        if minor != sys.version_info.minor and (first := next(works, None)):
            found.append((minor, first))
    return found


def furnished(folder, base):
    """A Python with what `protocol/` needs, in an environment of its own; None where it cannot be had."""
    python = str(folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
    ready = (python, "-c", "import msgpack, zmq")
    if succeeds(*ready):
        return python
    shutil.rmtree(folder, ignore_errors=True)
    install = ("-m", "pip", "install", "--quiet", "--retries", "1", "--only-binary", ":all:", "pyzmq", "msgpack")
    made = succeeds(base, "-m", "venv", str(folder)) and succeeds(python, *install) and succeeds(*ready)
    return python if made else None


def succeeds(*command):
    """Tell whether a command does what it is to do."""
    try:
        return subprocess.run(command, capture_output=True, timeout=SECONDS).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
