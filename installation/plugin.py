"""Install the plug-in into a GIMP's profile folder."""

import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from installation.actions import Action
from installation.environment import engine_of
from installation.files import folder_fault, leftovers, remove_all, write_folder
from installation.problems import InstallationError
from installation.version import software_version

NAME = "texture-synthesis"
ENTRY = "texture-synthesis.py"
SETTINGS = "settings.json"


def plugin_folder(profile: Path) -> Path:
    """Return the plug-in's folder in a profile; the folder and the entry script must have the same name."""
    return profile / "plug-ins" / NAME


def repair_command(source: Path, *, here: bool) -> str:
    """Return the command that repairs an installation."""
    python = "py" if sys.platform == "win32" else "python3"
    return f"{python} {shell_word(source / 'install.py')}{' --here' if here else ''}"


def shell_word(path: Path) -> str:
    """Quote a path for the command line of this system."""
    return f'"{path}"' if sys.platform == "win32" else shlex.quote(str(path))


def plugin_contents(source: Path, environment: Path, state: Path, installer: str) -> dict[str, bytes]:
    """Return the contents of the plug-in's folder.

    Args:
        source: The folder of `install.py`.
        environment: The engine's environment.
        state: The folder of keys and connection file.
        installer: The command that repairs an installation.

    Returns:
        The contents of its files by their path inside.

    Raises:
        InstallationError: Files are missing.
    """
    entry = source / "gimp_plugin" / ENTRY
    if not entry.is_file():
        raise InstallationError(f"{entry} is missing: download the whole folder of install.py again")
    contents = {ENTRY: entry.read_bytes()}
    for package in ("gimp_plugin", "protocol"):
        contents |= _files(source / package, "*.py", package)
    contents |= _files(source / "gimp_plugin" / "icons", "*", "gimp_plugin/icons")
    contents |= _files(source / "gimp_plugin" / "help", "*", "help")
    contents |= _files(source / "gimp_plugin" / "locale", "*.mo", "locale")
    contents.pop(f"gimp_plugin/{ENTRY}")
    settings = {
        "software": software_version(source),
        "engine": str(engine_of(environment)),
        "folder": str(state),
        "installer": installer,
    }
    return {**contents, SETTINGS: json.dumps(settings, indent=1).encode() + b"\n"}


def plugin_fault(profile: Path, contents: Mapping[str, bytes]) -> str | None:
    """Return what is wrong with the plug-in of a GIMP, as the rest of a sentence that begins with its folder."""
    return folder_fault(plugin_folder(profile), contents, ENTRY)


def plugin_actions(profile: Path, contents: Mapping[str, bytes], *, again: bool) -> Iterator[Action]:
    """Return the actions that the plug-in of a GIMP needs.

    Args:
        profile: The GIMP's profile folder.
        contents: The expected contents of the plug-in's folder.
        again: Whether to copy it even if nothing is wrong.

    Yields:
        The actions.
    """
    folder = plugin_folder(profile)
    if again or plugin_fault(profile, contents):
        yield Action(f"copy the plug-in to {folder}", partial(_copy, folder, contents))
    elif old := leftovers(folder):
        yield Action(f"remove what an interrupted run has left in {folder.parent}", partial(remove_all, old))


def _copy(folder: Path, contents: Mapping[str, bytes]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    # All files, not the changed ones only: GIMP reads the procedures again only if the entry script has a new date.
    write_folder(folder, contents, ENTRY)


def _files(folder: Path, pattern: str, name: str) -> dict[str, bytes]:
    paths = (path for path in sorted(folder.rglob(pattern)) if path.is_file() and "__pycache__" not in path.parts)
    return {f"{name}/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in paths}
