"""`texture-engine inspect losses`."""

from pathlib import Path

from engine.cli.inspect.command import Exemplar, Figure, Size, figure_command
from engine.cli.inspect.runs import load_run, sides
from engine.counting import counted
from protocol.vocabulary import Settings


@figure_command(
    "encoder", "weights", "pooling", "device", "recipe", "octaves", "steps", "seed", "layers", quality="draft"
)
def losses(
    *,
    figure: Figure,
    asked: Settings,
    weights: Path | None,
    exemplar: Exemplar,
    size: Size = "256x256",
) -> None:
    """Run a synthesis, and draw its octaves and the loss of every critic and layer over its steps."""
    sheet = figure.check([exemplar, weights])
    run = load_run(exemplar, size, asked, weights, quiet=figure.quiet)
    run.setup.encoder.check_layers(run.settings.effective_recipe().layers())

    import time

    from engine.cli.progress import step_bar
    from engine.inspection.history import follow
    from engine.inspection.losses import draw_losses, history_numbers
    from engine.inspection.sheets import NumbersBehind, save_sheet, seconds_text
    from engine.synthesis import plan_steps, synthesize
    from engine.tensors import to_array

    plan = plan_steps(run.exemplar, run.settings)
    with step_bar(exemplar.name, quiet=figure.quiet) as show:
        history = follow(
            synthesize(run.exemplar, run.setup.encoder, run.settings),
            time.perf_counter,
            lambda one: show(one.octave, one.step, one.steps, one.losses),
        )
    spent = seconds_text(history.seconds[-1])
    subtitle = f"{exemplar.name}; recipe {asked.recipe}, {run.description}, {spent}"
    save_sheet(draw_losses(history, plan, run.exemplar, subtitle), sheet)
    summary = {
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
    figure.report(
        sheet,
        [exemplar],
        run.setup,
        summary,
        NumbersBehind(
            {**run.json, **history_numbers(history, plan)},
            {f"canvas_{octave}": to_array(canvas) for octave, canvas in history.ends.items()},
        ),
        line=f"{counted(history.steps, 'step')} in {spent}",
    )
