"""What one job works on, from pictures, and a picture from what it has made."""

from dataclasses import dataclass, replace

import numpy as np

from engine.images import Picture
from engine.images.picture import FloatArray
from engine.preparation.areas import Box, Size, bounds_of, whole_of
from engine.preparation.axes import axes_of
from engine.preparation.errors import MaterialError
from engine.preparation.masks import Mask, band_along, hidden_in, hole_of, is_opaque
from engine.preparation.sampling import ALL, Sample, Sampling, sample_canvas, sample_exemplar

NEAREST_CONTEXT = 64


@dataclass(frozen=True, eq=False)
class Materials:
    """What one job works on.

    Attributes:
        exemplar: The sample texture.
        known: The canvas's pixels, cut to the part that is worked on, contiguous.
        free: 1 where the part that is worked on is to be synthesised, or is transparent; contiguous.
        canvas: The whole canvas with what it keeps, or None for a new texture.
        mask: 1 where the whole canvas is to be synthesised, (height, width).
        box: The part of the canvas that is worked on.
        pattern: The picture whose bit depth, grayness and profile the result takes.
        offset: Row and column of the part's first pixel in the exemplar, where that is of the same picture.
        nearby: Whether each hole of several is filled from what lies near it, as nothing else was asked for.
    """

    exemplar: Sample
    known: FloatArray | None
    free: Mask | None
    canvas: Picture | None
    mask: Mask | None
    box: Box | None
    pattern: Picture
    offset: tuple[int, int] | None = None
    nearby: bool = False


def prepare(
    exemplar: Picture | None,
    *,
    canvas: Picture | None = None,
    mask: Picture | None = None,
    exemplar_mask: Picture | None = None,
    context: int | None = None,
    sample_from: str = ALL,
    seamless: str = "none",
) -> Materials:
    """Turn pictures into what synthesis takes.

    Args:
        exemplar: The sample texture; transparent pixels are not sampled. None: what the mask leaves of the canvas.
        canvas: Picture to keep where the mask is black.
        mask: White where the canvas is to be synthesised; None: where the canvas is transparent, and 2 pixels on.
        exemplar_mask: White where the exemplar may be sampled, or the canvas if it is its own exemplar.
        context: How far around the hole the canvas is sampled, pixels; None: wherever `exemplar_mask` is white, or
            else by the size of the hole.
        sample_from: From which directions of the hole the canvas is sampled: one of `DIRECTIONS`.
        seamless: One of `AXES`: along which axes the result tiles. A canvas wraps around. One without a mask or a
            transparent part is then synthesised anew in a band along its border, from all of itself.

    Returns:
        The materials.

    Raises:
        MaterialError: The pictures do not fit together, or a value is out of range.
    """
    axes = axes_of(seamless)
    sampling = Sampling(context, sample_from, exemplar_mask)
    if canvas is None:
        if exemplar is None:
            raise MaterialError("there is nothing to take the texture from: name an exemplar, or give --canvas")
        if mask is not None:
            raise MaterialError("a mask needs a picture to keep around it: give --canvas too")
        return Materials(sample_exemplar(exemplar, sampling), None, None, None, None, None, exemplar)
    everything = whole_of(canvas.pixels)
    banded = any(axes) and mask is None and is_opaque(canvas)
    free = band_along(*everything.size, axes) if banded else hole_of(canvas, mask)
    hole = bounds_of(free)
    if exemplar is not None:
        sample = sample_exemplar(exemplar, sampling)
    else:
        # The band is texture too, but for the seam: what can stay as it is fits the middle best.
        unsampled = np.zeros_like(free) if banded else free
        sample = sample_canvas(canvas, unsampled, hole, sampling, tiling=any(axes))
    # Patterns continue over some distance, but what lies further away only costs time. Of a canvas that wraps around,
    # every border is next to another one.
    near = hole.grown(max(NEAREST_CONTEXT, max(hole.size) // 4)).common(everything)
    box = everything if any(axes) else near
    work = free if mask is None else hidden_in(canvas, free)
    known, inside = (np.ascontiguousarray(box.cut(array)) for array in (canvas.pixels, work))
    offset = None if exemplar is not None else (box.top - sample.corner[0], box.left - sample.corner[1])
    nearby = exemplar is None and exemplar_mask is None and not sampling.is_around_hole
    return Materials(sample, known, inside, canvas, free, box, canvas, offset, nearby)


def canvas_size(canvas: Picture | None, wanted: Size | None) -> Size | None:
    """Decide the size of the whole canvas.

    Args:
        canvas: Picture to keep a part of, or None.
        wanted: Height and width that were asked for, or None.

    Returns:
        Height and width, or None where nothing decides it.

    Raises:
        MaterialError: The canvas contradicts what was asked for.
    """
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


def finish(materials: Materials, pixels: FloatArray, size: Size) -> Picture:
    """Turn a synthesised picture into one to write.

    Args:
        materials: What the job worked on.
        pixels: float32 (height, width, 3), RGB in [0, 1], at the size that was worked at.
        size: Height and width of the canvas, pixels.

    Returns:
        The whole canvas, opaque where it was synthesised, with the pattern's bit depth, grayness and profile.

    Raises:
        MaterialError: The picture has another size.
    """
    due = size if materials.box is None else materials.box.size
    if pixels.shape[:2] != due:
        raise MaterialError(f"the picture is {pixels.shape[1]}x{pixels.shape[0]} where {due[1]}x{due[0]} is due")
    alpha = None
    if materials.canvas is not None and materials.box is not None and materials.mask is not None:
        whole = materials.canvas.pixels.copy()
        inside = materials.box.cut(materials.mask)[..., None] > 0
        np.copyto(materials.box.cut(whole), pixels, where=inside)
        pixels = whole
        if materials.canvas.alpha is not None:
            alpha = np.maximum(materials.canvas.alpha, materials.mask)
    stored = None if materials.canvas is None else materials.canvas.stored
    kept = None if materials.mask is None else materials.mask == 0
    pixels = pixels.astype(np.float32, copy=False)
    return replace(materials.pattern, pixels=pixels, alpha=alpha, stored=stored, kept=kept)
