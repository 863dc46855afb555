"""Pictures to a request, and its result to a picture to write."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from protocol.messages import Canvas, Source, Synthesize
from protocol.raster import Raster
from protocol.vocabulary import Settings

if TYPE_CHECKING:
    from engine.images import Picture


def request_for(
    pictures: "Mapping[str, Picture | None]",
    settings: Settings,
    size: tuple[int | None, int | None],
    context: int | None,
    sample_from: str,
) -> Synthesize:
    """Put what the terminal was given into a request.

    Args:
        pictures: `exemplar`, `canvas`, `mask`, `exemplar_mask` and `init`.
        settings: How the texture is made.
        size: Width and height, or None for both.
        context: How far around the hole the canvas is sampled, pixels; None by the size of the hole.
        sample_from: From where around it.

    Returns:
        The request, with results of floating point.
    """
    rasters = {name: None if picture is None else _raster(picture) for name, picture in pictures.items()}
    exemplar, mask = rasters["exemplar"], rasters["exemplar_mask"]
    canvas = Canvas(
        rasters["canvas"],
        rasters["mask"],
        mask if exemplar is None else None,
        context,
        sample_from,
        rasters["init"],
        *size,
    )
    sources = () if exemplar is None else (Source(exemplar, mask),)
    return Synthesize("terminal", sources, canvas, settings, depth="f32")


def made_of(raster: Raster, pattern: "Picture", *, keeps: bool) -> "Picture":
    """Turn a result into a picture to write.

    Args:
        raster: The result.
        pattern: The canvas, or else the exemplar, whose bit depth, grayness, profile and metadata the picture takes.
        keeps: Whether it is a canvas, whose pixels are written as its file has them where they have not changed.

    Returns:
        The picture.
    """
    from engine.service.rasters import picture_of

    found = picture_of(raster, "result")
    if not keeps:
        # A new texture is no picture of the place where its exemplar was taken.
        told = pattern.metadata.without_place()
        return replace(pattern, pixels=found.pixels, alpha=found.alpha, stored=None, kept=None, metadata=told)
    kept = (found.pixels == pattern.pixels).all(axis=2)
    return replace(pattern, pixels=found.pixels, alpha=found.alpha, kept=kept)


def _raster(picture: "Picture") -> Raster:
    """Write a picture as the smallest raster that loses nothing of it."""
    import numpy as np

    from engine.service.rasters import array_raster, samples_of

    samples = picture.pixels if picture.alpha is None else np.dstack([picture.pixels, picture.alpha])
    for depth in ("u8", "u16"):
        raster = array_raster(samples, depth)
        if np.array_equal(samples_of(raster), samples):
            return raster
    return array_raster(samples, "f32")
