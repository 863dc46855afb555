"""The axes along which a picture tiles, by the words that people use."""

from collections.abc import Mapping
from types import MappingProxyType

from engine.preparation.errors import MaterialError

AXES: Mapping[str, tuple[bool, bool]] = MappingProxyType(
    {"none": (False, False), "x": (True, False), "y": (False, True), "both": (True, True)}
)


def axes_of(seamless: str) -> tuple[bool, bool]:
    """Look up the axes along which a picture tiles.

    Args:
        seamless: One of `AXES`.

    Returns:
        Whether left fits right, and whether top fits bottom.

    Raises:
        MaterialError: It is another word.
    """
    if seamless not in AXES:
        raise MaterialError(f"seamless {seamless!r} is not known: choose {', '.join(AXES)}")
    return AXES[seamless]
