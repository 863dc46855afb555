"""The files that the commands of `inspect` write, checked before the work begins."""

import os
from collections.abc import Sequence
from pathlib import Path

from engine.cli.failures import fail
from engine.cli.results import check_apart
from engine.file_errors import is_folder, writing_refusal


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
    if output.suffix and not is_folder(output):
        check_sheet(output)
        return output
    # What is no folder yet can be made if a file of its name can, unless there is one.
    if not is_folder(output):
        check_target(output)
        if os.path.lexists(output):
            fail(f"{output} is there and no folder: name another for the sheets, or a .png or .svg file")
    else:
        check_target(output / "sheet.png")
    return output / f"{picture.stem}.png"


def make_parent(file: Path) -> None:
    """Make the folder of a file where it is not there yet."""
    try:
        file.parent.mkdir(exist_ok=True)
    except OSError as error:
        fail(writing_refusal(file, error))
