"""The files that the commands of `inspect` write, checked before the work begins."""

from collections.abc import Sequence
from pathlib import Path

from engine.cli.failures import fail
from engine.cli.synthesize import check_apart


def check_files(output: Path | None, numbers: Path | None, read: Sequence[Path | None]) -> Path:
    """See whether figure and numbers can be written, over nothing that is read.

    Args:
        output: The figure.
        numbers: The numbers behind it, or None.
        read: Files that are read; None counts as no file.

    Returns:
        The figure's file.
    """
    from engine.inspection.sheets import check_sheet

    if output is None:
        fail("there is no file to write to: name one with --output FILE")
    check_sheet(output)
    check_numbers(numbers, read)
    check_apart([output, *([] if numbers is None else [numbers])], read)
    return output


def check_numbers(numbers: Path | None, read: Sequence[Path | None]) -> None:
    """See whether the numbers can be written, where they are wanted."""
    from engine.inspection.sheets import NUMBER_SUFFIXES, check_sheet

    if numbers is not None:
        check_sheet(numbers, NUMBER_SUFFIXES)
        check_apart([numbers], read)


def check_sheets(output: Path | None, picture: Path) -> Path:
    """See whether several figures can be written.

    Args:
        output: A folder, or one to be made where it has no suffix, or the beginning of the files' names.
        picture: What they are named after in a folder.

    Returns:
        The file whose stem and suffix all of them have.
    """
    from engine.images import check_target
    from engine.inspection.sheets import check_sheet

    if output is None:
        fail("there is nothing to write to: name a folder or a file with --output")
    if output.suffix and not output.is_dir():
        check_sheet(output)
        return output
    # What is no folder yet can be made if a file of its name can.
    check_target(output / "sheet.png" if output.is_dir() else output)
    return output / f"{picture.stem}.png"
