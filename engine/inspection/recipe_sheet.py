"""The recipes side by side."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure
from torch import Tensor

from engine.counting import counted
from engine.encoders import Encoder
from engine.images.picture import FloatArray
from engine.inspection.portilla_simoncelli import EVALUATIONS, STEPS, portilla_simoncelli
from engine.inspection.sheets import (
    COPIED_MEANS,
    COVERAGE_MEANS,
    new_sheet,
    percent,
    seconds_text,
    show_picture,
    size_text,
    wrapped,
)
from engine.measures import Measures, measure
from engine.synthesis import Exemplar, SynthesisSettings, synthesize
from engine.synthesis.resample import resize
from engine.tensors import to_array

ORDER = ("gram", "patch", "sliced", "photo")
ANCESTOR = "portilla-simoncelli"
PAPERS = {
    "gram": "Gatys et al. 2015",
    "patch": "Li & Wand 2016",
    "sliced": "Heitz et al. 2021",
    "photo": "sliced and patch together",
    ANCESTOR: "2000, by plenoptic; each principal color alone",
}
EXPLAINED = (
    "Distance: of the features' distributions, over their spread; 0 is the same. "
    "Sharpness: gradient energy over the exemplar's; below 1 blur, above 1 noise. "
    f"Copied: {COPIED_MEANS} Coverage: {COVERAGE_MEANS}"
)
COLUMNS = 3

OnProgress = Callable[[int, int, int, Mapping[str, float]], None]


@dataclass(frozen=True, eq=False)
class RecipeResult:
    """The result of one recipe.

    Attributes:
        recipe: Its name.
        picture: RGB in [0, 1], float32 (height, width, 3).
        seconds: Seconds that it took.
        steps: Steps of the solver.
        measures: Measures of quality.
    """

    recipe: str
    picture: FloatArray
    seconds: float
    steps: int
    measures: Measures


def make_by_recipe(
    exemplar: Exemplar, encoder: Encoder, judge: Encoder, settings: SynthesisSettings, on_progress: OnProgress
) -> RecipeResult:
    """Synthesize by one of the recipes, and measure the result.

    Args:
        exemplar: The sample texture.
        encoder: Encoder of the critics.
        judge: Encoder that measures quality.
        settings: The settings.
        on_progress: Called with octave, step, steps and losses.

    Returns:
        What was made.

    Raises:
        RuntimeError: There was no snapshot.
    """
    began = time.perf_counter()
    snapshot = None
    for snapshot in synthesize(exemplar, encoder, settings):
        on_progress(snapshot.octave, snapshot.step, snapshot.steps, snapshot.losses)
    if snapshot is None:
        raise RuntimeError("synthesis returned no picture")
    seconds = time.perf_counter() - began
    picture = resize(snapshot.picture, settings.size)
    return _made(settings.recipe, exemplar.picture, picture, seconds, snapshot.step, judge)


def make_by_portilla_simoncelli(
    exemplar: Exemplar, judge: Encoder, settings: SynthesisSettings, on_progress: OnProgress
) -> RecipeResult:
    """Synthesize by Portilla and Simoncelli's statistics, and measure the result.

    Args:
        exemplar: The sample texture.
        judge: Encoder that measures quality.
        settings: Settings, of which size, quality and seed are used.
        on_progress: Called with octave, step, steps and losses.

    Returns:
        What was made.
    """
    steps = STEPS[settings.quality]
    began = time.perf_counter()
    picture = portilla_simoncelli(
        exemplar.picture,
        settings.size,
        seed=settings.seed,
        steps=steps,
        on_progress=lambda done, total, loss: on_progress(0, done, total, {ANCESTOR: loss}),
    )
    return _made(ANCESTOR, exemplar.picture, picture, time.perf_counter() - began, steps, judge)


def draw_recipes(exemplar: Exemplar, made: Sequence[RecipeResult], *, missing: str | None, subtitle: str) -> Figure:
    """Draw the textures beside the exemplar."""
    places = 1 + len(made) + (missing is not None)
    rows = -(-places // COLUMNS)
    figure, axes = new_sheet(
        "One exemplar by every recipe", subtitle, EXPLAINED, rows=rows, columns=COLUMNS, size=(15, 1.4 + 5.5 * rows)
    )
    sizes = [exemplar.size, *(one.picture.shape[:2] for one in made)]
    show_picture(axes.flat[0], to_array(exemplar.picture), f"exemplar, {size_text(exemplar.size)}\n\n", sizes)
    for place, one in zip(axes.flat[1:], made, strict=False):
        show_picture(place, one.picture, caption(one), sizes)
    for place in axes.flat[1 + len(made) :]:
        place.set_axis_off()
    if missing is not None:
        place = axes.flat[1 + len(made)]
        place.text(
            0.5, 0.5, wrapped(missing, 3, 12), ha="center", va="center", fontsize=10, transform=place.transAxes
        )
    return figure


def caption(one: RecipeResult) -> str:
    """Return the caption of a texture: recipe, paper, seconds and measures of quality."""
    measures = one.measures
    of_evaluations = f" of {EVALUATIONS} evaluations" if one.recipe == ANCESTOR else ""
    return (
        f"{one.recipe} ({PAPERS[one.recipe]})\n"
        f"{seconds_text(one.seconds)}, {counted(one.steps, 'step')}{of_evaluations}\n"
        f"distance {measures.distance:.3f}, sharpness {measures.sharpness:.2f}, "
        f"copied {percent(measures.copied)}, coverage {percent(measures.coverage)}"
    )


def _made(recipe: str, exemplar: Tensor, picture: Tensor, seconds: float, steps: int, judge: Encoder) -> RecipeResult:
    return RecipeResult(recipe, to_array(picture), seconds, steps, measure(exemplar, picture, judge))
