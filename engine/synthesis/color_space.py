"""Color space of the exemplar: colors on a line or plane stay there, and low contrast is amplified."""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from engine.synthesis.canvas import Surroundings
from engine.synthesis.color_curve import LOOKED_AT, ColorCurve, color_curve
from engine.synthesis.exemplar import Exemplar, ExemplarSource

# Along an axis of this extent at most, and of this share of the longest one, colors differ by rounding alone.
FLAT = 4 / 255
FLAT_SHARE = 0.25
# Extent of the colors below which contrast is enlarged.
FAINT = 0.5


@dataclass(frozen=True, eq=False)
class ColorSpace:
    """Where the colors of an exemplar, and of what a canvas keeps, lie.

    Attributes:
        mean: The mean color, (3,).
        axes: Principal axes of the colors, one per row, (3, 3).
        low: The least coordinate along each axis, from the mean, (3,).
        high: The greatest.
        spread: Standard deviation along each axis, (3,); 0 where colors differ by rounding alone.
        middle: What the middle of the enlarged colors stands for, (3,).
        scale: What the extent of the enlarged colors stands for; 1 where nothing is enlarged.
        curve: The bent line that they lie on, if they do.
    """

    mean: Tensor
    axes: Tensor
    low: Tensor
    high: Tensor
    spread: Tensor
    middle: Tensor
    scale: float
    curve: ColorCurve | None = None

    def enter(self, picture: Tensor) -> Tensor:
        """Enlarge a picture's contrast, shape (1, 3, height, width); what lies beyond [0, 1] then is cut off."""
        return picture if self.scale == 1 else ((picture - _across(self.middle)) / self.scale + 0.5).clamp(0, 1)

    def leave(self, picture: Tensor) -> Tensor:
        """Undo `enter`, and bring the colors within the bounds."""
        return self.bound(picture if self.scale == 1 else (picture - 0.5) * self.scale + _across(self.middle))

    def bound(self, picture: Tensor) -> Tensor:
        """Bring a picture's colors to the nearest ones within the bounds, shape (1, 3, height, width)."""
        along = torch.einsum("ac,bchw->bahw", self.axes, picture - _across(self.mean))
        along = torch.minimum(torch.maximum(along, _across(self.low)), _across(self.high))
        bounded = (torch.einsum("ac,bahw->bchw", self.axes, along) + _across(self.mean)).clamp(0, 1)
        return bounded if self.curve is None else self.curve.bring(bounded)

    def projection(self) -> Tensor | None:
        """Give what takes a change of color to its part along their line or plane, (3, 3); None for any color."""
        used = self.axes[self.high > self.low]
        return None if len(used) == len(self.axes) else used.t() @ used

    def steps(self) -> Tensor:
        """Give how a step of length 1 along each axis changes a color, one per column, (3, 3).

        Adam's steps have one length, however little a value matters: along red, green and blue they would give edges
        hues that the exemplar has not. Along an axis they are in proportion to its colors' spread, and together as
        long as those of red, green and blue (decorrelated colors: Olah et al. 2017, "Feature Visualization").

        Returns:
            The steps.
        """
        lengths = self.spread * (len(self.spread) / self.spread.square().sum().clamp_min(1e-12)).sqrt()
        return self.axes.t() * lengths


def color_space(exemplar: Exemplar, surroundings: Surroundings | None) -> ColorSpace:
    """Find out where the colors of an exemplar, and of what a canvas keeps, lie.

    Args:
        exemplar: The sample texture.
        surroundings: What the canvas keeps, or None.

    Returns:
        Their space.
    """
    colors = _colors(exemplar, surroundings)
    mean = colors.double().mean(dim=0)
    centered = colors.double() - mean
    _, vectors = torch.linalg.eigh(centered.t() @ centered)
    axes = vectors.t()
    along = centered @ axes.t()
    low, high = along.amin(dim=0), along.amax(dim=0)
    middle = (colors.amin(dim=0) + colors.amax(dim=0)) / 2
    extent = float((colors.amax(dim=0) - colors.amin(dim=0)).max())
    flat = high - low <= min(FLAT, FLAT_SHARE * float((high - low).max()))
    # Colors that differ by rounding alone are one, that in the middle.
    center = (low + high) / 2
    low, high = torch.where(flat, center, low), torch.where(flat, center, high)
    spread = torch.where(flat, 0.0, along.std(dim=0, unbiased=False))
    scale = extent if 0 < extent < FAINT else 1.0
    like = exemplar.picture
    mean, axes, low, high, spread, middle = (each.to(like) for each in (mean, axes, low, high, spread, middle))
    return ColorSpace(mean, axes, low, high, spread, middle, scale, color_curve(colors))


def curve_of(exemplar: Exemplar, surroundings: Surroundings | None) -> ColorCurve | None:
    """Find the bent line that the colors of an exemplar, and of what a canvas keeps, lie on, if they do."""
    # Few pictures have one, and to list all of their colors takes as long as to fill a small hole.
    few = torch.cat([_thinned(each).colors() for each in exemplar.sources])
    return None if color_curve(few) is None else color_curve(_colors(exemplar, surroundings))


def _thinned(source: ExemplarSource) -> ExemplarSource:
    """Take every so many rows and columns of a source."""
    height, width = source.size
    every = slice(None, None, max(1, round(math.sqrt(height * width / LOOKED_AT))))
    valid = None if source.valid is None else source.valid[..., every, every]
    return replace(source, picture=source.picture[..., every, every], valid=valid)


def _colors(exemplar: Exemplar, surroundings: Surroundings | None) -> Tensor:
    colors = exemplar.colors()
    if surroundings is None:
        return colors
    kept = (surroundings.mask[0, 0] < 1).flatten()
    return torch.cat([colors, surroundings.known[0].flatten(1).t()[kept]])


def _across(color: Tensor) -> Tensor:
    """Lay a color over all pixels."""
    return color[None, :, None, None]
