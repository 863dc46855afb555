"""The octave plan: which scales of the coarse-to-fine pyramid a job goes through."""

from collections.abc import Collection
from dataclasses import dataclass

from protocol.vocabulary import LAYERS

Size = tuple[int, int]

SMALLEST_SIDE = 16
DEFAULT_OCTAVES = 5


@dataclass(frozen=True)
class Octave:
    """One scale of the pyramid; `index` 0 is full size, every next one is half as large.

    Attributes:
        index: Number of halvings.
        exemplar: Height and width of the exemplar, pixels; of several sources, the least.
        canvas: Height and width of the canvas, pixels.
    """

    index: int
    exemplar: Size
    canvas: Size


def plan_octaves(exemplar: Size, canvas: Size, *, count: int = DEFAULT_OCTAVES) -> tuple[Octave, ...]:
    """Plan the octaves, coarse to fine.

    The coarsest one keeps at least `SMALLEST_SIDE` pixels on the shortest side of exemplar and canvas: below that an
    encoder's deeper layers have less than one 3×3 patch. Smaller pictures have the one octave of full size.

    Args:
        exemplar: Height and width, pixels.
        canvas: Height and width, pixels.
        count: The most octaves; 5 starts at 1:16.

    Returns:
        Octaves with falling `index`; the last one is number 0.
    """
    shortest = min(*exemplar, *canvas)
    possible = max(1, (shortest // SMALLEST_SIDE).bit_length())
    return tuple(
        Octave(index, scaled(exemplar, index), scaled(canvas, index))
        for index in reversed(range(min(count, possible)))
    )


def scaled(size: Size, halvings: int) -> Size:
    """Halve a size a number of times, rounded to the nearest pixel, never below one."""
    height, width = (max(1, round(n / 2**halvings)) for n in size)
    return height, width


def usable_layers(layers: Collection[str], octave: Octave, *, positions: int) -> tuple[str, ...]:
    """Layers, in the given order, with at least `positions` positions on every side of exemplar and canvas."""
    shortest = min(*octave.exemplar, *octave.canvas)
    return tuple(layer for layer in layers if shortest // LAYERS[layer] >= positions)
