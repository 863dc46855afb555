"""Synthesize the same exemplar from more and more layers, to show what each contributes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matplotlib.figure import Figure

from engine.counting import counted
from engine.encoders import Encoder
from engine.inspection.encoding import fitting_layers, visible
from engine.inspection.history import History, follow
from engine.inspection.sheets import (
    SMALL_LETTERS_PER_INCH,
    new_sheet,
    seconds_text,
    show_picture,
    size_text,
    wrapped,
)
from engine.synthesis import Exemplar, Snapshot, SynthesisSettings, synthesize
from engine.synthesis.octaves import Size
from engine.tensors import to_array
from protocol.vocabulary import LAYERS, LayerWeights

COLUMNS = 3
SMALLEST_WIDTH = 3.4
TITLE_WIDTH = 3.2


@dataclass(frozen=True, eq=False)
class LayerStage:
    """One of the syntheses.

    Attributes:
        layers: Its layers, with their weights.
        history: The history of its run.
    """

    layers: LayerWeights
    history: History

    @property
    def title(self) -> str:
        """The layers, the size, the steps and the seconds, for people."""
        layers = ", ".join(name if weight == 1 else f"{name} × {weight:g}" for name, weight in self.layers)
        size = size_text(self.history.picture.shape[2:])
        spent = f"{counted(self.history.steps, 'step')}, {seconds_text(self.history.seconds[-1])}"
        return f"{wrapped(layers, TITLE_WIDTH, SMALL_LETTERS_PER_INCH)}\n{size}, {spent}"


def cumulated(layers: LayerWeights) -> list[LayerWeights]:
    """Return the layers of each stage: those of the first block, of the first two, and so on.

    Args:
        layers: Names and weights; layers with weight 0 do not count.

    Returns:
        One set of layers per block, each with those of the blocks before.
    """
    used = [(name, weight) for name, weight in layers if weight]
    strides = sorted({LAYERS[name] for name, _ in used})
    return [tuple(one for one in used if LAYERS[one[0]] <= stride) for stride in strides]


def fitting_stages(
    encoder: Encoder, exemplar: Size, settings: SynthesisSettings, layers: LayerWeights, *, asked: bool
) -> LayerWeights:
    """Choose the layers that exemplar and canvas are large enough for.

    Args:
        encoder: Has the layers.
        exemplar: Height and width, pixels.
        settings: The settings.
        layers: Names and weights.
        asked: Whether the user named them, so that none may be left out.

    Returns:
        Names and weights.
    """
    smallest = min(exemplar, settings.size, key=min)
    fitting = fitting_layers(encoder, smallest, [name for name, _ in layers], asked=asked)
    return tuple(one for one in layers if one[0] in fitting)


def run_stages(
    exemplar: Exemplar,
    encoder: Encoder,
    settings: SynthesisSettings,
    layers: LayerWeights,
    watch: Callable[[str], Callable[[Snapshot], None]],
) -> list[LayerStage]:
    """Synthesize once for every block, from its layers and those of the blocks before it.

    Args:
        exemplar: The sample texture.
        encoder: On the same device.
        settings: The settings; the seed is the same every time.
        layers: All layers, with weights.
        watch: Takes the name of a stage, and returns a callback for its snapshots.

    Returns:
        The stages.
    """
    found = []
    sets = cumulated(layers)
    for number, used in enumerate(sets, 1):
        chosen = replace(settings, layers=used)
        on_snapshot = watch(f"{used[-1][0]}, {number} of {len(sets)}")
        found.append(LayerStage(used, follow(synthesize(exemplar, encoder, chosen), time.perf_counter, on_snapshot)))
    return found


def stage_numbers(stages: Sequence[LayerStage]) -> dict[str, Any]:
    """Return the numbers behind the figure: layers with weights, steps, seconds, losses at the end."""
    return {
        "layers": [",".join(f"{name}:{weight:g}" for name, weight in one.layers) for one in stages],
        "steps": [one.history.steps for one in stages],
        "seconds": [round(float(one.history.seconds[-1]), 3) for one in stages],
        "losses": [sum(one.history.last(critic) or 0.0 for critic in one.history.losses) for one in stages],
    }


def draw_stages(exemplar: Exemplar, stages: Sequence[LayerStage], subtitle: str, explained: str = "") -> Figure:
    """Draw the exemplar and the texture of every stage."""
    height, width = stages[0].history.picture.shape[2:]
    columns = min(COLUMNS, len(stages) + 1)
    lines = -(-(len(stages) + 1) // columns)
    # One dot per pixel of the texture, or more if that would be small.
    wide = max(SMALLEST_WIDTH, width / 100 + 0.6)
    high = max(1.6, (wide - 0.6) * height / width) + 1.05
    figure, axes = new_sheet(
        "The same exemplar, synthesized from more and more layers",
        subtitle,
        explained,
        rows=lines,
        columns=columns,
        size=(columns * wide, lines * high + 0.6),
    )
    places = list(axes.flat)
    sizes = [exemplar.size, (height, width)]
    show_picture(places[0], to_array(visible(exemplar)), f"exemplar\n{size_text(exemplar.size)}", sizes)
    for place, one in zip(places[1:], stages, strict=False):
        show_picture(place, to_array(one.history.picture), one.title, sizes)
    for place in places[len(stages) + 1 :]:
        place.set_axis_off()
    return figure
