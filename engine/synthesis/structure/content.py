"""Content: a picture that is redrawn with a texture (Efros & Freeman 2001, "Image Quilting", section 3).

Departs from the paper in that blurred brightness, or colors, are further channels of patches at every scale, so that
search and vote know nothing of it.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from engine.synthesis.matching.field import Bools, Floats
from engine.synthesis.structure.pyramid import COLORS, FEATURES, Level, averaged

# Rec. 709. What else differs between two colors of one brightness: red from green, and yellow from blue.
BRIGHTNESS = np.array([0.2126, 0.7152, 0.0722], np.float32)
HUES = np.array([[1, -1, 0], [0.5, 0.5, -1]], np.float32)
# What the content counts against the texture, in variances of its colors: `BALANCE` s / (`LIMIT` - s) at strength s.
BALANCE, LIMIT = 0.4, 1.1
# An exemplar is blurred by how far things in it reach, so that its own strokes and stones stay whole: standard
# deviation, less by `SHARPER` at full strength. It is no wider than a part of the canvas's side, which would show
# nothing, and no narrower than so many pixels.
BLUR, SHARPER = 0.5, 0.8
WIDEST_BLUR, LEAST_BLUR = 0.02, 1.5
# The content itself keeps its outlines.
CONTENT_BLUR = 1.0
# Of a texture's energies, how much more they count than else: what is alike in brightness melts without them.
LIVELINESS = 2.0
# Brightnesses of which the usual energy is found out.
BINS = 16
# Part of the brightest and of the darkest places of an exemplar that are too few to draw with.
TAIL = 0.02
# Hues of a content are intensified by no more than this. Below the least spread it is gray.
INTENSITY = 3.0
LEAST_SPREAD = 0.01


@dataclass(frozen=True, eq=False)
class Content:
    """A picture to be redrawn.

    Attributes:
        colors: Of the canvas's size, RGB in [0, 1], float32 (height, width, 3).
        strength: How much it counts against the texture, in [0, 1]: 0 for nothing.
        by_color: Whether hues are compared, too, and not brightness alone.
    """

    colors: Floats
    strength: float
    by_color: bool = False

    def channels(self, level: Level, size: tuple[int, int], reach: float) -> tuple[Level, Floats]:
        """Give what is compared at one scale.

        Args:
            level: The exemplar.
            size: Height and width of the canvas, pixels.
            reach: How far things in the exemplar reach, pixels of this scale.

        Returns:
            The exemplar with further channels, and those of the canvas beyond its colors, float32 (height, width, 3
            to 5): texture energies, and the content's.
        """
        blur = min(BLUR * reach * (1 - SHARPER * self.strength), WIDEST_BLUR * min(size))
        source = _blurred(level.channels[..., :FEATURES], level.known, max(LEAST_BLUR, blur))
        wanted = _blurred(averaged(self.colors, size), np.ones(size, bool), CONTENT_BLUR)
        seen, shades = source[level.known], source[..., :COLORS] @ BRIGHTNESS
        sample = shades[level.known]
        wanted_shades = matched_ranks(wanted @ BRIGHTNESS, sample)
        found = [(shades, wanted_shades)]
        if self.by_color:
            hues = [(source[..., :COLORS] @ axis, wanted @ axis) for axis in HUES]
            if max(float(other.std()) for _, other in hues) > LEAST_SPREAD:
                found += [(own, matched_spread(other, own[level.known])) for own, other in hues]
        energies = [usual(wanted_shades, sample, seen[:, number]) for number in range(COLORS, FEATURES)]
        variance = sum(float(own[level.known].var()) for own, _ in found)
        texture = float(level.channels[..., :COLORS][level.known].var(axis=0).sum())
        counts = BALANCE * self.strength / (LIMIT - self.strength) * texture / max(variance, 1e-6)
        own, other = (np.float32(np.sqrt(counts)) * np.stack(each, axis=2) for each in zip(*found, strict=True))
        own[~level.known] = 0
        channels = np.concatenate([level.channels, own], axis=2, dtype=np.float32)
        channels[..., COLORS:FEATURES] *= LIVELINESS
        content = np.concatenate([LIVELINESS * np.stack(energies, axis=2), other], axis=2, dtype=np.float32)
        return replace(level, channels=np.ascontiguousarray(channels)), content


def put_content(canvas: Floats, content: Floats | None) -> Floats:
    """Put the content back into the channels of a canvas that patches were voted for; changes it in place."""
    if content is not None:
        canvas[..., COLORS:] = content
    return canvas


def matched_ranks(values: Floats, sample: Floats) -> Floats:
    """Give values the distribution of a sample, in their order (histogram matching).

    Args:
        values: Of any shape.
        sample: One or more, of any shape.

    Returns:
        float32, of the shape of `values`: equal ones stay equal, and the least and the greatest get the ends of the
        sample's range, but for its tails.
    """
    ordered = np.sort(values, axis=None)
    middle = (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")) / 2
    low, high = middle.min(), middle.max()
    ranks = (middle - low) / (high - low) if high > low else np.full(values.shape, 0.5)
    quantiles = np.quantile(sample, np.linspace(TAIL, 1 - TAIL, 256))
    found: Floats = np.interp(ranks, np.linspace(0, 1, 256), quantiles).astype(np.float32)
    return found


def matched_spread(values: Floats, sample: Floats) -> Floats:
    """Give values the mean and the standard deviation of a sample (Reinhard et al. 2001, "Color Transfer ...")."""
    scale = min(INTENSITY, float(sample.std()) / max(float(values.std()), 1e-6))
    found: Floats = ((values - values.mean()) * scale + sample.mean()).astype(np.float32)
    return found


def usual(values: Floats, sample: Floats, others: Floats) -> Floats:
    """Look up what is usual at values: the mean of others where a sample is like them."""
    edges = np.quantile(sample, np.linspace(0, 1, BINS + 1))
    number = np.clip(np.searchsorted(edges, sample, "right") - 1, 0, BINS - 1)
    counts = np.bincount(number, minlength=BINS)
    kept = counts > 0
    means = np.bincount(number, others, BINS)[kept] / counts[kept]
    centers = np.bincount(number, sample, BINS)[kept] / counts[kept]
    found: Floats = np.interp(values, centers, means).astype(np.float32)
    return found


def _blurred(colors: Floats, known: Bools, blur: float) -> Floats:
    """Blur what is known, so that the rest does not bleed in."""
    weights = known.astype(np.float32)
    total = ndimage.gaussian_filter(colors * weights[..., None], (blur, blur, 0), mode="nearest")
    found: Floats = total / np.maximum(ndimage.gaussian_filter(weights, blur, mode="nearest"), 1e-3)[..., None]
    return found
