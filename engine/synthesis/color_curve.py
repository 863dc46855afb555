"""Colors on a bent line, as a colorized picture has them: what is mixed of them stays there."""

from dataclasses import dataclass

import torch
from torch import Tensor

# Places along the longest axis of the colors at which the line is known.
PLACES = 256
# Colors are on a line if those of a place differ so little, but for a share that coding to JPEG moves.
THIN = 5 / 255
LEAST_THIN = 0.98
# So many of its places have colors, each this share of what it would have if all had as many: flat colors are few.
LEAST_SPREAD = 0.4
LEAST_HELD = 1 / 16
# From one such place to the next the colors of a line move no further across it: a red thing on gray is no line.
LARGEST_JUMP = 20 / 255
# So many are looked at; and what spreads no further is a single color.
LOOKED_AT = 1 << 16
SINGLE = 16 / 255


@dataclass(frozen=True, eq=False)
class ColorCurve:
    """Where the colors of an exemplar, and of what a canvas keeps, lie along a line that is bent.

    Attributes:
        mean: The mean color, (3,).
        axes: Principal axes of the colors, one per row, the longest one last, (3, 3).
        start: The least coordinate along the longest axis.
        step: How far two places are from each other.
        low: At each place the least coordinates along the other two, (PLACES, 2).
        high: The greatest.
    """

    mean: Tensor
    axes: Tensor
    start: float
    step: float
    low: Tensor
    high: Tensor

    def bring(self, picture: Tensor) -> Tensor:
        """Bring a picture's colors onto the line, shape (1, 3, height, width); what is on it stays what it is."""
        along = torch.einsum("ac,bchw->bahw", self.axes, picture - self.mean[None, :, None, None])
        place = ((along[:, 2] - self.start) / self.step).clamp(0, PLACES - 1)
        before = place.floor().long().clamp_max(PLACES - 2)
        part = (place - before)[..., None]

        def at(bounds: Tensor) -> Tensor:
            return torch.lerp(bounds[before], bounds[before + 1], part).permute(0, 3, 1, 2)

        across = torch.minimum(torch.maximum(along[:, :2], at(self.low)), at(self.high))
        found = torch.cat([across, along[:, 2:]], dim=1)
        return (torch.einsum("ac,bahw->bchw", self.axes, found) + self.mean[None, :, None, None]).clamp(0, 1)


def color_curve(colors: Tensor) -> ColorCurve | None:
    """Find out whether colors lie on a line that is bent.

    Args:
        colors: Colors in [0, 1], shape (count, 3).

    Returns:
        The line; None where they lie on none, on a straight one, or are a single color.
    """
    few = colors[:: max(1, len(colors) // LOOKED_AT)].double()
    mean = few.mean(dim=0)
    _, vectors = torch.linalg.eigh((few - mean).t() @ (few - mean))
    axes = vectors.t()
    found = _line((few - mean) @ axes.t())
    if found is None:
        return None
    along = (colors.double() - mean) @ axes.t()
    start, step = found
    place = _places(along, start, step)
    ends = [_filled(_extreme(along[:, :2], place, name)) for name in ("amin", "amax")]
    mean, axes, low, high = (each.to(colors) for each in (mean, axes, *ends))
    return ColorCurve(mean, axes, start, step, low, high)


def _line(along: Tensor) -> tuple[float, float] | None:
    """Give start and step of the places along a line that is bent; None if there is none."""
    start, end = float(along[:, 2].min()), float(along[:, 2].max())
    if end - start < SINGLE:
        return None
    step = (end - start) / (PLACES - 1)
    place = _places(along, start, step)
    count = torch.bincount(place, minlength=PLACES)
    held = count * PLACES > LEAST_HELD * len(place)
    if float(held.double().mean()) < LEAST_SPREAD:
        return None
    middle = torch.zeros(PLACES, 2, dtype=along.dtype, device=along.device).index_add_(0, place, along[:, :2])
    middle = middle / count.clamp_min(1)[:, None]
    if float(middle[held].diff(dim=0).norm(dim=1).max()) > LARGEST_JUMP:
        return None
    apart = (along[:, :2] - middle[place]).abs().amax(dim=1)
    thin = float((apart <= THIN).double().mean()) >= LEAST_THIN
    bent = float((along[:, :2].abs().amax(dim=1) > THIN).double().mean()) > 1 - LEAST_THIN
    return (start, step) if thin and bent else None


def _places(along: Tensor, start: float, step: float) -> Tensor:
    return ((along[:, 2] - start) / step).round().long().clamp(0, PLACES - 1)


def _extreme(across: Tensor, place: Tensor, name: str) -> Tensor:
    """Find the least or greatest coordinates at each place, NaN where no color is, (PLACES, 2)."""
    found = torch.full((PLACES, 2), float("nan"), dtype=across.dtype, device=across.device)
    return found.scatter_reduce_(0, place[:, None].expand_as(across), across, name, include_self=False)


def _filled(bounds: Tensor) -> Tensor:
    """Interpolate bounds at places where no color is; there is one at both ends."""
    known = (~bounds[:, 0].isnan()).nonzero()[:, 0]
    every = torch.arange(PLACES, device=bounds.device)
    after = torch.searchsorted(known, every).clamp(1, len(known) - 1)
    left, right = known[after - 1], known[after]
    part = ((every - left) / (right - left)).to(bounds)[:, None]
    return torch.lerp(bounds[left], bounds[right], part)
