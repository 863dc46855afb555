"""Nearest patches: the match field, how it is searched, how it votes."""

from engine.synthesis.matching.field import MatchField, Source
from engine.synthesis.matching.search import Sought, improve, measure
from engine.synthesis.matching.voting import vote

__all__ = ["MatchField", "Sought", "Source", "improve", "measure", "vote"]
