"""Lattices: offsets at which a regular exemplar, such as cloth, tiles or a wall of bricks, repeats itself."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from engine.synthesis.matching.field import Places
from engine.synthesis.structure.correlation import UNKNOWN, Vectors
from engine.synthesis.structure.octave import Wrap

# Correlation from which an exemplar counts as regular: walls of bricks reach 0.6, pebbles and waves 0.3.
REGULAR = 0.5
# Share of the best correlation from which an offset is one of the lattice.
AMONG_BEST = 0.8
# Mean correlation at all offsets of a lattice, and how many of them there have to be.
REPEATED = 0.45
FEWEST = 4
TIMES = 6
# Offsets nearer to each other than this, pixels, are one.
APART = 4
# Sine of the smallest angle between the two vectors of a basis.
SLANTED = 0.35
# How far an offset may lie from the lattice to refine it, in its shorter vector.
NEAR = 0.2


@dataclass(frozen=True, eq=False)
class Lattice:
    """Offsets at which an exemplar repeats itself.

    Attributes:
        basis: One or two vectors, each a row and a column, pixels, float64 (count, 2): all sums of their multiples
            are offsets of the lattice. Along one alone, nothing repeats across it.
    """

    basis: Vectors

    def at(self, index: int) -> "Lattice":
        """Give the same lattice at an octave."""
        return Lattice(self.basis / 2**index)

    def snap(
        self,
        places: Places,
        exemplar: tuple[int, int],
        margin: int,
        wrap: Wrap,
        corner: tuple[int, int] = (0, 0),
        whole: tuple[int, int] | None = None,
    ) -> Places:
        """Move places of the exemplar so that canvas and exemplar are at the same phase of the pattern everywhere.

        Args:
            places: Places of the exemplar for each place of the canvas, int32 (height, width, 2).
            exemplar: Height and width of the exemplar.
            margin: Pixels along its borders where no place may lie.
            wrap: Whether rows, and columns, of the canvas go on at the other side; the pattern is then stretched a
                little, so that its phase does, too.
            corner: Row and column of the first place in the canvas, where these are places of a part of it.
            whole: Height and width of the canvas then; None for places of all of it.

        Returns:
            The nearest such places, rounded, inside of the exemplar as far as it is large enough.
        """
        inverse = np.linalg.pinv(self.basis)
        size = (places.shape[0], places.shape[1])
        here = (np.moveaxis(np.indices(size), 0, -1) + np.array(corner)) @ self._stretching(whole or size, wrap)
        reach = np.abs(self.basis).sum(axis=0) / 2
        least = np.minimum(margin + reach, (np.array(exemplar) - 1) / 2)
        inside = np.clip(places, least, np.array(exemplar) - 1 - least)
        phase = (here - inside) @ inverse
        found = inside + (phase - np.rint(phase)) @ self.basis
        snapped: Places = np.clip(np.rint(found), 0, np.array(exemplar) - 1).astype(np.int32)
        return snapped

    def _stretching(self, size: tuple[int, int], wrap: Wrap) -> Vectors:
        found = np.eye(2)
        for axis in (0, 1):
            if wrap[axis]:
                whole = size[axis] * np.eye(2)[axis]
                phase = whole @ np.linalg.pinv(self.basis)
                stretched = whole + (np.rint(phase) - phase) @ self.basis
                if np.rint(phase).any():
                    found[axis] = stretched / size[axis]
        return found


def find_lattice(correlation: Vectors) -> Lattice | None:
    """Find out whether an exemplar is regular.

    Args:
        correlation: With itself, see `correlate`.

    Returns:
        Its lattice; None where it does not repeat itself.
    """
    offsets = _peaks(correlation)
    heights = _at(correlation, offsets)
    if not len(offsets) or heights.max() < REGULAR:
        return None
    offsets = offsets[heights >= max(REGULAR, AMONG_BEST * float(heights.max()))]
    lengths = np.hypot(*offsets.T)
    offsets = offsets[np.argsort(lengths, kind="stable")]
    shortest = offsets[0]
    crossing = np.abs(shortest[0] * offsets[:, 1] - shortest[1] * offsets[:, 0])
    across = offsets[crossing > SLANTED * np.hypot(*shortest) * np.hypot(*offsets.T)]
    basis = _refined(np.array([shortest, *across[:1]], np.float64), offsets)
    return Lattice(basis) if _repeats(basis, correlation) else None


def _repeats(basis: Vectors, correlation: Vectors) -> bool:
    """Tell whether an exemplar repeats itself at all multiples, and not by chance at one or two offsets."""
    times = np.stack(np.meshgrid(*[np.arange(-TIMES, TIMES + 1)] * len(basis)), axis=-1).reshape(-1, len(basis))
    offsets = times[times.any(axis=1)] @ basis
    # Of each two opposite offsets one is enough.
    offsets = offsets[(offsets[:, 0] > 0) | ((offsets[:, 0] == 0) & (offsets[:, 1] > 0))]
    heights = _at(correlation, offsets[(np.abs(offsets) < np.array(correlation.shape) / 2).all(axis=1)])
    heights = heights[heights > UNKNOWN]
    return len(heights) >= FEWEST and float(heights.mean()) >= REPEATED


def _at(correlation: Vectors, offsets: Vectors) -> Vectors:
    """Look up correlations at offsets, each rounded to the best of the nearest pixels."""
    rows, columns = np.rint(offsets).astype(int).T
    around = [correlation[rows + down, columns + across] for down in (-1, 0, 1) for across in (-1, 0, 1)]
    found: Vectors = np.max(around, axis=0) if len(offsets) else np.zeros(0)
    return found


def _peaks(correlation: Vectors) -> Vectors:
    """Find the offsets, (count, 2), at which a correlation is highest; one of each two opposite ones."""
    highest = ndimage.maximum_filter(correlation, 2 * APART + 1, mode="wrap")
    found = np.argwhere((correlation > UNKNOWN) & (correlation == highest))
    # Behind half of it the negative offsets follow.
    size = np.array(correlation.shape)
    signed = np.where(found < size / 2, found, found - size)
    first = (signed[:, 0] > 0) | ((signed[:, 0] == 0) & (signed[:, 1] > 0))
    offsets: Vectors = signed[first].astype(np.float64)
    return offsets


def _refined(basis: Vectors, offsets: Vectors) -> Vectors:
    """Fit a basis to offsets, ever longer ones: far multiples tell its vectors to fractions of a pixel."""
    near = NEAR * float(np.hypot(*basis[0]))
    for last in range(1, len(offsets) + 1):
        times = np.rint(offsets[:last] @ np.linalg.pinv(basis))
        fits = np.hypot(*(times @ basis - offsets[:last]).T) < near
        if np.linalg.matrix_rank(times[fits]) == len(basis):
            basis = np.linalg.lstsq(times[fits], offsets[:last][fits], rcond=None)[0]
    return basis
