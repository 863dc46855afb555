"""What of a canvas is to be synthesized: what a mask marks, or a transparent part with its fringe."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.images import Picture
from engine.preparation.alpha import (
    CLEAR,
    FEATHERED,
    FEWEST_SOFT,
    NEIGHBORS,
    OPAQUE,
    THIN,
    Mask,
    is_opaque,
    missing_in,
    rank_correlation,
)
from engine.preparation.areas import Box
from engine.request_errors import NothingToFillError, RequestError
from protocol.vocabulary import FRINGE

# A soft mask that marks at least this of a cut-out has it in its middle.
HALF = 128 / 255
# Alpha and mask add up to this where the mask was erased before, but for rounding.
ERASED = 251.5 / 255

# So many soft pixels tell enough. A soft edge is narrowed to so many pixels, and rises by this much at least.
MOST_RANKED = 4096
NARROW = 3
LEAST_SLOPE = 1e-3

# A mask whose brightest value is less marks nothing: files of zeros and ones are such.
LEAST_WHITE = 3 / 255
# Samples of one gray differ by no more, and colors that show are no speck.
SAME_COLOR = 16 / 255
LEAST_COLORED = 1e-4


def levels_of(mask: Picture, *, name: str, purpose: str) -> Mask:
    """Read a picture as a mask: how bright and opaque each pixel is.

    Args:
        mask: The picture.
        name: What to call it in an error.
        purpose: What white stands for.

    Returns:
        float32 (height, width), in [0, 1].

    Raises:
        RequestError: It is black or transparent all over, or has colors.
    """
    if is_colored(mask):
        raise RequestError(
            f"the {name} has colors, which say nothing of what {purpose}: make it gray, or choose one of its channels"
        )
    found = mask.pixels[..., 0]
    if not mask.gray:
        # In double precision, so that the mean of three equal samples is that sample; `mean` takes longer.
        red, green, blue = np.moveaxis(mask.pixels, 2, 0)
        found = ((red.astype(np.float64) + green + blue) / 3).astype(np.float32)
    if mask.alpha is not None:
        found = found * mask.alpha
    if found.max() < LEAST_WHITE:
        how = f"black all over, {found.max() * 255:.2g} of 255 at most"
        if has_black_shape(mask):
            how, purpose = "black where it is not transparent", f"{purpose}, or give its alpha as the mask"
        elif mask.alpha is not None and mask.alpha.max() < CLEAR:
            how = "transparent all over"
        raise RequestError(f"the {name} is {how}: paint white what {purpose}")
    return np.ascontiguousarray(found)


def has_black_shape(mask: Picture) -> bool:
    """Whether all that can be seen of a picture is black, and its alpha draws something: as a mask it is empty."""
    if mask.alpha is None or mask.alpha.max() - mask.alpha.min() < LEAST_WHITE:
        return False
    return bool((mask.pixels.max(axis=2) * mask.alpha).max() < LEAST_WHITE)


def _is_white(mask: Picture) -> bool:
    """Whether all that can be seen of a picture is white."""
    seen = mask.pixels if mask.alpha is None else mask.pixels[mask.alpha > 0]
    return bool(seen.min() >= OPAQUE)


def is_colored(picture: Picture, specks: float = LEAST_COLORED) -> bool:
    """Return whether more of a picture than specks has colors: `specks`, in (0, 1), of its pixels."""
    if picture.gray:
        return False
    red, green, blue = np.moveaxis(picture.pixels, 2, 0)
    apart = np.maximum(np.abs(red - green), np.abs(green - blue)) > SAME_COLOR
    return float(apart.mean()) > specks


def _cut_out(alpha: Mask) -> Mask:
    """Mark a hole cut out of a layer, or a shape painted on an empty one."""
    border = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
    return (1 - alpha if border.mean() > 1 / 2 else alpha).astype(np.float32)


def hole_of(canvas: Picture, mask: Picture | None) -> Mask:
    """Find what is to be synthesized: what a mask says, else what is transparent, with its fringe.

    A mask that is white all over but for a transparent part is a layer with a hole cut out, or a shape on an empty
    layer: of its two parts it marks the one that does not lie along the border.

    Args:
        canvas: The canvas.
        mask: White where it is to be synthesized, or None.

    Returns:
        1 where the canvas is to be synthesized, (height, width).

    Raises:
        RequestError: The mask is black all over, or has colors.
        NothingToFillError: There is neither a mask nor a transparent part.
    """
    if mask is not None:
        found = levels_of(mask, name="mask", purpose="is to be synthesized")
        return found if mask.alpha is None or is_opaque(mask) or not _is_white(mask) else _cut_out(mask.alpha)
    missing = missing_in(canvas)
    if not missing.any():
        raise NothingToFillError
    return with_fringe(missing).astype(np.float32)


def with_cut_out(mask: Mask, canvas: Picture, around: Box, layer: Box) -> Mask:
    """Widen a mask around what is clear in it: a cut-out leaves a fringe of other colors.

    What was erased with the same soft mask is made wholly: blended once more, a ring of it would stay clear.

    Args:
        mask: How much of each pixel is to be new, in [0, 1], float32 (height, width).
        canvas: The canvas.
        around: The part of it that is looked at.
        layer: Where there is a layer in the canvas; what lies beyond was never cut out.

    Returns:
        The wider mask.
    """
    gone = missing_in(part_of(canvas, around))
    if canvas.alpha is None or not gone.any():
        return mask
    found = mask.copy()
    part, alpha, inside = around.cut(found), around.cut(canvas.alpha), np.zeros(mask.shape, bool)
    layer.cut(inside)[...] = True
    # What is gray in a layer mask, far from all that is clear, was never cut out.
    cut_out = ndimage.binary_dilation(alpha < CLEAR, NEIGHBORS, iterations=THIN, mask=gone)
    # What is marked by less than half is the end of a feather.
    fringe = with_fringe(cut_out & (part >= HALF) & around.cut(inside)) & (alpha > 0)
    erased = gone & (part > 0) & (alpha + part >= ERASED)
    part[fringe | erased] = 1
    return found


def narrowed(mask: Mask) -> Mask:
    """Narrow the soft edge of a mask to a few pixels, around where it is half.

    A line that crosses a wide one would be seen twice there, as it was and as it is filled in.

    Args:
        mask: How much of each pixel is to be new, in [0, 1], float32 (height, width).

    Returns:
        The mask with a narrow edge; as it was, if it does not fall with the distance, as that of a feather does.
    """
    soft, inside = (mask > 0) & (mask < 1), mask >= HALF
    if soft.sum() < FEWEST_SOFT or not inside.any() or (mask > 0).all():
        return mask
    levels, depth = mask[soft], ndimage.distance_transform_edt(mask > 0)[soft]
    if depth.max() <= NARROW:
        return mask
    ranked = slice(None, None, -(-len(levels) // MOST_RANKED))
    if rank_correlation(depth[ranked], levels[ranked]) <= FEATHERED:
        return mask
    slope = np.maximum(np.hypot(*np.gradient(mask)), LEAST_SLOPE)
    ramp = np.clip(1 / 2 + (mask - 1 / 2) / slope / NARROW, 0, 1)
    found: Mask = np.where(inside, np.maximum(mask, ramp), np.minimum(mask, ramp)).astype(np.float32)
    return found


def hidden_in(canvas: Picture, free: Mask, *, flatten: bool) -> Mask:
    """Add to what is synthesized what is transparent, whose colors nobody sees: nothing has to fit to them."""
    if canvas.alpha is None:
        return free
    return np.maximum(free, canvas.alpha < (OPAQUE if flatten else CLEAR), dtype=np.float32)


def part_of(picture: Picture, box: Box) -> Picture:
    """Cut a rectangle out of a picture."""
    alpha = None if picture.alpha is None else box.cut(picture.alpha)
    return replace(picture, pixels=box.cut(picture.pixels), alpha=alpha, stored=None, kept=None)


def with_fringe(hole: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Widen a hole by the pixels around it, which a cut-out leaves in a mixture with what was cut out."""
    wide = np.pad(hole, FRINGE)
    for axis in (0, 1):
        windows = np.lib.stride_tricks.sliding_window_view(wide, 2 * FRINGE + 1, axis=axis)
        wide = np.asarray(windows.any(axis=-1))
    return wide
