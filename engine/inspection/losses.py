"""Draw the loss of every critic and layer of a run, and the plan of octaves."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from engine.counting import counted
from engine.images.picture import FloatArray
from engine.inspection.history import Curve, History
from engine.inspection.sheets import new_sheet
from engine.synthesis import Exemplar
from engine.synthesis.octaves import Octave, Size
from engine.tensors import to_array

WIDTH = 12.0
CURVES_HEIGHT = 2.9
# What a plan takes besides its pictures, inches: the title, and the captions.
PLAN_FRAME = 0.5
LARGEST_PLAN = 6.0
# Width of a caption below the plan, over the height of the canvas.
NARROWEST = 0.5
# Likewise in heights of the canvas.
GAP = 0.08
EXEMPLAR_GAP = 0.12
MARGIN_ABOVE = 0.02
MARGIN_BELOW = 0.32


def history_numbers(history: History, plan: Mapping[Octave, int]) -> dict[str, Any]:
    """Return the numbers behind the figure: every curve, and the octaves with their sizes and steps."""
    numbers: dict[str, Any] = {
        "octave": history.octaves,
        "seconds": history.seconds,
        "undone": np.array(history.undone, np.int64),
        "plan_octave": [octave.index for octave in plan],
        "plan_height": [octave.canvas[0] for octave in plan],
        "plan_width": [octave.canvas[1] for octave in plan],
        "plan_exemplar_height": [octave.exemplar[0] for octave in plan],
        "plan_exemplar_width": [octave.exemplar[1] for octave in plan],
        "plan_steps": list(plan.values()),
    }
    for critic, curve in history.losses.items():
        name = f"loss_{critic}".replace(" ", "_").replace("×", "x")
        numbers[name] = curve
        layers = history.layer_losses[critic]
        # With a single layer, its loss is the critic's.
        numbers |= {f"{name}_{layer}": one for layer, one in layers.items() if len(layers) > 1}
    return numbers


def draw_losses(history: History, plan: Mapping[Octave, int], exemplar: Exemplar, subtitle: str) -> Figure:
    """Draw the loss of each critic and layer, and the octaves with the canvas at their ends."""
    several = [name for name, layers in history.layer_losses.items() if len(layers) > 1]
    wide, high = _plan_extent(plan, exemplar.size)
    plan_height = min(LARGEST_PLAN, PLAN_FRAME + (WIDTH - 1) * high / wide)
    figure, axes = new_sheet(
        f"The loss over {counted(history.steps, 'step')}, and the octaves they went through",
        subtitle,
        "A critic compares one kind of statistics of the canvas with the exemplar's: its loss is 0 where they match, "
        "in units of the exemplar's own, and without the weights of the recipe. A layer takes part where canvas and "
        "exemplar are large enough for it.",
        rows=2 + len(several),
        columns=1,
        size=(WIDTH, 1.4 + CURVES_HEIGHT * (1 + len(several)) + plan_height),
    )
    places = axes[:, 0]
    places[0].get_gridspec().set_height_ratios([CURVES_HEIGHT] * (1 + len(several)) + [plan_height])
    _draw_curves(places[0], history, history.losses, "loss of each critic")
    for place, name in zip(places[1:], several, strict=False):
        _draw_curves(place, history, history.layer_losses[name], f"critic {name}: loss of each layer")
    _draw_plan(places[-1], history, plan, to_array(exemplar.picture))
    return figure


def _draw_curves(place: Axes, history: History, curves: Mapping[str, Curve], title: str) -> None:
    steps = np.arange(1, history.steps + 1)
    for number, octave in enumerate(dict.fromkeys(history.octaves.tolist())):
        first, last = history.span(octave)
        place.axvspan(first - 0.5, last + 0.5, color="0.93" if number % 2 == 0 else "1.0", zorder=0)
        place.annotate(
            f"octave 1:{2**octave}",
            ((first + last) / 2, 1),
            (0, -3),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=8,
            color="0.35",
        )
    for number, (name, curve) in enumerate(curves.items()):
        positive = np.where(np.isfinite(curve) & (curve > 0), curve, np.nan)
        for found, stretch in enumerate(_stretches(history)):
            # A single point has no line.
            mark = "." if len(stretch) == 1 else None
            place.plot(
                steps[stretch],
                positive[stretch],
                color=f"C{number}",
                # Colors repeat after ten.
                ls="-" if number < 10 else "--",
                lw=1.4,
                marker=mark,
                label=name if found == 0 else None,
            )
    for number, step in enumerate(history.undone):
        label = f"step undone ({len(history.undone)})" if number == 0 else None
        place.axvline(step, color="crimson", lw=0.9, ls=":", label=label)
    place.set_yscale("log")
    place.set_xlim(0.5, history.steps + 0.5)
    place.xaxis.set_major_locator(MaxNLocator(integer=True))
    place.set_title(title, fontsize=10)
    place.set_xlabel("step", fontsize=9)
    place.set_ylabel("loss (log scale, no unit)", fontsize=9)
    place.tick_params(which="both", labelsize=8)
    place.grid(axis="y", color="0.85", lw=0.5)
    bottom, top = place.get_ylim()
    # Room for the names of the octaves above the curves.
    place.set_ylim(bottom, top * (top / bottom) ** 0.12)
    place.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8, frameon=False)


def _stretches(history: History) -> Iterable[Sequence[int]]:
    """Split the steps at octaves, as losses at different sizes must not be joined by a line."""
    for octave in dict.fromkeys(history.octaves.tolist()):
        first, last = history.span(octave)
        yield range(first - 1, last)


def _plan_extent(plan: Mapping[Octave, int], exemplar: Size) -> tuple[float, float]:
    """Return width and height of the drawn plan, pixels of the canvas."""
    height = max(*(octave.canvas[0] for octave in plan), exemplar[0])
    widths = [*(octave.canvas[1] for octave in plan), exemplar[1]]
    across = sum(max(wide, NARROWEST * height) + GAP * height for wide in widths) + EXEMPLAR_GAP * height
    return across, (1 + MARGIN_ABOVE + MARGIN_BELOW) * height


def _draw_plan(place: Axes, history: History, plan: Mapping[Octave, int], exemplar: FloatArray) -> None:
    height = max(*(octave.canvas[0] for octave in plan), exemplar.shape[0])
    slot = NARROWEST * height
    left = 0.0
    for octave, steps in plan.items():
        high, wide = octave.canvas
        first, last = history.span(octave.index)
        _put(place, left, to_array(history.ends[octave.index]))
        place.text(
            left,
            -0.03 * height,
            f"octave 1:{2**octave.index}\ncanvas {wide}×{high}\nexemplar {octave.exemplar[1]}×{octave.exemplar[0]}\n"
            f"{counted(steps, 'step')} ({first}–{last})",
            fontsize=8,
            va="top",
        )
        left += max(wide, slot) + GAP * height
    left += EXEMPLAR_GAP * height
    _put(place, left, exemplar)
    place.text(left, -0.03 * height, f"the exemplar\n{exemplar.shape[1]}×{exemplar.shape[0]}", fontsize=8, va="top")
    place.set_xlim(-0.02 * height, left + max(exemplar.shape[1], slot) + 0.02 * height)
    place.set_ylim(-MARGIN_BELOW * height, (1 + MARGIN_ABOVE) * height)
    place.set_aspect("equal")
    place.set_title("the plan of octaves, coarse to fine: the canvas at the end of each, to one scale", fontsize=10)
    place.set_ylabel("pixels", fontsize=9)
    place.spines["left"].set_bounds(0, height)
    place.set_yticks([n for n in place.get_yticks() if 0 <= n <= height])
    place.set_xticks([])
    place.tick_params(labelsize=8)
    for side in ("top", "right", "bottom"):
        place.spines[side].set_visible(False)


def _put(place: Axes, left: float, picture: FloatArray) -> None:
    high, wide = picture.shape[:2]
    place.imshow(picture, extent=(left, left + wide, 0, high), interpolation="auto", zorder=1)
    place.add_patch(Rectangle((left, 0), wide, high, fill=False, ec="black", lw=0.8, zorder=2))
