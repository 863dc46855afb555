"""How far around a hole a picture is read and sampled, so that a client can leave out the rest."""

NEAREST_CONTEXT, NEAREST_PART = 64, 4
WIDEST_CONTEXT = 256


def surroundings_of(longest: int) -> int:
    """Return how far around a hole structures that continue into it are searched.

    Args:
        longest: The longer side of the hole, pixels.

    Returns:
        Pixels.
    """
    return max(NEAREST_CONTEXT, longest // NEAREST_PART)


def context_of(longest: int, context: int | None = None) -> int:
    """Return how far around a hole the picture is sampled: the context or, without one, the length of the hole."""
    return context or max(WIDEST_CONTEXT, longest)
