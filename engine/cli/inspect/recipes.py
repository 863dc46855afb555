"""`texture-engine inspect recipes`."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from engine.cli.inspect.command import Exemplar, Figure, Size, figure_command
from engine.cli.inspect.runs import load_run
from engine.inspection.limits import UnsuitableError
from engine.options.failures import fail
from engine.options.paths import path_option
from protocol.vocabulary import Settings

if TYPE_CHECKING:
    from engine.inspection.recipe_sheet import RecipeResult

JUDGE_HELP = "File with the weights of a VGG that measures quality, preferably not the encoder."


@figure_command("quality", "steps", "seed", "encoder", "weights", "pooling", "device")
def recipes(
    *,
    figure: Figure,
    asked: Settings,
    weights: Path | None,
    exemplar: Exemplar,
    size: Size = "256x256",
    judge: Annotated[Path | None, path_option(JUDGE_HELP, default="the encoder")] = None,
) -> None:
    """Synthesize with every recipe, and draw the textures side by side with seconds and measures of quality.

    If the library plenoptic is installed, the method of Portilla and Simoncelli (2000) is among them.
    """
    sheet = figure.check([exemplar, weights, judge])

    import numpy as np

    from engine.inspection.recipe_sheet import (
        ANCESTOR,
        ORDER,
        draw_recipes,
        make_by_portilla_simoncelli,
        make_by_recipe,
    )
    from engine.measures import PATCH

    # Copying is measured by comparing patches with their neighbors.
    least = 2 * PATCH
    run = load_run(exemplar, size, replace(asked, recipe=ORDER[0]), weights, least=least, quiet=figure.quiet)
    if run.exemplar.valid is not None:
        fail(f"{exemplar} has transparent parts, where quality cannot be measured: cut out an opaque part")
    if min(run.settings.size) < least:
        fail(f"--size is {size}, too small to measure quality: give at least {least}x{least}")

    from engine.cli.inspect.loading import load_setup
    from engine.cli.progress import step_bar
    from engine.inspection.portilla_simoncelli import missing_library
    from engine.inspection.sheets import NumbersBehind, save_sheet, seconds_text

    network = run.setup.encoder
    judging = (
        network if judge is None else load_setup(replace(asked, pooling="max"), judge, quiet=figure.quiet).encoder
    )
    made = []
    for name in ORDER:
        with step_bar(name, quiet=figure.quiet) as show:
            made.append(make_by_recipe(run.exemplar, network, judging, replace(run.settings, recipe=name), show))
    missing = missing_library()
    if missing is None:
        with step_bar(ANCESTOR, quiet=figure.quiet) as show:
            try:
                made.append(make_by_portilla_simoncelli(run.exemplar, judging, run.settings, show))
            except UnsuitableError as error:
                missing = str(error)
    by = "the same encoder" if judge is None else judge.name
    drawn = draw_recipes(
        run.exemplar, made, missing=missing, subtitle=f"{exemplar.name}; {run.description}; measured by {by}"
    )
    save_sheet(drawn, sheet)
    rows = [_row(one) for one in made]
    # Without the recipe, as all are made.
    chosen = {name: value for name, value in run.json.items() if name != "recipe"}
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    figure.report(
        sheet,
        [exemplar],
        run.setup,
        {**chosen, "judge": None if judge is None else judge.name, "recipes": rows, "missing": missing},
        NumbersBehind({**chosen, **columns}, {"textures": np.stack([one.picture for one in made])}),
        line=", ".join(f"{one.recipe} {seconds_text(one.seconds)}" for one in made),
    )


def _row(one: "RecipeResult") -> dict[str, Any]:
    return {
        "recipe": one.recipe,
        "seconds": round(one.seconds, 3),
        "steps": one.steps,
        **{name: round(value, 5) for name, value in asdict(one.measures).items()},
    }
