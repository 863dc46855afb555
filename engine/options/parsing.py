"""Parse values of the command line."""

import math
import os
import re
from collections.abc import Sequence
from pathlib import Path

from protocol.vocabulary import AXES, LARGEST_CONTEXT, LARGEST_SHARE, LEAST_MEMORY, LEAST_SHARE, LayerWeights

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}


class ParsingError(ValueError):
    """A value that cannot be parsed; the message is one sentence."""


def complete_options(words: Sequence[str]) -> list[str]:
    """Complete options without a value: `--seamless` to `--seamless both`, `--ray` to `--ray auto`.

    Typer has no options with an optional value.

    Args:
        words: The command line, without the name of the program.

    Returns:
        The completed command line.
    """
    found: list[str] = []
    for number, word in enumerate(words, 1):
        found.append(word)
        default, is_value = _OPTIONAL.get(word, ("", None))
        if is_value is not None and not (number < len(words) and is_value(words[number])):
            found.append(default)
    return found


def _is_axis(word: str) -> bool:
    """Return whether the word after `--seamless` is its value, right or wrong, and not a file or an option."""
    if word.lower() in AXES:
        return True
    return not (word.startswith("-") or Path(word).suffix or Path(word).name != word or os.path.lexists(word))


def _is_address(word: str) -> bool:
    """Return whether the word after `--ray` is an address, and not a file or an option."""
    return word in {"auto", "local"} or re.fullmatch(r"(ray://)?[\w.\[\]:-]+:\d+", word) is not None


_OPTIONAL = {"--seamless": ("both", _is_axis), "--ray": ("auto", _is_address)}
"""What an option means without a value, and how to tell one."""


def parse_size(text: str) -> tuple[int, int]:
    """Parse `512x384`, `512 x 384`, `512×384`, `512*384` or `512px`, width first, or `512` for a square.

    Args:
        text: The value.

    Returns:
        Height and width, pixels.

    Raises:
        ParsingError: It has another form.
    """
    found = re.fullmatch(r"(-?\d{1,9})(?:px)?(?:\s*[x×*,]\s*(-?\d{1,9})(?:px)?)?", text.strip().lower())
    if not found:
        raise ParsingError(f"--size is {text!r}: give width and height such as 512x384")
    width = int(found[1])
    return int(found[2] or width), width


def parse_memory(text: str) -> int:
    """Parse an amount of memory such as `8GiB` or `500MB`.

    Args:
        text: The value.

    Returns:
        Bytes.

    Raises:
        ParsingError: It is not an amount, or too small.
    """
    found = re.fullmatch(r"(\d{1,18}(?:\.\d+)?)\s*(|k|m|g|ki|mi|gi)b?", text.strip().lower())
    if not found:
        raise ParsingError(f"--memory is {text!r}: give an amount such as 8GiB or 500MB")
    memory = int(float(found[1]) * _UNITS[found[2]])
    if memory < LEAST_MEMORY:
        raise ParsingError(f"--memory is {text!r}: give {LEAST_MEMORY >> 20} MiB or more")
    return memory


def parse_context(text: str) -> int:
    """Parse the number of pixels around the hole, or `whole` for the whole picture.

    Args:
        text: The value.

    Returns:
        Pixels.

    Raises:
        ParsingError: It is neither, or out of range.
    """
    if text.strip().lower() == "whole":
        return LARGEST_CONTEXT
    if not re.fullmatch(r"\d{1,9}", text.strip()) or not 1 <= int(text) <= LARGEST_CONTEXT:
        raise ParsingError(f"--context is {text!r}: give 1 to {LARGEST_CONTEXT:,} pixels, or whole")
    return int(text)


def parse_shares(text: str | None, count: int, *, guided: bool = False) -> tuple[float, ...]:
    """Parse the shares of exemplars, such as `2,1`.

    Args:
        text: The value; None for equal shares.
        count: Number of exemplars.
        guided: Whether a guide of the canvas says already how much each of them gets.

    Returns:
        A share for each exemplar.

    Raises:
        ParsingError: There is not one number for each exemplar, or one is out of range.
    """
    if text is None:
        return (1.0,) * count
    if guided:
        raise ParsingError("--share and --canvas-guide both set the share of each exemplar: give one of them")
    parts = text.split(",")
    if len(parts) != count:
        if count < 2:
            raise ParsingError(
                f"--share is {text!r}, and {count or 'no'} exemplar is given: name more, or leave it out"
            )
        example = ",".join(map(str, range(count, 0, -1)))
        raise ParsingError(f"--share is {text!r}: give one number for each of {count} exemplars, such as {example}")
    found = []
    for part in parts:
        try:
            share = float(part)
        except ValueError:
            share = math.nan
        if not LEAST_SHARE <= share <= LARGEST_SHARE:
            allowed = f"{LEAST_SHARE} to {LARGEST_SHARE:,}"
            raise ParsingError(f"--share is {text!r}: give numbers of {allowed}, such as 2,1")
        found.append(share)
    return tuple(found)


def parse_layers(text: str) -> LayerWeights:
    """Parse `relu1_1:1,relu3_1:0.5`; a layer without a number has the weight 1.

    Args:
        text: The value.

    Returns:
        Names and weights.

    Raises:
        ParsingError: A part has another form.
    """
    layers = []
    for part in text.split(","):
        name, _, weight = map(str.strip, part.partition(":"))
        try:
            layers.append((name, float(weight or 1)))
        except ValueError:
            raise ParsingError(
                f"--layers has {part.strip()!r}: give a name and a weight such as relu3_1:0.5"
            ) from None
        if not name:
            raise ParsingError(f"--layers is {text!r}: give names and weights such as relu1_1:1,relu3_1:2")
    return tuple(layers)


def parse_names(text: str) -> list[str]:
    """Parse `relu1_1,relu3_1`, layers without weights.

    Args:
        text: The value.

    Returns:
        Names.

    Raises:
        ParsingError: A name is empty, or has a weight.
    """
    names = [part.strip() for part in text.split(",")]
    if not all(names) or ":" in text:
        raise ParsingError(f"--layers is {text!r}: give names such as relu1_1,relu3_1")
    return names


def parse_scales(text: str) -> tuple[float, ...]:
    """Parse `0.8,1.25`.

    Args:
        text: The value.

    Returns:
        The numbers.

    Raises:
        ParsingError: A part is not a number.
    """
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ParsingError(f"--scales is {text!r}: give numbers such as 0.8,1.25") from None
