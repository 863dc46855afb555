"""The requests of a batch: each line becomes options of `synthesize`, with defaults from the command line."""

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import typer

from engine.batch.manifest import LIST_SEPARATOR, Item, items_of
from engine.batch.naming import SEVERAL, SINGLE, check_pattern, named
from engine.options.failures import fail, input_errors
from engine.options.numbers import USAGE_ERROR, number_option
from engine.options.paths import PATH, STANDARD, path_option
from engine.options.texture_options import Variations, texture_options
from engine.options.texture_sets import set_names
from engine.options.textures import TextureSpec, texture_spec
from protocol.vocabulary import settings

ALIASES = {"exemplar": "exemplars"}
FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class BatchJob:
    """One texture of a batch.

    Attributes:
        place: Where it is asked for, for messages.
        spec: The texture.
        outputs: Its files, below the folder of the batch: one, or those of a set.
    """

    place: str
    spec: TextureSpec
    outputs: tuple[PurePosixPath, ...]

    @property
    def name(self) -> str:
        """Its first file."""
        return str(self.outputs[0])


def jobs_of(sources: Sequence[Path], defaults: Mapping[str, Any], pattern: str | None) -> Iterator[BatchJob]:
    """Yield the jobs of a batch, in order, without keeping them.

    Args:
        sources: See `items_of`.
        defaults: Options of every request, as Typer gives them.
        pattern: Names of the outputs; None for `SINGLE` or `SEVERAL`.

    Yields:
        The jobs.

    Raises:
        CommandError: A request is wrong; the message begins with its place.
    """
    for number, item in enumerate(items_of(sources), 1):
        with input_errors(item.place):
            jobs = _jobs(item, number, defaults, pattern)
        yield from jobs


def _jobs(item: Item, number: int, defaults: Mapping[str, Any], pattern: str | None) -> list[BatchJob]:
    values = {**defaults, **_read(_named(item.values), item.base)}
    variations = values.pop("variations")
    own: Path | None = values.pop("output", None)
    spec = texture_spec(values)
    if STANDARD in spec.files:
        fail("a batch reads no picture from standard input: name a file instead of -")
    if own is not None:
        check_pattern(own.as_posix())
        pattern = own.as_posix()
    chosen = pattern or (SINGLE if variations == 1 else SEVERAL)
    first = spec.settings.seed
    settings()["seed"].check(first + variations - 1)
    found = []
    for variation in range(variations):
        each = replace(spec, settings=replace(spec.settings, seed=first + variation))
        found.append(BatchJob(item.place, each, _outputs(each, item, number, variation + 1, chosen)))
    return found


def _outputs(spec: TextureSpec, item: Item, number: int, variation: int, pattern: str) -> tuple[PurePosixPath, ...]:
    lead = next(iter(spec.files), None)
    if lead is None:
        fail("there is neither an exemplar nor a canvas: name one")
    together = spec.together
    values = {
        **{name: getattr(spec.settings, name) for name in settings()},
        "stem": lead.stem if together is None else together.stem or "texture",
        "folder": item.folder or ".",
        "number": number,
        "variation": variation,
        "size": spec.options.size or "512x512",
    }
    name = named(pattern, values)
    if together is None:
        return (name,)
    return tuple(
        PurePosixPath(path.as_posix()) for path in set_names(together, Path(name.parent), name.stem, "", name.suffix)
    )


@texture_options()
def _line(
    *,
    output: Annotated[Path | None, path_option("")] = None,
    variations: Annotated[int, number_option("--variations", Variations, "")] = 1,
    **_texture: Any,  # noqa: ANN401 - see `texture_options`
) -> None:
    """Describe what a line may have, as the command of a texture."""


@cache
def _context() -> Any:  # noqa: ANN401 - Typer's own click
    app = typer.Typer(add_completion=False)
    app.command()(_line)
    return typer.Context(typer.main.get_command(app))


@cache
def _parameters() -> Mapping[str, Any]:
    """Return what a line may have, by name."""
    return {each.name: each for each in _context().command.params}


def _named(values: Mapping[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in values.items():
        name = key.strip().lower().replace("-", "_")
        name = ALIASES.get(name, name)
        if name not in _parameters():
            near = difflib.get_close_matches(name, [*_parameters(), *ALIASES], 1)
            fail(
                f"{key!r}  is not an option of a texture: "
                + (f"did you mean {near[0]!r}?" if near else "leave it out")
            )
        if name in found:
            fail(f"{key!r} is given twice: give it once")
        # An empty value is one that is not given.
        if value is not None:
            found[name] = value
    return found


def _read(values: Mapping[str, object], base: Path) -> dict[str, Any]:
    """Convert the values of a line to what Typer makes of the same options."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        option = _parameters()[name]
        if getattr(option, "is_flag", False):
            found[name] = _flag(name, value)
            continue
        several = option.multiple or option.nargs != 1
        texts = _texts(name, value, several=several, files=several or option.metavar == PATH)
        try:
            # As for a whole command line, which would take its time for all that is not given.
            read = option.process_value(_context(), texts if several else texts[0])
        except USAGE_ERROR as error:
            fail(error.format_message())  # type: ignore[attr-defined]
        # A name of an output is relative to their own folder.
        found[name] = read if name == "output" else _below(base, read)
    return found


def _flag(name: str, value: object) -> bool:
    text = str(value).strip().lower()
    if text not in FLAGS:
        fail(f"{name!r} is {value!r}: give true or false")
    return FLAGS[text]


def _texts(name: str, value: object, *, several: bool, files: bool) -> list[str]:
    if name == "seamless" and isinstance(value, bool):
        return ["both" if value else "none"]
    parts = value.split(LIST_SEPARATOR) if several and isinstance(value, str) else value
    parts = parts if isinstance(parts, list) else [parts]
    if not parts or any(isinstance(part, dict | list | bool) for part in parts):
        written = json.dumps(value, ensure_ascii=False)
        if files:
            fail(f"{name!r} is {written}: name a file{', or a list of files' if several else ''}")
        # Is refused as it would be on the command line, with what may be given.
        return [written]
    texts = [str(part).strip() for part in parts]
    return texts if several else [",".join(texts)]


def _below(base: Path, value: object) -> object:
    if isinstance(value, list | tuple):
        return [_below(base, each) for each in value]
    return base / value if isinstance(value, Path) and value != STANDARD else value
