"""The folders of an installation."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

NAME = "gimp-texture-synthesis"


def source_folder() -> Path:
    """Return the folder with everything to install: that of `install.py`, or the one the package is installed in."""
    return Path(__file__).resolve().parents[1]


def data_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of this program's data, by the rules of Linux, Windows and macOS."""
    if sys.platform == "win32":
        base = Path(environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / NAME


def weights_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the encoders that the engine has downloaded."""
    if sys.platform == "win32":
        return data_folder(environ) / NAME / "Cache" / "encoders"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / NAME / "encoders"
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / NAME / "encoders"
