"""Guides: pictures that say with their colors which part of an exemplar belongs where on the canvas."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.images import Picture
from engine.images.picture import FloatArray
from engine.preparation.alpha import OPAQUE
from engine.preparation.areas import Box, whole_of
from engine.preparation.masks import is_colored
from engine.preparation.sampling import Sample
from engine.request_errors import ColoredGuideError, RequestError, TransparentGuideError

Labels = NDArray[np.int32]

MOST_LABELS = 32
# Colors that differ by no more mean the same, values of 0 to 255: what JPEG, or a resampled border, makes of them.
SAME = 40.0
# Part of a guide from which a color is a label of its own; what has less is a speck.
LEAST_PART = 0.002
# By how much the channels of a gray may differ, and neighbors in a flat area, values of 0 to 255.
GRAY = 16
# Part of a guide that may be wrong in a way that does not matter.
NEGLIGIBLE = 0.005


@dataclass(frozen=True, eq=False)
class Guidance:
    """What of the exemplar belongs where.

    Attributes:
        sources: Label of each pixel of each source, int32 (height, width), cut like its sample; None where sources
            have no guides: the label is then the number of the source.
        weights: Part of each label at each place of the canvas, float32 (height, width, labels), adding up to 1.
        strict: Whether labels are kept apart; else they are mixed by their weights.
        copies: Where sources are rotated and scaled copies of one exemplar, what takes row, column and 1 in each to
            its place in the exemplar, float64 (2, 3); else none.
    """

    sources: tuple[Labels, ...] | None
    weights: FloatArray
    strict: bool
    copies: tuple[NDArray[np.float64], ...] = ()


def read_guides(
    canvas: Picture | None, sources: Sequence[Picture | None], samples: Sequence[Sample]
) -> Guidance | None:
    """Read the guides of a new texture.

    Args:
        canvas: The guide of the canvas: the colors of the sources' guides or, if they have none, grays that mix the
            sources, black for the first one, white for the last one.
        sources: A guide for each source, as large as it; or none for any.
        samples: The sources.

    Returns:
        The guidance; None without guides.

    Raises:
        RequestError: Their colors do not fit together.
    """
    given = [guide for guide in sources if guide is not None]
    if canvas is None:
        return None
    _check_opaque(canvas, "guide of the canvas")
    if not given:
        return Guidance(None, _mixing(canvas, len(samples)), strict=False)
    for number, guide in enumerate(given, 1):
        _check_opaque(guide, "guide of the exemplar" if len(given) == 1 else f"guide of exemplar {number}")
    colors = _colors(given)
    labels = []
    for guide, sample in zip(given, samples, strict=True):
        height, width = sample.pixels.shape[:2]
        top, left = sample.corner
        labels.append(
            np.ascontiguousarray(Box(top, left, top + height, left + width).cut(_nearest(guide, colors)[0]))
        )
    if not any(sample.valid is None for sample in samples):
        colors = _sampled_only(colors, labels, samples)
    return Guidance(tuple(labels), _one_hot(_of_canvas(canvas, colors), len(colors)), strict=True)


def _sampled_only(colors: FloatArray, labels: Sequence[Labels], samples: Sequence[Sample]) -> FloatArray:
    """Move the colors of labels out of reach of which nothing may be sampled."""
    seen = {int(each) for one, sample in zip(labels, samples, strict=True) for each in np.unique(one[_valid(sample)])}
    found = colors.copy()
    found[[number for number in range(len(colors)) if number not in seen]] = np.inf
    return found


def _valid(sample: Sample) -> NDArray[np.bool_]:
    return np.ones(sample.pixels.shape[:2], bool) if sample.valid is None else sample.valid > 0


def _mixing(canvas: Picture, count: int) -> FloatArray:
    if is_colored(canvas, NEGLIGIBLE):
        raise ColoredGuideError(
            "the guide of the canvas has colors, and the exemplars have no guides: give one for each exemplar in the "
            "same colors, or a gray one, black for the first exemplar and white for the last one"
        )
    levels = canvas.pixels.mean(axis=2)[..., None] * (count - 1)
    weights: FloatArray = np.maximum(0, 1 - np.abs(levels - np.arange(count, dtype=np.float32)))
    return weights.astype(np.float32)


def _colors(guides: Sequence[Picture]) -> FloatArray:
    """Find the colors that mean something, float32 (labels, 3), values of 0 to 255, most frequent first."""
    listed = np.concatenate([_bytes(guide)[_inner(guide)] for guide in guides])
    if not len(listed):
        listed = np.concatenate([_bytes(guide).reshape(-1, 3) for guide in guides])
    found, counts = np.unique(listed, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    found, counts = found[order].astype(np.float32), counts[order]
    chosen: list[FloatArray] = []
    parts: list[float] = []
    for color, count in zip(found, counts, strict=True):
        apart = [float(np.linalg.norm(color - each)) for each in chosen]
        if apart and min(apart) <= SAME:
            parts[int(np.argmin(apart))] += count / len(listed)
        elif len(chosen) <= 8 * MOST_LABELS:
            chosen.append(color)
            parts.append(count / len(listed))
    kept = [color for color, part in zip(chosen, parts, strict=True) if part >= LEAST_PART]
    if len(kept) > MOST_LABELS:
        raise RequestError(
            f"the guide of the exemplar has more than {MOST_LABELS} colors: paint each kind of area in one color"
        )
    return np.array(kept or chosen[:1], np.float32)


def _of_canvas(canvas: Picture, colors: FloatArray) -> Labels:
    labels, apart = _nearest(canvas, colors)
    foreign = (apart > SAME) & _inner(canvas)
    if foreign.mean() > NEGLIGIBLE:
        found, counts = np.unique(_bytes(canvas)[foreign], axis=0, return_counts=True)
        named = _named(found[counts.argmax()])
        known = ", ".join(_named(each) for each in colors if np.isfinite(each).all())
        raise RequestError(
            f"the guide of the canvas has the color {named}, of which nothing can be sampled: use {known}"
        )
    return labels


def _inner(guide: Picture) -> NDArray[np.bool_]:
    """Mark the pixels whose neighbors have their color, or nearly: at a soft border, colors mean nothing."""
    colors = _bytes(guide).astype(np.int16)
    found = np.ones(whole_of(guide.pixels).size, bool)
    for axis in (0, 1):
        same = np.abs(np.diff(colors, axis=axis)).max(axis=2) <= GRAY
        ends = [(0, 0), (0, 0)]
        for end in ((1, 0), (0, 1)):
            ends[axis] = end
            found &= np.pad(same, ends, constant_values=True)
    return found


def _nearest(guide: Picture, colors: FloatArray) -> tuple[Labels, FloatArray]:
    """Find the nearest color of each pixel, and how far away it is."""
    pixels = _bytes(guide).reshape(-1, 3)
    found, where = np.unique(pixels, axis=0, return_inverse=True)
    labels, apart = np.empty(len(found), np.int32), np.empty(len(found), np.float32)
    for start in range(0, len(found), 4096):
        piece = slice(start, start + 4096)
        far = np.linalg.norm(found[piece, None].astype(np.float32) - colors, axis=2)
        labels[piece], apart[piece] = far.argmin(axis=1), far.min(axis=1)
    size = whole_of(guide.pixels).size
    return labels[where.reshape(-1)].reshape(size), apart[where.reshape(-1)].reshape(size)


def _one_hot(labels: Labels, count: int) -> FloatArray:
    found: FloatArray = (labels[..., None] == np.arange(count)).astype(np.float32)
    return found


def _check_opaque(guide: Picture, name: str) -> None:
    if guide.alpha is not None and (guide.alpha < OPAQUE).mean() > NEGLIGIBLE:
        raise TransparentGuideError(f"the {name} is transparent in places: fill all of it with colors")


def _bytes(guide: Picture) -> NDArray[np.uint8]:
    found: NDArray[np.uint8] = np.rint(guide.pixels * 255).astype(np.uint8)
    return found


def _named(color: FloatArray | NDArray[np.uint8]) -> str:
    return "#" + "".join(f"{round(float(each)):02x}" for each in color)
