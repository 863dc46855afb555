"""Options and arguments that name files or standard streams."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from engine.options.failures import fail

if TYPE_CHECKING:
    from engine.images import Picture

PATH = "PATH"
"""What stands for the value of such an option in `--help`."""
STANDARD = Path("-")
"""Standard input or output instead of a file; a file with this name is `./-`."""


def parse_path(text: str) -> Path:
    """Parse the name of a file.

    Args:
        text: The value.

    Returns:
        The path.

    Raises:
        BadParameter: No file can have that name.
    """
    if not text:
        raise typer.BadParameter("the name is empty: give a file")
    if "\0" in text:
        raise typer.BadParameter(f"the name {text!r} has a NUL character in it: give another")
    if text.endswith(("/", os.sep)) and _names_picture(Path(text)):
        raise typer.BadParameter(
            f"{text} is the name of a folder, which does not exist: give a file, without {text[-1]}"
        )
    # As paths, `./-` (a file) and `-` (the stream) are equal.
    path = Path(text)
    return path.absolute() if path == STANDARD and text != str(STANDARD) else path


def _names_picture(path: Path) -> bool:
    from engine.images import SUFFIXES

    return path.suffix.lower() in SUFFIXES and not path.is_dir()


def path_option(description: str, *names: str, default: str = "") -> Any:  # noqa: ANN401 - as Typer has it
    """Describe an option that names a file or folder.

    Args:
        description: For `--help`.
        names: Its names; made from the parameter's if not given.
        default: What an option that is not given means, for `--help`.

    Returns:
        The annotation for Typer.
    """
    return typer.Option(*names, help=description, parser=parse_path, metavar=PATH, show_default=default or True)


def path_argument(description: str, name: str) -> Any:  # noqa: ANN401 - as Typer has it
    """Describe an argument that names a file.

    Args:
        description: For `--help`.
        name: Its name in the help.

    Returns:
        The annotation for Typer.
    """
    return typer.Argument(help=description, show_default=False, parser=parse_path, metavar=name)


def real(path: Path) -> Path:
    """Resolve links in a path; a loop of links stays as it is."""
    return Path(os.path.realpath(path))


def read_input(path: Path) -> "Picture":
    """Read a picture from a file, or from standard input for `-`."""
    from engine.images import picture_from, read_picture

    if path != STANDARD:
        return read_picture(path)
    if sys.stdin is None:
        fail("standard input is closed: name a picture file instead of -")
    try:
        data = sys.stdin.buffer.read()
    except OSError as error:
        fail(f"standard input cannot be read ({error.strerror}): name a picture file instead of -")
    return picture_from(data, "standard input")
