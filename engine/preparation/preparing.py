"""From pictures and what is wanted to what one job works on."""

from collections.abc import Sequence

from engine.images import Picture
from engine.preparation.areas import Size, whole_of
from engine.preparation.errors import MaterialError
from engine.preparation.extending import extended, with_black
from engine.preparation.filling import prepare_fill
from engine.preparation.masks import check_same_size
from engine.preparation.materials import FurtherSource, Materials
from engine.preparation.new_texture import Layout, prepare_new
from engine.preparation.sampling import ALL, Sampling
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
) -> Materials:
    """Turn pictures into what synthesis takes.

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
        The materials.

    Raises:
        MaterialError: The pictures do not fit together, or a value is out of range.
    """
    axes = AXES[seamless]
    if extend:
        canvas, exemplar_mask = _extended(canvas, mask, exemplar_mask, extend, own=exemplar is None)
    sampling = Sampling(context, sample_from, exemplar_mask, flatten or bool(more))
    if exemplar is not None and sampling.is_around_hole:
        raise MaterialError(
            "context and sample-from choose a part of the canvas, and an exemplar is given: leave out either of them"
        )
    if canvas is not None:
        _check_layout(layout, more)
        _check_size(canvas, layout.size)
        return prepare_fill(canvas, mask, exemplar, sampling, axes, more, extend, beyond, blend=blend)
    if exemplar is None:
        raise MaterialError("there is nothing to take the texture from: give an exemplar, or a canvas to fill")
    if mask is not None:
        raise MaterialError("a mask is given, and no picture to keep around it: give the canvas, too")
    return prepare_new(exemplar, sampling, (axes[1], axes[0]), more, layout)


def _extended(
    canvas: Picture | None, mask: Picture | None, exemplar_mask: Picture | None, extend: Margins, *, own: bool
) -> tuple[Picture, Picture | None]:
    """Add margins to a canvas and, if that is its own exemplar, to the exemplar mask."""
    if canvas is None:
        raise MaterialError("only a picture can be extended, and there is none: give a canvas")
    if mask is not None:
        raise MaterialError("both a mask and an extension say what is to be synthesized: leave out either of them")
    if own and exemplar_mask is not None:
        check_same_size(exemplar_mask, canvas, name="exemplar mask", of="canvas")
        exemplar_mask = with_black(exemplar_mask, extend)
    return extended(canvas, extend), exemplar_mask


def _check_layout(layout: Layout, more: Sequence[FurtherSource]) -> None:
    """Refuse what only a new texture has."""
    guided = layout.guide is not None or layout.exemplar_guide is not None or any(each.guide for each in more)
    for found, words in (
        (bool(layout.transform), "an exemplar is rotated and scaled"),
        (layout.content is not None, "a content is redrawn"),
        (guided, "guides are"),
        (bool(layout.maps), "maps are made"),
    ):
        if found:
            raise MaterialError(
                f"{words} for new textures only, and there is a picture to fill: leave out either of them"
            )


def _check_size(canvas: Picture, wanted: Size | None) -> None:
    height, width = whole_of(canvas.pixels).size
    if wanted not in {None, (height, width)}:
        raise MaterialError(f"the canvas is {width}x{height}: leave out the size, or give the same")
