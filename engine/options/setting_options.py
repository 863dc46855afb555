"""The settings of the vocabulary as options of the command line."""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from engine.options.numbers import number_option
from engine.options.parsing import ParsingError, parse_layers, parse_memory, parse_scales, parse_size
from engine.options.paths import path_option
from protocol.fields import remedy
from protocol.vocabulary import (
    LARGEST_SIDE,
    SMALLEST_SIDE,
    CanvasSide,
    SampleFrom,
    Setting,
    Settings,
    VocabularyError,
    checked,
    settings,
)

Command = TypeVar("Command", bound=Callable[..., None])

# What `--help` adds about the form of a value.
FORMS = {
    "layers": "Example: relu1_1:1,relu3_1:0.5.",
    "scales": "Example: 0.8,1.25.",
    "memory": "Example: 8GiB.",
    "seamless": "x: left to right, y: top to bottom; no value: both. Without a mask, a band along the borders "
    "of a canvas is replaced.",
}
_READ: Mapping[str, Callable[[str], object]] = {
    "layers": parse_layers,
    "scales": parse_scales,
    "memory": parse_memory,
}


def setting_options(*names: str, **defaults: object) -> Callable[[Command], Command]:
    """Give a command an option for each setting.

    Args:
        names: Names of settings; all settings if none is given.
        defaults: Further settings, with their defaults here.

    Returns:
        A decorator. The command gets the options as keyword arguments, for `read_settings`.
    """
    known = settings()
    wanted = {name: known[name].default for name in names or (() if defaults else known)} | defaults

    def decorate(command: Command) -> Command:
        signature = inspect.signature(command, eval_str=True)
        own = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
        added = [_parameter(known[name], default) for name, default in wanted.items()]
        command.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
        command.__annotations__ = {each.name: each.annotation for each in (*own, *added)} | {"return": None}
        return command

    return decorate


def read_settings(values: Mapping[str, Any]) -> Settings:
    """Parse and check settings.

    Args:
        values: Values by name, from Typer.

    Returns:
        The settings, with defaults for those that the command has no option for.
    """
    found = {}
    for name, value in values.items():
        if name in _READ:
            found[name] = settings()[name].default if value is None else _READ[name](value)
        elif isinstance(value, Path):
            found[name] = str(value)
        else:
            found[name] = value.strip().lower() if isinstance(value, str) else value
    return checked(found)


def checked_size(text: str) -> tuple[int, int]:
    """Parse and check `--size`; return height and width, pixels."""
    size = parse_size(text)
    if any(remedy(CanvasSide, side) for side in size):
        raise ParsingError(
            f"--size is {text.strip()}: give sides of {SMALLEST_SIDE} to {LARGEST_SIDE:,} pixels, such as 512x384"
        )
    return size


def checked_sample_from(text: str) -> str:
    """Parse and check `--sample-from`."""
    side = text.strip().lower()
    if due := remedy(SampleFrom, side):
        raise VocabularyError("sample_from", side, due)
    return side


def _parameter(setting: Setting, default: object) -> inspect.Parameter:
    kind: Any = str if setting.kind is tuple or setting.name in _READ else setting.kind
    if setting.name == "weights":
        option, kind = path_option(_help(setting)), Path
    elif kind in {int, float}:
        name, absent = f"--{setting.argument}", setting.about.absent
        option = number_option(name, setting.hint, _help(setting), default=absent or None)
    else:
        option = typer.Option(f"--{setting.argument}", help=_help(setting), show_default=setting.about.absent or True)
    hint: Any = Annotated[kind | None if setting.optional or setting.name in _READ else kind, option]
    shown = None if setting.name in _READ and not default else default
    return inspect.Parameter(setting.name, inspect.Parameter.KEYWORD_ONLY, default=shown, annotation=hint)


def _help(setting: Setting) -> str:
    text = setting.help
    if setting.choices and setting.kind is str:
        *first, last = setting.choices
        text = f"{text[:-1]}: {', '.join(first)} or {last}."
    elif setting.span is not None and setting.kind in {int, float} and setting.span.high < 2**31:
        text = f"{text[:-1]}, {setting.span.low:,} to {setting.span.high:,}."
    return f"{text} {FORMS[setting.name]}" if setting.name in FORMS else text
