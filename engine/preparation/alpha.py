"""What is missing of a picture, and whether what is transparent belongs to it, as in lace."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.images import Picture
from engine.preparation.areas import bounds_of

Mask = NDArray[np.float32]

OPAQUE = 0.99
# What has less alpha cannot be seen.
CLEAR = 0.01
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
# Part of what can be seen that is whole at least, and part of that which has one alpha.
LEAST_CORE = 1 / 8
MOST_OF_CORE = 0.9
NEIGHBORS = np.ones((3, 3), bool)


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
    feathered = depth.max() <= THIN or rank_correlation(depth, alpha[soft]) > FEATHERED
    return np.asarray(soft) if feathered else none


def rank_correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
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


def is_opaque(picture: Picture) -> bool:
    """Whether no pixel of a picture is transparent."""
    return picture.alpha is None or bool((picture.alpha >= OPAQUE).all())
