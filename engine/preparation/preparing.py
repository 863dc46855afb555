"""From pictures and what is wanted to what one job works on."""

from collections.abc import Sequence
from dataclasses import replace

from engine.images import Picture
from engine.preparation.extending import extended, with_black
from engine.preparation.filling import prepare_fill
from engine.preparation.frames import flat_frame
from engine.preparation.job_input import FurtherSource, JobInput
from engine.preparation.new_texture import Layout, prepare_new
from engine.preparation.sampling import ALL, MIXED, Sampling, check_visible
from engine.request_errors import RequestError
from protocol.vocabulary import AXES, Margins


def prepare(
    exemplar: Picture | None,
    *,
    canvas: Picture | None = None,
    mask: Picture | None = None,
    exemplar_mask: Picture | None = None,
    context: int | None = None,
    sample_from: str = ALL,
    seamless: str = "none",
    flatten: bool = False,
    more: Sequence[FurtherSource] = (),
    extend: Margins = Margins(),  # noqa: B008 - it is frozen
    beyond: Margins = Margins(),  # noqa: B008
    blend: bool = True,
    layout: Layout = Layout(),  # noqa: B008
) -> JobInput:
    """Turn pictures into what synthesis takes; their sizes fit, see `check_request`.

    Args:
        exemplar: The sample texture, with its alpha. None: what the mask leaves of the canvas.
        canvas: Picture to keep where the mask is black.
        mask: White where the canvas is to be synthesized; None: where the canvas is transparent, and 2 pixels on.
        exemplar_mask: White where the exemplar may be sampled, or the canvas if it is its own exemplar.
        context: How far around the hole the canvas is sampled, pixels; None: wherever `exemplar_mask` is white, or
            else by the size of the hole.
        sample_from: The sides of the hole that are sampled, one of `SAMPLE_FROM`.
        seamless: One of `AXES`: along which axes the result tiles. A canvas wraps around. One without a mask is then
            synthesized anew in a band along its border, from all of itself, and where parts of it are missing.
        flatten: Whether the texture is opaque, and only opaque pixels are sampled. It is where there are more.
        more: Further sources, to be mixed with the exemplar.
        extend: What is added to the canvas along its borders, and is synthesized then; all of the canvas is kept.
        beyond: What of the canvas lies beyond the layer that it shows: transparent, and no cut-out.
        blend: Whether the result is blended with the canvas where the mask is soft.
        layout: How a new texture is laid out, and the size that is asked for.

    Returns:
        The input of the job.

    Raises:
        RequestError: The pictures do not fit together, or a value is out of range.
    """
    axes = AXES[seamless]
    sampling = Sampling(context, sample_from, exemplar_mask, flatten or bool(more), alone=MIXED if more else "")
    if canvas is not None:
        if extend:
            sampled = exemplar_mask
            if exemplar is None:
                check_visible(canvas)
            if exemplar is None and sampled is None and not sampling.is_around_hole:
                sampled = flat_frame(canvas, extend)
            canvas = extended(canvas, extend)
            if exemplar is None and sampled is not None:
                sampling = replace(sampling, mask=with_black(sampled, extend))
        return prepare_fill(canvas, mask, exemplar, sampling, axes, more, extend, beyond, blend=blend)
    if exemplar is None:
        raise RequestError("there is nothing to take the texture from: give an exemplar, or a canvas to fill")
    return prepare_new(exemplar, sampling, (axes[1], axes[0]), more, layout)
