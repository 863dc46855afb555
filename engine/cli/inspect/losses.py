"""`texture-engine inspect losses`."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.failures import one_line_errors
from engine.cli.inspect.files import check_files
from engine.cli.inspect.options import (
    AsJson,
    Device,
    Encoder,
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
from engine.cli.parsing import parse_layers, parse_size
from engine.cli.synthesize import check_seeds

LAYERS_HELP = "Layers from relu1_1 to relu5_1, such as relu1_1:1,relu3_1:0.5. The recipe's, if not given."


def losses(
    *,
    exemplar: Annotated[Path, typer.Argument(help="The sample texture.", show_default=False)],
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
        check_seeds(seed, 1)
        wanted = parse_size(size)
        asked = None if layers is None else parse_layers(layers)
        sheet = check_files(output, numbers, [exemplar, weights])

        import time

        from engine.cli.inspect.loading import load_pictures, load_place
        from engine.cli.progress import step_bar
        from engine.inspection.history import follow
        from engine.inspection.losses import draw_losses, history_numbers
        from engine.inspection.sheets import save_numbers, save_sheet
        from engine.synthesis import Settings, plan_steps, synthesize
        from engine.synthesis.devices import describe_device, find_device, memory_budget

        budget = memory_budget(find_device(device))
        settings = Settings(wanted, recipe, quality, seed, layers=asked, octaves=octaves, steps=steps, memory=budget)
        place = load_place(encoder, weights, pooling, device, quiet=quiet)
        place.encoder.check_layers(settings.effective_recipe().layers())
        (sample,) = load_pictures([exemplar], place.device)
        plan = plan_steps(sample.size, settings, filling=False)
        with step_bar(exemplar.name, quiet=quiet) as show:
            history = follow(
                synthesize(sample, place.encoder, settings),
                time.perf_counter,
                lambda one: show(one.octave, one.step, one.steps, one.losses),
            )
        told = (
            f"{exemplar.name}; recipe {recipe}, quality {quality}, size {wanted[1]}×{wanted[0]}, seed {seed}; "
            f"{place.told}; {history.seconds[-1]:.1f} s on {describe_device(place.device)}"
        )
        save_sheet(draw_losses(history, plan, sample, told), sheet)
        if numbers is not None:
            save_numbers(history_numbers(history, plan), numbers)
        if as_json:
            print(
                json.dumps(
                    {
                        "output": str(sheet),
                        "numbers": None if numbers is None else str(numbers),
                        "encoder": place.name,
                        "recipe": recipe,
                        "seed": seed,
                        "steps": history.steps,
                        "seconds": round(float(history.seconds[-1]), 3),
                        "octaves": [
                            {"octave": one.index, "canvas": one.canvas, "exemplar": one.exemplar, "steps": count}
                            for one, count in plan.items()
                        ],
                        "undone": history.undone,
                        "losses": {name: history.last(name) for name in history.losses},
                    }
                )
            )
        elif not quiet:
            print(f"{sheet}: {history.steps} steps in {history.seconds[-1]:.1f} s", file=sys.stderr)
