"""Where things are."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

NAME = "gimp-texture-synthesis"
FOLDER_VARIABLE = "TEXTURE_ENGINE_FOLDER"


def source_folder() -> Path:
    """The folder of `install.py`, with everything that it installs."""
    return Path(__file__).resolve().parents[1]


def data_folder(surroundings: Mapping[str, str] = os.environ) -> Path:
    """Where programs of this user keep what they need, on Linux, Windows and macOS."""
    if sys.platform == "win32":
        base = Path(surroundings.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(surroundings.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / NAME


def state_folder(surroundings: Mapping[str, str] = os.environ) -> Path:
    """Where the engine and every GIMP look for keys, connection file and libraries."""
    # The same as `protocol.private_files.state_folder`, which cannot be imported before pyzmq is installed.
    if told := surroundings.get(FOLDER_VARIABLE):
        return Path(told).absolute()
    home = Path(surroundings.get("SNAP_REAL_HOME") or Path.home())
    if sys.platform == "win32":
        base = Path(surroundings.get("APPDATA") or home / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = home / ".config"
    return base / "GIMP" / "texture-synthesis"


def weights_folder(surroundings: Mapping[str, str] = os.environ) -> Path:
    """Where the engine keeps encoders that it has fetched."""
    if sys.platform == "win32":
        return data_folder(surroundings) / NAME / "Cache" / "encoders"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / NAME / "encoders"
    return Path(surroundings.get("XDG_CACHE_HOME") or Path.home() / ".cache") / NAME / "encoders"
