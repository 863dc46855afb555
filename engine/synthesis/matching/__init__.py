"""Nearest patches: the match field, how it is searched, how it votes."""

from engine.synthesis.matching.field import MatchField, MatchSource
from engine.synthesis.matching.joining import join
from engine.synthesis.matching.matcher import COMPILED, Matcher
from engine.synthesis.matching.search import Query, improve, measure
from engine.synthesis.matching.voting import vote

__all__ = [
    "COMPILED",
    "MatchField",
    "MatchSource",
    "Matcher",
    "Query",
    "improve",
    "join",
    "measure",
    "vote",
]
