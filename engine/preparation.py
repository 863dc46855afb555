"""From pictures to what synthesis takes, and back, without PyTorch."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.images import Picture
from engine.images.picture import FloatArray

SMALLEST_EXEMPLAR = 8
LARGEST_EXEMPLAR = 2**24
NEAREST_CONTEXT = 64
WIDEST_CONTEXT = 256
OPAQUE = 0.99
FRINGE = 2
BAND = 1 / 6
BLEND = 1 / 5

Size = tuple[int, int]
Mask = NDArray[np.float32]


class MaterialError(ValueError):
    """Pictures that do not fit together, told in one sentence."""


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels: rows `top` to `bottom`, columns `left` to `right`, the ends left out."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def size(self) -> Size:
        """Height and width, pixels."""
        return self.bottom - self.top, self.right - self.left

    def cut(self, array: np.ndarray) -> np.ndarray:
        """Cut the rectangle out of an array (height, width, …)."""
        return array[self.top : self.bottom, self.left : self.right]


@dataclass(frozen=True, eq=False)
class Sample:
    """The sample texture.

    Attributes:
        pixels: float32 (height, width, 3), RGB in [0, 1].
        valid: float32 (height, width), 1 where the pixels may be sampled, else 0; None for everywhere.
    """

    pixels: FloatArray
    valid: Mask | None = None


@dataclass(frozen=True, eq=False)
class Materials:
    """What one job works on.

    Attributes:
        exemplar: The sample texture.
        known: The canvas's pixels, cut to the part that is worked on, contiguous.
        free: The mask, cut to the part that is worked on, contiguous.
        canvas: The whole canvas with what it keeps, or None for a new texture.
        mask: 1 where the whole canvas is to be synthesised, (height, width).
        box: The part of the canvas that is worked on.
        pattern: The picture whose bit depth, grayness and profile the result takes.
        start: What to start from where no picture for that is given, (height, width, 3), or None for noise.
    """

    exemplar: Sample
    known: FloatArray | None
    free: Mask | None
    canvas: Picture | None
    mask: Mask | None
    box: Box | None
    pattern: Picture
    start: FloatArray | None = None


def prepare(
    exemplar: Picture | None, *, canvas: Picture | None = None, mask: Picture | None = None, seamless: bool = False
) -> Materials:
    """Turn pictures into what synthesis takes.

    Args:
        exemplar: The sample texture; transparent pixels are not sampled. None: what the mask leaves of the canvas.
        canvas: Picture to keep where the mask is black.
        mask: White where the canvas is to be synthesised; None: where the canvas is transparent, and 2 pixels on.
        seamless: Whether the canvas is to wrap around. One without a mask or a transparent part is then synthesised
            anew in a band along its border, from all of itself.

    Returns:
        The materials.

    Raises:
        MaterialError: The pictures do not fit together.
    """
    if canvas is None:
        if exemplar is None:
            raise MaterialError("there is nothing to take the texture from: name an exemplar, or give --canvas")
        if mask is not None:
            raise MaterialError("a mask needs a picture to keep around it: give --canvas too")
        return Materials(_sample(exemplar, None), None, None, None, None, None, exemplar)
    if seamless:
        return _wrapped(exemplar, canvas, mask)
    free = _mask(canvas, mask)
    height, width = free.shape
    hole = _bounds(free)
    longest = max(hole.size)
    # Patterns continue over some distance, but what lies further away only costs time.
    box = _grown(hole, max(NEAREST_CONTEXT, longest // 4), (height, width))
    if exemplar is None:
        sample = _rest(canvas, free, _grown(hole, max(WIDEST_CONTEXT, longest), (height, width)))
    else:
        sample = _sample(exemplar, None)
    known, inside = (np.ascontiguousarray(box.cut(array)) for array in (canvas.pixels, free))
    return Materials(sample, known, inside, canvas, free, box, canvas)


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
        Without a picture, what the materials have to start from.
    """
    if picture is None:
        return materials.start
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
        materials.box.cut(whole)[...] = pixels
        pixels = np.where(materials.mask[..., None] > 0, whole, materials.canvas.pixels)
        if materials.canvas.alpha is not None:
            alpha = np.maximum(materials.canvas.alpha, materials.mask)
    stored = None if materials.canvas is None else materials.canvas.stored
    kept = None if materials.mask is None else materials.mask == 0
    return replace(materials.pattern, pixels=pixels.astype(np.float32), alpha=alpha, stored=stored, kept=kept)


def _wrapped(exemplar: Picture | None, canvas: Picture, mask: Picture | None) -> Materials:
    """Prepare a canvas that wraps around: all of it is worked on, as every border is next to another one."""
    height, width = canvas.pixels.shape[:2]
    known, box = np.ascontiguousarray(canvas.pixels), Box(0, 0, height, width)
    if mask is None and _opaque(canvas):
        free = _band(height, width)
        # The band is texture too, but for the seam: what can stay as it is fits the middle best.
        sample = _rest(canvas, np.zeros_like(free), _capped(box)) if exemplar is None else _sample(exemplar, None)
        return Materials(sample, known, free, canvas, free, box, canvas, known if exemplar is None else None)
    free = _mask(canvas, mask)
    if exemplar is None:
        kept = free <= 1 - OPAQUE
        # What is left of a canvas without its border has no hole, and no pixels near one that must not be sampled.
        sample = _rest(canvas, free, _capped(_bounds(kept) if kept.any() else box))
    else:
        sample = _sample(exemplar, None)
    return Materials(sample, known, free, canvas, free, box, canvas)


def _rest(canvas: Picture, free: Mask, context: Box) -> Sample:
    """Take what a mask leaves of a part of the canvas as the exemplar."""
    kept = context.cut(1 - free)
    if (kept >= OPAQUE).sum() < SMALLEST_EXEMPLAR**2:
        raise MaterialError("the mask leaves nothing of the canvas to take the texture from: name an exemplar")
    return _sample(replace(canvas, pixels=context.cut(canvas.pixels), alpha=_cut(canvas.alpha, context)), kept)


def _capped(box: Box) -> Box:
    """Cut a box to the middle of it that is no larger than an exemplar may be."""
    height, width = box.size
    if height * width <= LARGEST_EXEMPLAR:
        return box
    scale = (LARGEST_EXEMPLAR / (height * width)) ** 0.5
    across, down = int(width * scale), int(height * scale)
    top, left = box.top + (height - down) // 2, box.left + (width - across) // 2
    return Box(top, left, top + down, left + across)


def _band(height: int, width: int) -> Mask:
    """Mark a band along the border, a share of the shorter side wide, that blends into the middle at its end."""
    wide = max(1, round(BAND * min(height, width)))
    rows, columns = (np.minimum(np.arange(side), np.arange(side)[::-1]) + 0.5 for side in (height, width))
    inward = np.minimum(rows[:, None], columns)
    # Structure that the band lays anew would break off along a straight line, which the eye finds at once.
    return np.clip((wide - inward) / (BLEND * wide), 0, 1).astype(np.float32)


def _opaque(canvas: Picture) -> bool:
    return canvas.alpha is None or bool((canvas.alpha >= OPAQUE).all())


def _cut(alpha: np.ndarray | None, box: Box) -> np.ndarray | None:
    return None if alpha is None else box.cut(alpha)


def _sample(picture: Picture, kept: Mask | None) -> Sample:
    height, width = picture.pixels.shape[:2]
    if min(height, width) < SMALLEST_EXEMPLAR:
        raise MaterialError(
            f"the exemplar is {width}x{height} pixels: give one of at least {SMALLEST_EXEMPLAR}x{SMALLEST_EXEMPLAR}"
        )
    if height * width > LARGEST_EXEMPLAR:
        raise MaterialError(
            f"the exemplar is {width}x{height} pixels, more than {LARGEST_EXEMPLAR:,}: crop or scale it down"
        )
    valid = np.ones((height, width), np.float32) if kept is None else kept
    if picture.alpha is not None:
        valid = valid * picture.alpha
    # A half transparent pixel is half hidden: sampling it would bring the colour of nothing into the texture.
    whole = (valid >= OPAQUE).astype(np.float32)
    if whole.sum() < SMALLEST_EXEMPLAR**2:
        raise MaterialError("the exemplar is transparent all over: give one with visible pixels")
    return Sample(picture.pixels, None if bool((valid >= 1).all()) else whole)


def _mask(canvas: Picture, mask: Picture | None) -> Mask:
    height, width = canvas.pixels.shape[:2]
    if mask is None:
        if canvas.alpha is None or _opaque(canvas):
            raise MaterialError(
                "the canvas has no transparent part to fill: say with --mask what is to be synthesised"
            )
        return _with_fringe(canvas.alpha < OPAQUE)
    if mask.pixels.shape[:2] != (height, width):
        raise MaterialError(
            f"the mask is {mask.pixels.shape[1]}x{mask.pixels.shape[0]} and the canvas {width}x{height}: "
            "make the mask as large as the canvas"
        )
    free: Mask = mask.pixels.mean(axis=2, dtype=np.float64)
    if mask.alpha is not None:
        free = free * mask.alpha
    if not free.any():
        raise MaterialError("the mask is black all over: paint white what is to be synthesised")
    return free.astype(np.float32)


def _with_fringe(hole: NDArray[np.bool_]) -> Mask:
    """Widen a hole by the pixels around it, which a cut-out leaves in a mixture with what was cut out."""
    wide = np.pad(hole, FRINGE)
    for axis in (0, 1):
        windows = np.lib.stride_tricks.sliding_window_view(wide, 2 * FRINGE + 1, axis=axis)
        wide = np.asarray(windows.any(axis=-1))
    return wide.astype(np.float32)


def _bounds(free: np.ndarray) -> Box:
    rows, columns = np.flatnonzero(free.any(axis=1)), np.flatnonzero(free.any(axis=0))
    return Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)


def _grown(box: Box, margin: int, size: Size) -> Box:
    return Box(
        max(0, box.top - margin),
        max(0, box.left - margin),
        min(size[0], box.bottom + margin),
        min(size[1], box.right + margin),
    )
