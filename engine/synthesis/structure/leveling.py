"""Leveling: a hole without its trend, and with the contrast of a photograph, which patches are made for."""

from dataclasses import dataclass, replace

import numpy as np

from engine.synthesis.matching.field import Bools, Floats
from engine.synthesis.structure.contrast import Contrast, find_contrast, find_rounding
from engine.synthesis.structure.fill_input import FillInput
from engine.synthesis.structure.flatness import find_flat_colors
from engine.synthesis.structure.octave import whole_patches
from engine.synthesis.structure.pyramid import COLORS
from engine.synthesis.structure.shades import Shades, find_shades
from engine.synthesis.structure.shifting import bounds
from engine.synthesis.structure.stages import Stage
from engine.synthesis.structure.surface import continue_surface, has_grain
from engine.synthesis.structure.trend import find_trend
from engine.synthesis.structure.widening import FEWEST_PATCHES

# Values that a trend is taken off lie around this one.
HALF = np.float32(0.5)


@dataclass(frozen=True, eq=False)
class Leveled:
    """A hole as patches fill it, and how its own colors come back.

    Attributes:
        fill_input: The hole; its colors may leave [0, 1].
        rounding: The step between two levels of these colors, see `find_rounding`.
        gain: How many times their contrast is as large as the picture's.
        base: What is to be added to colors that are divided by the gain, float32 (height, width, 3) of the canvas;
            None where the picture is as it was.
        flat: Whether the exemplar consists of areas of few colors.
        has_trend: Whether a trend was taken off.
        shades: By what curves flat colors are told apart; None for none.
        own: The canvas before that.
    """

    fill_input: FillInput
    rounding: float
    gain: float = 1.0
    base: Floats | None = None
    flat: bool = False
    has_trend: bool = False
    shades: Shades | None = None
    own: Floats | None = None

    def restored(self, stage: Stage) -> Stage:
        """Give a stage the picture's own colors."""
        if self.own is not None:
            colors = np.clip(self.unspread(stage.colors), 0, 1)
            if stage.octave.index == 0:
                # What is kept would change by what floats are rounded by.
                colors = np.where(self.fill_input.free[..., None], colors, self.own)
            stage = replace(stage, colors=colors)
        if self.base is None:
            return stage
        scale = 2**stage.octave.index
        rows, columns = (
            np.minimum(np.arange(side) * scale + scale // 2, most - 1)
            for side, most in zip(stage.colors.shape[:2], self.base.shape[:2], strict=True)
        )
        colors = stage.colors if self.gain == 1 else stage.colors / np.float32(self.gain)
        return replace(stage, colors=np.clip(colors + self.base[rows[:, None], columns], 0, 1))

    def unspread(self, colors: Floats) -> Floats:
        """Give flat colors that are told apart, float32 (..., 3), their own values again."""
        return colors if self.shades is None else self.shades.restored(colors)


def leveled(fill_input: FillInput) -> Leveled:
    """Take a trend off a hole, if there is one, enlarge a faint contrast, and tell near flat colors apart."""
    fill_input, first = _enlarged(fill_input, find_rounding(_known(fill_input)))
    flat_colors = find_flat_colors(fill_input.source, fill_input.valid)
    flat = flat_colors is not None
    fill_input, trend = (fill_input, None) if flat else _without_trend(fill_input, first.rounding)
    fill_input, second = _enlarged(fill_input, first.rounding)
    gain = first.gain * second.gain
    if trend is None and gain == 1:
        if flat_colors is None or (shades := find_shades(flat_colors)) is None:
            return Leveled(fill_input, second.rounding, flat=flat)
        colors, source = shades.spread(fill_input.colors), shades.spread(fill_input.source)
        own, fill_input = fill_input.colors, replace(fill_input, colors=colors, source=source)
        return Leveled(fill_input, second.rounding, flat=flat, shades=shades, own=own)
    base = np.broadcast_to(second.reduce(np.zeros(COLORS, np.float32)), fill_input.colors.shape)
    base = first.reduce(base if trend is None else trend + base)
    return Leveled(fill_input, second.rounding, gain, base, flat, trend is not None)


def _enlarged(fill_input: FillInput, rounding: float) -> tuple[FillInput, Contrast]:
    """Enlarge the contrast of a hole, and of what fills it, if that is faint."""
    found = find_contrast(_known(fill_input), rounding)
    colors, source = found.enlarge(fill_input.colors), found.enlarge(fill_input.source)
    return replace(fill_input, colors=colors, source=source), found


def _known(fill_input: FillInput) -> Floats:
    """List the colors that there are, (count, 3)."""
    return np.concatenate([fill_input.source[fill_input.valid], fill_input.colors[~fill_input.free]])


def _without_trend(fill_input: FillInput, rounding: float) -> tuple[FillInput, Floats | None]:
    """Take a trend off the canvas and what is sampled, if there is one: patches then fill in what is left of both."""
    if fill_input.offset is None or any(fill_input.wrap) or not fill_input.free.any() or fill_input.free.all():
        return fill_input, None
    rows, columns = (
        slice(each.start + shift, each.stop + shift)
        for each, shift in zip(bounds(fill_input.free), fill_input.offset, strict=True)
    )
    found = find_trend(fill_input.source, fill_input.valid, (rows, columns), rounding)
    if found is None:
        return fill_input, None
    trend, part, other = found
    corner = (part[0].start, part[1].start)
    valid = fill_input.valid[part] & ~other
    if whole_patches(valid).sum() < FEWEST_PATCHES:
        return fill_input, None
    here = trend.over(fill_input.free.shape, fill_input.offset) - HALF
    colors = fill_input.colors - here
    source = fill_input.source[part] - trend.over(valid.shape, corner) + HALF
    offset = (fill_input.offset[0] - corner[0], fill_input.offset[1] - corner[1])
    if trend.bounds is None and not has_grain(source, valid, rounding):
        # Nothing is left for patches.
        colors[_shifted(other, offset, fill_input.free.shape)] = HALF
        here = here + continue_surface(colors, fill_input.free) - HALF
        colors, source = np.full_like(colors, HALF), np.full_like(source, HALF)
    return replace(fill_input, colors=colors, source=source, valid=valid, offset=offset), here


def _shifted(places: Bools, offset: tuple[int, int], size: tuple[int, ...]) -> Bools:
    """Give places of an exemplar on a canvas of a size, whose first pixel lies at an offset in the exemplar."""
    found = np.zeros(size, bool)
    rows, columns = (each - shift for each, shift in zip(np.nonzero(places), offset, strict=True))
    inside = (rows >= 0) & (rows < size[0]) & (columns >= 0) & (columns < size[1])
    found[rows[inside], columns[inside]] = True
    return found
