"""Names of the files that a batch writes, by a pattern."""

import string
from collections.abc import Mapping
from pathlib import PurePath, PurePosixPath

from engine.options.failures import fail
from protocol.vocabulary import settings

OWN_FIELDS = ("stem", "folder", "number", "variation", "size")
SINGLE, SEVERAL = "{stem}.png", "{stem}-{seed}.png"
"""Patterns of a request for one texture, and for several, if none is given."""


def check_pattern(pattern: str) -> None:
    """Refuse a pattern that has other fields, or names no file of a known format."""
    from engine.images import SUFFIXES

    try:
        names = [name for _, name, _, _ in string.Formatter().parse(pattern) if name is not None]
    except ValueError as error:
        fail(f"--name is {pattern!r}, which is not a pattern ({error}): give one such as {SEVERAL}")
    # Neither `{}` nor `{seed.real}`: a field is a name.
    unknown = next((name for name in names if name not in {*OWN_FIELDS, *settings()}), None)
    if unknown is not None:
        fail(
            f"--name has the field {{{unknown}}}: use {', '.join(f'{{{each}}}' for each in OWN_FIELDS)} or a setting"
        )
    if PurePath(pattern).suffix.lower() not in SUFFIXES:
        fail(f"--name is {pattern!r}: end it with one of {', '.join(SUFFIXES)}")


def named(pattern: str, values: Mapping[str, object]) -> PurePosixPath:
    """Fill in a pattern.

    Args:
        pattern: The pattern, which has been checked.
        values: The fields.

    Returns:
        The name, relative to the folder of the outputs.

    Raises:
        CommandError: A format does not suit its field, or the name leads out of the folder.
    """
    try:
        name = PurePosixPath(pattern.format_map(values))
    except (ValueError, TypeError) as error:
        fail(f"--name is {pattern!r}, whose format does not fit its values ({error}): give one such as {SEVERAL}")
    if name.is_absolute() or ".." in name.parts or not name.name or "\0" in str(name):
        fail(f"an output would be {str(name)!r}: name a file below the folder of --output")
    return name
