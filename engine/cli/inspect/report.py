"""What a command of `inspect` leaves behind: the numbers where they are wanted, and what it says at the end."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.inspection.sheets import NumbersBehind, save_numbers


def report(
    output: Path,
    pictures: Sequence[Path],
    encoder: str | None,
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
        encoder: Through which network, if any.
        told: What else a line of JSON says.
        behind: The numbers behind the figure.
        numbers: Their file, or None.
        line: What is said in place of JSON.
        as_json: Whether a line of JSON is printed.
        quiet: Whether nothing is said in its place.
    """
    if numbers is not None:
        save_numbers(behind, numbers)
    if as_json:
        wrote = {"output": str(output), "numbers": None if numbers is None else str(numbers)}
        looked = {"pictures": [str(path) for path in pictures], "encoder": encoder}
        print(json.dumps({**wrote, **looked, **told}))
    elif not quiet:
        print(f"{output}: {line}", file=sys.stderr)
