"""Kinds of fields, with the range of each, to be written as types."""

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True)
class Range:
    """What a field may hold.

    Attributes:
        low: The least number, or the least length of a text.
        high: The most of either.
        name: Whether a text has to be a name of letters, digits and `.`, `_`, `-` only.
    """

    low: float
    high: float
    name: bool = False


JobName = Annotated[str, Range(1, 64, name=True)]
Word = Annotated[str, Range(0, 200)]
Sentence = Annotated[str, Range(0, 4000)]
Count = Annotated[int, Range(0, 2**31)]
Bytes = Annotated[int, Range(0, 2**63 - 1)]
Seconds = Annotated[float, Range(0, 1e9)]
Side = Annotated[int, Range(1, 2**20)]
Offset = Annotated[int, Range(0, 2**20)]
Octave = Annotated[int, Range(0, 100)]
LARGEST_SEED = 2**63 - 1
Seed = Annotated[int, Range(0, LARGEST_SEED)]
