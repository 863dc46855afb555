"""Options and arguments that name files, and the standard streams among them."""

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from engine.cli.failures import fail

if TYPE_CHECKING:
    from engine.images import Picture

STANDARD = Path("-")
"""Standard input or standard output, where a file could be named; a file of that name is `./-`."""


def parse_path(text: str) -> Path:
    """Read the name of a file.

    Args:
        text: What was typed.

    Returns:
        The path.

    Raises:
        BadParameter: No file can have that name.
    """
    if not text:
        raise typer.BadParameter("the name is empty: give a file, or leave this out")
    if "\0" in text:
        raise typer.BadParameter(f"no file can have the name {text!r}, with a NUL in it: give another")
    # `./-` is a file, and a path by itself does not tell it from the stream.
    path = Path(text)
    return path.absolute() if path == STANDARD and text != str(STANDARD) else path


def path_option(description: str, *names: str) -> Any:  # noqa: ANN401 - as Typer has it
    """Describe an option that names a file or folder.

    Args:
        description: For `--help`.
        names: Its names; from the parameter's, if not given.

    Returns:
        What Typer takes beside the type.
    """
    return typer.Option(*names, help=description, parser=parse_path, metavar="PATH")


def path_argument(description: str, name: str) -> Any:  # noqa: ANN401 - as Typer has it
    """Describe an argument that names a file.

    Args:
        description: For `--help`.
        name: What the help calls it.

    Returns:
        What Typer takes beside the type.
    """
    return typer.Argument(help=description, show_default=False, parser=parse_path, metavar=name)


def real(path: Path) -> Path:
    """Give the file that a path leads to, through links; a loop of links leads to itself."""
    return Path(os.path.realpath(path))


def read_input(path: Path) -> "Picture":
    """Read a picture from a file, or from standard input where that is named."""
    from engine.images import picture_from, read_picture

    if path != STANDARD:
        return read_picture(path)
    if sys.stdin is None:
        fail("standard input is closed: name a picture file in place of -")
    try:
        data = sys.stdin.buffer.read()
    except OSError as error:
        fail(f"standard input cannot be read ({error.strerror}): name a picture file in place of -")
    return picture_from(data, "standard input")


def write_output(data: bytes) -> None:
    """Write a file to standard output."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        drop_output()
        fail(f"standard output cannot be written ({error.strerror}): name a file with --output")


def drop_output() -> None:
    """Let what standard output has not taken go: it would be tried, and refused, once more at the end."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stdout.flush()
        return
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def check_output_stream() -> None:
    """Refuse a standard output that is closed, or a terminal, which would show a picture's bytes."""
    if sys.stdout is None:
        fail("standard output is closed: name a file with --output")
    if sys.stdout.isatty():
        fail("standard output is a terminal: redirect it, or name a file with --output")
