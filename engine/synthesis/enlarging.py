"""Enlarge a picture, with detail of its own (Glasner, Bagon & Irani 2009, "Super-Resolution from a Single Image").

What a picture and its blurred self have to do with each other at one scale says what belongs to the next finer one.
Departs from the paper in that only detail is taken, of one scale, from the nearest patches (see `add_detail`).
"""

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.synthesis.color_curve import color_curve
from engine.synthesis.matching import COMPILED, Matcher
from engine.synthesis.matching.field import Floats
from engine.synthesis.octaves import Size
from engine.synthesis.pixels import as_array
from engine.synthesis.resample import fill_unknown, resize
from engine.synthesis.structure import add_detail
from engine.synthesis.structure.flatness import has_flat_colors
from engine.synthesis.wrap import NO_WRAP, Wrap

# Detail of a pixel alone makes edges jagged; of more neighbors it would be blurred.
VOTES = 1
# How often the search goes through a picture, and one that is polished later.
PASSES, FEWER_PASSES = 6, 3
# How often the enlarged picture is corrected until it reduces to the one that was given (Irani & Peleg 1991).
CORRECTIONS = 3
DOUBLINGS = 3


def doublings(factor: float) -> int:
    """Count how often a picture is doubled to get as large as a factor asks, or larger."""
    return next((count for count in range(DOUBLINGS) if 2**count >= factor), DOUBLINGS)


def enlarge(
    picture: Tensor, alpha: Tensor | None, size: Size, times: int, wrap: Wrap, seed: int, matcher: Matcher
) -> Iterator[tuple[float, tuple[Tensor, Tensor | None] | None]]:
    """Enlarge a picture.

    Args:
        picture: RGB in [0, 1], shape (1, 3, height, width).
        alpha: In [0, 1], shape (1, 1, height, width); None for an opaque picture.
        size: Height and width wanted, pixels.
        times: How often it is doubled, see `doublings`.
        wrap: Axes along which it continues at the other side.
        seed: Of what is drawn by chance.
        matcher: Searches and votes.

    Yields:
        The share of the work that is done, about, and None; after each doubling picture and alpha so far, the last
        ones of the size wanted.
    """
    found = picture
    if alpha is not None:
        # What cannot be seen would show at the edges.
        found = fill_unknown(picture, (alpha > 0).to(picture), wrap=wrap)
    curve = color_curve(found[0].flatten(1).t())
    flat = has_flat_colors(as_array(found), np.ones(found.shape[2:], bool))
    # Each doubling has four times the pixels of the one before.
    whole, done = sum(4**turn for turn in range(times)), 0.0
    for turn in range(times):
        for each in _doubled(found, wrap, seed + turn, matcher):
            if isinstance(each, float):
                yield (done + each * 4**turn) / whole, None
            else:
                found = each
        done += 4**turn
        last = turn + 1 == times
        so_far = size if last else (found.shape[2], found.shape[3])
        clear = None if alpha is None else resize(alpha, so_far, wrap=wrap).clamp(0, 1)
        made = resize(found, so_far, wrap=wrap).clamp(0, 1)
        made = _bounded(made, found, wrap) if flat else made
        yield done / whole, (made if curve is None else curve.bring(made), clear)


def doubled(colors: Floats) -> Floats:
    """Enlarge an opaque picture, float32 (height, width, 3), to twice its size, to be polished later."""
    picture = torch.from_numpy(colors).permute(2, 0, 1)[None]
    *_, found = _doubled(picture, NO_WRAP, 0, COMPILED, FEWER_PASSES)
    return np.zeros_like(colors) if isinstance(found, float) else as_array(found)


def _doubled(
    picture: Tensor, wrap: Wrap, seed: int, matcher: Matcher, passes: int = PASSES
) -> Iterator[Tensor | float]:
    own: Size = (picture.shape[2], picture.shape[3])
    large = (2 * own[0], 2 * own[1])
    half = (max(1, own[0] // 2), max(1, own[1] // 2))
    low = as_array(resize(resize(picture, half, wrap=wrap), own, wrap=wrap))
    blurred = as_array(resize(picture, large, wrap=wrap))
    everywhere, wraps = np.ones(own, bool), (wrap.y, wrap.x)
    flat = has_flat_colors(as_array(picture), everywhere)
    for found in add_detail(
        blurred, as_array(picture), low, everywhere, wraps, seed, matcher=matcher, votes=VOTES, passes=passes
    ):
        if isinstance(found, float):
            yield found
            continue
        made = torch.from_numpy(found).permute(2, 0, 1)[None].to(picture)
        for _ in range(CORRECTIONS):
            made = made + resize(picture - resize(made, own, wrap=wrap), large, wrap=wrap)
        yield _bounded(made, picture, wrap) if flat else made.clamp(0, 1)


def _bounded(made: Tensor, picture: Tensor, wrap: Wrap) -> Tensor:
    """Keep flat colors among those that a picture has around each place: an edge would get a halo of a third one."""
    for axis, wraps in ((2, wrap.y), (3, wrap.x)):
        first, last = picture.narrow(axis, 0, 1), picture.narrow(axis, picture.shape[axis] - 1, 1)
        picture = torch.cat([last, picture, first] if wraps else [first, picture, last], axis)
    size = made.shape[2:]
    low, high = (F.interpolate(F.max_pool2d(each, 3, stride=1), size) for each in (-picture, picture))
    return made.clamp(-low, high)
