"""Draw where each patch of a texture comes from."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogFormatter, LogLocator
from numpy.typing import NDArray

from engine.images.picture import FloatArray
from engine.inspection.encoding import visible
from engine.inspection.matches import FEWEST_USES, LARGEST_SHARE, OVERUSED, Matches
from engine.inspection.sheets import COPIED_MEANS, COVERAGE_MEANS, new_sheet, percent, show_picture, size_text
from engine.synthesis import Exemplar
from engine.tensors import to_array

# Colors of the exemplar's corners, distinct for color-blind people, too, by lightness.
CORNERS = np.array(
    [[[0.10, 0.20, 0.75], [0.85, 0.10, 0.35]], [[0.05, 0.75, 0.60], [1.00, 0.90, 0.20]]], dtype=np.float32
)
CELLS = 8
CELL_SHADE = 0.82
"""Factor of the dark cells of the checkerboard, which shows the orientation of copied pieces."""
PALE = 0.25
"""Strength of the color where patches were newly combined; the rest is white."""
MARK = "#00e5ff"


def color_code(places: NDArray[np.int64], size: tuple[int, int]) -> FloatArray:
    """Return the color of places of the exemplar.

    Args:
        places: Rows and columns, (…, 2).
        size: Number of rows and columns.

    Returns:
        RGB in [0, 1], (…, 3): a mixture of the corners' colors, with a checkerboard of 8 × 8 over it.
    """
    share = places / np.maximum(1, np.array(size) - 1)
    down, across = share[..., :1], share[..., 1:]
    upper = CORNERS[0, 0] * (1 - across) + CORNERS[0, 1] * across
    lower = CORNERS[1, 0] * (1 - across) + CORNERS[1, 1] * across
    cells = np.minimum(CELLS - 1, (share * CELLS).astype(int)).sum(axis=-1, keepdims=True) % 2
    colors: FloatArray = ((upper * (1 - down) + lower * down) * np.where(cells, CELL_SHADE, 1)).astype(np.float32)
    return colors


def draw_matches(
    exemplar: Exemplar, texture: Exemplar, matches: Matches, *, copied: float, coverage: float, subtitle: str
) -> Figure:
    """Draw where each patch of a texture comes from.

    Args:
        exemplar: The sample texture.
        texture: The texture made from it.
        matches: The matches.
        copied: Share of neighboring patches that come from neighbors.
        coverage: Share of the exemplar's patches that are used, of those that could be.
        subtitle: Names of the pictures.

    Returns:
        The figure: the pictures, the color code and the map in it, uses and distances.
    """
    row, column, count = matches.most_used()
    over = "overused" if matches.is_overused() else "not overused"
    figure, axes = new_sheet(
        f"Where each patch of the texture comes from: {percent(copied)} copied in blocks, coverage "
        f"{percent(coverage)}; most used place: {_uses(count)} ({over})",
        f"{subtitle}; maps of patches of {matches.patch}×{matches.patch} pixels, nearest in RGB, "
        f"one at every {_ordinal(matches.stride)}pixel of the texture",
        _explained(matches, clear=exemplar.valid is not None),
        rows=2,
        columns=3,
        size=(15, 10.8),
    )
    known, made = to_array(visible(exemplar)), to_array(texture.picture)
    sizes = [exemplar.size, texture.size]
    show_picture(axes[0, 0], known, f"exemplar, {size_text(exemplar.size)}; framed: its most used place", sizes)
    show_picture(axes[0, 1], made, f"texture, {size_text(texture.size)}; framed: what comes from there", sizes)
    _show_code(axes[1, 0], known, matches)
    _show_map(axes[1, 1], made, matches)
    _show_uses(axes[0, 2], known, matches)
    _show_distances(axes[1, 2], made, matches)
    _frame(axes[0, 0], row, column, matches.patch + matches.stride - 1)
    for y, x in np.argwhere(matches.from_place(row, column)) * matches.stride:
        _frame(axes[0, 1], int(y), int(x), matches.patch)
    return figure


def _explained(matches: Matches, *, clear: bool) -> str:
    place = f"a square of {matches.stride}×{matches.stride} patches" if matches.stride > 1 else "one patch"
    return (
        f"Copied and coverage are measured as in the benchmarks. Copied: {COPIED_MEANS} Coverage: {COVERAGE_MEANS} "
        f"In the maps, of equally near patches the uppermost, then leftmost one counts. A place is {place}; if all "
        f"were used alike, each would have {_uses(matches.even)}. Overused is what has {OVERUSED} times as many or "
        f"{percent(LARGEST_SHARE)} of all, and {FEWEST_USES} uses at least: here {_uses(matches.overused_from)}."
        + (" Light gray is transparent, and not used." if clear else "")
    )


def _show_code(axes: Axes, exemplar: FloatArray, matches: Matches) -> None:
    size = matches.uses.shape
    grid = np.stack(np.meshgrid(np.arange(size[0]), np.arange(size[1]), indexing="ij"), axis=-1)
    colors = np.where(matches.allowed[..., None], color_code(grid, (size[0], size[1])), 1.0)
    _place(axes, colors, exemplar.shape, matches.patch, 1)
    axes.set_title("color code: each place of the exemplar has its color", fontsize=9)
    _label(axes)


def _show_map(axes: Axes, texture: FloatArray, matches: Matches) -> None:
    size = (matches.uses.shape[0], matches.uses.shape[1])
    colors = color_code(matches.places, size)
    strength = np.where(matches.copied_pieces(), 1.0, PALE)[..., None]
    _place(axes, 1 - strength * (1 - colors), texture.shape, matches.patch, matches.stride)
    axes.set_title("texture in these colors; strong: copied pieces, pale: newly combined", fontsize=9)
    _label(axes)


def _show_uses(axes: Axes, exemplar: FloatArray, matches: Matches) -> None:
    counts = matches.place_uses()
    row, column, count = matches.most_used()
    shown = np.ma.masked_where((counts == 0) | ~matches.allowed, counts)
    axes.set_facecolor("0.75")
    scale = LogNorm(1, max(2 * matches.overused_from, count))
    image = _place(axes, shown, exemplar.shape, matches.patch, 1, cmap="inferno", norm=scale)
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.85)
    bar.set_label("uses of a place (gray: never)", fontsize=8)
    bar.locator = LogLocator(subs=(1, 2, 5))
    bar.formatter = LogFormatter(labelOnlyBase=False, minor_thresholds=(99, 99))
    bar.minorticks_off()
    bar.ax.tick_params(labelsize=7)
    bar.ax.axhline(matches.overused_from, color=MARK, linewidth=3)
    middle = (matches.patch - 1) / 2
    axes.plot(column + middle, row + middle, "o", markersize=14, fillstyle="none", color=MARK, markeredgewidth=2)
    right = column > exemplar.shape[1] / 2
    axes.annotate(
        _uses(count),
        (column + middle, row + middle),
        (-12 if right else 12, -14 if row < exemplar.shape[0] / 2 else 8),
        textcoords="offset points",
        ha="right" if right else "left",
        color="black",
        fontsize=9,
        bbox={"facecolor": MARK, "edgecolor": "none", "pad": 2},
    )
    axes.set_title("how often each place of the exemplar is used; blue on the scale: overused", fontsize=9)
    _label(axes)


def _show_distances(axes: Axes, texture: FloatArray, matches: Matches) -> None:
    levels = matches.distances * 255
    image = _place(
        axes,
        levels,
        texture.shape,
        matches.patch,
        matches.stride,
        cmap="viridis",
        vmin=0,
        vmax=max(1.0, levels.max()),
    )
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.85)
    bar.set_label("root mean square difference, 8-bit levels", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    axes.set_title("how unlike each patch of the texture is to its nearest", fontsize=9)
    _label(axes)


def _place(
    axes: Axes,
    values: NDArray[Any],
    picture: tuple[int, ...],
    patch: int,
    stride: int,
    **options: Any,  # noqa: ANN401 - matplotlib's own
) -> AxesImage:
    """Show a map of patches at the pixels in the middle of them, on axes of the whole picture."""
    rows, columns = values.shape[:2]
    left = (patch - stride) / 2 - 0.5
    image = axes.imshow(
        values,
        interpolation="nearest",
        extent=(left, left + columns * stride, left + rows * stride, left),
        **options,
    )
    axes.set_xlim(-0.5, picture[1] - 0.5)
    axes.set_ylim(picture[0] - 0.5, -0.5)
    return image


def _label(axes: Axes) -> None:
    axes.set_xlabel("pixels", fontsize=8)
    axes.tick_params(labelsize=7)


def _frame(axes: Axes, row: int, column: int, side: int) -> None:
    axes.add_patch(
        Rectangle((column - 0.5, row - 0.5), side, side, fill=False, edgecolor=MARK, linewidth=1.5, zorder=3)
    )


def _uses(count: float) -> str:
    return "1 use" if count == 1 else f"{count:.3g} uses"


def _ordinal(stride: int) -> str:
    return "" if stride == 1 else f"{stride}th " if stride > 3 else ("2nd ", "3rd ")[stride - 2]
