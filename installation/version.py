"""What is installed from here: its version, and whether it is the same as before."""

import hashlib
import re
from functools import cache
from pathlib import Path

from installation.problems import InstallationError

# What the engine runs; the plug-in is compared file by file.
PACKAGES = ("engine", "protocol")


def software_version(source: Path) -> str:
    """Read the version.

    Args:
        source: The folder of `install.py`.

    Returns:
        Such as 0.1.0.

    Raises:
        InstallationError: Files are missing.
    """
    project = source / "pyproject.toml"
    # Python 3.10 has no reader of TOML.
    found = re.search(r'^version = "(.+)"$', project.read_text("utf-8"), re.MULTILINE) if project.is_file() else None
    if not found:
        raise InstallationError(f"{project} tells no version: get the whole folder of install.py again")
    return found[1]


@cache
def fingerprint(source: Path) -> str:
    """Sum up the files of the engine, so that changed ones are noticed without a new version."""
    paths = [source / "pyproject.toml", *(path for name in PACKAGES for path in (source / name).rglob("*"))]
    digest = hashlib.sha256()
    for path in sorted(path for path in paths if path.is_file() and "__pycache__" not in path.parts):
        digest.update(path.relative_to(source).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
