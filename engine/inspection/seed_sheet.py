"""Draw the layouts of several seeds side by side, to choose one."""

import math
from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from engine.images import Picture
from engine.images.picture import FloatArray
from engine.inspection.sheets import new_sheet

CELL_INCHES = 3.2
FOOT_INCHES = 1.0
EXPLAINED = (
    "A coarse picture of each seed. To make one in full, repeat the command with its --seed instead of --pick."
)


def draw_seeds(previews: Mapping[int, Picture], canvas: Picture | None, title: str, subtitle: str) -> Figure:
    """Draw previews of several seeds.

    Args:
        previews: The preview of each seed, all of one size.
        canvas: The picture that is filled: what the previews change of it is shown, and what lies around. None for
            new textures, which are shown whole.
        title: What is made.
        subtitle: The settings.

    Returns:
        The figure, with a cell for each seed.
    """
    columns = math.ceil(math.sqrt(len(previews)))
    rows = math.ceil(len(previews) / columns)
    part = (slice(None), slice(None)) if canvas is None else changed(previews, canvas)
    size = (columns * CELL_INCHES, rows * CELL_INCHES + FOOT_INCHES)
    figure, axes = new_sheet(title, subtitle, EXPLAINED, rows=rows, columns=columns, size=size)
    for place in axes.flat:
        place.set_axis_off()
    for place, (seed, preview) in zip(axes.flat, previews.items(), strict=False):
        place.imshow(samples(preview)[part].clip(0, 1), interpolation="auto")
        place.set_title(f"seed {seed}", fontsize=9)
    return figure


def changed(previews: Mapping[int, Picture], canvas: Picture) -> tuple[slice, slice]:
    """Find the part of a canvas that previews change, with half as much around it; all if they change nothing.

    Args:
        previews: As large as the canvas.
        canvas: The canvas.

    Returns:
        Rows, and columns.
    """
    before = samples(canvas)
    differs = np.zeros(before.shape[:2], bool)
    for each in previews.values():
        differs |= (samples(each) != before).any(axis=2)
    found: list[slice] = []
    for axis in (0, 1):
        marked = np.flatnonzero(differs.any(axis=1 - axis))
        first, last = (int(marked[0]), int(marked[-1])) if len(marked) else (0, differs.shape[axis] - 1)
        around = (last + 1 - first) // 2
        found.append(slice(max(0, first - around), last + 1 + around))
    return found[0], found[1]


def samples(picture: Picture) -> FloatArray:
    """Return colors and alpha, 1 where a picture has none, float32 (height, width, 4)."""
    alpha = np.ones(picture.pixels.shape[:2], np.float32) if picture.alpha is None else picture.alpha
    found: FloatArray = np.dstack([picture.pixels, alpha]).astype(np.float32)
    return found
