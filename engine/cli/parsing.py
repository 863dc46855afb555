"""Values on the command line that are more than a number or a name."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from protocol.vocabulary import AXES, LARGEST_CONTEXT, LEAST_MEMORY

Layers = tuple[tuple[str, float], ...]

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}


class ParsingError(ValueError):
    """A value that cannot be understood, told in one sentence."""


def complete_seamless(words: Sequence[str]) -> list[str]:
    """Complete `--seamless` without a value to `--seamless both`: Typer knows no options with an optional value.

    Args:
        words: The command line, without the name of the program.

    Returns:
        The command line, complete.
    """
    found: list[str] = []
    for number, word in enumerate(words, 1):
        found.append(word)
        if word == "--seamless" and not (number < len(words) and _is_axis(words[number])):
            found.append("both")
    return found


def _is_axis(word: str) -> bool:
    """Tell whether a word behind `--seamless` is its value, if maybe a wrong one, and not a file or an option."""
    if word.lower() in AXES:
        return True
    return not (word.startswith("-") or Path(word).suffix or Path(word).name != word or os.path.lexists(word))


def parse_size(text: str) -> tuple[int, int]:
    """Read `512x384`, `512 x 384`, `512×384` or `512*384`, width first, or `512` for a square.

    Args:
        text: What was typed.

    Returns:
        Height and width, pixels.

    Raises:
        ParsingError: It is neither.
    """
    found = re.fullmatch(r"(-?\d{1,9})(?:\s*[x×*,]\s*(-?\d{1,9}))?", text.strip().lower())
    if not found:
        raise ParsingError(f"size {text!r} is not understood: give width and height such as 512x384")
    width = int(found[1])
    return int(found[2] or width), width


def parse_memory(text: str) -> int:
    """Read an amount of memory such as `8GiB` or `500MB`.

    Args:
        text: What was typed.

    Returns:
        Bytes.

    Raises:
        ParsingError: It is no such amount.
    """
    found = re.fullmatch(r"(\d{1,18}(?:\.\d+)?)\s*(|k|m|g|ki|mi|gi)b?", text.strip().lower())
    if not found:
        raise ParsingError(f"memory {text!r} is not understood: give an amount such as 8GiB or 500MB")
    memory = int(float(found[1]) * _UNITS[found[2]])
    if memory < LEAST_MEMORY:
        raise ParsingError(f"memory {text!r} is too little: give {LEAST_MEMORY >> 20} MiB or more")
    return memory


def parse_context(text: str) -> int:
    """Read a number of pixels around the hole, or `whole` for the whole picture.

    Args:
        text: What was typed.

    Returns:
        Pixels.

    Raises:
        ParsingError: It is neither, or out of range.
    """
    if text.strip().lower() == "whole":
        return LARGEST_CONTEXT
    if not re.fullmatch(r"\d{1,9}", text.strip()) or not 1 <= int(text) <= LARGEST_CONTEXT:
        raise ParsingError(f"context {text!r} is out of range: give 1 to {LARGEST_CONTEXT:,} pixels, or whole")
    return int(text)


def parse_layers(text: str) -> Layers:
    """Read `relu1_1:1,relu3_1:0.5`; a layer without a number has the weight 1.

    Args:
        text: What was typed.

    Returns:
        Names and weights.

    Raises:
        ParsingError: A part of it has no such form.
    """
    layers = []
    for part in text.split(","):
        name, _, weight = map(str.strip, part.partition(":"))
        try:
            layers.append((name, float(weight or 1)))
        except ValueError:
            raise ParsingError(
                f"layer {part.strip()!r} is not understood: give a name and a weight such as relu3_1:0.5"
            ) from None
        if not name:
            raise ParsingError(
                f"layers {text!r} are not understood: give names and weights such as relu1_1:1,relu3_1:2"
            )
    return tuple(layers)


def parse_names(text: str) -> list[str]:
    """Read `relu1_1,relu3_1`, layers where weights mean nothing.

    Args:
        text: What was typed.

    Returns:
        Names.

    Raises:
        ParsingError: A name is empty, or has a weight.
    """
    names = [part.strip() for part in text.split(",")]
    if not all(names) or ":" in text:
        raise ParsingError(f"layers {text!r} are not understood: give names such as relu1_1,relu3_1")
    return names


def parse_scales(text: str) -> tuple[float, ...]:
    """Read `0.8,1.25`.

    Args:
        text: What was typed.

    Returns:
        The numbers.

    Raises:
        ParsingError: A part of it is no number.
    """
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ParsingError(f"scales {text!r} are not understood: give numbers such as 0.8,1.25") from None
