"""What a new texture is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from engine.images import Picture
from engine.images.picture import FloatArray
from engine.preparation.alpha import OPAQUE
from engine.preparation.areas import Box, Size, whole_of
from engine.preparation.guides import read_guides
from engine.preparation.job_input import FurtherSource, JobInput, over, sampled, sampled_further
from engine.preparation.light import without_trend
from engine.preparation.maps import read_maps
from engine.preparation.sampling import Sample, Sampling
from engine.preparation.transforming import ExemplarTransform, transformed
from engine.preparation.translucency import translucency
from engine.request_errors import RequestError


@dataclass(frozen=True, eq=False)
class Layout:
    """How a new texture is laid out.

    Attributes:
        size: Height and width, pixels; None for those of its guide, its content or a map, or any.
        guide: Guide of the canvas.
        exemplar_guide: Guide of the exemplar; those of further sources are their own.
        transform: How the exemplar is rotated and scaled.
        content: Picture that the texture redraws.
        maps: Further maps of the exemplar, which are made together with it.
    """

    size: Size | None = None
    guide: Picture | None = None
    exemplar_guide: Picture | None = None
    transform: ExemplarTransform = field(default_factory=ExemplarTransform)
    content: Picture | None = None
    maps: Sequence[Picture] = ()


def prepare_new(
    exemplar: Picture, sampling: Sampling, wrap: tuple[bool, bool], more: Sequence[FurtherSource], layout: Layout
) -> JobInput:
    """Turn pictures into what synthesis takes for a new texture.

    Args:
        exemplar: The sample texture, with its alpha.
        sampling: What of it may be sampled.
        wrap: Whether rows, and columns, continue on the other side.
        more: Further sources, to be mixed with the exemplar.
        layout: What belongs where.

    Returns:
        The input of the job.

    Raises:
        RequestError: The pictures do not fit together.
    """
    sample, others = sampled(exemplar, sampling, None, 1 if more else None), sampled_further(more, None)
    if not layout.maps and layout.exemplar_guide is None:
        sample, others = _lit_evenly(sample), tuple((_lit_evenly(each), share) for each, share in others)
    through = None if sample.alpha is None else translucency(sample.pixels, sample.alpha, sample.valid, wrap)
    laid = over(sample, through)
    guidance = read_guides(
        layout.guide,
        [layout.exemplar_guide, *(each.guide for each in more)],
        [laid, *(each for each, _ in others)],
    )
    size = layout.size if guidance is None else whole_of(guidance.weights).size
    content = _read_content(layout.content)
    size = size if content is None else whole_of(content).size
    if layout.transform:
        (laid, *copies), guidance = transformed(laid, layout.transform)
        others = tuple((each, 1.0) for each in copies)
        size = layout.transform.size or size
    pictures = (exemplar, *(each.picture for each in more))
    gray, bits = all(each.gray for each in pictures), max(each.bits for each in pictures)
    if (gray, bits) != (exemplar.gray, exemplar.bits):
        exemplar = replace(exemplar, gray=gray, bits=bits)
    (top, left), (height, width) = sample.corner, sample.pixels.shape[:2]
    return JobInput(
        laid,
        exemplar,
        size,
        translucency=through,
        more=others,
        guidance=guidance,
        maps=read_maps(layout.maps, Box(top, left, top + height, left + width)),
        content=content,
    )


def _read_content(content: Picture | None) -> FloatArray | None:
    """Read the content of a new texture.

    Args:
        content: The picture, as large as the canvas; None for none.

    Returns:
        Its colors, float32 (height, width, 3), or None.

    Raises:
        RequestError: It is transparent.
    """
    if content is None:
        return None
    if content.alpha is not None and (content.alpha < OPAQUE).any():
        raise RequestError("the content is transparent in places: give an opaque picture")
    return content.pixels


def _lit_evenly(sample: Sample) -> Sample:
    """Take uneven light off a sample; what can be seen through is sampled as it is."""
    if sample.alpha is not None:
        return sample
    valid = np.ones(sample.pixels.shape[:2], bool) if sample.valid is None else sample.valid > 0
    return replace(sample, pixels=without_trend(sample.pixels, valid))
