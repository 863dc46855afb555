"""`texture-engine inspect losses`."""

from typing import Annotated

import typer

from engine.cli.failures import one_line_errors
from engine.cli.inspect.files import check_files
from engine.cli.inspect.options import (
    AsJson,
    Device,
    Encoder,
    Exemplar,
    Numbers,
    Output,
    Pooling,
    Quality,
    Quiet,
    Recipe,
    Seed,
    Size,
    Steps,
    Weights,
)
from engine.cli.inspect.runs import Wish, load_run, sides

LAYERS_HELP = "Layers from relu1_1 to relu5_1, such as relu1_1:1,relu3_1:0.5. The recipe's, if not given."


def losses(
    *,
    exemplar: Exemplar,
    output: Output = None,
    size: Size = "256x256",
    recipe: Recipe = "photo",
    quality: Quality = "draft",
    octaves: Annotated[int, typer.Option(help="The most scales, each half as large as the next.")] = 5,
    steps: Steps = None,
    seed: Seed = 0,
    layers: Annotated[str | None, typer.Option(help=LAYERS_HELP)] = None,
    encoder: Encoder = "compact",
    weights: Weights = None,
    pooling: Pooling = "average",
    device: Device = "auto",
    numbers: Numbers = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Run a synthesis and show the loss of every critic and layer over its steps, and its plan of octaves."""
    with one_line_errors():
        sheet = check_files(output, numbers, [exemplar, weights])
        wish = Wish(size, recipe, quality, steps, seed, octaves, layers)
        run = load_run(exemplar, wish, encoder, weights, pooling, device, quiet=quiet)
        run.place.encoder.check_layers(run.settings.effective_recipe().layers())

        import time

        from engine.cli.inspect.report import report
        from engine.cli.progress import step_bar
        from engine.inspection.history import follow
        from engine.inspection.losses import draw_losses, history_numbers
        from engine.inspection.sheets import NumbersBehind, save_sheet, seconds_told
        from engine.synthesis import plan_steps, synthesize
        from engine.tensors import to_array

        plan = plan_steps(run.exemplar, run.settings)
        with step_bar(exemplar.name, quiet=quiet) as show:
            history = follow(
                synthesize(run.exemplar, run.place.encoder, run.settings),
                time.perf_counter,
                lambda one: show(one.octave, one.step, one.steps, one.losses),
            )
        spent = seconds_told(history.seconds[-1])
        settings_told = f"{exemplar.name}; recipe {recipe}, {run.told}, {spent}"
        save_sheet(draw_losses(history, plan, run.exemplar, settings_told), sheet)
        told = {
            **run.json,
            "steps": history.steps,
            "seconds": round(float(history.seconds[-1]), 3),
            "octaves": [
                {"octave": one.index, "canvas": sides(one.canvas), "exemplar": sides(one.exemplar), "steps": count}
                for one, count in plan.items()
            ],
            "undone": history.undone,
            "losses": {name: loss for name in history.losses if (loss := history.at_end(name)) is not None},
        }
        report(
            sheet,
            [exemplar],
            run.place,
            told,
            NumbersBehind(
                {**run.json, **history_numbers(history, plan)},
                {f"canvas_{octave}": to_array(canvas) for octave, canvas in history.ends.items()},
            ),
            numbers,
            line=f"{history.steps} steps in {spent}",
            as_json=as_json,
            quiet=quiet,
        )
