"""What searches and votes: on a CPU compiled functions, on a GPU tensors."""

from collections.abc import Iterator
from typing import Protocol

from engine.synthesis.matching import search, voting
from engine.synthesis.matching.field import Bools, Floats, MatchField, Places, Source
from engine.synthesis.matching.search import Sought


class Matcher(Protocol):
    """Searches for nearest patches, and votes."""

    def measure(self, field: MatchField, sought: Sought, source: Source, penalty: Floats | None = None) -> None:
        """Compute the costs of a field anew; see `search.measure`."""

    def improve(
        self,
        field: MatchField,
        sought: Sought,
        source: Source,
        penalty: Floats | None = None,
        *,
        passes: int,
        seed: int,
        reach: int | None = None,
        proposals: Places | None = None,
        tries: int = 0,
    ) -> Iterator[None]:
        """Search for nearer patches; see `search.improve`."""

    def vote(
        self,
        field: MatchField,
        source: Source,
        wanted: Bools,
        free: Bools,
        weights: Floats | None,
        found: Floats,
        *,
        radius: int,
        padding: int,
        wrap: tuple[bool, bool] = (False, False),
    ) -> None:
        """Make the canvas of the patches that overlap at each place; see `voting.vote`."""


class CompiledMatcher:
    """Matching on the CPU, by functions that numba compiles."""

    measure = staticmethod(search.measure)
    improve = staticmethod(search.improve)
    vote = staticmethod(voting.vote)


COMPILED: Matcher = CompiledMatcher()
