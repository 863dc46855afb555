"""Check the files that the commands of `inspect` write, before the work."""

import os
from collections.abc import Sequence
from pathlib import Path

from engine.cli.results import check_apart
from engine.file_errors import is_folder, writing_refusal
from engine.options.failures import fail
from engine.options.paths import STANDARD


def check_files(
    output: Path | None, numbers: Path | None, read: Sequence[Path | None], *, force: bool = False
) -> Path:
    """Check that figure and numbers can be written, and are not inputs; `force` replaces a protected figure."""
    from engine.inspection.sheets import check_sheet

    if output is None:
        fail("--output is missing: name the file to write")
    check_apart([output, *([] if numbers is None else [numbers])], read)
    check_sheet(output, force=force)
    check_numbers(numbers, read)
    return output


def check_numbers(numbers: Path | None, read: Sequence[Path | None]) -> None:
    """Check that the numbers can be written, if a file is named."""
    from engine.inspection.sheets import NUMBER_SUFFIXES, check_sheet

    if numbers is not None:
        check_sheet(numbers, NUMBER_SUFFIXES)
        check_apart([numbers], read)


def check_sheets(output: Path | None, picture: Path) -> Path:
    """Check that several figures can be written.

    Args:
        output: A folder (it is created if it has no suffix), or the start of the files' names.
        picture: The files in a folder are named after it.

    Returns:
        A file with the stem and the suffix of all of them.
    """
    from engine.images import check_target
    from engine.inspection.sheets import check_sheet

    if output is None:
        fail("--output is missing: name the folder or file to write")
    if output == STANDARD:
        fail("standard output takes one picture, and there are several: name a folder or file with --output")
    if output.suffix and not is_folder(output):
        check_sheet(output)
        return output
    # A folder can be created if a file could be, unless that exists.
    if not is_folder(output):
        check_target(output)
        if os.path.lexists(output):
            fail(f"{output} is a file, not a folder: name another folder, or a .png or .svg file")
    else:
        check_target(output / "sheet.png")
    return output / f"{picture.stem}.png"


def make_parent(file: Path) -> None:
    """Create the folder of a file if it does not exist."""
    try:
        file.parent.mkdir(exist_ok=True)
    except OSError as error:
        fail(writing_refusal(file, error))
