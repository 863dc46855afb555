"""Measures of a filled hole, and a sheet that shows it beside other fillings."""

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from patterns import Array
from PIL import Image, ImageDraw
from torch import Tensor

from engine.encoders import Encoder
from engine.measures import distance

RIM_DEPTH = 8
CROP_MARGIN = 16
# Added to both steps of `rim`, so that flat colors and 8-bit rounding count as no rim.
STEP_FLOOR = 1 / 255
GAP = 8
CAPTION_HEIGHT = 16
HOLE_COLOR = (255, 0, 255)


def rim(picture: Image.Image, hole: Array) -> float:
    """Measure how visible the border of a filled hole is.

    Args:
        picture: Filled.
        hole: Above 0.5 where it was filled, shape (height, width).

    Returns:
        Mean absolute difference of neighboring pixels across the border of the hole, over that of neighbors that are
            both in the hole and within 8 pixels of its border, 1/255 added to each. NaN where there are none.
    """
    pixels = np.asarray(picture.convert("RGB"), dtype=np.float64) / 255
    inside = hole > 0.5
    near = inside & dilated(~inside, RIM_DEPTH)
    across: list[Array] = []
    within: list[Array] = []
    for axis in (0, 1):
        steps = np.abs(np.diff(pixels, axis=axis)).mean(axis=2)
        across.append(steps[np.diff(inside, axis=axis)])
        within.append(steps[pairs(near, axis)])
    outer, inner = np.concatenate(across), np.concatenate(within)
    if not outer.size or not inner.size:
        return math.nan
    return float((outer.mean() + STEP_FLOOR) / (inner.mean() + STEP_FLOOR))


def pairs(mask: npt.NDArray[np.bool_], axis: int) -> npt.NDArray[np.bool_]:
    """Return which pairs of neighbors along an axis both lie in a mask."""
    moved = np.moveaxis(mask, axis, 0)
    return np.moveaxis(moved[1:] & moved[:-1], 0, axis)


def dilated(mask: npt.NDArray[np.bool_], radius: int) -> npt.NDArray[np.bool_]:
    """Grow a mask by a number of pixels to all sides."""
    grown = F.max_pool2d(torch.from_numpy(mask)[None, None].float(), 2 * radius + 1, stride=1, padding=radius)
    return np.asarray(grown[0, 0].numpy() > 0)


def distance_to_truth(truth: Image.Image, picture: Image.Image, hole: Array, encoder: Encoder) -> float:
    """Compare the features in the bounding box of the hole, grown by 16 pixels; see `engine.measures.distance`."""
    rows, columns = (np.flatnonzero((hole > 0).any(axis=axis)) for axis in (1, 0))
    box = (
        max(int(columns[0]) - CROP_MARGIN, 0),
        max(int(rows[0]) - CROP_MARGIN, 0),
        min(int(columns[-1]) + 1 + CROP_MARGIN, truth.width),
        min(int(rows[-1]) + 1 + CROP_MARGIN, truth.height),
    )
    with torch.no_grad():
        return distance(tensor_of(truth.crop(box)), tensor_of(picture.crop(box)), encoder)


def tensor_of(picture: Image.Image) -> Tensor:
    """Convert a picture to RGB in [0, 1], shape (1, 3, height, width)."""
    pixels = np.asarray(picture.convert("RGB"), dtype=np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].contiguous()


def blended(picture: Image.Image, filled: Image.Image, mask: Image.Image) -> Image.Image:
    """Put what was filled over the picture, as opaque as the mask says."""
    return Image.composite(filled.convert("RGB"), picture.convert("RGB"), mask)


def sheet(picture: Image.Image, mask: Image.Image, others: Mapping[str, Image.Image | None]) -> Image.Image:
    """Put pictures side by side at full size, after the one to fill with its hole in magenta.

    Args:
        picture: To fill.
        mask: White where it is to be filled.
        others: Captions and pictures of the same size; None is left out.

    Returns:
        The sheet.
    """
    shown = {"to fill": blended(picture, Image.new("RGB", picture.size, HOLE_COLOR), mask)}
    shown |= {caption: other for caption, other in others.items() if other is not None}
    step = picture.width + GAP
    made = Image.new("RGB", (step * len(shown) - GAP, picture.height + CAPTION_HEIGHT), "white")
    draw = ImageDraw.Draw(made)
    for place, (caption, each) in enumerate(shown.items()):
        draw.text((place * step + 2, 2), caption, fill="black")
        made.paste(each.convert("RGB"), (place * step, CAPTION_HEIGHT))
    return made
