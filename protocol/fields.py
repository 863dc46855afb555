"""Types of fields with their allowed values."""

import math
import re
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

_NAME = re.compile(r"[A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Range:
    """The range of a field.

    Attributes:
        low: Minimum of a number, or of the length of a text.
        high: Maximum of either.
        name: Whether a text may only have letters, digits and `.`, `_`, `-`.
    """

    low: float
    high: float
    name: bool = False


@dataclass(frozen=True)
class Choice:
    """The allowed texts of a field."""

    options: tuple[str, ...]


JobName = Annotated[str, Range(1, 64, name=True)]
Word = Annotated[str, Range(0, 200)]
Sentence = Annotated[str, Range(0, 4000)]
Count = Annotated[int, Range(0, 2**31)]
Bytes = Annotated[int, Range(0, 2**63 - 1)]
Seconds = Annotated[float, Range(0, 10**9)]
Side = Annotated[int, Range(1, 2**20)]
Offset = Annotated[int, Range(0, 2**20)]
Octave = Annotated[int, Range(0, 100)]
Ratio = Annotated[float, Range(0, 10**9)]

_KINDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def without_none(hint: Any) -> tuple[Any, bool]:  # noqa: ANN401
    """Remove None from a type.

    Args:
        hint: The type, annotated or not.

    Returns:
        The rest of it, annotated likewise, and whether it had None.
    """
    base, *limits = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if get_origin(base) not in {Union, UnionType}:
        return hint, False
    (inner,) = (part for part in get_args(base) if part is not NoneType)
    return (Annotated[(inner, *limits)] if limits else inner), True


def remedy(hint: Any, value: Any) -> str | None:  # noqa: ANN401
    """Return what a wrong value should be.

    Args:
        hint: One of the types above, or another number, text or bool, annotated or not.
        value: The value.

    Returns:
        A description such as `a whole number of 1 to 12`; None for a correct value.
    """
    kind, *limits = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    for limit in limits:
        if isinstance(limit, Choice):
            return None if value in limit.options else f"one of {', '.join(limit.options)}"
    span = next((limit for limit in limits if isinstance(limit, Range)), None)
    wanted = _KINDS[kind]
    if span is not None:
        wanted = f"{wanted} of {span.low:,} to {span.high:,}{' characters' if kind is str else ''}"
    if type(value) is not kind and not (kind is float and type(value) is int):
        return wanted
    if isinstance(value, float) and not math.isfinite(value):
        return wanted if span else f"{wanted} that is finite"
    if span is None:
        return None
    if not span.low <= (len(value) if isinstance(value, str) else value) <= span.high:
        return wanted
    return "letters, digits and . _ - only" if span.name and not _NAME.fullmatch(value) else None
