"""Measures of what the eye notices first in a texture: grain, borders, copied blocks, streaks, foreign colors."""

import itertools
import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.measures import PATCH, STRIDE, TOLERANCE, Nearest, find_nearest

# The smallest amplitude that a picture of 8 bits can show.
FLOOR = 1 / 255
SMOOTH_SHARE = 0.25
LEAST_SMOOTH_SHARE = 0.05
SMOOTH_BLUR = 2.0
GRAIN_BLUR = 1.0
BORDER = 4
# Distances at which a repetition catches the eye, shares of the longest side.
NEARBY = (0.025, 0.25)
# Patches with less contrast than this share of the exemplar's mean do not count as repeated.
PLAIN_SHARE = 0.25
COLOR_STEP = 2 / 255


@dataclass(frozen=True)
class Artifacts:
    """Measures of what the eye notices first in a texture.

    Attributes:
        grain: Amplitude of fine detail in the smooth parts over that in the exemplar's; 1 is right, above is noise.
        border: Gradient amplitude in the outermost four rows and columns over that inside; 1 is right.
        outermost: The same of the outermost row and column on each side.
        run: Largest connected area of patches that were copied as one block, share of the texture, in [0, 1].
        streak: Share of the patches that are repeated nearby at one and the same offset, beyond what the exemplar
            repeats itself, in [0, 1].
        color: Share of the pixels whose hue the exemplar does not have, in [0, 1].
    """

    grain: float
    border: float
    outermost: float
    run: float
    streak: float
    color: float


@torch.no_grad()
def measure_artifacts(exemplar: Tensor, texture: Tensor) -> Artifacts:
    """Measure the artifacts of a texture.

    Args:
        exemplar: RGB in [0, 1], shape (1, 3, height, width), at least 11 pixels a side.
        texture: Likewise, of any size.

    Returns:
        The measures.

    Raises:
        ValueError: A picture is smaller than that.
    """
    least = min(*exemplar.shape[2:], *texture.shape[2:])
    if least < PATCH or (nearest := find_nearest(exemplar, texture)) is None:
        raise ValueError(f"a picture has a side of {least} pixels: give at least {PATCH}")
    return Artifacts(
        grain=grain(exemplar, texture),
        border=border(texture, BORDER),
        outermost=border(texture, 1),
        run=longest_run(nearest),
        streak=streak(exemplar, texture, nearest),
        color=foreign_color(exemplar, texture),
    )


def grain(exemplar: Tensor, texture: Tensor) -> float:
    """Compare the fine detail in the smooth parts of a texture with that of the exemplar.

    The smooth parts are the pixels about which the blurred picture has as little gradient energy as in the smoothest
    quarter of the exemplar; at least the smoothest twentieth of the texture. Fine detail is what a Gaussian blur of
    1 pixel removes.

    Args:
        exemplar: RGB in [0, 1], shape (1, 3, height, width).
        texture: Likewise, of any size.

    Returns:
        Root mean square of the texture's detail over the exemplar's, 1/255 added in quadrature to each.
    """
    known, made = _roughness(exemplar), _roughness(texture)
    limit = _quantile(known, SMOOTH_SHARE)
    details = [
        _detail_energy(picture)[roughness <= limit_here].mean()
        for picture, roughness, limit_here in (
            (exemplar, known, limit),
            (texture, made, max(limit, _quantile(made, LEAST_SMOOTH_SHARE))),
        )
    ]
    return math.sqrt((float(details[1]) + FLOOR**2) / (float(details[0]) + FLOOR**2))


def border(texture: Tensor, depth: int) -> float:
    """Compare the gradients along the borders of a texture with those inside.

    Args:
        texture: RGB in [0, 1], shape (1, 3, height, width), at least 11 pixels a side.
        depth: Number of outermost rows and columns that are compared, at most 4.

    Returns:
        Root mean square of the differences of neighboring pixels of which one lies in these rows and columns, over
            that of the pixels inside the outermost four, 1/255 added in quadrature to each.
    """
    outer = inner = 0.0
    # Each direction by itself, because more pairs lie along the border than across it.
    for axis in (2, 3):
        energy = (texture.diff(dim=axis) ** 2).mean(dim=1)[0]
        outside = torch.ones_like(energy, dtype=torch.bool)
        outside[depth:-depth, depth:-depth] = False
        outer += float(energy[outside].mean())
        inner += float(energy[BORDER:-BORDER, BORDER:-BORDER].mean())
    return math.sqrt((outer + FLOOR**2) / (inner + FLOOR**2))


def longest_run(nearest: Nearest) -> float:
    """Find the largest connected area of patches that were copied as one block; share of the texture in [0, 1]."""
    right, below = nearest.links()
    shape = nearest.places.shape[1:]
    labels = torch.arange(shape[0] * shape[1]).reshape(shape)
    while True:
        lower = labels.clone()
        for one, other, linked in ((lower[:, :-1], lower[:, 1:], right), (lower[:-1], lower[1:], below)):
            least = torch.minimum(one, other)
            one.copy_(torch.where(linked, least, one))
            other.copy_(torch.where(linked, torch.minimum(least, other), other))
        # A label is the number of a patch of the same area, whose own label may be lower by now.
        lower = lower.flatten()[lower]
        if torch.equal(lower, labels):
            return float(labels.flatten().bincount().max()) / labels.numel()
        labels = lower


def streak(exemplar: Tensor, texture: Tensor, nearest: Nearest) -> float:
    """Measure how regularly a texture repeats the same places of the exemplar nearby, as in streaks and lattices.

    Two patches repeat each other where they have the same nearest patch, up to 2 pixels. For every offset of 2.5 to
    25 % of the texture's longest side by which patches do not overlap, this counts the patches that are repeated at
    this offset. Scattered copies share no offset; copies that follow each other in a row do.

    Args:
        exemplar: RGB in [0, 1], shape (1, 3, height, width).
        texture: Likewise, of any size.
        nearest: The texture's patches in the exemplar.

    Returns:
        Share of the patches that are repeated at the most frequent offset, times 1 less the exemplar's own
            correlation at this offset, so that a pattern may repeat as the exemplar does; in [0, 1]. Patches with
            little contrast do not count.
    """
    limit = max(PLAIN_SHARE * float(_contrast(exemplar).mean()), COLOR_STEP)
    counted = _contrast(texture) > limit
    if not counted.any():
        return 0.0
    longest = max(texture.shape[2:])
    closest, farthest = max(NEARBY[0] * longest, PATCH), NEARBY[1] * longest
    own = _self_similarity(exemplar)
    known = {place: alike for place, alike in own.items() if math.hypot(*place) >= closest}
    # Offsets that are too long for the exemplar are taken to be as those at which it repeats itself best.
    unknown = max(known.values(), default=0.0)
    strongest = 0.0
    places = nearest.places.to(torch.int32)
    reach = int(farthest) // STRIDE
    for down, across in itertools.product(range(reach + 1), range(-reach, reach + 1)):
        place = (down * STRIDE, across * STRIDE)
        if (down == 0 and across < 0) or not closest <= math.hypot(*place) <= farthest:
            continue
        share = _repeated(places, counted, down, across) / int(counted.sum())
        if share > strongest:
            strongest = max(strongest, share * (1 - known.get(place, unknown)))
    return strongest


def foreign_color(exemplar: Tensor, texture: Tensor) -> float:
    """Measure the share of pixels whose hue the exemplar does not have.

    Args:
        exemplar: RGB in [0, 1], shape (1, 3, height, width).
        texture: Likewise, of any size.

    Returns:
        Share of the texture's pixels that lie more than 2/255 outside the range of the exemplar along one of the two
            minor principal axes of its colors. Lighter and darker colors along the main axis do not count.
    """
    known, made = (picture[0].flatten(1).double() for picture in (exemplar, texture))
    mean = known.mean(dim=1, keepdim=True)
    _, axes = torch.linalg.eigh((known - mean) @ (known - mean).t() / known.shape[1])
    own, theirs = (axes[:, :2].t() @ (colors - mean) for colors in (known, made))
    low, high = own.amin(dim=1, keepdim=True) - COLOR_STEP, own.amax(dim=1, keepdim=True) + COLOR_STEP
    return float(((theirs < low) | (theirs > high)).any(dim=0).double().mean())


def _blur(maps: Tensor, sigma: float) -> Tensor:
    """Blur maps by a Gaussian; beyond the border their outermost values go on."""
    radius = math.ceil(3 * sigma)
    places = torch.arange(-radius, radius + 1, dtype=maps.dtype, device=maps.device)
    kernel = torch.exp(-(places**2) / (2 * sigma**2))
    kernel = (kernel / kernel.sum()).expand(maps.shape[1], 1, 1, -1)
    padded = F.pad(maps, (radius, radius, radius, radius), mode="replicate")
    across = F.conv2d(padded, kernel, groups=maps.shape[1])
    return F.conv2d(across, kernel.transpose(2, 3), groups=maps.shape[1])


def _roughness(picture: Tensor) -> Tensor:
    """Measure the gradient energy of the blurred picture about every pixel, shape (1, 1, height, width)."""
    blurred = F.pad(_blur(picture, SMOOTH_BLUR), (1, 1, 1, 1), mode="replicate")
    across = (blurred[..., 1:-1, 2:] - blurred[..., 1:-1, :-2]) ** 2
    down = (blurred[..., 2:, 1:-1] - blurred[..., :-2, 1:-1]) ** 2
    return _blur((across + down).mean(dim=1, keepdim=True), SMOOTH_BLUR)


def _detail_energy(picture: Tensor) -> Tensor:
    """Square what a small blur removes, shape (1, 1, height, width)."""
    return ((picture - _blur(picture, GRAIN_BLUR)) ** 2).mean(dim=1, keepdim=True)


def _quantile(values: Tensor, share: float) -> float:
    """Return the value that this share of the values does not exceed; `torch.quantile` takes no large tensors."""
    return float(values.flatten().kthvalue(max(round(share * values.numel()), 1)).values)


def _contrast(picture: Tensor) -> Tensor:
    """Measure the spread of the pixels of every fourth patch, shape (rows, columns)."""
    mean = F.avg_pool2d(picture.double(), PATCH, stride=STRIDE)
    squares = F.avg_pool2d(picture.double() ** 2, PATCH, stride=STRIDE)
    return (squares - mean**2).clamp(min=0).mean(dim=1)[0].sqrt().cpu()


def _repeated(places: Tensor, counted: Tensor, down: int, across: int) -> int:
    """Count the patches that are repeated at an offset.

    Args:
        places: Row and column of the nearest patches, shape (2, rows, columns).
        counted: Which patches count, shape (rows, columns).
        down: Rows of the offset, at least 0.
        across: Columns of the offset.

    Returns:
        How many.
    """
    rows, columns = counted.shape
    if down >= rows or abs(across) >= columns:
        return 0
    left, right = max(-across, 0), columns - max(across, 0)
    one = places[:, : rows - down, left:right]
    other = places[:, down:, left + across : right + across]
    both = counted[: rows - down, left:right] & counted[down:, left + across : right + across]
    return int((((one - other).abs() <= TOLERANCE).all(dim=0) & both).sum())


def _self_similarity(picture: Tensor) -> dict[tuple[int, int], float]:
    """Correlate a picture with itself at all offsets up to half its sides.

    Args:
        picture: RGB in [0, 1], shape (1, 3, height, width).

    Returns:
        The highest correlation within 4 pixels of each offset that is a multiple of 4 along both axes, in [0, 1].
    """
    height, width = picture.shape[2:]
    # What varies more slowly than a patch is no pattern.
    centered = (picture - _blur(picture, PATCH / 2))[0].double()
    size = (2 * height, 2 * width)
    products = torch.fft.irfft2(torch.fft.rfft2(centered, s=size).abs() ** 2, s=size).sum(dim=0)
    down, across = torch.arange(-STRIDE, height // 2 + 1), torch.arange(-(width // 2), width // 2 + 1)
    overlap = (height - down.abs())[:, None] * (width - across.abs())[None]
    variance = float((centered**2).mean(dim=(1, 2)).sum())
    found = products[down][:, across].cpu() / overlap / max(variance, FLOOR**2)
    best = F.max_pool2d(found[None], 2 * STRIDE + 1, stride=1, padding=STRIDE)[0].clamp(0, 1)
    return {
        (row, column): float(best[row + STRIDE, column + width // 2])
        for row in range(0, height // 2 + 1, STRIDE)
        for column in range(-(width // 2) + width // 2 % STRIDE, width // 2 + 1, STRIDE)
    }
