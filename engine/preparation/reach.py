"""How far around a hole a picture is read and sampled."""

from engine.preparation.areas import Box
from protocol import reach


def surroundings_of(hole: Box) -> Box:
    """Bound what continues into a hole: what lies further away only costs time."""
    return hole.grown(reach.surroundings_of(max(hole.size)))


def context_of(hole: Box, context: int | None = None) -> Box:
    """Bound what is sampled around a hole: so many pixels, or by default as many as it is long."""
    return hole.grown(reach.context_of(max(hole.size), context))
