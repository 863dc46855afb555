"""Nearest patches: the match field, how it is searched, how it votes."""

from engine.synthesis.matching.field import MatchField, Source
from engine.synthesis.matching.joining import join
from engine.synthesis.matching.matcher import COMPILED, Matcher
from engine.synthesis.matching.search import Sought, improve, measure
from engine.synthesis.matching.voting import vote

__all__ = [
    "COMPILED",
    "MatchField",
    "Matcher",
    "Sought",
    "Source",
    "improve",
    "join",
    "measure",
    "vote",
]
