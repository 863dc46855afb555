"""Limits of the figures."""


class UnsuitableError(ValueError):
    """Pictures that a figure cannot be drawn of; the message is one sentence."""


LARGEST_PATCH = 63
"""Maximum side of a patch, pixels."""
LARGEST_STRIDE = 64
"""Maximum distance between patches, pixels."""
