"""Fit colors below 0 or above 1 into the range of synthesis, and back.

Pictures with a high dynamic range, or with wider colors than sRGB, have such values. A logarithm compresses them, so
that the light of a lamp does not leave a sliver of the range to everything else, and its inverse restores them.
"""

from dataclasses import dataclass, replace

import numpy as np

from engine.images.picture import FloatArray
from engine.service.rasters import array_raster, samples_of
from protocol.messages import Cancelled, Done, Failed, Frame, Synthesize
from protocol.raster import Raster


@dataclass(frozen=True)
class ColorRange:
    """The range of the colors of a job's pictures.

    Attributes:
        low: Lowest value, compressed; 0 or less.
        high: Highest value, compressed; 1 or more.
    """

    low: float
    high: float


def fit(request: Synthesize) -> tuple[Synthesize, ColorRange | None]:
    """Fit the colors of a job's pictures into 0 to 1, all by the same function.

    Args:
        request: The request. Masks, guides, maps and content stay as they are.

    Returns:
        The request to run, and the range for `restore`; the same request and None if all colors are in range, or
        not finite.
    """
    canvas = request.canvas
    given = [*(source.picture for source in request.sources), canvas.picture, canvas.start]
    floats = [samples_of(raster) for raster in given if raster is not None and raster.depth == "f32"]
    extremes = [(float(colors.min()), float(colors.max())) for colors in (_split(each)[0] for each in floats)]
    if not np.isfinite(extremes).all() or all(0 <= low <= high <= 1 for low, high in extremes):
        return request, None
    seen = [_visible(each) for each in floats]
    low, high = min(0.0, *(each.min() for each in seen)), max(1.0, *(each.max() for each in seen))
    found = ColorRange(*(float(each) for each in _bent(np.array([low, high], np.float32), np.log1p)))
    sources = tuple(replace(source, picture=_fitted(source.picture, found)) for source in request.sources)
    picture, start = (None if each is None else _fitted(each, found) for each in (canvas.picture, canvas.start))
    fitted = replace(canvas, picture=picture, start=start)
    return replace(request, sources=sources, canvas=fitted, depth="f32"), found


def restore(end: Done | Cancelled | Failed, colors: ColorRange, depth: str) -> Done | Cancelled | Failed:
    """Restore the colors of a result.

    Args:
        end: The end of the job.
        colors: From `fit`.
        depth: Kind of sample of the result; integers are clipped.

    Returns:
        The end with its own colors.
    """
    if isinstance(end, Failed) or end.raster is None:
        return end
    return replace(end, raster=_restored(end.raster, colors, depth))


def restore_frame(frame: Frame, colors: ColorRange) -> Frame:
    """Restore the colors of a frame, as far as 8 bits can show them."""
    return replace(frame, raster=_restored(frame.raster, colors, "u8"))


def _fitted(raster: Raster, colors: ColorRange) -> Raster:
    own, alpha = _split(samples_of(raster))
    # What cannot be seen may be out of the range.
    unit = (_bent(own, np.log1p) - np.float32(colors.low)) / np.float32(colors.high - colors.low)
    return array_raster(np.concatenate([unit.clip(0, 1), alpha], axis=2), "f32")


def _restored(raster: Raster, colors: ColorRange, depth: str) -> Raster:
    unit, alpha = _split(samples_of(raster))
    own = _bent(unit * np.float32(colors.high - colors.low) + np.float32(colors.low), np.expm1)
    return array_raster(np.concatenate([own, alpha], axis=2), depth)


def _split(samples: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Split samples into colors and alpha, which may have no channel."""
    colors = 1 if samples.shape[2] <= 2 else 3
    return samples[..., :colors], samples[..., colors:]


def _visible(samples: FloatArray) -> FloatArray:
    """Return the colors of the pixels that are not fully transparent; 0 if there are none."""
    colors, alpha = _split(samples)
    found = colors[alpha[..., 0] > 0] if alpha.shape[2] else colors
    return found if found.size else np.zeros(1, np.float32)


def _bent(values: FloatArray, beyond: np.ufunc) -> FloatArray:
    """Keep 0 to 1, and continue as `log1p`, with the same slope, or as `expm1`, which inverts it."""
    above, below = np.maximum(values - 1, 0), np.maximum(-values, 0)
    return np.asarray(values.clip(0, 1) + beyond(above) - beyond(below), np.float32)
