"""The files that `synthesize` writes: checked before the synthesis, written after it."""

from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.standard_output import check_output_stream, write_output
from engine.options.failures import fail
from engine.options.paths import STANDARD, real
from engine.options.texture_sets import TextureSet, set_names

if TYPE_CHECKING:
    from engine.images import Picture

STANDARD_FORMAT = ".png"


@dataclass(frozen=True)
class Result:
    """The files of one texture.

    Attributes:
        files: The picture, or those of a set in its order; `-` is standard output.
        recording: The recording, or None.
    """

    files: Sequence[Path]
    recording: Path | None = None

    def __str__(self) -> str:
        return ", ".join(self.names)

    @property
    def names(self) -> list[str]:
        """Names of the files, for people."""
        return ["standard output" if path == STANDARD else str(path) for path in self.files]


def result_files(
    stack: ExitStack,
    found: TextureSet | None,
    output: Path | None,
    variations: int,
    record: Path | None,
    read: Sequence[Path | None],
    *,
    force: bool,
    as_json: bool,
) -> list[Result]:
    """Name the files of each variation, and check that they can be written and are no inputs.

    Args:
        stack: Removes the folder of a set at the end, if it was made here and is empty.
        found: The set that is read, or None.
        output: The picture. Of a set: a folder, made if it is missing, for files of the same names; or a file, whose
            name takes the place of the stem, and whose suffix chooses the format of all.
        variations: Number of textures; several get numbers.
        record: The recording, or None.
        read: The inputs, which are never overwritten.
        force: Replace write-protected files.
        as_json: Whether JSON goes to standard output.

    Returns:
        One for each variation.
    """
    from engine.images import check_unprotected, check_writable

    if output is None:
        fail(f"--output is missing: name the {'file' if found is None else 'folder'} to write to")
    if record == STANDARD:
        fail("a recording cannot be written to standard output: name a file with --record")
    if output == STANDARD:
        _check_one_picture(found, variations, as_json=as_json)
    numbers = range(variations)
    files = [[numbered(output, n, variations)] for n in numbers]
    if found is not None:
        files = _set_files(stack, found, output, variations)
    recordings = [None if record is None else numbered(record, n, variations) for n in numbers]
    outputs = [name for names in files for name in names]
    written = [*outputs, *filter(None, recordings)]
    # First, as `--force` replaces no input.
    check_apart(written, read)
    for name in outputs:
        if name != STANDARD:
            check_writable(name)
    for name in written:
        if name != STANDARD and not force:
            check_unprotected(name, "name another file, or replace it with --force")
    return [Result(names, recording) for names, recording in zip(files, recordings, strict=True)]


def write_result(
    result: Result, pictures: "Sequence[Picture]", quality: int | None, *, strip_metadata: bool
) -> list[str]:
    """Write pictures, each to its file, without their metadata if they are to be stripped; return remarks."""
    from engine.images import encoded, remarks_on_writing, write_picture

    remarks: list[str] = []
    for path, each in zip(result.files, pictures, strict=True):
        picture = each.without_metadata() if strip_metadata else each
        if path == STANDARD:
            write_output(encoded(picture, STANDARD_FORMAT, quality=quality))
        else:
            write_picture(path, picture, quality=quality)
            remarks += remarks_on_writing(path, picture, quality=quality)
    return remarks


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


def _check_one_picture(found: TextureSet | None, variations: int, *, as_json: bool) -> None:
    if found is not None:
        fail("standard output takes one picture, and a texture set has several: name a folder with --output")
    if variations > 1:
        fail(f"standard output takes one picture, and --variations is {variations}: name a file with --output")
    if as_json:
        fail("--output - and --json both write to standard output: omit --json, or name a file with --output")
    check_output_stream()


def _set_files(stack: ExitStack, found: TextureSet, output: Path, variations: int) -> list[list[Path]]:
    from PIL import Image

    from engine.images import SUFFIXES

    single = output.suffix.lower() in SUFFIXES and not output.is_dir()
    folder, stem = (output.parent, output.stem) if single else (output, found.stem)
    if not single and not output.is_dir() and output.suffix.lower() in Image.registered_extensions():
        fail(f"{output} is of a format that cannot be written: choose one of {', '.join(SUFFIXES)}, or name a folder")
    if not single:
        _make_folder(stack, folder)
    turns = [""] if variations == 1 else [f"-{number + 1}" for number in range(variations)]
    return [set_names(found, folder, stem, turn, output.suffix if single else None) for turn in turns]


def _make_folder(stack: ExitStack, folder: Path) -> None:
    if folder.is_dir():
        return
    try:
        folder.mkdir()
    except OSError as error:
        fail(f"{folder} cannot be created as a folder ({error.strerror}): name another with --output")
    # Nothing may be written, as after a refusal or Ctrl+C.
    stack.callback(_remove_empty, folder)


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
