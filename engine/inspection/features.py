"""Draw the feature maps of a layer as a contact sheet."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from torch import Tensor

from engine.counting import counted
from engine.images.picture import FloatArray
from engine.inspection.encoding import FILLED_MEANS, visible
from engine.inspection.sheets import DOTS_PER_INCH, new_sheet, size_text
from engine.synthesis import Exemplar
from engine.synthesis.resample import resize
from engine.tensors import to_array
from protocol.vocabulary import LAYERS, PIXELS

COLORS = "inferno"
COLOR_NAMES = ("red", "green", "blue")
BRIGHTEST = 99.9
"""Percentile of the activations at which the color scale ends, so that outliers do not darken the rest."""
# Side of a map on the sheet in dots, by the maximum number of maps.
SIDES = ((16, 320), (64, 256), (128, 192))
SMALL_SIDE = 128
NARROWEST = 84
# Minimum height of a sheet, for the color bar beside it.
LOWEST = 240
FAINTEST = 1e-5
TITLE_LINE = 19
EXPLAINED_LINE = 15
CAPTION = 18
SILENT = 0.88
"""Gray of the strip of a map that is 0 everywhere."""
GAP = 8


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """The feature maps of one layer.

    Attributes:
        layer: Its name.
        maps: Activations, float32 (maps, height, width).
        energy: Mean square of each map, over valid positions.
        share: Energy relative to the sum; all 0 if that is 0.
        order: Numbers of the maps, by falling energy.
    """

    layer: str
    maps: FloatArray
    energy: NDArray[np.float64]
    share: NDArray[np.float64]
    order: NDArray[np.int64]

    @property
    def silent(self) -> NDArray[np.bool_]:
        """Whether a map is 0 everywhere, by number."""
        quiet: NDArray[np.bool_] = self.energy == 0
        return quiet

    @property
    def size(self) -> str:
        """Number, width and height of the maps, for people."""
        count, height, width = self.maps.shape
        return f"{counted(count, 'map')} of {width}×{height}"


def measure_maps(layer: str, maps: Tensor, region: Tensor | None = None) -> LayerMaps:
    """Order the maps of a layer by energy.

    Args:
        layer: Its name.
        maps: Activations, shape (1, maps, height, width).
        region: Valid positions, (height, width); None for all.

    Returns:
        The maps with their energies.
    """
    found: FloatArray = maps[0].float().cpu().contiguous().numpy()
    counted = found.reshape(len(found), -1) if region is None else found[:, region.cpu().numpy()]
    energy = np.square(counted, dtype=np.float64).mean(axis=1)
    share = energy / (energy.sum() or 1.0)
    return LayerMaps(layer, found, energy, share, np.argsort(-energy, kind="stable"))


def draw_maps(found: LayerMaps, picture: Exemplar, subtitle: str) -> Figure:
    """Draw every map of a layer, ordered by energy, after the picture itself.

    Args:
        found: The maps.
        picture: The picture.
        subtitle: Names of picture and encoder.

    Returns:
        The figure; its sheet has one dot per dot of the file.
    """
    count, height, width = found.maps.shape
    side = next((side for most, side in SIDES if count <= most), SMALL_SIDE)
    grow, shrink = max(1, side // max(height, width)), math.ceil(max(height, width) / side)
    scale = _scale(found)
    colors = ScalarMappable(scale, COLORS)
    loud = [n for n in found.order if not found.silent[n]]
    tiles = [
        np.asarray(colors.to_rgba(_fit(one, grow, shrink)))[..., :3].astype(np.float32) for one in found.maps[loud]
    ]
    down, across = height * grow // shrink, width * grow // shrink
    tiles.insert(0, to_array(resize(visible(picture), (down, across))))
    names = [
        f"the picture, {size_text(picture.size)}",
        *(f"{COLOR_NAMES[n] if found.layer == PIXELS else n}: {_percent(found.share[n])}" for n in loud),
    ]
    silent = [n for n in found.order if found.silent[n]]
    sheet, places = _arrange(tiles, len(silent), max(across, NARROWEST))

    stride = LAYERS[found.layer]
    shown = f"enlarged {grow} times" if grow > 1 else f"reduced {shrink} times" if shrink > 1 else "at its own size"
    figure, axes = new_sheet(
        f"{found.layer}: {found.size}, ordered by energy{f'; {len(silent)} of them silent' if silent else ''}",
        subtitle,
        f"One position of a map is {stride}×{stride} pixels of the picture; each map is shown {shown}. Above each: "
        "the number of the feature, and its share of the layer's energy (mean square). One color scale"
        + (
            "."
            if found.layer == PIXELS
            else ", by the square root; a thousandth of the activations is brighter than its end."
        )
        + ("" if picture.valid is None else f" {FILLED_MEANS}"),
        rows=1,
        columns=1,
        size=(sheet.shape[1] / DOTS_PER_INCH + 1.2, sheet.shape[0] / DOTS_PER_INCH + 1),
    )
    place = axes[0, 0]
    wide, high, foot = _framed(figure, sheet.shape[0])
    place.set_position((30 / wide, foot / high, sheet.shape[1] / wide, sheet.shape[0] / high))
    place.imshow(sheet, interpolation="none", aspect="auto")
    place.set_axis_off()
    for (top, left), name in zip(places, names, strict=False):
        place.text(left, top - 5, name, fontsize=8, va="baseline")
    for (top, left), number in zip(places[len(tiles) :], silent, strict=True):
        place.text(left + 4, top + CAPTION - 5, f"{number}: silent", fontsize=8, va="baseline")
    # Beside the first rows.
    long = min(440, sheet.shape[0] - 2 * CAPTION - 20)
    top = foot + sheet.shape[0] - 2 * CAPTION - 10
    bar = figure.add_axes((1 - 74 / wide, (top - long) / high, 16 / wide, long / high))
    ticks = [tick for tick in MaxNLocator(6).tick_values(0, scale.vmax or 1) if 0 <= tick <= (scale.vmax or 1)]
    figure.colorbar(colors, cax=bar, extend="neither" if found.layer == PIXELS else "max", ticks=ticks)
    bar.tick_params(labelsize=8)
    bar.set_title("light" if found.layer == PIXELS else "activation", fontsize=8)
    return figure


def _arrange(tiles: Sequence[FloatArray], silent: int, across: int) -> tuple[FloatArray, list[tuple[int, int]]]:
    """Lay out the tiles, and below them a strip for each silent map.

    Args:
        tiles: Tiles of the picture and of the maps that are not silent, all of one size, RGB.
        silent: Number of strips.
        across: Width of a column, dots.

    Returns:
        The sheet, RGB, and the top left corner of every tile and strip in it.
    """
    down = tiles[0].shape[0]
    cell = (down + CAPTION + GAP, across + GAP)
    columns = max(4, math.ceil(math.sqrt(len(tiles) * cell[0] / cell[1])))
    rows, strips = math.ceil(len(tiles) / columns), math.ceil(silent / columns)
    high = max(LOWEST, rows * cell[0] + strips * (CAPTION + 4))
    sheet = np.ones((high, columns * cell[1], 3), np.float32)
    places = [(n // columns * cell[0] + CAPTION, n % columns * cell[1]) for n in range(len(tiles))]
    for (top, left), tile in zip(places, tiles, strict=True):
        sheet[top : top + down, left : left + tile.shape[1]] = tile
    for n in range(silent):
        top, left = rows * cell[0] + n // columns * (CAPTION + 4), n % columns * cell[1]
        sheet[top : top + CAPTION, left : left + across] = SILENT
        places.append((top, left))
    return sheet, places


def _framed(figure: Figure, sheet: int) -> tuple[float, float, float]:
    """Make room for the title above a sheet and the explanation below.

    Args:
        figure: The figure.
        sheet: Height of the sheet, dots.

    Returns:
        Width and height of the figure, and how far above its lower edge the sheet begins, dots.
    """
    # Placed exactly, as resampling by a fraction of a dot would blur single positions of the maps.
    figure.set_layout_engine("none")
    title, explained = figure.get_suptitle(), figure.get_supxlabel()
    wide = figure.get_size_inches()[0] * DOTS_PER_INCH
    foot = 20 + EXPLAINED_LINE * len(explained.splitlines())
    high = foot + sheet + 20 + TITLE_LINE * len(title.splitlines())
    figure.set_size_inches(wide / DOTS_PER_INCH, high / DOTS_PER_INCH)
    figure.suptitle(title, fontsize=11, y=1 - 8 / high)
    figure.supxlabel(explained, fontsize=9, y=8 / high)
    return wide, high, foot


def _scale(found: LayerMaps) -> Normalize:
    """Return one scale for all maps; by the square root, as weak ones would be black."""
    if found.layer == PIXELS:
        return Normalize(0, 1)
    brightest = float(np.percentile(found.maps, BRIGHTEST))
    return PowerNorm(0.5, 0, brightest or float(found.maps.max()) or 1.0, clip=True)


def _fit(one: FloatArray, grow: int, shrink: int) -> FloatArray:
    """Resize a map (height, width) to a tile by whole factors: means of blocks, or repeated positions."""
    height, width = (n // shrink for n in one.shape)
    means = one[: height * shrink, : width * shrink].reshape(height, shrink, width, shrink).mean(axis=(1, 3))
    fitted: FloatArray = np.repeat(np.repeat(means, grow, axis=0), grow, axis=1)
    return fitted


def _percent(share: float) -> str:
    if share < FAINTEST:
        return f"< {100 * FAINTEST:g} %"
    return f"{100 * share:.2g} %" if share < 0.0995 else f"{100 * share:.0f} %"
