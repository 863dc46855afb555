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
# Values of a content that differ by no more are the same: noise in what is flat is not drawn.
FLAT = 0.01
# Part of the brightest and of the darkest places of an exemplar that are too few to draw with.
TAIL = 0.02
# Hues of a content are intensified by no more than this. Below the least spread it is gray.
INTENSITY = 3.0
LEAST_SPREAD = 0.01


@dataclass(frozen=True, eq=False)
class ContentBounds:
    """Bounds of the content's channels of a canvas, at one scale.

    Where much of a content is flat, a single value would be had by a few patches of the exemplar, again and again.

    Attributes:
        least, most: Bounds that are fine alike, float32 (height, width, 1 to 3).
    """

    least: Floats
    most: Floats

    def nearest(self, values: Floats) -> Floats:
        """Give the values within the bounds that are nearest to others, of the same shape."""
        found: Floats = np.clip(values, self.least, self.most)
        return found


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

    def channels(self, level: Level, size: tuple[int, int], reach: float) -> tuple[Level, ContentBounds]:
        """Give what is compared at one scale.

        Args:
            level: The exemplar.
            size: Height and width of the canvas, pixels.
            reach: How far things in the exemplar reach, pixels of this scale.

        Returns:
            The exemplar with 1 to 3 further channels, and what these are to be on the canvas.
        """
        blur = min(BLUR * reach * (1 - SHARPER * self.strength), WIDEST_BLUR * min(size))
        source = _blurred(level.channels[..., :COLORS], level.known, max(LEAST_BLUR, blur))
        wanted = _blurred(averaged(self.colors, size), np.ones(size, bool), CONTENT_BLUR)
        shades = source @ BRIGHTNESS
        found = [(shades, *matched_ranges(wanted @ BRIGHTNESS, shades[level.known]))]
        if self.by_color:
            hues = [(source @ axis, wanted @ axis) for axis in HUES]
            if max(float(other.std()) for _, other in hues) > LEAST_SPREAD:
                matched = [(own, matched_spread(other, own[level.known])) for own, other in hues]
                found += [(own, other, other) for own, other in matched]
        variance = sum(float(own[level.known].var()) for own, *_ in found)
        texture = float(level.channels[..., :COLORS][level.known].var(axis=0).sum())
        counts = BALANCE * self.strength / (LIMIT - self.strength) * texture / max(variance, 1e-6)
        own, least, most = (np.float32(np.sqrt(counts)) * np.stack(each, axis=2) for each in zip(*found, strict=True))
        own[~level.known] = 0
        channels = np.concatenate([level.channels, own], axis=2, dtype=np.float32)
        return replace(level, channels=np.ascontiguousarray(channels)), ContentBounds(least, most)


def put_content(canvas: Floats, content: ContentBounds | None) -> Floats:
    """Bring the channels of a canvas that patches were voted for back to a content; changes it in place."""
    if content is not None:
        canvas[..., FEATURES:] = content.nearest(canvas[..., FEATURES:])
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


def matched_ranges(values: Floats, sample: Floats) -> tuple[Floats, Floats]:
    """Give values the distribution of a sample, in their order; those that are alike share a part of it.

    Args:
        values: Of any shape.
        sample: One or more, of any shape.

    Returns:
        The least and the greatest value that each may get, float32, of the shape of `values`: as much of the sample
        lies between them as there are values alike, but at its tails no less than these.
    """
    ordered = np.sort(values, axis=None)
    first = np.searchsorted(ordered, values - FLAT, "left") / values.size
    last = np.searchsorted(ordered, values + FLAT, "right") / values.size
    ranks = np.linspace(0, 1, 257)
    quantiles = np.quantile(sample, ranks)
    least, most = np.minimum(first, 1 - TAIL), np.maximum(last, TAIL)
    low, high = (np.interp(each, ranks, quantiles).astype(np.float32) for each in (least, most))
    return low, high


def matched_spread(values: Floats, sample: Floats) -> Floats:
    """Give values the mean and the standard deviation of a sample (Reinhard et al. 2001, "Color Transfer ...")."""
    scale = min(INTENSITY, float(sample.std()) / max(float(values.std()), 1e-6))
    found: Floats = ((values - values.mean()) * scale + sample.mean()).astype(np.float32)
    return found


def _blurred(colors: Floats, known: Bools, blur: float) -> Floats:
    """Blur what is known, so that the rest does not bleed in."""
    weights = known.astype(np.float32)
    total = ndimage.gaussian_filter(colors * weights[..., None], (blur, blur, 0), mode="nearest")
    found: Floats = total / np.maximum(ndimage.gaussian_filter(weights, blur, mode="nearest"), 1e-3)[..., None]
    return found
