"""The version in this folder, and a fingerprint of its files."""

import hashlib
import re
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from installation.folders import NAME
from installation.problems import InstallationError

# What the engine runs; the plug-in is compared file by file.
PACKAGES = ("engine", "protocol")


def software_version(source: Path) -> str:
    """Read the version from pyproject.toml, the only place that states it, or from the package made from it.

    Args:
        source: The folder of `install.py`, or the one that the package is installed in.

    Returns:
        The version, such as 0.2.0.

    Raises:
        InstallationError: Files are missing.
    """
    if package := next(iter(distributions(name=NAME, path=[str(source)])), None):
        return package.version
    project = source / "pyproject.toml"
    # Python 3.10 has no TOML parser.
    found = re.search(r'^version = "(.+)"$', project.read_text("utf-8"), re.MULTILINE) if project.is_file() else None
    if not found:
        raise InstallationError(f"{project} states no version: download the whole folder of install.py again")
    return found[1]


@cache
def fingerprint(source: Path) -> str:
    """Return a hash of the engine's files, which changes with them even if the version does not."""
    paths = [source / "pyproject.toml", *(path for name in PACKAGES for path in (source / name).rglob("*"))]
    digest = hashlib.sha256()
    for path in sorted(path for path in paths if path.is_file() and "__pycache__" not in path.parts):
        digest.update(path.relative_to(source).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
