"""Convert pictures to a request, and its result to a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from protocol.messages import Canvas, Source, Synthesize
from protocol.raster import Raster
from protocol.vocabulary import Margins, Settings

if TYPE_CHECKING:
    from engine.images import Picture


def request_for(
    pictures: "Mapping[str, Picture | None]",
    shares: Sequence[float],
    settings: Settings,
    size: tuple[int | None, int | None],
    context: int | None,
    sample_from: str,
    extend: Margins,
) -> Synthesize:
    """Build the request of a command line.

    Args:
        pictures: `exemplar`, `canvas`, `mask`, `exemplar_mask`, `guide`, `canvas_guide`, `rotation_map`, `scale_map`,
            `content`
            and `init`; further exemplars, their masks and guides are numbered, see `numbered_name`, and so are the
            further maps of a set, `map 1`, ….
        shares: One for each exemplar.
        settings: The settings.
        size: Width and height, or None for both.
        context: Distance from the hole within which the canvas is sampled, pixels; None for the default.
        sample_from: The sides of the hole that are sampled.
        extend: What is added along the borders of the canvas.

    Returns:
        The request, for a result in floating point.
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
        extend,
        guide=rasters["canvas_guide"],
        rotation_map=rasters["rotation_map"],
        scale_map=rasters["scale_map"],
        content=rasters["content"],
    )
    sources = []
    for number, share in enumerate(shares, 1):
        picture, own, guide = (
            rasters.get(numbered_name(name, number)) for name in ("exemplar", "exemplar_mask", "guide")
        )
        if picture is not None:
            maps = tuple(each for name, each in rasters.items() if name.startswith("map ") and each is not None)
            sources.append(Source(picture, own, share, guide, maps))
    return Synthesize("terminal", tuple(sources), canvas, settings, depth="f32")


def numbered_name(name: str, number: int) -> str:
    """Return the name of the first, second, … input of a kind: `exemplar`, `exemplar 2`, …."""
    return name if number == 1 else f"{name} {number}"


def made_of(raster: Raster, pattern: "Picture", *, keeps: bool) -> "Picture":
    """Convert a result to a picture.

    Args:
        raster: The result.
        pattern: The canvas or, without one, the exemplar. It gives bit depth, grayness, profile and metadata.
        keeps: Whether `pattern` is a canvas. Pixels that have not changed are then written as its file has them.

    Returns:
        The picture.
    """
    from engine.service.rasters import picture_of

    found = picture_of(raster, "result")
    if not keeps:
        # A new texture does not show the place where its exemplar was taken.
        metadata = pattern.metadata.without_place()
        return replace(pattern, pixels=found.pixels, alpha=found.alpha, stored=None, kept=None, metadata=metadata)
    kept = (found.pixels == pattern.pixels).all(axis=2)
    return replace(pattern, pixels=found.pixels, alpha=found.alpha, kept=kept)


def _raster(picture: "Picture") -> Raster:
    """Convert a picture to the smallest lossless raster."""
    import numpy as np

    from engine.service.rasters import array_raster, samples_of

    # The profile of a gray file may be one for colors, and tint it.
    gray = picture.gray and np.array_equal(picture.pixels[..., :2], picture.pixels[..., 1:])
    colors = picture.pixels[..., :1] if gray else picture.pixels
    samples = colors if picture.alpha is None else np.dstack([colors, picture.alpha])
    for depth in ("u8", "u16"):
        raster = array_raster(samples, depth)
        if np.array_equal(samples_of(raster), samples):
            return raster
    return array_raster(samples, "f32")
