"""Guides: which label of the exemplar belongs where on the canvas (Hertzmann et al. 2001, "Image Analogies")."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.synthesis.matching.field import Floats, Places
from engine.synthesis.structure.octave import SIDE
from engine.synthesis.structure.pyramid import averaged

# What a label costs at a weight of 1/e, in costs of where patches fit worst: the logarithm of the weight decides.
STRICT, LOOSE = 4.0, 2.0
# A border between labels that are mixed may move to where they fit, by about so many pixels of each octave.
LOOSENESS = 0.7
LEAST = 1e-3
# Standard deviation of the noise whose spots mix labels: by how far things reach, because in smaller spots they melt
# into each other; at least, pixels; and at most, by the shorter side of the canvas.
SPOT, SMALLEST_SPOT, LARGEST_SPOT = 1.6, 8.0, 1 / 12
# How often scores are corrected until each label gets its part.
CORRECTIONS = 12


@dataclass(frozen=True, eq=False)
class Guide:
    """What belongs where on the canvas.

    Attributes:
        weights: Part of each label, float32 (height, width, labels); at each place they add up to 1.
        strict: Whether only the label of most weight may be there; else labels are mixed by their weights.
        copies: Where labels are those of rotated and scaled copies of one exemplar, what takes row, column and 1 in
            each to its place in the exemplar, float64 (2, 3); else none.
    """

    weights: Floats
    strict: bool
    copies: Sequence[NDArray[np.float64]] = ()

    @property
    def parts(self) -> tuple[float, ...]:
        """Part of the canvas that each label gets; they add up to 1."""
        found = self.weights.reshape(-1, self.weights.shape[2]).mean(axis=0, dtype=np.float64)
        return tuple((found / found.sum()).tolist())

    def labels(self, reach: float, generator: np.random.Generator) -> Places:
        """Choose a label for each place.

        Args:
            reach: How far things in the exemplar reach, pixels: labels that are mixed lie in spots of that size.
            generator: Of what is drawn by chance.

        Returns:
            Labels, int32 (height, width): those of most weight where the guide is strict, else drawn by weight.
        """
        if self.strict:
            heaviest: Places = self.weights.argmax(axis=2).astype(np.int32)
            return heaviest
        height, width, count = self.weights.shape
        spot = max(SMALLEST_SPOT, min(SPOT * reach, LARGEST_SPOT * min(height, width)))
        scores = np.log(np.maximum(self.weights, 1e-9))
        for number in range(count):
            # The largest of scores with Gumbel noise falls on each label as often as its weight says.
            drawn = ndimage.gaussian_filter(generator.normal(size=(height, width)), spot, mode="wrap")
            ranks = np.empty(drawn.size)
            ranks[np.argsort(drawn, axis=None)] = np.arange(drawn.size)
            scores[..., number] -= np.log(-np.log((ranks.reshape(height, width) + 0.5) / drawn.size))
        # Of large spots there are few, and chance alone would miss the parts.
        for _ in range(CORRECTIONS):
            labels: Places = scores.argmax(axis=2).astype(np.int32)
            found = np.bincount(labels.ravel(), minlength=count) / labels.size
            scores += np.log((np.array(self.parts) + LEAST) / (found + LEAST)).astype(np.float32)
        return labels

    def costs(self, labels: Places, size: tuple[int, int]) -> Floats:
        """Give what patches cost at each place of a smaller canvas.

        Args:
            labels: See `labels`.
            size: Height and width of the canvas, pixels.

        Returns:
            Costs of `patch_labels`, in the cost of where patches fit worst, float32 (height, width, 2 labels),
            contiguous. Patches that reach over a border of the exemplar's labels are meant for places near one of the
            canvas.
        """
        found = averaged((labels[..., None] == np.arange(self.weights.shape[2])).astype(np.float32), size)
        if not self.strict:
            found = ndimage.gaussian_filter(found, (LOOSENESS, LOOSENESS, 0), mode="nearest")
        steepness = STRICT if self.strict else LOOSE
        rarity = -np.log(np.maximum(found, LEAST))
        inside = np.maximum(2 * ndimage.uniform_filter(found, (SIDE, SIDE, 1), mode="nearest") - 1, 0)
        costs = np.stack([rarity, rarity + inside], axis=3).reshape(*size, -1) * steepness
        return np.ascontiguousarray(costs, np.float32)


def patch_labels(labels: Places) -> Places:
    """Number patches by their labels, and by whether they reach over a border of labels.

    Args:
        labels: Of the exemplar, int32 (height, width).

    Returns:
        Twice the label, and 1 more near another one, int32 (height, width), contiguous.
    """
    ends = ndimage.maximum_filter(labels, SIDE) != ndimage.minimum_filter(labels, SIDE)
    return np.ascontiguousarray(2 * labels + ends, np.int32)
