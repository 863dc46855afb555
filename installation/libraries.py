"""pyzmq and msgpack for GIMP's own Python, of any supported version."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from installation.actions import Action
from installation.environment import pip, versions_in
from installation.files import draft_of, leftovers, make_private, read_json, remove_all, replace, write_json
from installation.problems import InstallationError

FOLDER = "libraries"
MARKER = "libraries.json"
PACKAGES = ("pyzmq", "msgpack")
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
PROBE = "import sys; sys.path.insert(0, sys.argv[1]); import zmq, msgpack"
PROBE_SECONDS = 60


def libraries_fault(folder: Path, versions: Mapping[str, str]) -> str | None:
    """Return what is wrong with the libraries.

    Args:
        folder: Their folder.
        versions: The versions in the engine's environment, by package.

    Returns:
        The rest of a sentence that begins with the folder, or None.
    """
    marker = read_json(folder / MARKER)
    if not marker:
        return "is not finished" if folder.is_dir() else "is not there"
    if _changed(folder, marker):
        return "is damaged"
    if marker.get("versions") != {name: versions.get(name) for name in PACKAGES}:
        return "is of another version than the engine's packages"
    # Versions of Python without a wheel count, too: another download would not find one.
    if not set(PYTHONS) <= {*marker.get("pythons", ()), *marker.get("without", ())}:
        return "lacks a version of Python"
    return None


def served(folder: Path) -> list[str]:
    """Return the versions of Python that the libraries support."""
    return [str(python) for python in read_json(folder / MARKER).get("pythons", ())]


def works_with(python: Path, folder: Path) -> bool:
    """Return whether a Python can import the libraries."""
    command = [str(python), "-I", "-S", "-B", "-c", PROBE, str(folder)]
    try:
        result = subprocess.run(command, capture_output=True, timeout=PROBE_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
    return result.returncode == 0


def libraries_actions(state: Path, environment: Path) -> Iterator[Action]:
    """Return the actions that the libraries need.

    Args:
        state: The folder that they are installed in.
        environment: The engine's environment, whose pip downloads them.

    Yields:
        The actions.
    """
    folder = state / FOLDER
    versions = versions_in(environment)
    if libraries_fault(folder, versions):
        yield Action(
            f"install pyzmq and msgpack for GIMP's Python, {PYTHONS[0]} to {PYTHONS[-1]}, into {folder}",
            partial(_provide, folder, environment),
        )
    elif old := leftovers(folder):
        yield Action(f"remove what an interrupted run has left in {state}", partial(remove_all, old))


def _provide(folder: Path, environment: Path) -> None:
    make_private(folder.parent)
    versions = versions_in(environment)
    with TemporaryDirectory() as place:
        wheels = {python: Path(place) / python for python in PYTHONS}
        fetch = partial(_fetch, environment, {name: versions[name] for name in PACKAGES})
        # The engine's packages come from the same place: if these cannot be downloaded now, neither can the others.
        own = f"3.{sys.version_info.minor}"
        faults = {own: fetch(own, wheels[own])} if own in PYTHONS else {}
        if not any(faults.values()):
            others = [python for python in PYTHONS if python not in faults]
            with ThreadPoolExecutor() as pool:
                faults |= dict(
                    zip(others, pool.map(fetch, others, [wheels[python] for python in others]), strict=True)
                )
        found = [python for python in PYTHONS if faults.get(python, "unasked") is None]
        if not found:
            _keep_or_fail(folder, next(words for words in faults.values() if words))
            return
        draft = draft_of(folder)
        draft.mkdir(mode=0o700)
        for python in found:
            for wheel in sorted(wheels[python].glob("*.whl")):
                # Extension modules carry the version of Python in their names, all else is the same for each.
                with zipfile.ZipFile(wheel) as archive:
                    archive.extractall(draft)
    without = [python for python, words in faults.items() if words and not _looks_like_network(words)]
    marker = {
        "versions": {name: versions[name] for name in PACKAGES},
        "pythons": found,
        "without": without,
        "files": {
            path.relative_to(draft).as_posix(): path.stat().st_size for path in draft.rglob("*") if path.is_file()
        },
    }
    write_json(draft / MARKER, marker)
    replace(folder, draft)


def _fetch(environment: Path, versions: Mapping[str, str], python: str, place: Path) -> str | None:
    """Download the wheels for one Python, and return pip's message if there are none."""
    command = [*pip(environment), "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    command += ["--implementation", "cp", "--python-version", python, "--dest", place]
    command += [f"{name}=={version}" for name, version in versions.items()]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return None if result.returncode == 0 else result.stderr


def _keep_or_fail(folder: Path, words: str) -> None:
    marker = read_json(folder / MARKER)
    if marker and not _changed(folder, marker):
        print(f"  they cannot be downloaded now: those in {folder} are kept", file=sys.stderr)
        return
    reason = (words.strip().splitlines() or ["no reason given"])[-1]
    raise InstallationError(
        f"pyzmq and msgpack for GIMP's Python cannot be downloaded ({reason}): solve that, then run this again"
    )


def _looks_like_network(words: str) -> bool:
    return "Retrying" in words or "ERROR: No matching distribution found" not in words


def _changed(folder: Path, marker: Mapping[str, object]) -> bool:
    files = marker.get("files")
    if not isinstance(files, dict) or not files:
        return True
    paths = {folder / name: size for name, size in files.items()}
    return any(not path.is_file() or path.stat().st_size != size for path, size in paths.items())
