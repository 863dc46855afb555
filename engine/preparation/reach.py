"""How far around a hole a picture is looked at, and sampled."""

from engine.preparation.areas import Box
from protocol.vocabulary import NEAREST_CONTEXT, NEAREST_PART, WIDEST_CONTEXT


def surroundings_of(hole: Box) -> Box:
    """Bound what continues into a hole: what lies further away only costs time."""
    return hole.grown(max(NEAREST_CONTEXT, max(hole.size) // NEAREST_PART))


def context_of(hole: Box, context: int | None = None) -> Box:
    """Bound what is sampled around a hole: so many pixels, or by default as many as it is long."""
    return hole.grown(context or max(WIDEST_CONTEXT, *hole.size))
