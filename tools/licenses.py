"""The licenses of the packages that the engine needs, collected from those that are installed."""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

PROJECT = "gimp-texture-synthesis"
NAMES = re.compile(r"(^|/)(licen[cs]e|copying|notice|authors)", re.IGNORECASE)
LINE = "=" * 100


def needed(name: str = PROJECT) -> dict[str, Distribution]:
    """Return the installed packages that a package needs, directly or not, without extras.

    Args:
        name: The package.

    Returns:
        The packages by name, sorted; those of other systems are not installed, and left out.
    """
    found: dict[str, Distribution] = {}
    waiting = [name]
    while waiting:
        for line in distribution(waiting.pop()).requires or ():
            need = _normal(re.match(r"[\w.-]+", line)[0])  # type: ignore[index]
            if "extra ==" in line or need in found:
                continue
            try:
                found[need] = distribution(need)
            except PackageNotFoundError:
                continue
            waiting.append(need)
    return dict(sorted(found.items()))


def collected(packages: dict[str, Distribution]) -> Iterator[str]:
    """Yield the parts of the file: each package with its license and the texts that come with it."""
    yield f"Licenses of the packages that {PROJECT} needs. They are installed beside it, and are no part of it.\n"
    for name, package in packages.items():
        yield f"\n{LINE}\n{name} {package.version}: {_license_of(package)}\n{LINE}\n"
        texts = [file for file in package.files or () if NAMES.search(file.as_posix()) and file.suffix != ".py"]
        for file in sorted(texts):
            path = Path(str(file.locate()))
            if path.is_file():
                yield f"\n--- {file.as_posix()}\n{path.read_text('utf-8', errors='replace').rstrip()}\n"
        if not texts:
            yield "\nIts package has no text of the license.\n"


def _license_of(package: Distribution) -> str:
    about = package.metadata
    named = next(iter(about.get_all("License-Expression") or ()), "")
    kinds = [
        kind.rpartition(" :: ")[2] for kind in about.get_all("Classifier") or () if kind.startswith("License ::")
    ]
    # Some packages have the whole text in this field.
    first = next(iter(about.get_all("License") or ()), "").strip().partition("\n")[0]
    return named or " and ".join(kinds) or first or "see below"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
