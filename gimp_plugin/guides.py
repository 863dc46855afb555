"""Checks of guides: drawables whose colors say which part of the exemplar belongs where on a new texture."""

import sys
from collections import Counter

from gimp_plugin import samples
from gimp_plugin.plans import PlanError
from gimp_plugin.translation import _
from protocol.messages import Source
from protocol.raster import Raster
from protocol.vocabulary import LARGEST_SIDE, SMALLEST_SIDE

# As in `engine/preparation/guides.py`: the part of a guide that may be wrong, and by how much the channels of a gray
# may differ.
NEGLIGIBLE = 0.005
GRAY = 16


def check_choice(layers: int, *, exemplar: bool, canvas: bool) -> None:
    """Refuse guides that do not go together.

    Args:
        layers: Number of layers that are sampled.
        exemplar: Whether there is a guide of the exemplar.
        canvas: Whether there is one of the canvas.

    Raises:
        PlanError: Says what to choose.
    """
    if exemplar and layers > 1:
        raise PlanError(
            _("{count} layers are selected, and an exemplar guide is for one: select one layer only.").format(
                count=layers
            )
        )
    if exemplar and not canvas:
        raise PlanError(
            _("There is an exemplar guide, and no canvas guide: choose one with the same colors, or no guide.")
        )
    if canvas and not exemplar and layers == 1:
        raise PlanError(
            _(
                "There is a canvas guide, and no exemplar guide: choose one with the same colors, or select several "
                "layers to mix by grays."
            )
        )


def check_exemplar_guide(source: Source, name: str) -> None:
    """Refuse a guide with gaps.

    Args:
        source: The exemplar; its guide is RGB with alpha, 8 bits.
        name: Of the drawable that is the guide.

    Raises:
        PlanError: It has gaps.
    """
    if source.guide is not None and _clear_part(source.guide) > NEGLIGIBLE:
        raise PlanError(
            _("The exemplar guide “{name}” does not cover all of the exemplar: make it as large, and opaque.").format(
                name=name
            )
        )


def check_canvas_guide(guide: Raster, name: str, *, mixing: bool) -> None:
    """Refuse a guide of a size that cannot be made, with gaps, or with colors where grays are due.

    Args:
        guide: RGB with alpha, 8 bits.
        name: Of the drawable.
        mixing: Whether it mixes several layers.

    Raises:
        PlanError: It cannot be used.
    """
    if not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in (guide.width, guide.height)):
        raise PlanError(
            _(
                "The canvas guide “{name}” is {width} × {height} px: choose one of {least} to {most} px a side."
            ).format(name=name, width=guide.width, height=guide.height, least=SMALLEST_SIDE, most=LARGEST_SIDE)
        )
    if _clear_part(guide) > NEGLIGIBLE:
        raise PlanError(
            _("The canvas guide “{name}” is transparent in places: fill all of it with colors.").format(name=name)
        )
    if mixing and _colored_part(guide) > NEGLIGIBLE:
        raise PlanError(
            _(
                "The canvas guide “{name}” has colors, and several layers are mixed by grays: black for the first "
                "one, white for the last one."
            ).format(name=name)
        )


def _clear_part(guide: Raster) -> float:
    clear = samples.below(samples.alpha(guide), samples.OPAQUE)
    return clear.count(255) / len(clear)


def _colored_part(guide: Raster) -> float:
    # Whole pixels are counted as numbers, because a guide has few different ones.
    counts = Counter(memoryview(guide.data).cast("B").cast("I"))
    colored = sum(count for pixel, count in counts.items() if _spread(pixel) > GRAY)
    return colored / (guide.width * guide.height)


def _spread(pixel: int) -> int:
    colors = pixel.to_bytes(4, sys.byteorder)[:3]
    return max(colors) - min(colors)
