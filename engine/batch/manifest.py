"""The sources of a batch: folders, globs, pictures, and manifests with one request per line."""

import csv
import glob
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from engine.file_errors import is_folder, is_missing, reading_refusal
from engine.options.failures import fail
from protocol.map_names import map_names

JSON_LINES = (".jsonl", ".ndjson")
CSV = ".csv"
LIST_SEPARATOR = ";"
"""Between several files in a cell of a CSV file."""
CELL_SEPARATORS = ",;\t"
"""Between the cells of a CSV file; its first line tells which, as names of options have none of them."""
MOST_NAMED = 3
OTHER_PICTURES = (".avif", ".bmp", ".gif", ".j2k", ".jp2", ".jpf", ".tga")
"""Suffixes of pictures that are read and not written, for folders."""


@dataclass(frozen=True)
class Item:
    """One request of a batch, as it is written down.

    Attributes:
        place: Where, for messages: a file, or a file and a line.
        values: Options of `synthesize` by name, as JSON has them; texts in CSV.
        base: Folder that the files in it are relative to.
        folder: Folder of the picture below the one that was searched; empty for a manifest's.
    """

    place: str
    values: Mapping[str, object]
    base: Path
    folder: str = ""


def items_of(sources: Sequence[Path]) -> Iterator[Item]:
    """Yield the requests of all sources, in order, without keeping them."""
    for source in sources:
        if source.suffix.lower() in JSON_LINES:
            yield from _json_lines(source)
        elif source.suffix.lower() == CSV:
            yield from _csv_lines(source)
        else:
            yield from _pictures(source)


def maps_made_alone(sources: Sequence[Path]) -> list[str]:
    """Note that pictures outside of manifests look like maps of one texture, which may have been meant as a set."""
    folders: dict[Path, list[str]] = {}
    for source in sources:
        if source.suffix.lower() not in {*JSON_LINES, CSV}:
            for item in _pictures(source):
                folders.setdefault(Path(item.place).parent, []).append(Path(item.place).stem)
    found, textures = [], 0
    for stems in folders.values():
        names = map_names(stems)
        unrelated = {*names.unrelated}
        found += [stem for number, stem in enumerate(stems) if number not in unrelated]
        textures += len(names.stems)
    if not found:
        return []
    shown = ", ".join(found[:MOST_NAMED]) + (", …" if len(found) > MOST_NAMED else "")
    of, each = ("one texture", "them") if textures == 1 else (f"{textures} textures", "those of each")
    return [
        f"{len(found)} files look like maps of {of} ({shown}), and are made one by one: "
        f"name {each} in one line of a manifest to make them together"
    ]


def _pictures(source: Path) -> Iterator[Item]:
    from engine.images import SUFFIXES

    here = Path()
    if is_folder(source):
        known = {*SUFFIXES, *OTHER_PICTURES}
        found = sorted(entry.name for entry in os.scandir(source) if Path(entry.name).suffix.lower() in known)
        found = [name for name in found if not name.startswith(".") and not is_folder(source / name)]
        if not found:
            fail(f"{source} has no pictures in it: name a folder with pictures, or a manifest (.jsonl, .csv)")
        for name in found:
            yield Item(str(source / name), {"exemplars": [str(source / name)]}, here)
    elif not is_missing(source) or not glob.has_magic(str(source)):
        yield Item(str(source), {"exemplars": [str(source)]}, here)
    else:
        fixed = _fixed_part(source)
        # `Path.glob` takes no absolute patterns.
        paths = sorted(path for path in glob.glob(str(source), recursive=True) if not is_folder(Path(path)))  # noqa: PTH207
        if not paths:
            fail(f"{source} matches no file: check the pattern")
        for path in paths:
            yield Item(path, {"exemplars": [path]}, here, os.path.relpath(Path(path).parent, fixed))


def _fixed_part(pattern: Path) -> Path:
    """Return the folder that a glob starts to search in."""
    parts: list[str] = []
    for part in pattern.parts[:-1]:
        if glob.has_magic(part):
            break
        parts.append(part)
    return Path(*parts)


def _json_lines(source: Path) -> Iterator[Item]:
    try:
        with source.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                place = f"{source}, line {number}"
                try:
                    values = json.loads(
                        line.decode("utf-8-sig" if number == 1 else "utf-8"),
                        object_pairs_hook=partial(_named_once, place=place),
                    )
                except ValueError as error:
                    fail(f'{place} is not JSON ({error}): write one object a line, such as {{"exemplar": "a.png"}}')
                if not isinstance(values, dict):
                    fail(f'{place} is not an object: write one a line, such as {{"exemplar": "a.png"}}')
                yield Item(place, values, source.parent)
    except OSError as error:
        fail(reading_refusal(source, error))


def _named_once(pairs: Sequence[tuple[str, object]], place: str) -> dict[str, object]:
    found = dict(pairs)
    for name in found:
        if sum(each == name for each, _ in pairs) > 1:
            fail(f"{place} names {name!r} more than once: name it once")
    return found


def _csv_lines(source: Path) -> Iterator[Item]:
    try:
        with source.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            rows = csv.reader(chain([first], file), delimiter=max(CELL_SEPARATORS, key=first.count), strict=True)
            header = [name.strip() for name in next(rows, [])]
            _named_once([(name, None) for name in header if name], f"{source}, line 1,")
            for row in rows:
                place = f"{source}, line {rows.line_num}"
                if len(row) > len(header):
                    fail(f"{place} has {len(row)} cells, and the first line names {len(header)}: give as many")
                values = {name: cell.strip() for name, cell in zip(header, row, strict=False) if cell.strip()}
                if values:
                    yield Item(place, values, source.parent)
    except OSError as error:
        fail(reading_refusal(source, error))
    except UnicodeDecodeError as error:
        fail(f"{source} is not UTF-8 text ({error.reason}): save it as UTF-8")
    except csv.Error as error:
        fail(f"{source}, line {rows.line_num}, is not CSV ({error}): check its quotation marks")
