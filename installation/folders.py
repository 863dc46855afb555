"""The folders of an installation."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

NAME = "gimp-texture-synthesis"
FOLDER_VARIABLE = "TEXTURE_ENGINE_FOLDER"


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


def state_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder in which the engine and every GIMP look for keys and connection file."""
    # The same as `protocol.private_files.state_folder`, which cannot be imported before pyzmq is installed.
    if named := environ.get(FOLDER_VARIABLE):
        return Path(named).absolute()
    home = Path(environ.get("SNAP_REAL_HOME") or Path.home())
    if sys.platform == "win32":
        base = Path(environ.get("APPDATA") or home / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = home / ".config"
    return base / "GIMP" / "texture-synthesis"


def weights_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the encoders that the engine has downloaded."""
    if sys.platform == "win32":
        return data_folder(environ) / NAME / "Cache" / "encoders"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / NAME / "encoders"
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / NAME / "encoders"
