"""The interface of matchers: compiled functions on a CPU, Triton kernels on a GPU."""

from collections.abc import Iterator
from typing import Protocol

from engine.synthesis.matching import search, voting
from engine.synthesis.matching.field import Bools, Floats, MatchField, MatchSource, Places
from engine.synthesis.matching.search import Query


class Matcher(Protocol):
    """Searches for nearest patches, and votes."""

    def measure(self, field: MatchField, query: Query, source: MatchSource, penalty: Floats | None = None) -> None:
        """Compute the costs of a field anew; see `search.measure`."""

    def improve(
        self,
        field: MatchField,
        query: Query,
        source: MatchSource,
        penalty: Floats | None = None,
        *,
        passes: int,
        seed: int,
        reach: int | None = None,
        proposals: Places | None = None,
        tries: int = 0,
    ) -> Iterator[float]:
        """Search for nearer patches; see `search.improve`."""

    def vote(
        self,
        field: MatchField,
        source: MatchSource,
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
