"""Find the GIMPs of this user."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from installation.problems import MisuseError

VERSION_SECONDS = 30
SIGNS = ("gimprc", "pluginrc", "sessionrc", "plug-ins")
"""A profile folder has at least one of these."""

Version = tuple[int, int]


@dataclass(frozen=True)
class Gimps:
    """The GIMPs that were found.

    Attributes:
        profiles: Profile folders of every GIMP 3; that of a GIMP that was never started does not exist yet.
        unstarted: Sentences about GIMPs that have to be started before the plug-in can be installed.
        old: Whether a GIMP 2 was found.
    """

    profiles: tuple[Path, ...]
    unstarted: tuple[str, ...] = ()
    old: bool = False


def find_gimps(environ: Mapping[str, str] = os.environ, root: Path = Path("/")) -> Gimps:
    """Find every GIMP of this user."""
    bases = _profile_bases(environ)
    own = _own_profile(environ)
    profiles = [path for base in bases for path in _profiles(base) if _version(path.name) >= (3, 0)]
    programs = set(_programs(environ, root))
    known = {_version(path.name) for path in profiles}
    unstarted = []
    for version in sorted(version for version in programs - known if version >= (3, 0)):
        older = [path for path in _profiles(bases[0]) if _version(path.name) < version]
        if older:
            # GIMP imports the settings of an older version only while it has no profile folder of its own.
            name = f"GIMP {_name(version)}"
            unstarted.append(
                f"{name} has not been started yet: start it once, so that it imports the settings of "
                f"GIMP {older[-1].name}, then run this again"
            )
        else:
            profiles.append(bases[0] / _name(version))
    old = any(_version(path.name) < (3, 0) for base in bases for path in _profiles(base))
    old = old or any(version < (3, 0) for version in programs)
    return Gimps(tuple(dict.fromkeys([*own, *profiles])), tuple(unstarted), old)


def checked_profile(folder: Path) -> Path:
    """Check a profile folder that the user names.

    Args:
        folder: The folder.

    Returns:
        Its absolute path.

    Raises:
        MisuseError: It is not the profile folder of a GIMP 3.
    """
    folder = folder.expanduser().absolute()
    remedy = f"give the folder of a GIMP 3 that has been started, such as {_profile_bases(os.environ)[0] / '3.0'}"
    if not folder.is_dir():
        raise MisuseError(f"{folder} does not exist: {remedy}")
    if (0, 0) < _version(folder.name) < (3, 0):
        raise MisuseError(f"{folder} belongs to GIMP 2, and the plug-in needs GIMP 3: {remedy}")
    if not any((folder / name).exists() for name in SIGNS):
        raise MisuseError(f"{folder} is not a profile folder of GIMP: {remedy}")
    return folder


def _profile_bases(environ: Mapping[str, str]) -> list[Path]:
    """Return the folders that hold profile folders; GIMP creates new ones in the first."""
    # In a Snap, HOME is not the user's home folder.
    home = Path(environ.get("SNAP_REAL_HOME") or Path.home())
    if sys.platform == "win32":
        return [Path(environ.get("APPDATA") or home / "AppData" / "Roaming") / "GIMP"]
    if sys.platform == "darwin":
        return [home / "Library" / "Application Support" / "GIMP"]
    config = environ.get("XDG_CONFIG_HOME")
    # Its specification says to ignore a relative path.
    bases = [Path(config)] if config and Path(config).is_absolute() else []
    return [base / "GIMP" for base in dict.fromkeys([*bases, home / ".config"])]


def _own_profile(environ: Mapping[str, str]) -> list[Path]:
    folder = environ.get("GIMP3_DIRECTORY")
    # For GIMP, a relative path starts at the home folder.
    return [Path.home() / folder] if folder else []


def _profiles(base: Path) -> list[Path]:
    found = base.iterdir() if base.is_dir() else ()
    return sorted((path for path in found if path.is_dir() and _version(path.name) > (0, 0)), key=_by_version)


def _programs(environ: Mapping[str, str], root: Path) -> Iterator[Version]:
    """Yield the versions of installed GIMPs, started or not."""
    if sys.platform in {"win32", "darwin"}:
        # GIMP is not on the PATH there; one that has been started has a profile.
        return
    data = Path(environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    flatpaks = [
        base / "app/org.gimp.GIMP/current/active/files/bin" for base in (root / "var/lib/flatpak", data / "flatpak")
    ]
    snaps = [root / "snap/gimp/current" / name for name in ("bin", "usr/bin", "usr/local/bin")]
    path = environ.get("PATH", "")
    for folder in [*map(Path, filter(None, path.split(os.pathsep))), *flatpaks, *snaps]:
        try:
            names = [re.sub("^gimp-(console-)?", "", entry.name) for entry in folder.glob("gimp-*")]
        except OSError:
            continue
        yield from (_version(name) for name in names if _version(name) > (0, 0))
    if (program := shutil.which("gimp", path=path)) and (version := _asked(program)):
        yield version


def _asked(program: str) -> Version | None:
    try:
        result = subprocess.run(  # noqa: S603
            [program, "--version"], capture_output=True, text=True, timeout=VERSION_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"(\d+)\.(\d+)\.\d+", result.stdout)
    return (int(found[1]), int(found[2])) if found else None


def _version(name: str) -> Version:
    """Parse a version such as 3.0; (0, 0) if it is none."""
    found = re.fullmatch(r"(\d+)\.(\d+)", name)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _by_version(path: Path) -> Version:
    return _version(path.name)


def _name(version: Version) -> str:
    return f"{version[0]}.{version[1]}"
