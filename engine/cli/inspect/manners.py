"""What the commands that look inside have in common."""

from collections.abc import Sequence
from pathlib import Path

from engine.cli.failures import fail

OUTPUT_HELP = "The figure to write, a .png or .svg file. (required)"
NUMBERS_HELP = "Write the numbers behind it too, to a .npz or .json file."
JSON_HELP = "Print one line of JSON."


def check_written(output: Path | None, numbers: Path | None, read: Sequence[Path | None]) -> Path:
    """See before the work whether what is asked for can be written.

    Args:
        output: The figure.
        numbers: The numbers behind it, or None.
        read: The files that the command reads.

    Returns:
        The figure's file.
    """
    from engine.cli.synthesize import check_apart
    from engine.inspection.sheets import NUMBER_SUFFIXES, check_sheet

    if output is None:
        fail("there is no file to write to: name one with --output FILE")
    check_sheet(output)
    if numbers is not None:
        check_sheet(numbers, NUMBER_SUFFIXES)
    check_apart([output, *([] if numbers is None else [numbers])], read)
    return output
