"""What a command of `inspect` leaves behind: the numbers where they are wanted, and what it says at the end."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.inspection.sheets import NumbersBehind, save_numbers

if TYPE_CHECKING:
    from engine.cli.inspect.loading import Place


def report(
    output: Path,
    pictures: Sequence[Path],
    place: "Place | None",
    told: Mapping[str, Any],
    behind: NumbersBehind,
    numbers: Path | None,
    *,
    line: str,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write the numbers, and tell what was done.

    Args:
        output: What was written.
        pictures: What was looked at.
        place: Through which encoder and where, if through one.
        told: What else a line of JSON says.
        behind: The numbers behind the figure.
        numbers: Their file, or None.
        line: What is said in place of JSON.
        as_json: Whether a line of JSON is printed.
        quiet: Whether nothing is said in its place.
    """
    looked = {"pictures": [str(path) for path in pictures], **({} if place is None else place.json)}
    if numbers is not None:
        save_numbers(NumbersBehind({**looked, **behind.numbers}, behind.large), numbers)
    if as_json:
        wrote = {"output": str(output), "numbers": None if numbers is None else str(numbers)}
        print(json.dumps({**wrote, **looked, **told}))
    elif not quiet:
        print(f"{output}: {line}", file=sys.stderr)
