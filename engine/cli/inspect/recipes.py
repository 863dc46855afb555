"""`texture-engine inspect recipes`."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from engine.cli.failures import fail, one_line_errors
from engine.cli.inspect.files import check_files
from engine.cli.inspect.options import AsJson, Exemplar, Numbers, Output, Quiet, Size
from engine.cli.inspect.runs import load_run
from engine.cli.paths import path_option
from engine.cli.setting_options import read_settings, setting_options

if TYPE_CHECKING:
    from engine.inspection.recipe_sheet import Made
    from engine.inspection.sheets import NumbersBehind

JUDGE_HELP = "File with the weights of a VGG that measures quality; best another than the encoder."


@setting_options("quality", "steps", "seed", "encoder", "weights", "pooling", "device")
def recipes(
    *,
    exemplar: Exemplar,
    output: Output = None,
    size: Size = "256x256",
    judge: Annotated[Path | None, path_option(JUDGE_HELP, default="the encoder")] = None,
    numbers: Numbers = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    **values: Any,  # noqa: ANN401 - the settings, see `setting_options`
) -> None:
    """Synthesize by every recipe, and draw the textures side by side with seconds and measures of quality.

    If the library plenoptic is installed, the method of Portilla and Simoncelli (2000) is among them.
    """
    with one_line_errors():
        weights: Path | None = values.pop("weights")
        asked = read_settings(values)
        sheet = check_files(output, numbers, [exemplar, weights, judge])

        from engine.figures import PATCH
        from engine.inspection.recipe_sheet import (
            ANCESTOR,
            ORDER,
            draw_recipes,
            make_by_ancestor,
            make_by_recipe,
        )

        # Copying is measured by comparing patches with their neighbors.
        least = 2 * PATCH
        run = load_run(exemplar, size, replace(asked, recipe=ORDER[0]), weights, least=least, quiet=quiet)
        if run.exemplar.valid is not None:
            fail(f"{exemplar} has transparent parts, where quality cannot be measured: cut out an opaque part")
        if min(run.settings.size) < least:
            fail(f"--size is {size}, too small to measure quality: give at least {least}x{least}")

        from engine.cli.inspect.loading import load_place
        from engine.cli.inspect.report import report
        from engine.cli.progress import step_bar
        from engine.inspection.portilla_simoncelli import UnsuitableError, missing_library
        from engine.inspection.sheets import save_sheet, seconds_text

        network = run.place.encoder
        judging = network if judge is None else load_place(replace(asked, pooling="max"), judge, quiet=quiet).encoder
        made = []
        for name in ORDER:
            with step_bar(name, quiet=quiet) as show:
                made.append(make_by_recipe(run.exemplar, network, judging, replace(run.settings, recipe=name), show))
        missing = missing_library()
        if missing is None:
            with step_bar(ANCESTOR, quiet=quiet) as show:
                try:
                    made.append(make_by_ancestor(run.exemplar, judging, run.settings, show))
                except UnsuitableError as error:
                    missing = str(error)
        by = "the same encoder" if judge is None else judge.name
        drawn = draw_recipes(
            run.exemplar, made, missing=missing, subtitle=f"{exemplar.name}; {run.description}; figures by {by}"
        )
        save_sheet(drawn, sheet)
        rows = [_row(one) for one in made]
        # Without the recipe, as all are made.
        chosen = {name: value for name, value in run.json.items() if name != "recipe"}
        report(
            sheet,
            [exemplar],
            run.place,
            {**chosen, "judge": None if judge is None else judge.name, "recipes": rows, "missing": missing},
            _numbers(made, {**chosen, **_columns(rows)}),
            numbers,
            line=", ".join(f"{one.recipe} {seconds_text(one.seconds)}" for one in made),
            as_json=as_json,
            quiet=quiet,
        )


def _row(one: "Made") -> dict[str, Any]:
    return {
        "recipe": one.recipe,
        "seconds": round(one.seconds, 3),
        "steps": one.steps,
        **{name: round(value, 5) for name, value in asdict(one.figures).items()},
    }


def _columns(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _numbers(made: "Sequence[Made]", numbers: dict[str, Any]) -> "NumbersBehind":
    import numpy as np

    from engine.inspection.sheets import NumbersBehind

    return NumbersBehind(numbers, {"textures": np.stack([one.picture for one in made])})
