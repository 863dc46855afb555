"""Homes in which the tests run the real `install.py`."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from forking import ONE_THREAD
from wheelhouse import BACKEND, furnish

ROOT = Path(__file__).parents[1]
UNPACKED_PIP = ROOT / "tests" / "unpacked_pip.py"
PARTS = ("install.py", "installation", "engine", "protocol", "gimp_plugin", "pyproject.toml")
FOREIGN = ("PIP_", "PYTHON", "XDG_", "GIMP", "TEXTURE_", "SUDO_", "SNAP", "VIRTUAL_ENV")
# Longer than a check waits for `doctor`, which may have to compile.
SECONDS = 360

no_gimp_of_the_system = pytest.mark.skipif(
    any(map(os.path.exists, ("/var/lib/flatpak/app/org.gimp.GIMP", "/snap/gimp"))),
    reason="a GIMP that is installed for all users would be found",
)


@dataclass(frozen=True)
class Home:
    """A user's home folder and a checkout."""

    folder: Path
    source: Path
    house: Path

    @property
    def data(self) -> Path:
        return self.folder / ".local/share/gimp-texture-synthesis"

    @property
    def environment(self) -> Path:
        return self.data / "engine"

    @property
    def state(self) -> Path:
        return self.folder / ".config/GIMP/texture-synthesis"

    @property
    def programs(self) -> Path:
        """The only folder of the PATH."""
        return self.folder / "bin"

    def surroundings(self, **more) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.house), "PIP_CONFIG_FILE": os.devnull}
        pip |= {"PIP_NO_COMPILE": "1", "PIP_NO_CACHE_DIR": "1"}
        pip |= {"TEXTURE_TORCH_INDEX": "http://127.0.0.1:9"}
        places = {"HOME": str(self.folder), "PATH": str(self.programs), **ONE_THREAD}
        return {**own, **pip, **places, "PYTHONDONTWRITEBYTECODE": "1", **more}

    def command(self, *words, ensures_pip=False) -> list[str]:
        """What runs `install.py` with these words; if it `ensures_pip`, exactly as a user does."""
        by = () if ensures_pip else (str(UNPACKED_PIP),)
        return [sys.executable, *by, str(self.source / "install.py"), *map(str, words)]

    def run(self, *words, ensures_pip=False, **more) -> subprocess.CompletedProcess:
        """Run it, with these environment variables."""
        command, surroundings = self.command(*words, ensures_pip=ensures_pip), self.surroundings(**more)
        return subprocess.run(
            command, env=surroundings, cwd=self.folder, capture_output=True, text=True, timeout=SECONDS
        )

    def install(self, *words, **more) -> str:
        """Run it, and expect that it does what it is to do."""
        told = self.run(*words, **more)
        assert (told.returncode, told.stderr) == (0, ""), told.stdout + told.stderr
        return told.stdout

    def gimp(self, name="3.0") -> Path:
        """A GIMP that has been started, by its profile folder."""
        profile = self.folder / ".config/GIMP" / name
        profile.mkdir(parents=True)
        (profile / "gimprc").touch()
        return profile

    def program(self, name: str, version: str) -> None:
        """A program of the PATH that tells this version."""
        path = self.programs / name
        path.write_text(f"#!/bin/sh\necho 'GNU Image Manipulation Program version {version}'\n")
        path.chmod(0o755)

    def snapshot(self) -> dict[Path, tuple]:
        """All that is in the home and in the checkout, with its time."""
        found = (path for place in (self.folder, self.source) for path in place.rglob("*"))
        return {path: (path.lstat().st_mtime_ns, path.lstat().st_mode, path.lstat().st_ino) for path in found}


def home_in(folder: Path, house: Path | None = None) -> Home:
    """The home in a folder; its house is there, too, unless another is given."""
    return Home(folder / "home", folder / "check out", house or folder / "house")


def installed_home(folder: Path) -> None:
    """Make a home where `install.py` has run, for a GIMP 3.0."""
    home = empty_home(folder, furnished_house(folder / "house"))
    home.gimp()
    home.install(ensures_pip=True)


def hand_over_compiled(home: Home, environment: Path | None = None) -> None:
    """Give a home what numba has compiled of this checkout, which takes half a minute of a core.

    Args:
        home: The home.
        environment: Where the engine is installed; None for the home's own environment.
    """
    from engine.synthesis.compiling import cache_folder

    (site,) = (environment or home.environment).glob("lib/python*/site-packages")
    for compiled in filter(Path.is_dir, (ROOT / "engine").rglob("*")):
        to = home.folder / ".cache/gimp-texture-synthesis/compiled" / _cached_name(site / compiled.relative_to(ROOT))
        if (kept := cache_folder() / _cached_name(compiled)).is_dir():
            shutil.copytree(kept, to)


def _cached_name(folder: Path) -> str:
    """The name that numba gives to what it keeps of the modules of a folder."""
    return f"{folder.name}_{hashlib.sha1(str(folder).encode()).hexdigest()}"  # noqa: S324 - as numba does it


def empty_home(folder: Path, house: Path) -> Home:
    """A home where nothing is installed yet, with a checkout."""
    home = home_in(folder, house)
    home.programs.mkdir(parents=True)
    home.source.mkdir()
    for part in PARTS:
        copy(ROOT / part, home.source / part)
    project = home.source / "pyproject.toml"
    own = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    project.write_text(re.sub(r"\[build-system\]\n.*?\n(?=\n)", own, project.read_text(), count=1, flags=re.DOTALL))
    (home.source / "backend.py").write_text(BACKEND)
    return home


def furnished_house(folder: Path) -> Path:
    """A folder with a wheel for all that the engine needs."""
    project = (ROOT / "pyproject.toml").read_text()
    furnish(folder, re.findall(r'^  "(.+)",$', project.split("dependencies = [")[1].split("]")[0], re.MULTILINE))
    return folder


def copied_home(other: Home, folder: Path, *, own: bool) -> Home:
    """Another home with the environment of one, its own or the same, and no plug-in yet."""
    home = home_in(folder, other.house)
    home.programs.mkdir(parents=True)
    copy(other.source, home.source)
    home.data.mkdir(parents=True)
    if own:
        copy(other.environment, home.environment)
    else:
        home.environment.symlink_to(other.environment)
    home.state.mkdir(mode=0o700, parents=True)
    return home


def copy(path: Path, to: Path) -> None:
    if path.is_dir():
        shutil.copytree(path, to, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy2(path, to)


def plugin(profile: Path) -> Path:
    return profile / "plug-ins/texture-synthesis"


def entry(profile: Path) -> Path:
    return plugin(profile) / "texture-synthesis.py"


def told_error(told: subprocess.CompletedProcess, status=1) -> str:
    """The one line that a failed run says."""
    assert told.returncode == status, told.stdout + told.stderr
    assert told.stderr.startswith("install.py: ")
    assert told.stderr.count("\n") == 1
    return told.stderr.removeprefix("install.py: ").strip()
