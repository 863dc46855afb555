"""Shifts of objects: where those around a hole repeat, a copied one lies where it has to, and not a pixel beside it.

Patches of a plain background fit wherever they lie, and so tell nothing of the place of an object among them.
"""

from dataclasses import dataclass

import numpy as np

from engine.objects import Objects
from engine.synthesis.matching.field import Bools
from engine.synthesis.structure.shifting import bounds

Shift = tuple[int, int]

# An object is moved by so many pixels at most along each axis; so far around the hole others are compared, pixels.
MOST_MOVED = 2
AROUND = 64
# Others repeat with a shift if no more than this share of their area differs, and this part of what did before.
MOST_APART = 0.3
LEAST_GAIN = 0.5


@dataclass(frozen=True, eq=False)
class Kept:
    """What a canvas keeps around a hole.

    Attributes:
        objects: Those of its exemplar.
        corner: Row and column of the first pixel that is looked at of the canvas.
        there: Where objects are in the part that is looked at, boolean (height, width).
        known: Where that is known.
    """

    objects: Objects
    corner: Shift
    there: Bools
    known: Bools

    def repeating(self, shift: Shift) -> Shift:
        """Find a shift near one, rows and columns from the exemplar to the canvas, at which what is kept repeats.

        Returns:
            The shift itself if none is better.
        """
        steps = range(-MOST_MOVED, MOST_MOVED + 1)
        moved = [(shift[0] + down, shift[1] + across) for down in steps for across in steps]
        apart = [self._apart(each) for each in moved]
        least = int(np.argmin(apart))
        repeats = apart[least] <= min(MOST_APART, LEAST_GAIN * apart[len(moved) // 2])
        return moved[least] if repeats else shift

    def _apart(self, shift: Shift) -> float:
        """Measure which part of the objects here and there differs."""
        first = (self.corner[0] - shift[0], self.corner[1] - shift[1])
        there, known = _window(self.objects, self.there.shape, first)
        known &= self.known
        either = np.count_nonzero((self.there | there) & known)
        return np.count_nonzero((self.there ^ there) & known) / either if either else 1.0


def kept_around(objects: Objects, free: Bools, offset: Shift) -> Kept:
    """Look at what is kept around a hole.

    Args:
        objects: Those of the exemplar.
        free: What is not kept of the canvas, boolean (height, width).
        offset: Row and column in the exemplar of the first pixel of the canvas.

    Returns:
        What is kept.
    """
    rows, columns = (
        slice(max(0, each.start - AROUND), min(side, each.stop + AROUND))
        for each, side in zip(bounds(free), free.shape, strict=True)
    )
    kept = ~free[rows, columns]
    there, known = _window(objects, kept.shape, (rows.start + offset[0], columns.start + offset[1]))
    return Kept(objects, (rows.start, columns.start), there, known & kept)


def _window(objects: Objects, size: tuple[int, ...], corner: Shift) -> tuple[Bools, Bools]:
    """Mark objects, and what is known, in a part of the exemplar and beyond."""
    there, known = np.zeros(size, bool), np.zeros(size, bool)
    inside = [
        slice(max(0, -first), max(0, min(side, most - first)))
        for first, side, most in zip(corner, size, objects.known.shape, strict=True)
    ]
    rows, columns = (slice(part.start + first, part.stop + first) for part, first in zip(inside, corner, strict=True))
    if inside[0].stop > inside[0].start and inside[1].stop > inside[1].start:
        known[inside[0], inside[1]] = objects.known[rows, columns]
        there[inside[0], inside[1]] = objects.numbers[rows, columns] != 0
    return there, known
