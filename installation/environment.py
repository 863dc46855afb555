"""The engine's own virtual environment."""

import json
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from installation.actions import Action
from installation.files import read_json, remove, write_json
from installation.gpus import look
from installation.problems import InstallationError
from installation.running_engine import find_running, stop
from installation.torch_builds import CPU, DEFAULT, Choice, can_reach, choose, described, index_of
from installation.version import fingerprint

MARKER = "texture-synthesis.json"
TORCH = ("torch", "torchvision")
PROBE_SECONDS = 120
PROBE = """
import importlib.metadata, json, pathlib, re, sys, sysconfig
place = pathlib.Path(sysconfig.get_path("purelib"))
found = {re.sub("[-_.]+", "-", d.metadata["Name"]).lower(): d for d in importlib.metadata.distributions(path=[place])}
for line in found["gimp-texture-synthesis"].requires or ():
    name = re.match(r"[\\w.-]+", line).group()
    if "extra ==" not in line and re.sub("[-_.]+", "-", name).lower() not in found:
        sys.exit(name + " is missing")
files = [(place / file, file.size) for d in found.values() for file in d.files or () if file.suffix != ".pyc"]
changed = [str(p) for p, size in files if not p.is_file() or size is not None and p.stat().st_size != size]
print(json.dumps({"versions": {name: d.version for name, d in found.items()}, "changed": sorted(changed)}))
"""


@dataclass(frozen=True)
class Marker:
    """What the marker file of an environment says.

    Attributes:
        complete: Whether the installation was finished; written last.
        source: Fingerprint of what was installed.
        build: PyTorch's build in it; nothing before it is known.
        asked: The build that the user asked for; nothing if this computer decides.
        changed: Files that already differed from their package's list after the installation.
        packages: Names of all packages after the installation.
    """

    complete: bool
    source: str
    build: str
    asked: str
    changed: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Packages:
    """The packages in an environment.

    Attributes:
        versions: Of all packages, by name.
        changed: Files that are missing or differ from their package's list.
    """

    versions: dict[str, str]
    changed: tuple[str, ...]


@dataclass(frozen=True)
class Options:
    """The environment to install.

    Attributes:
        folder: Its folder.
        source: The folder of `install.py`.
        torch: PyTorch's build, nothing for the one that fits this computer; None to keep the one that is there or was
            asked for.
        ours: Whether the folder belongs to this installer, whatever is in it.
    """

    folder: Path
    source: Path
    torch: str | None
    ours: bool


def python_of(folder: Path) -> Path:
    """Return the Python of an environment."""
    return folder / "Scripts" / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"


def engine_of(folder: Path) -> Path:
    """Return the program `texture-engine` of an environment."""
    return python_of(folder).with_name("texture-engine.exe" if sys.platform == "win32" else "texture-engine")


def read_marker(folder: Path) -> Marker | None:
    """Read the marker file of an environment; None if this installer has not made it."""
    found = read_json(folder / MARKER)
    if not found:
        return None
    # Until version 0.2.0 there were two builds.
    build = found.get("build", CPU if found.get("cpu") is True else DEFAULT)
    asked = found.get("asked", CPU if found.get("cpu") is True else "")
    complete, source = found.get("complete") is True, str(found.get("source"))
    changed, packages = (tuple(map(str, found.get(name) or ())) for name in ("changed", "packages"))
    return Marker(complete, source, str(build), str(asked), changed, packages)


def versions_in(folder: Path) -> dict[str, str]:
    """Return the versions of all packages in an environment; empty if it does not work."""
    found = _packages(folder)
    return found.versions if found else {}


def _packages(folder: Path) -> Packages | None:
    try:
        result = subprocess.run(  # noqa: S603
            [python_of(folder), "-I", "-B", "-c", PROBE],
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
            check=False,
        )
        found = json.loads(result.stdout)
        return Packages(found["versions"], tuple(found["changed"]))
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
        return None


def environment_fault(folder: Path, source: Path) -> str | None:
    """Return what is wrong with an environment.

    Args:
        folder: The environment.
        source: The folder of `install.py`.

    Returns:
        The rest of a sentence that begins with the folder, or None if nothing is wrong.
    """
    return _fault_to_remake(folder) or _fault_to_update(folder, source)


def environment_actions(wanted: Options, state: Path, *, upgrade: bool) -> Iterator[Action]:
    """Return the actions that an environment needs.

    Args:
        wanted: The environment.
        state: The folder of the engine's connection file.
        upgrade: Whether to look for newer packages.

    Yields:
        The actions.

    Raises:
        InstallationError: The folder holds something that this installer has not made.
    """
    folder, marker = wanted.folder, read_marker(wanted.folder)
    if folder.exists() and any(folder.iterdir()) and marker is None and not wanted.ours:
        raise InstallationError(f"{folder} was not made by this installer: remove it, or leave out --here")
    broken = _fault_to_remake(folder)
    if wanted.torch is None:
        asked, kept = (marker.asked, "" if broken else marker.build) if marker else ("", "")
    else:
        asked, kept = wanted.torch, ""
    choice = choose(kept, asked, look, can_reach)
    remake = broken is not None or (marker is not None and choice.build != marker.build)
    if not remake and not upgrade and not _fault_to_update(folder, wanted.source):
        return
    # A running engine would lose its packages, or has lost them. One from elsewhere makes room for this one.
    if running := find_running(state):
        yield Action(
            f"stop the running engine (process {running.process})",
            partial(stop, python_of(folder), state, running),
        )
    yield from _installing(wanted, choice, asked, remake=remake, upgrade=upgrade)


def pip(folder: Path) -> list[str | Path]:
    """Return the command of an environment's pip; it ignores PYTHONPATH."""
    return [python_of(folder), "-I", "-m", "pip", "--disable-pip-version-check"]


def _fault_to_remake(folder: Path) -> str | None:
    if not folder.exists():
        return "is not there"
    marker = read_marker(folder)
    if marker is None or not marker.complete:
        return "was not finished"
    found = _packages(folder)
    if found is None or not engine_of(folder).exists() or not set(found.changed) <= set(marker.changed):
        return "is damaged"
    # Those that others need, too.
    if lost := sorted(set(marker.packages) - set(found.versions)):
        return f"lacks {lost[0]}"
    return None


def _fault_to_update(folder: Path, source: Path) -> str | None:
    marker = read_marker(folder)
    return None if marker and marker.source == fingerprint(source) else f"is not of the version in {source}"


def _installing(wanted: Options, choice: Choice, asked: str, *, remake: bool, upgrade: bool) -> Iterator[Action]:
    folder, index = wanted.folder, index_of(choice.build)
    before = None if remake else read_marker(folder)
    begun = Marker(complete=False, source="", build=choice.build, asked=asked)
    newer = ["--upgrade", "--upgrade-strategy", "eager"] if upgrade and not remake else []
    if remake:
        yield Action(f"create an environment in {folder}", partial(_make, folder, begun))
    else:
        yield Action(f"change the environment in {folder}", partial(_mark, folder, begun))
    what = f"{described(choice.build)}, {choice.reason}"
    if index and (remake or newer):
        words = [*newer, *TORCH, "--index-url", index]
        yield Action(f"install {what}", partial(_install, folder, words, before))
    size = f", with {what}" if remake and not index else ""
    words = [*newer, str(wanted.source)]
    kept = TORCH if index and newer else ()
    yield Action(
        f"install the engine and what it needs into it{size}", partial(_install, folder, words, before, kept=kept)
    )
    finished = Marker(complete=True, source=fingerprint(wanted.source), build=choice.build, asked=asked)
    yield Action("mark it as complete", partial(_finish, folder, finished))


def _mark(folder: Path, marker: Marker) -> None:
    write_json(folder / MARKER, asdict(marker))


def _make(folder: Path, begun: Marker) -> None:
    remove(folder)
    folder.mkdir(parents=True)
    _mark(folder, begun)
    try:
        venv.create(folder, with_pip=True, symlinks=sys.platform != "win32")
    except subprocess.CalledProcessError as error:
        raise InstallationError(
            f"pip cannot be installed into {folder} ({error}): check that Python's module `ensurepip` works"
        ) from None


def _install(folder: Path, words: Sequence[str], before: Marker | None, *, kept: Sequence[str] = ()) -> None:
    # PyPI may have a newer PyTorch than the index of the chosen build: pip would replace that build by CUDA's.
    versions = versions_in(folder) if kept else {}
    pins = [f"{name}=={versions[name]}" for name in kept if name in versions]
    # Python compiles what is imported when it is first used; all else would only cost time and space.
    command = [*pip(folder), "install", "--no-compile", *words, *pins]
    if subprocess.run(command, check=False).returncode:  # noqa: S603
        if before is not None:
            # pip has restored what was there.
            _mark(folder, before)
        raise InstallationError("the installation failed, for the reason above: solve it, then run this again")


def _finish(folder: Path, marker: Marker) -> None:
    found = _packages(folder)
    if found is None or not engine_of(folder).exists():
        raise InstallationError(f"the environment in {folder} does not work: remove that folder and run this again")
    # A package with a wrong list of its own files is not damaged.
    _mark(folder, replace(marker, changed=found.changed, packages=tuple(sorted(found.versions))))
