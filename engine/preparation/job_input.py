"""The input of a job, and the picture from its result."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.images import Picture
from engine.images.picture import FloatArray
from engine.preparation.alpha import Mask
from engine.preparation.areas import Box, Size
from engine.preparation.guides import Guidance
from engine.preparation.islands import Island
from engine.preparation.maps import Maps
from engine.preparation.sampling import MIXED, Sample, Sampling, sample_exemplar
from engine.preparation.translucency import Translucency
from engine.request_errors import RequestError


@dataclass(frozen=True)
class FurtherSource:
    """A picture to sample besides the exemplar.

    Attributes:
        picture: The picture; only what is opaque is sampled.
        mask: White where it may be sampled; None for everywhere.
        share: How much of the canvas is to come from it, relative to the exemplar's share of 1.
        guide: Its guide, see `read_guides`.
    """

    picture: Picture
    mask: Picture | None = None
    share: float = 1.0
    guide: Picture | None = None


@dataclass(frozen=True, eq=False)
class JobInput:
    """What one job works on.

    Attributes:
        exemplar: The sample texture.
        pattern: The picture whose bit depth, grayness and profile the result takes.
        size: Height and width of the whole canvas, pixels; None for any.
        known: The canvas's pixels, cut to the part that is worked on, contiguous.
        free: 1 where the part that is worked on is to be synthesized, or is transparent; contiguous.
        canvas: The whole canvas with what it keeps, or None for a new texture.
        mask: 1 where the whole canvas is to be synthesized, (height, width).
        shown: How much of each pixel of the whole canvas is to be new: the mask, before it is made hard for a client
            that blends by itself; None for all.
        box: The part of the canvas that is worked on.
        offset: Row and column of the part's first pixel in the exemplar, where that is of the same picture.
        islands: Holes that lie far from each other, in the part that is worked on; none where they are one.
        fits: Whether what is made has to fit what is kept; else it is a new texture, laid into the hole.
        translucency: How alpha is a part of the texture; None where the result is opaque.
        more: Further sources of the exemplar, each with its share; the exemplar's own is 1.
        guidance: What of the exemplar belongs where on a new texture; None for anything anywhere.
        maps: Further maps of the exemplar; None for none.
        content: Picture that a new texture redraws, RGB of its size; None for none.
    """

    exemplar: Sample
    pattern: Picture
    size: Size | None
    known: FloatArray | None = None
    free: Mask | None = None
    canvas: Picture | None = None
    mask: Mask | None = None
    shown: Mask | None = None
    box: Box | None = None
    offset: tuple[int, int] | None = None
    islands: tuple[Island, ...] = ()
    fits: bool = True
    translucency: Translucency | None = None
    more: tuple[tuple[Sample, float], ...] = ()
    guidance: Guidance | None = None
    maps: Maps | None = None
    content: FloatArray | None = None


def sampled(exemplar: Picture, sampling: Sampling, canvas: Picture | None, number: int | None) -> Sample:
    """Take one of several exemplars, which is named by its number in an error, or the only one (None)."""
    try:
        return sample_exemplar(exemplar, sampling, canvas)
    except RequestError as error:
        if number is None:
            raise
        raise type(error)(f"exemplar {number}: {error}") from error


def sampled_further(more: Sequence[FurtherSource], canvas: Picture | None) -> tuple[tuple[Sample, float], ...]:
    """Take further exemplars, each with its share."""
    return tuple(
        (sampled(source.picture, Sampling(mask=source.mask, flatten=True, alone=MIXED), canvas, number), source.share)
        for number, source in enumerate(more, 2)
    )


def over(sample: Sample, through: Translucency | None) -> Sample:
    """Lay a translucent sample over its backdrop."""
    if through is None:
        return sample
    return replace(sample, pixels=through.composite(through.colors, through.alpha))


def cut_start(picture: Picture | None, job_input: JobInput) -> FloatArray | None:
    """Fit a picture to start from to the part that is worked on.

    Args:
        picture: Of any size, or None where none is given.
        job_input: What the job works on.

    Returns:
        float32 (height, width, 3): all of the picture for a new texture; else of the size of the part, contiguous.
        None without a picture.
    """
    if picture is None:
        return None
    if job_input.mask is None or job_input.box is None:
        return picture.pixels
    found, (height, width) = picture.pixels, job_input.mask.shape
    if found.shape[:2] != (height, width):
        from engine.synthesis.resample import resize
        from engine.tensors import to_tensor

        found = resize(to_tensor(found, "cpu"), (height, width))[0].permute(1, 2, 0).clamp(0, 1).numpy()
    return np.ascontiguousarray(job_input.box.cut(found))


def lift(job_input: JobInput, pixels: FloatArray, size: Size) -> tuple[FloatArray, Mask | None]:
    """Take what was synthesized off its backdrop.

    Args:
        job_input: What the job works on.
        pixels: float32 (height, width, 3), RGB in [0, 1], at the size that is worked at, or smaller.
        size: Height and width that is worked at, pixels.

    Returns:
        RGB, and alpha (height, width); None where it is opaque.
    """
    return (pixels, None) if job_input.translucency is None else job_input.translucency.lift(pixels, size)


def seen(job_input: JobInput, pixels: FloatArray, size: Size) -> FloatArray:
    """Show what was synthesized as its result looks over the backdrop; see `lift`."""
    through = job_input.translucency
    if through is None or through.backdrop is None:
        return pixels
    return through.composite(*through.lift(pixels, size))


def finish(job_input: JobInput, pixels: FloatArray, size: Size, alpha: Mask | None = None) -> Picture:
    """Turn a synthesized picture into one to write.

    Args:
        job_input: What the job worked on.
        pixels: float32 (height, width, 3), RGB in [0, 1], at the size that was worked at.
        size: Height and width of the canvas, pixels.
        alpha: float32 (height, width), of the pixels; None where they are opaque.

    Returns:
        The whole canvas, with the pattern's bit depth and grayness.

    Raises:
        RequestError: The picture has another size.
    """
    due = size if job_input.box is None else job_input.box.size
    if pixels.shape[:2] != due:
        raise RequestError(f"the picture is {pixels.shape[1]}x{pixels.shape[0]} where {due[1]}x{due[0]} is due")
    if job_input.canvas is not None and job_input.box is not None and job_input.mask is not None:
        whole = job_input.canvas.pixels.copy()
        inside = job_input.box.cut(job_input.mask)[..., None] > 0
        np.copyto(job_input.box.cut(whole), pixels, where=inside)
        pixels = whole
        made = alpha
        alpha = None if job_input.canvas.alpha is None else np.maximum(job_input.canvas.alpha, job_input.mask)
        if alpha is not None and made is not None:
            np.copyto(job_input.box.cut(alpha), made, where=inside[..., 0])
    return replace(
        job_input.pattern, pixels=pixels.astype(np.float32, copy=False), alpha=alpha, stored=None, kept=None
    )
