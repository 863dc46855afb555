"""Files of earlier versions that this one does not need."""

from pathlib import Path

from installation.files import leftovers

LIBRARIES = "libraries"
"""pyzmq and msgpack for GIMP's Python, which now needs neither: until version 0.2.0."""


def outdated(state: Path) -> list[Path]:
    """Return files and folders of earlier versions."""
    folder = state / LIBRARIES
    return [path for path in (folder, *leftovers(folder)) if path.exists()]
