"""Write the numbers of an `inspect` command, and report what was done."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.standard_output import say
from engine.inspection.sheets import NumbersBehind, save_numbers

if TYPE_CHECKING:
    from engine.cli.inspect.loading import Place


def report(
    output: Path,
    pictures: Sequence[Path],
    place: "Place | None",
    summary: Mapping[str, Any],
    behind: NumbersBehind,
    numbers: Path | None,
    *,
    line: str,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write the numbers, and report what was done.

    Args:
        output: File that was written.
        pictures: Input pictures.
        place: Device and encoder, or None.
        summary: Further fields of the line of JSON.
        behind: The numbers behind the figure.
        numbers: File for the numbers, or None.
        line: Message that is printed instead of JSON.
        as_json: Print a line of JSON.
        quiet: Print no message.
    """
    looked = {"pictures": [str(path) for path in pictures], **({} if place is None else place.json)}
    if numbers is not None:
        save_numbers(NumbersBehind({**looked, **behind.numbers}, behind.large), numbers)
    if as_json:
        wrote = {"output": str(output), "numbers": None if numbers is None else str(numbers)}
        say(json.dumps({**wrote, **looked, **summary}))
    elif not quiet:
        print(f"{output}: {line}", file=sys.stderr)
