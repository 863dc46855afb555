"""The packages that the engine needs, and how to install them where one is missing.

Only the standard library is needed here, since any package may be missing.
"""

import json
import re
import shlex
import sys
from collections.abc import Sequence
from importlib.metadata import Distribution, distributions
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

NAME = "gimp-texture-synthesis"
MODULES = {
    "torch": "torch",
    "torchvision": "torchvision",
    "numpy": "numpy",
    "numba": "numba",
    "scipy": "scipy",
    "pillow": "PIL",
    "imagecodecs": "imagecodecs",
    "tifffile": "tifffile",
    "matplotlib": "matplotlib",
    "pyzmq": "zmq",
    "msgpack": "msgpack",
    "safetensors": "safetensors",
    "filelock": "filelock",
    "platformdirs": "platformdirs",
    "typer": "typer",
    "rich": "rich",
}
"""The module of each package."""
TORCH = ("torch", "torchvision")
OPTIONAL = "av"


def missing_packages() -> list[str]:
    """Return the packages that are not installed."""
    return [name for name, module in MODULES.items() if find_spec(module) is None]


def version_of(name: str) -> str:
    """Return the version of an installed package; nothing if it is unknown."""
    found = _distribution(name)
    return found.version if found else ""


def import_fault(error: ImportError) -> str:
    """Describe an import that failed.

    Args:
        error: The error.

    Returns:
        A sentence with the command that helps.
    """
    if missing := missing_packages():
        return f"{subject_of(missing)} not installed: run {installing(missing)}"
    name = error.name or "a library"
    said = (str(error).strip().splitlines() or ["no reason given"])[0]
    lacking = isinstance(error, ModuleNotFoundError)
    return (
        f"{name} cannot be imported ({said}): check whether PYTHONPATH names another version of it, or run "
        f"{installing(owners(name), again=not lacking)}"
    )


def owners(module: str) -> list[str]:
    """Return the packages to install for a module: its own, or those that need it; none if it is the program's."""
    top = module.split(".")[0]
    own = [name for name, found in MODULES.items() if found == top]
    return own or [name for name in MODULES if top.lower() in _needs(name)]


def subject_of(names: Sequence[str]) -> str:
    """Return the beginning of a sentence about packages, such as "numba and scipy are"."""
    return f"{names[0]} is" if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]} are"


def installing(names: Sequence[str], *, again: bool = False, prefix: Path | None = None) -> str:
    """Return the command that installs packages in the way in which the program was installed.

    PyTorch keeps its build: PyPI has another one than its own index.

    Args:
        names: The packages; none for the program itself.
        again: Whether they are there, but do not work.
        prefix: The environment; None for that of this Python.

    Returns:
        Commands in backticks, joined by "and".
    """
    prefix = prefix or Path(sys.prefix)
    if OPTIONAL not in names and (command := _installer(prefix)):
        return f"`{command}{' --upgrade' if again else ''}`"
    pipx = (prefix / "pipx_metadata.json").is_file()
    if pipx and not names:
        return f"`pipx reinstall {prefix.name}`"
    start = f"pipx runpip {prefix.name} install" if pipx else f"{_quoted(sys.executable)} -m pip install"
    torch = [name for name in TORCH if name in names]
    others = [name for name in names if name not in TORCH] or ([] if torch else [_own_package()])
    whole, alone = ("--force-reinstall ", "--force-reinstall --no-deps ") if again or not names else ("", "")
    commands = [f"{start} {whole}{_torch_words(torch)}"] if torch else []
    commands += [f"{start} {alone}{' '.join(others)}"] if others else []
    return " and ".join(f"`{command}`" for command in commands)


def _installer(prefix: Path) -> str:
    """Return the command of `install.py` if it has made an environment, else nothing."""
    from installation.environment import read_marker
    from installation.plugin import repair_command

    if read_marker(prefix) is None:
        return ""
    source = _source()
    if source is None:
        return "python3 install.py"
    return repair_command(source, here=prefix == source / ".venv")


def _source() -> Path | None:
    """Return the folder that pip has installed the program from, if it is still there."""
    found = _distribution(NAME)
    recorded = found.read_text("direct_url.json") if found else None
    try:
        folder = Path(url2pathname(urlsplit(json.loads(recorded or "{}")["url"]).path))
    except (ValueError, TypeError, KeyError):
        return None
    return folder if (folder / "install.py").is_file() else None


def _own_package() -> str:
    """Return what pip installs the program from."""
    source = _source()
    return _quoted(str(source)) if source else f"{NAME}.whl"


def _needs(name: str) -> set[str]:
    """Return what a package needs, in small letters; nothing if it is not installed."""
    found = _distribution(name)
    lines = (found.requires if found else None) or []
    return {part[0].lower() for line in lines if (part := re.match(r"[\w.-]+", line))}


def _torch_words(names: Sequence[str]) -> str:
    """Return what installs PyTorch's packages in the build that is there, or the one that fits this computer."""
    from installation.gpus import look
    from installation.torch_builds import fitting, index_of

    versions = {name: version_of(name) for name in TORCH}
    kept = [f"{name}=={version}" for name, version in versions.items() if version and name not in names]
    builds = [version.partition("+")[2] for version in versions.values() if version]
    # PyPI's own versions name no build.
    index = (f"{index_of(builds[0])}" if builds[0] else None) if builds else index_of(fitting(look()).build)
    return " ".join([*names, *kept, *(["--index-url", index] if index else [])])


def _distribution(name: str) -> Distribution | None:
    return next(iter(distributions(name=name)), None)


def _quoted(word: str) -> str:
    return f'"{word}"' if sys.platform == "win32" else shlex.quote(word)
