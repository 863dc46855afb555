"""The files that `synthesize` writes: named and checked before the work, written after it."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.failures import fail
from engine.cli.paths import STANDARD, check_output_stream, real, write_output

if TYPE_CHECKING:
    from engine.images import Picture

STANDARD_FORMAT = ".png"


def check_results(
    output: Path | None, variations: int, record: Path | None, *, force: bool, as_json: bool
) -> list[Path]:
    """See whether pictures and recordings can be written.

    Args:
        output: The picture, or the beginning of the names of several.
        variations: How many.
        record: The recording, likewise; None for none.
        force: Replace files that are write-protected.
        as_json: Whether standard output is wanted for JSON.

    Returns:
        The pictures' files.
    """
    from engine.images import check_unprotected, check_writable

    if output is None:
        fail("there is no file to write to: name one with --output FILE")
    if record == STANDARD:
        fail("a recording cannot be written to standard output: name a file with --record")
    if output == STANDARD:
        if variations > 1:
            fail(f"standard output holds one picture, and {variations} are wanted: name a file with --output")
        if as_json:
            fail("standard output holds the picture: leave out --json, or name a file with --output")
        check_output_stream()
    outputs = [numbered(output, n, variations) for n in range(variations)]
    recordings = [] if record is None else [numbered(record, n, variations) for n in range(variations)]
    for name in outputs:
        if name != STANDARD:
            check_writable(name)
    for name in [*outputs, *recordings]:
        if name != STANDARD and not force:
            check_unprotected(name, "name another file, or replace it with --force")
    return outputs


def write_result(path: Path, picture: "Picture", quality: int | None) -> list[str]:
    """Write a picture to a file, or to standard output where that is named.

    Args:
        path: The file.
        picture: The picture.
        quality: Of lossy formats, or None.

    Returns:
        What the file does not hold of the picture, a sentence each.
    """
    from engine.images import encoded, remarks_on_writing, write_picture

    if path == STANDARD:
        write_output(encoded(picture, STANDARD_FORMAT, quality=quality))
        return []
    write_picture(path, picture, quality=quality)
    return remarks_on_writing(path, picture, quality=quality)


def tell(remarks: Sequence[str], *, quiet: bool) -> None:
    """Say on stderr what reading or writing has changed, a line each."""
    if not quiet:
        for remark in remarks:
            print(f"texture-engine: {' '.join(remark.split())}", file=sys.stderr)


def check_apart(written: Sequence[Path], read: Sequence[Path | None]) -> None:
    """Refuse to write over what is read, or twice to one file."""
    files = [path for path in written if path != STANDARD]
    given = {real(path) for path in read if path is not None and path != STANDARD}
    for path in files:
        if real(path) in given:
            fail(f"{path} would be overwritten, and it is one of the pictures given: name another file to write")
    if len({real(path) for path in files}) < len(files):
        fail(f"{files[-1]} would be written twice: name another file")


def numbered(path: Path, number: int, count: int) -> Path:
    """Name one of several files: `wall.png` becomes `wall-1.png`, `wall-2.png`, …; a single one keeps its name."""
    # A path without a name is a folder, which is refused as that.
    return path if count == 1 or not path.name else path.with_name(f"{path.stem}-{number + 1}{path.suffix}")
