"""What one job works on, from pictures, and a picture from what it has made."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from engine.images import Picture
from engine.images.picture import FloatArray
from engine.preparation.areas import Box, Size, bounds_of, whole_of
from engine.preparation.content import read_content
from engine.preparation.errors import MaterialError
from engine.preparation.extending import added, extended, far_from, with_black
from engine.preparation.guides import Guidance, read_guides
from engine.preparation.islands import Island, find_islands
from engine.preparation.maps import Maps, check_maps, read_maps
from engine.preparation.masks import (
    OPAQUE,
    Mask,
    band_along,
    check_same_size,
    has_holes,
    hidden_in,
    hole_of,
    is_damaged,
    is_lace,
    soft_edge,
)
from engine.preparation.reach import context_of, surroundings_of
from engine.preparation.sampling import ALL, Sample, Sampling, sample_canvas, sample_exemplar
from engine.preparation.transforming import ExemplarTransform, transformed
from engine.preparation.translucency import Translucency, continued, translucency
from protocol.vocabulary import AXES, Margins


@dataclass(frozen=True)
class Source:
    """A further picture to sample.

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
class Materials:
    """What one job works on.

    Attributes:
        exemplar: The sample texture.
        known: The canvas's pixels, cut to the part that is worked on, contiguous.
        free: 1 where the part that is worked on is to be synthesized, or is transparent; contiguous.
        canvas: The whole canvas with what it keeps, or None for a new texture.
        mask: 1 where the whole canvas is to be synthesized, (height, width).
        box: The part of the canvas that is worked on.
        pattern: The picture whose bit depth, grayness and profile the result takes.
        offset: Row and column of the part's first pixel in the exemplar, where that is of the same picture.
        islands: Holes that lie far from each other, in the part that is worked on; none where they are one.
        translucency: How alpha is a part of the texture; None where the result is opaque.
        more: Further sources of the exemplar, each with its share; the exemplar's own is 1.
        guidance: What of the exemplar belongs where on a new texture; None for anything anywhere.
        maps: Further maps of the exemplar; None for none.
        content: Picture that a new texture redraws, RGB of its size; None for none.
    """

    exemplar: Sample
    known: FloatArray | None
    free: Mask | None
    canvas: Picture | None
    mask: Mask | None
    box: Box | None
    pattern: Picture
    offset: tuple[int, int] | None = None
    islands: tuple[Island, ...] = ()
    translucency: Translucency | None = None
    more: tuple[tuple[Sample, float], ...] = ()
    guidance: Guidance | None = None
    maps: Maps | None = None
    content: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class Guides:
    """The guides of a new texture, as they are given.

    Attributes:
        canvas: The canvas's.
        exemplar: The exemplar's; those of further sources are their own.
        size: Height and width of the canvas, if they are asked for.
        transform: How the exemplar is rotated and scaled.
        content: Picture that the texture redraws.
    """

    canvas: Picture | None = None
    exemplar: Picture | None = None
    size: Size | None = None
    transform: ExemplarTransform = field(default_factory=ExemplarTransform)
    content: Picture | None = None


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
    more: Sequence[Source] = (),
    extend: Margins = Margins(),  # noqa: B008 - it is frozen
    guides: Guides = Guides(),
    maps: Sequence[Picture] = (),
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
        guides: What belongs where on a new texture.
        maps: Further maps of the exemplar, for a new texture of it alone.

    Returns:
        The materials.

    Raises:
        MaterialError: The pictures do not fit together, or a value is out of range.
    """
    axes = AXES[seamless]
    flatten = flatten or bool(more)
    wrap = (axes[1], axes[0])
    if extend:
        canvas, exemplar_mask = _extended(canvas, mask, exemplar_mask, extend, own=exemplar is None)
    sampling = Sampling(context, sample_from, exemplar_mask, flatten)
    _check_place(sampling, exemplar)
    if canvas is None:
        return _new(exemplar, mask, sampling, wrap, more, guides, maps)
    _refuse_guides(guides, more)
    if maps:
        raise MaterialError("maps are for new textures, and there is a picture to fill: leave out either of them")
    everything = whole_of(canvas.pixels)
    given = mask is not None or bool(extend)
    banded = any(axes) and not given
    nothing = np.zeros(everything.size, np.float32)
    if banded and not flatten and not is_lace(canvas, 1 - nothing):
        # All that is missing of a tile is made, and its soft edge with it.
        whole = _without_edge(canvas, everything, nothing)
    else:
        whole = canvas
    gone = nothing if banded and not is_damaged(whole) else _gone(whole, mask, extend)
    free = np.maximum(gone, band_along(*everything.size, axes)) if banded else gone
    hole = bounds_of(free)
    around = everything if any(axes) else context_of(hole, context).common(everything)
    holes = (given or banded) and exemplar is None and not flatten
    holes = holes and _has_holes(canvas, free, around, extend)
    # What is kept of a soft edge says nothing of what goes on beside it, and would be taken for texture.
    seen = canvas if holes or flatten else _without_edge(canvas, around, free)
    if exemplar is not None:
        sample = _sampled(exemplar, sampling, canvas, 1 if more else None)
    else:
        # The band is texture too, but for the seam: what can stay as it is fits the middle best.
        sample = sample_canvas(seen, _unsampled(gone, extend, context), hole, sampling, tiling=any(axes), holes=holes)
    # Of a canvas that wraps around, every border is next to another one.
    box = everything if any(axes) else surroundings_of(hole).common(everything)
    work = free if holes or not (given or banded) else hidden_in(seen, free, flatten=flatten)
    known, inside = (np.ascontiguousarray(box.cut(array)) for array in (canvas.pixels, work))
    through = None
    if canvas.alpha is not None and not flatten:
        alpha, changed = (np.ascontiguousarray(box.cut(array)) for array in (canvas.alpha, free))
        own = np.ones(sample.pixels.shape[:2], np.float32) if sample.alpha is None else sample.alpha
        if sample.alpha is not None or (alpha[inside == 0] < OPAQUE).any():
            through = translucency(
                sample.pixels, own, sample.valid, wrap, (known, alpha, changed), own=exemplar is None
            )
            known = through.composite(known, alpha)
    offset = None if exemplar is not None else (box.top - sample.corner[0], box.left - sample.corner[1])
    nearby = exemplar is None and exemplar_mask is None and not sampling.is_around_hole
    size = (sample.pixels.shape[0], sample.pixels.shape[1])
    islands = () if any(axes) else find_islands(inside > 0, sample.valid, size, offset if nearby else None)
    sampled = _over(sample, through)
    others = _further(more, canvas)
    return Materials(sampled, known, inside, canvas, free, box, canvas, offset, islands, through, others)


def _extended(
    canvas: Picture | None, mask: Picture | None, exemplar_mask: Picture | None, extend: Margins, *, own: bool
) -> tuple[Picture, Picture | None]:
    """Add margins to a canvas and, if that is its own exemplar, to the exemplar mask."""
    if canvas is None:
        raise MaterialError("only a picture can be extended: give --canvas too")
    if mask is not None:
        raise MaterialError("both a mask and --extend say what is to be synthesized: leave out either of them")
    if own and exemplar_mask is not None:
        check_same_size(exemplar_mask, canvas, name="exemplar mask", of="canvas")
        exemplar_mask = with_black(exemplar_mask, extend)
    return extended(canvas, extend), exemplar_mask


def _check_place(sampling: Sampling, exemplar: Picture | None) -> None:
    """Refuse a place around the hole to sample, if another picture is sampled."""
    if exemplar is not None and sampling.is_around_hole:
        raise MaterialError(
            "context and sample-from choose a part of the canvas, and an exemplar is given: leave out either of them"
        )


def _gone(canvas: Picture, mask: Picture | None, extend: Margins) -> Mask:
    return added(canvas.pixels.shape[:2], extend) if extend else hole_of(canvas, mask)


def _unsampled(gone: Mask, extend: Margins, context: int | None) -> Mask:
    """Mark what is not sampled of a canvas: what is missing and, if it is extended, what lies beyond the context."""
    return far_from(whole_of(gone).size, extend, context) if extend and context else gone


def _refuse_guides(guides: Guides, more: Sequence[Source]) -> None:
    if guides.transform:
        raise MaterialError("only the exemplar of a new texture is rotated or scaled: leave that out, or the canvas")
    if guides.content is not None:
        raise MaterialError(
            "a content is redrawn in a new texture, and there is a picture to fill: leave out either of them"
        )
    if guides.canvas is not None or guides.exemplar is not None or any(each.guide for each in more):
        raise MaterialError("guides are for new textures, and there is a picture to fill: leave out either of them")


def _has_holes(canvas: Picture, free: Mask, around: Box, extend: Margins) -> bool:
    # What is added says nothing of alpha.
    return is_lace(canvas, 1 - free) if extend else has_holes(_cut(canvas, around), around.cut(free))


def _new(
    exemplar: Picture | None,
    mask: Picture | None,
    sampling: Sampling,
    wrap: tuple[bool, bool],
    more: Sequence[Source],
    guides: Guides,
    maps: Sequence[Picture],
) -> Materials:
    """Prepare a new texture."""
    if exemplar is None:
        raise MaterialError("there is nothing to take the texture from: name an exemplar, or give --canvas")
    if mask is not None:
        raise MaterialError("a mask needs a picture to keep around it: give --canvas too")
    if maps and more:
        raise MaterialError("maps belong to a single exemplar, and there are several: leave out either of them")
    if maps and guides.transform:
        # Normals would have to turn, too, and no pixel would come from one place.
        raise MaterialError("several maps of one texture are neither rotated nor scaled: leave that out, or the maps")
    check_maps(maps, exemplar)
    sample = _sampled(exemplar, sampling, None, 1 if more else None)
    through = None if sample.alpha is None else translucency(sample.pixels, sample.alpha, sample.valid, wrap)
    sampled, others = _over(sample, through), _further(more, None)
    guidance = read_guides(
        guides.canvas,
        [guides.exemplar, *(each.guide for each in more)],
        [sampled, *(each for each, _ in others)],
        [whole_of(each.pixels).size for each in (exemplar, *(each.picture for each in more))],
        guides.size,
    )
    wanted = guides.size if guidance is None else whole_of(guidance.weights).size
    content = read_content(guides.content, wanted)
    if content is not None:
        wanted = whole_of(content).size
        if maps:
            raise MaterialError(
                "a content is redrawn with a single map, and there are several: leave out either of them"
            )
    if guides.transform:
        if guidance is not None or others:
            raise MaterialError(
                "the exemplar is to be rotated or scaled, and there are guides or several exemplars: "
                "leave out either of them"
            )
        (sampled, *copies), guidance = transformed(sampled, guides.transform, wanted)
        others = tuple((each, 1.0) for each in copies)
    none = (None,) * 5
    (top, left), (height, width) = sample.corner, sample.pixels.shape[:2]
    sampled_maps = read_maps(maps, Box(top, left, top + height, left + width))
    return Materials(
        sampled,
        *none,
        exemplar,
        translucency=through,
        more=others,
        guidance=guidance,
        maps=sampled_maps,
        content=content,
    )


def _further(more: Sequence[Source], canvas: Picture | None) -> tuple[tuple[Sample, float], ...]:
    return tuple(
        (_sampled(source.picture, Sampling(mask=source.mask, flatten=True), canvas, number), source.share)
        for number, source in enumerate(more, 2)
    )


def _sampled(exemplar: Picture, sampling: Sampling, canvas: Picture | None, number: int | None) -> Sample:
    """Take one of several exemplars, which is named by its number in an error, or the only one (None)."""
    try:
        return sample_exemplar(exemplar, sampling, canvas)
    except MaterialError as error:
        if number is None:
            raise
        raise MaterialError(f"exemplar {number}: {error}") from error


def _without_edge(canvas: Picture, around: Box, free: Mask) -> Picture:
    """Clear the soft edge of what was cut out around a hole, unless alpha goes smoothly on through the hole."""
    if canvas.alpha is None:
        return canvas
    edge = soft_edge(around.cut(canvas.alpha)) & (around.cut(free) < 1)
    if not edge.any() or (free.any() and continued(around.cut(canvas.alpha), around.cut(free)) is not None):
        return canvas
    alpha = canvas.alpha.copy()
    around.cut(alpha)[edge] = 0
    return replace(canvas, alpha=alpha)


def _cut(picture: Picture, box: Box) -> Picture:
    alpha = None if picture.alpha is None else box.cut(picture.alpha)
    return replace(picture, pixels=box.cut(picture.pixels), alpha=alpha, stored=None, kept=None)


def _over(sample: Sample, through: Translucency | None) -> Sample:
    if through is None:
        return sample
    return replace(sample, pixels=through.composite(through.colors, through.alpha))


def canvas_size(
    canvas: Picture | None,
    wanted: Size | None,
    guidance: Guidance | None = None,
    content: FloatArray | None = None,
) -> Size | None:
    """Decide the size of the whole canvas.

    Args:
        canvas: Picture to keep a part of, or None.
        wanted: Height and width that were asked for, or None.
        guidance: Of a new texture, or None.
        content: Picture that a new texture redraws, or None.

    Returns:
        Height and width, or None where nothing decides it.

    Raises:
        MaterialError: The canvas contradicts what was asked for.
    """
    if guidance is not None:
        return whole_of(guidance.weights).size
    if content is not None:
        return whole_of(content).size
    if canvas is None:
        return wanted
    height, width = canvas.pixels.shape[:2]
    if wanted not in {None, (height, width)}:
        raise MaterialError(f"the canvas is {width}x{height}: leave out --size, or give the same")
    return height, width


def cut_start(picture: Picture | None, materials: Materials) -> FloatArray | None:
    """Fit a picture to start from to the part that is worked on.

    Args:
        picture: Of any size, or None where none is given.
        materials: What the job works on.

    Returns:
        float32 (height, width, 3): all of the picture for a new texture; else of the size of the part, contiguous.
        None without a picture.
    """
    if picture is None:
        return None
    if materials.mask is None or materials.box is None:
        return picture.pixels
    found, (height, width) = picture.pixels, materials.mask.shape
    if found.shape[:2] != (height, width):
        from engine.synthesis.resample import resize
        from engine.tensors import to_tensor

        found = resize(to_tensor(found, "cpu"), (height, width))[0].permute(1, 2, 0).clamp(0, 1).numpy()
    return np.ascontiguousarray(materials.box.cut(found))


def lift(materials: Materials, pixels: FloatArray, size: Size) -> tuple[FloatArray, Mask | None]:
    """Take what was synthesized off its backdrop.

    Args:
        materials: What the job works on.
        pixels: float32 (height, width, 3), RGB in [0, 1], at the size that is worked at, or smaller.
        size: Height and width that is worked at, pixels.

    Returns:
        RGB, and alpha (height, width); None where it is opaque.
    """
    return (pixels, None) if materials.translucency is None else materials.translucency.lift(pixels, size)


def finish(materials: Materials, pixels: FloatArray, size: Size, alpha: Mask | None = None) -> Picture:
    """Turn a synthesized picture into one to write.

    Args:
        materials: What the job worked on.
        pixels: float32 (height, width, 3), RGB in [0, 1], at the size that was worked at.
        size: Height and width of the canvas, pixels.
        alpha: float32 (height, width), of the pixels; None where they are opaque.

    Returns:
        The whole canvas, with the pattern's bit depth and grayness.

    Raises:
        MaterialError: The picture has another size.
    """
    due = size if materials.box is None else materials.box.size
    if pixels.shape[:2] != due:
        raise MaterialError(f"the picture is {pixels.shape[1]}x{pixels.shape[0]} where {due[1]}x{due[0]} is due")
    if materials.canvas is not None and materials.box is not None and materials.mask is not None:
        whole = materials.canvas.pixels.copy()
        inside = materials.box.cut(materials.mask)[..., None] > 0
        np.copyto(materials.box.cut(whole), pixels, where=inside)
        pixels = whole
        made = alpha
        alpha = None if materials.canvas.alpha is None else np.maximum(materials.canvas.alpha, materials.mask)
        if alpha is not None and made is not None:
            np.copyto(materials.box.cut(alpha), made, where=inside[..., 0])
    return replace(
        materials.pattern, pixels=pixels.astype(np.float32, copy=False), alpha=alpha, stored=None, kept=None
    )
