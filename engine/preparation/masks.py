"""What of a canvas is to be synthesized: a mask's, a transparent part with its fringe, or a band along the border."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.images import Picture
from engine.preparation.areas import Box, bounds_of
from engine.request_errors import NothingToFillError, RequestError
from protocol.vocabulary import FRINGE

OPAQUE = 0.99
# What has less alpha cannot be seen.
CLEAR = 0.01
BAND = 1 / 6
BLEND = 1 / 5

# A soft mask that marks at least this of a cut-out has it in its middle.
HALF = 128 / 255
# Alpha and mask add up to this where the mask was erased before, but for rounding.
ERASED = 251.5 / 255

# Alpha that differs by no more, of 255, is the same.
SAME_LEVEL = 2

# What of a part is transparent at least, and of its surroundings in comparison, if that belongs to the picture.
LEAST_CLEAR = 0.02
LIKE = 1 / 3
# Part of what is clear around a hole that lies enclosed, from which on it is a matter of the texture.
LEAST_ENCLOSED = 0.5
# A picture of which more is missing is meant to have holes.
MOST_MISSING = 0.25

# Rank correlation of alpha with the distance from what is clear, from which an edge is a feathered one.
FEATHERED = 0.7
FEWEST_SOFT = 16
# An edge of so many pixels is one in any case.
THIN = 3
# So many soft pixels tell enough. A soft edge is narrowed to so many pixels, and rises by this much at least.
MOST_RANKED = 4096
NARROW = 3
LEAST_SLOPE = 1e-3
# Part of what can be seen that is whole at least, and part of that which has one alpha.
LEAST_CORE = 1 / 8
MOST_OF_CORE = 0.9
NEIGHBORS = np.ones((3, 3), bool)

# A mask whose brightest value is less marks nothing: files of zeros and ones are such.
LEAST_WHITE = 3 / 255
# Samples of one gray differ by no more, and colors that show are no speck.
SAME_COLOR = 16 / 255
LEAST_COLORED = 1e-4

Mask = NDArray[np.float32]


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
    if _rank_correlation(depth[ranked], levels[ranked]) <= FEATHERED:
        return mask
    slope = np.maximum(np.hypot(*np.gradient(mask)), LEAST_SLOPE)
    ramp = np.clip(1 / 2 + (mask - 1 / 2) / slope / NARROW, 0, 1)
    found: Mask = np.where(inside, np.maximum(mask, ramp), np.minimum(mask, ramp)).astype(np.float32)
    return found


def missing_in(picture: Picture) -> NDArray[np.bool_]:
    """Mark what is missing of a picture.

    Args:
        picture: The picture.

    Returns:
        Boolean (height, width): if most of what can be seen is opaque, or has one and the same alpha, but for a soft
        edge, all that has less, because cut-outs have soft edges; else alpha belongs to the picture, and only what is
        wholly transparent is missing.
    """
    if picture.alpha is None:
        return np.zeros(picture.pixels.shape[:2], bool)
    visible = picture.alpha >= CLEAR
    whole = _whole(picture.alpha)
    return ~visible if whole is None else ~whole


def _whole(alpha: Mask) -> NDArray[np.bool_] | None:
    """Mark what has the alpha of most that can be seen, without a soft edge; None where alpha has many levels."""
    visible = alpha >= CLEAR
    if not visible.any():
        return None
    # A glass has one alpha all over, and soft edges of its own. Bytes, as the plug-in for GIMP counts them.
    levels = np.floor(alpha * (0xFFFF / 0x100) + 1e-3).astype(np.int32)
    seen = np.sort(levels[visible])
    level = int(seen[(len(seen) - 1) // 2])
    whole = levels >= level - SAME_LEVEL
    same = whole & (levels <= level + SAME_LEVEL)
    if 2 * same.sum() > visible.sum():
        return np.asarray(whole)
    # Of a thing that was feathered widely, most may be its edge.
    edge = soft_edge(alpha)
    return visible & ~edge if edge.any() else None


def level_of(alpha: Mask) -> float | None:
    """Find the alpha that most of what can be seen has, in [0, 1]; None where alpha has many levels."""
    whole = _whole(alpha)
    return None if whole is None else float(np.median(alpha[whole]))


def is_damaged(canvas: Picture) -> bool:
    """Whether parts of a picture are missing, and do not belong to it, as those of lace and of a watercolor do."""
    missing = float(missing_in(canvas).mean())
    if canvas.alpha is None or not missing:
        return False
    holey = missing >= MOST_MISSING or _whole(canvas.alpha) is None
    return not holey or not is_lace(canvas, np.ones(canvas.pixels.shape[:2], np.float32))


def soft_edge(alpha: Mask) -> NDArray[np.bool_]:
    """Mark the soft edge of a thing that was cut out.

    Args:
        alpha: float32 (height, width), in [0, 1].

    Returns:
        Boolean (height, width): what lies between what is clear and what is whole, of one alpha, if alpha rises with
        the distance from what is clear, as it does where an edge was feathered. Nothing where alpha belongs to the
        texture, as in smoke.
    """
    clear = alpha < CLEAR
    none = np.zeros(alpha.shape, bool)
    if not clear.any() or clear.all():
        return none
    seen = alpha[~clear]
    top = float(seen.max())
    level = top if (seen >= top - SAME_LEVEL / 255).mean() >= LEAST_CORE else float(np.median(seen))
    soft = ndimage.binary_propagation(clear, mask=alpha < level - SAME_LEVEL / 255, structure=NEIGHBORS) & ~clear
    core = np.abs(alpha[~clear & ~soft] - level) <= SAME_LEVEL / 255
    if soft.sum() < FEWEST_SOFT or core.sum() < LEAST_CORE * (~clear).sum() or core.mean() < MOST_OF_CORE:
        return none
    depth = ndimage.distance_transform_edt(~clear)[soft]
    feathered = depth.max() <= THIN or _rank_correlation(depth, alpha[soft]) > FEATHERED
    return np.asarray(soft) if feathered else none


def _rank_correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Return Spearman's rank correlation of two sequences of one length; 0 if one of them is constant.

    Loading `scipy.stats` for it would take a sixth of an engine's start.
    """
    ranks = np.stack([_ranks(first), _ranks(second)])
    ranks -= ranks.mean(axis=1, keepdims=True)
    deviation = np.linalg.norm(ranks, axis=1).prod()
    return float(ranks.prod(axis=0).sum() / deviation) if deviation else 0.0


def _ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the rank of each value; equal values have the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    means: NDArray[np.float64] = np.cumsum(counts) - (counts - 1) / 2
    return means[place]


def has_holes(canvas: Picture, free: Mask) -> bool:
    """Tell whether what is transparent around a hole belongs to the picture, as in lace, or is missing of it.

    Args:
        canvas: What is looked at of the canvas.
        free: 1 where it is to be synthesized, (height, width).

    Returns:
        Whether both the hole and its surroundings are transparent in part, and to like degrees, and what is clear of
        the surroundings lies within them, not only along their border: who selects a transparent corner of a
        photograph, or a part of the edge of a cut-out, wants it filled.
    """
    if canvas.alpha is None or not (seen := canvas.alpha >= CLEAR).any():
        return False
    # What lies beyond all that can be seen is no hole.
    box = bounds_of(seen)
    clear, inside = box.cut(canvas.alpha) < CLEAR, box.cut(free) > 0
    if not _alike(clear, inside):
        return False
    return _enclosed(clear, inside) >= LEAST_ENCLOSED or _alike(
        *_clear_and_middle(canvas, (free <= 0).astype(np.float32))
    )


def _enclosed(clear: NDArray[np.bool_], inside: NDArray[np.bool_]) -> float:
    """Measure which part of what is clear around a hole has no way to the border of the picture."""
    border = np.zeros(clear.shape, bool)
    border[[0, -1]] = border[:, [0, -1]] = True
    open_ones = ndimage.binary_propagation(border & clear, mask=clear & ~inside)
    around = clear & ~inside
    return float((around & ~open_ones).sum()) / max(1, int(around.sum()))


def is_lace(exemplar: Picture, allowed: Mask) -> bool:
    """Tell whether what is transparent in an exemplar belongs to it, or lies around a thing that was cut out.

    Args:
        exemplar: The exemplar.
        allowed: 1 where it may be sampled whatever its alpha, (height, width).

    Returns:
        Whether both the middle and the rest of what can be seen are transparent in part, and to like degrees.
    """
    clear, middle = _clear_and_middle(exemplar, allowed)
    return _alike(clear, middle) and _alike(clear, ~middle)


def _clear_and_middle(exemplar: Picture, allowed: Mask) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell what is clear of the allowed pixels within the bounds of what can be seen, and what lies in its middle."""
    if exemplar.alpha is None or not (seen := (exemplar.alpha >= CLEAR) & (allowed > 0)).any():
        return np.zeros(0, bool), np.zeros(0, bool)
    box = bounds_of(seen)
    clear, inside = box.cut(exemplar.alpha) < CLEAR, box.cut(allowed) > 0
    middle = np.zeros(box.size, bool)
    rows, columns = (slice(side // 4, side - side // 4) for side in box.size)
    middle[rows, columns] = True
    return clear[inside], middle[inside]


def _alike(clear: NDArray[np.bool_], part: NDArray[np.bool_]) -> bool:
    if part.all() or not part.any():
        return False
    around, within = float(clear[~part].mean()), float(clear[part].mean())
    return min(around, within) >= LEAST_CLEAR and around >= LIKE * within


def hidden_in(canvas: Picture, free: Mask, *, flatten: bool) -> Mask:
    """Add to what is synthesized what is transparent, whose colors nobody sees: nothing has to fit to them."""
    if canvas.alpha is None:
        return free
    return np.maximum(free, canvas.alpha < (OPAQUE if flatten else CLEAR), dtype=np.float32)


def band_depth(height: int, width: int) -> int:
    """Return how far a band reaches from the borders into a canvas, pixels."""
    return max(1, round(BAND * min(height, width)))


def band_along(height: int, width: int, axes: tuple[bool, bool]) -> Mask:
    """Mark a band along the borders that meet, a share of the shorter side wide, that blends into the middle.

    Args:
        height: Of the canvas, pixels.
        width: Likewise.
        axes: Whether left and right meet, and whether top and bottom do; one of them at least.

    Returns:
        1 in the band, (height, width).
    """
    wide = band_depth(height, width)
    columns, rows = (
        np.minimum(np.arange(side), np.arange(side)[::-1]) + 0.5 if meets else np.full(side, np.inf)
        for side, meets in zip((width, height), axes, strict=True)
    )
    inward = np.minimum(rows[:, None], columns)
    # Structure that the band lays anew would break off along a straight line, which the eye finds at once.
    return np.clip((wide - inward) / (BLEND * wide), 0, 1).astype(np.float32)


def part_of(picture: Picture, box: Box) -> Picture:
    """Cut a rectangle out of a picture."""
    alpha = None if picture.alpha is None else box.cut(picture.alpha)
    return replace(picture, pixels=box.cut(picture.pixels), alpha=alpha, stored=None, kept=None)


def is_opaque(picture: Picture) -> bool:
    """Whether no pixel of a picture is transparent."""
    return picture.alpha is None or bool((picture.alpha >= OPAQUE).all())


def with_fringe(hole: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Widen a hole by the pixels around it, which a cut-out leaves in a mixture with what was cut out."""
    wide = np.pad(hole, FRINGE)
    for axis in (0, 1):
        windows = np.lib.stride_tricks.sliding_window_view(wide, 2 * FRINGE + 1, axis=axis)
        wide = np.asarray(windows.any(axis=-1))
    return wide
