"""Read the file that the installer writes for the plug-in."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from protocol.private_files import FOLDER_VARIABLE

SETTINGS_FILE = "settings.json"

_NAMES = ("engine", "folder", "installer", "software")


class InstallationError(RuntimeError):
    """The installation is incomplete; the message is one sentence."""


@dataclass(frozen=True)
class Installation:
    """Where things are.

    Attributes:
        engine: The program `texture-engine`.
        folder: Where the connection file, the keys and the logs are.
        installer: The command that repairs an installation.
        software: The plug-in's version.
    """

    engine: str
    folder: Path
    installer: str
    software: str


def read_installation(plugin: Path) -> Installation:
    """Read what the installer wrote down.

    Args:
        plugin: The plug-in's folder.

    Returns:
        Where things are; the variable TEXTURE_ENGINE_FOLDER overrides the folder.

    Raises:
        InstallationError: It is not there, or broken.
    """
    path = plugin / SETTINGS_FILE
    try:
        found = json.loads(path.read_text("utf-8"))
        engine, folder, installer, software = (_text(found, name) for name in _NAMES)
        return Installation(engine, Path(os.environ.get(FOLDER_VARIABLE) or folder), installer, software)
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        remedy = "run install.py again, or `texture-engine install-plugin`"
        raise InstallationError(f"{path} cannot be read ({error}): {remedy}.") from None


def _text(found: dict[str, object], name: str) -> str:
    value = found[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is not a text")
    return value
