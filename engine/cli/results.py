"""The files that `synthesize` writes: checked before the synthesis, written after it."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.standard_output import check_output_stream, write_output
from engine.file_errors import is_missing
from engine.options.failures import fail
from engine.options.paths import STANDARD, real
from engine.options.texture_sets import TextureSet, set_names

if TYPE_CHECKING:
    from engine.images import Picture

STANDARD_FORMAT = ".png"


def check_results(
    output: Path | None,
    variations: int,
    record: Path | None,
    read: Sequence[Path | None],
    *,
    force: bool,
    as_json: bool,
) -> list[Path]:
    """Check that pictures and recordings can be written.

    Args:
        output: The picture; several get numbers before the suffix.
        variations: Number of pictures.
        record: The recording, likewise, or None.
        read: The inputs, which are never overwritten.
        force: Replace write-protected files.
        as_json: Whether JSON goes to standard output.

    Returns:
        The pictures' files.
    """
    if output is None:
        fail("--output is missing: name the file to write")
    if record == STANDARD:
        fail("a recording cannot be written to standard output: name a file with --record")
    if output == STANDARD:
        if variations > 1:
            fail(f"standard output takes one picture, and --variations is {variations}: name a file with --output")
        if as_json:
            fail("--output - and --json both write to standard output: omit --json, or name a file with --output")
        check_output_stream()
    outputs = [numbered(output, n, variations) for n in range(variations)]
    recordings = [] if record is None else [numbered(record, n, variations) for n in range(variations)]
    check_files_to_write(outputs, recordings, read, force=force)
    return outputs


def set_files(
    found: TextureSet,
    output: Path | None,
    variations: int,
    record: Path | None,
    read: Sequence[Path | None],
    *,
    force: bool,
) -> list[list[Path]]:
    """Name the files of a set to write, and check that they can be written.

    Args:
        found: The set that is read.
        output: A folder, made if it is missing, for files of the same names; or a file, whose name takes the place of
            the stem, and whose suffix chooses the format of all.
        variations: Number of sets; several get numbers after the stem.
        record: The recording, or None.
        read: The inputs, which are never overwritten.
        force: Replace write-protected files.

    Returns:
        For each variation, the files in the order of the set.
    """
    from engine.images import SUFFIXES

    if output is None:
        fail("--output is missing: name the folder to write to")
    if output == STANDARD:
        fail("standard output takes one picture, and a texture set has several: name a folder with --output")
    single = output.suffix.lower() in SUFFIXES and not output.is_dir()
    folder, stem = (output.parent, output.stem) if single else (output, found.stem)
    if not single:
        make_folder(folder)
    turns = [""] if variations == 1 else [f"-{number + 1}" for number in range(variations)]
    written = [set_names(found, folder, stem, turn, output.suffix if single else None) for turn in turns]
    recordings = [] if record is None else [numbered(record, number, variations) for number in range(variations)]
    check_files_to_write([name for names in written for name in names], recordings, read, force=force)
    return written


def check_files_to_write(
    outputs: Sequence[Path], recordings: Sequence[Path], read: Sequence[Path | None], *, force: bool
) -> None:
    """Check, before the synthesis, that pictures and recordings can be written, and are no inputs."""
    from engine.images import check_unprotected, check_writable

    # First, as `--force` replaces no input.
    check_apart([*outputs, *recordings], read)
    for name in outputs:
        if name != STANDARD:
            check_writable(name)
    for name in [*outputs, *recordings]:
        if name != STANDARD and not force:
            check_unprotected(name, "name another file, or replace it with --force")


def write_result(path: Path, picture: "Picture", quality: int | None) -> list[str]:
    """Write a picture to a file, or to standard output for `-`."""
    from engine.images import encoded, remarks_on_writing, write_picture

    if path == STANDARD:
        write_output(encoded(picture, STANDARD_FORMAT, quality=quality))
        return []
    write_picture(path, picture, quality=quality)
    return remarks_on_writing(path, picture, quality=quality)


def write_results(
    paths: Sequence[Path], pictures: "Sequence[Picture]", quality: int | None, *, strip_metadata: bool
) -> list[str]:
    """Write pictures, each to its file, without their metadata if they are to be stripped; see `write_result`."""
    remarks: list[str] = []
    for path, each in zip(paths, pictures, strict=True):
        remarks += write_result(path, each.without_metadata() if strip_metadata else each, quality)
    return remarks


def tell(remarks: Sequence[str], *, quiet: bool) -> None:
    """Print remarks about reading or writing on stderr, one per line."""
    if not quiet:
        for remark in remarks:
            print(f"texture-engine: {' '.join(remark.split())}", file=sys.stderr)


def check_apart(written: Sequence[Path], read: Sequence[Path | None]) -> None:
    """Refuse to overwrite a file that is read, or to write one twice."""
    files = [path for path in written if path != STANDARD]
    given = {real(path) for path in read if path is not None and path != STANDARD}
    for path in files:
        if real(path) in given:
            fail(f"{path} is an input, and would be overwritten: name another output file")
    if len({real(path) for path in files}) < len(files):
        fail(f"{files[-1]} would be written twice: name another output file")


def numbered(path: Path, number: int, count: int) -> Path:
    """Number one of several files: `wall.png` becomes `wall-1.png`, `wall-2.png`, …; a single one keeps its name."""
    # A path without a name is a folder, which is refused elsewhere.
    return path if count == 1 or not path.name else path.with_name(f"{path.stem}-{number + 1}{path.suffix}")


def make_folder(folder: Path) -> None:
    """Make the folder of a set, in one that exists."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        fail(f"{folder} cannot be created as a folder ({error.strerror}): name another with --output")


@contextmanager
def no_empty_folder(folder: Path | None) -> Iterator[None]:
    """Remove a folder that was made meanwhile and has nothing in it, as after a refusal or Ctrl+C."""
    missing = folder is not None and is_missing(folder)
    try:
        yield
    finally:
        if folder is not None and missing:
            # It may have files in it, or be one.
            with suppress(OSError):
                folder.rmdir()
