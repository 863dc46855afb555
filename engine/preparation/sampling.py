"""What is sampled: a picture, or what is left of the canvas."""

from dataclasses import dataclass, replace
from typing import NoReturn

import numpy as np

from engine.counting import counted
from engine.images import Picture
from engine.images.picture import FloatArray
from engine.preparation.alpha import CLEAR, OPAQUE, Mask, is_lace, is_opaque, soft_edge
from engine.preparation.areas import Box, bounds_of, whole_of
from engine.preparation.cut_outs import solid_part
from engine.preparation.masks import levels_of, with_fringe
from engine.preparation.reach import context_of
from engine.request_errors import (
    NothingToSampleError,
    RequestError,
    TooFewOpaqueError,
    TooLittleToSampleError,
)
from protocol.vocabulary import SAMPLE_FROM, SMALLEST_EXEMPLAR

FEWEST_PIXELS = SMALLEST_EXEMPLAR**2
LARGEST_EXEMPLAR = 2**24
# Of what can be seen of a cut-out, no more than this share is its soft edge.
MOST_SOFT = 0.25
# What is cut out loses no more than the rest of what can be seen of it as a fringe of other colors.
LEAST_INNER = 0.75
MIXED = "be mixed"
HARDLY_OPAQUE = "the canvas has hardly any opaque pixels: give an exemplar, or leave out `flatten`"
ALL, SIDES, ABOVE_BELOW = SAMPLE_FROM


@dataclass(frozen=True, eq=False)
class Sample:
    """The sample texture.

    Attributes:
        pixels: float32 (height, width, 3), RGB in [0, 1].
        valid: float32 (height, width), 1 where the pixels may be sampled, else 0; None for everywhere.
        corner: Row and column of the first pixel in the picture that it is cut from.
        alpha: float32 (height, width), in [0, 1]; None where all that may be sampled is opaque, or is to be.
    """

    pixels: FloatArray
    valid: Mask | None = None
    corner: tuple[int, int] = (0, 0)
    alpha: Mask | None = None

    @property
    def count(self) -> int:
        """How many pixels may be sampled."""
        height, width = self.pixels.shape[:2]
        return height * width if self.valid is None else int((self.valid > 0).sum())


@dataclass(frozen=True, eq=False)
class Sampling:
    """What may be sampled.

    Attributes:
        context: How far around the hole the canvas is sampled, pixels; None: by the size of the hole.
        sample_from: One of `SAMPLE_FROM`: all around the hole, only its rows, or only its columns.
        mask: White where the exemplar, or the canvas, may be sampled; None for everywhere.
        flatten: Whether only what is opaque is sampled.
        alone: What opaque pixels alone can do, if it was not asked for: `be mixed`, or `fill all of a canvas`.
    """

    context: int | None = None
    sample_from: str = ALL
    mask: Picture | None = None
    flatten: bool = False
    alone: str = ""

    @property
    def is_around_hole(self) -> bool:
        """Whether it names a part of the canvas by where the hole is."""
        return self.context is not None or self.sample_from != ALL


def sample_exemplar(exemplar: Picture, sampling: Sampling, canvas: Picture | None) -> Sample:
    """Take a picture as the exemplar.

    Args:
        exemplar: The picture. Holes in it are a part of a new texture, unless it is to be flat, and what lies around
            a cut-out is not. A canvas is filled with what can be seen, an opaque one with what is opaque, if it can.
        sampling: What of it may be sampled.
        canvas: What is to be filled with it; None for a new texture.

    Returns:
        The picture, or the bounds of what a mask allows of it.

    Raises:
        RequestError: It is too small or too large, or too little of it may be sampled.
        TooFewOpaqueError: It is to be flat, and hardly any of it is opaque.
    """
    area = whole_of(exemplar.pixels)
    _check_size(area)
    height, width = area.size
    if height * width > LARGEST_EXEMPLAR:
        raise RequestError(
            f"the exemplar is {width}x{height} pixels, more than {LARGEST_EXEMPLAR:,}: crop or scale it down"
        )
    white = np.ones(area.size, np.float32)
    if sampling.mask is not None:
        white = _levels(sampling.mask)
    solid = sampling.flatten or (canvas is not None and is_opaque(canvas))
    clear = None if exemplar.alpha is None else exemplar.alpha < CLEAR
    thing = None if is_opaque(exemplar) or exemplar.alpha is None else solid_part(exemplar.alpha, white >= OPAQUE)
    if thing is not None:
        part, level = thing
        exemplar = replace(exemplar, alpha=np.where(part, level, 0).astype(np.float32))
    lace = canvas is None and thing is None and is_lace(exemplar, (white >= OPAQUE).astype(np.float32))
    visible, opaque = (_visible(exemplar, flatten=flatten) for flatten in (sampling.flatten, True))
    if not lace and exemplar.alpha is not None:
        visible = visible * ~soft_edge(exemplar.alpha)
    # The soft edge of a cut-out is mixed with what it was cut out of.
    soft = _count(visible) - _count(opaque)
    if _count(opaque) >= FEWEST_PIXELS and (solid or soft <= MOST_SOFT * _count(visible)):
        visible = opaque
    if _count(visible) < FEWEST_PIXELS:
        _refuse_few(sampling)
    if not lace and clear is not None:
        inner = visible * ~with_fringe(clear)
        visible = inner if _count(inner) >= max(FEWEST_PIXELS, LEAST_INNER * _count(visible)) else visible
    holes = lace and not solid
    allowed = white if holes else visible * white
    if sampling.mask is not None:
        if _count(visible * white) < FEWEST_PIXELS:
            raise RequestError(f"{_shortage(visible * white)}: paint more of the exemplar mask white")
        area = _at_least_smallest(bounds_of(allowed >= OPAQUE), area)
    return _cut(exemplar, allowed, area, solid=solid)


def _refuse_few(sampling: Sampling) -> NoReturn:
    need = f"give one with at least {FEWEST_PIXELS}"
    if sampling.alone:
        raise RequestError(f"the exemplar has hardly any opaque pixels, which alone can {sampling.alone}: {need}")
    if sampling.flatten:
        raise TooFewOpaqueError(f"the exemplar has hardly any opaque pixels: {need}, or leave out `flatten`")
    raise RequestError(f"the exemplar has hardly any visible pixels: {need}")


def sample_canvas(
    canvas: Picture,
    free: Mask,
    hole: Box,
    sampling: Sampling,
    *,
    tiling: bool,
    holes: bool = False,
    masked: bool = False,
) -> Sample:
    """Take what is left of the canvas as the exemplar.

    Args:
        canvas: The canvas; what cannot be seen is not sampled.
        free: 0 where the canvas may be sampled, (height, width).
        hole: Bounds of what is to be synthesized.
        sampling: What of the canvas may be sampled.
        tiling: Whether the canvas wraps around: without a context, all that is left of it is then sampled.
        holes: Whether what is transparent belongs to the picture.
        masked: Whether a mask says what is free.

    Returns:
        A part of the canvas around the hole, or the bounds of what a mask allows of it.

    Raises:
        NothingToSampleError: Next to nothing of the canvas can be seen, or it is tiny.
        TooLittleToSampleError: Too little of the canvas may be sampled.
        TooFewOpaqueError: It is to be flat, and hardly any of it is opaque.
    """
    everything = whole_of(free)
    check_visible(canvas)
    allowed = 1 - free if holes else (1 - free) * _visible(canvas, flatten=sampling.flatten)
    if sampling.mask is not None:
        allowed = allowed * _levels(sampling.mask)
    anywhere = tiling or sampling.mask is not None
    near = context_of(hole, sampling.context).common(everything)
    area = everything if sampling.context is None and anywhere else near
    if sampling.sample_from == SIDES:
        area = Box(hole.top, area.left, hole.bottom, area.right)
    elif sampling.sample_from == ABOVE_BELOW:
        area = Box(area.top, hole.left, area.bottom, hole.right)
    inside = np.zeros_like(allowed)
    area.cut(inside)[...] = area.cut(allowed)
    if anywhere and inside.max() >= OPAQUE:
        # What is left of a canvas without its border has no hole, and no pixels near one that must not be sampled.
        area = bounds_of(inside >= OPAQUE)
    area = _no_more_than_largest(_at_least_smallest(area, everything), hole)
    left = area.cut(inside)
    if _count(left) < FEWEST_PIXELS:
        _refuse(left, 1 - free, sampling, masked=masked)
    if sampling.flatten and canvas.alpha is not None and _is_thin(left):
        raise TooFewOpaqueError(HARDLY_OPAQUE)
    _check_size(area)
    return _cut(canvas, inside, area, solid=sampling.flatten)


def _refuse(left: Mask, kept: Mask, sampling: Sampling, *, masked: bool) -> NoReturn:
    """Raise the error that says why what is left of what is kept of a canvas is no exemplar."""
    if sampling.is_around_hole or sampling.mask is not None:
        more = "allow more context, other sides or more of the exemplar mask, or name an exemplar"
        raise TooLittleToSampleError(f"{_shortage(left)}: {more}")
    if sampling.flatten and _count(kept) >= FEWEST_PIXELS:
        raise TooFewOpaqueError(HARDLY_OPAQUE)
    if masked and _count(kept) < FEWEST_PIXELS:
        raise TooLittleToSampleError(
            f"the mask leaves {counted(_count(kept), 'pixel')} of the canvas black, and the texture is taken from at "
            f"least {FEWEST_PIXELS}: paint more of it black, or give an exemplar"
        )
    raise TooLittleToSampleError("hardly anything is left of the canvas to take the texture from: give an exemplar")


def check_visible(canvas: Picture) -> None:
    """Refuse a canvas, before it is extended, that is its own exemplar and of which next to nothing can be seen."""
    seen = _count(_visible(canvas, flatten=False))
    if seen < FEWEST_PIXELS:
        raise NothingToSampleError(
            f"the canvas has {counted(seen, 'pixel')} that can be seen, and at least {FEWEST_PIXELS} are needed: "
            "give another one, or an exemplar"
        )


def _is_thin(allowed: Mask) -> bool:
    """Whether all that may be sampled lies in a strip: only stripes could be made of it."""
    return bool(min(bounds_of(allowed >= OPAQUE).size) < min(SMALLEST_EXEMPLAR, *allowed.shape))


def _levels(mask: Picture) -> Mask:
    return levels_of(mask, name="exemplar mask", purpose="may be sampled")


def _count(allowed: Mask) -> int:
    return int((allowed >= OPAQUE).sum())


def _shortage(allowed: Mask) -> str:
    return f"{counted(_count(allowed), 'pixel')} may be sampled, and at least {FEWEST_PIXELS} are needed"


def _check_size(area: Box) -> None:
    height, width = area.size
    if min(height, width) < SMALLEST_EXEMPLAR:
        raise TooLittleToSampleError(
            f"the exemplar is {width}x{height} pixels: give one of at least {SMALLEST_EXEMPLAR}x{SMALLEST_EXEMPLAR}"
        )


def _at_least_smallest(area: Box, everything: Box) -> Box:
    """Widen an area that is too narrow for an exemplar, by pixels that may not be sampled."""
    height, width = (
        min(most, max(SMALLEST_EXEMPLAR, side)) for side, most in zip(area.size, everything.size, strict=True)
    )
    return everything.placed((height, width), area)


def _no_more_than_largest(area: Box, hole: Box) -> Box:
    """Cut an area to its part nearest to the hole, if it is larger than an exemplar may be."""
    height, width = area.size
    if height * width <= LARGEST_EXEMPLAR:
        return area
    scale = (LARGEST_EXEMPLAR / (height * width)) ** 0.5
    return area.placed((int(height * scale), int(width * scale)), hole)


def _visible(picture: Picture, *, flatten: bool) -> Mask:
    """Mark what can be seen of a picture, or what of it is opaque: 1 there, else 0."""
    if picture.alpha is None:
        return np.ones(picture.pixels.shape[:2], np.float32)
    return (picture.alpha >= (OPAQUE if flatten else CLEAR)).astype(np.float32)


def _cut(picture: Picture, allowed: Mask, area: Box, *, solid: bool) -> Sample:
    valid = (area.cut(allowed) >= OPAQUE).astype(np.float32)
    alpha = None if solid or picture.alpha is None else np.ascontiguousarray(area.cut(picture.alpha))
    if alpha is not None and (alpha[valid > 0] >= OPAQUE).all():
        alpha = None
    return Sample(area.cut(picture.pixels), None if bool(valid.all()) else valid, (area.top, area.left), alpha)
