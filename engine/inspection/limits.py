"""Limits of the figures."""

LARGEST_PATCH = 63
"""Maximum side of a patch, pixels."""
LARGEST_STRIDE = 64
"""Maximum distance between patches, pixels."""
