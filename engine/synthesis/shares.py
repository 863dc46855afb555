"""Shares of a whole."""

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Shared(Protocol):
    """What has a share, relative to others'."""

    @property
    def share(self) -> float:
        """The share, 0 or more."""


S = TypeVar("S", bound=Shared)


def weighted(given: Sequence[S]) -> list[tuple[S, float]]:
    """List what has a share, each with its part of the whole; the parts add up to 1."""
    total = sum(each.share for each in given)
    return [(each, each.share / total) for each in given if each.share]
