"""`texture-engine inspect layers`."""

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.synthesis import Snapshot

LAYERS_HELP = "Layers and weights to add block by block. The first of every block, if not given."

OCTAVES_HELP = "The most scales. With more than one, the coarse ones show shallow layers the structure too."


def layers(
    *,
    exemplar: Annotated[Path, typer.Argument(help="The sample texture.", show_default=False)],
    output: Output = None,
    size: Size = "256x256",
    recipe: Recipe = "gram",
    quality: Quality = "best",
    octaves: Annotated[int, typer.Option(help=OCTAVES_HELP)] = 1,
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
    """Synthesise an exemplar from the first layer alone, from two blocks, and so on to all: one sheet, one seed."""
    with one_line_errors():
        check_seeds(seed, 1)
        wanted = parse_size(size)
        asked = None if layers is None else parse_layers(layers)
        sheet = check_files(output, numbers, [exemplar, weights])

        from engine.cli.inspect.loading import load_pictures, load_place
        from engine.cli.progress import step_bar
        from engine.inspection.encoding import first_of_blocks
        from engine.inspection.sheets import save_numbers, save_sheet
        from engine.inspection.stages import draw_stages, fitting_stages, run_stages, stage_numbers
        from engine.synthesis import Settings
        from engine.synthesis.devices import describe_device, find_device, memory_budget
        from engine.synthesis.recipes import evenly

        budget = memory_budget(find_device(device))
        settings = Settings(wanted, recipe, quality, seed, layers=asked, octaves=octaves, steps=steps, memory=budget)
        place = load_place(encoder, weights, pooling, device, quiet=quiet)
        (sample,) = load_pictures([exemplar], place.device)
        chosen = fitting_stages(
            place.encoder,
            sample.size,
            settings,
            asked or evenly(*first_of_blocks(place.encoder)),
            asked=asked is not None,
        )
        with ExitStack() as bars:

            def watch(name: str) -> "Callable[[Snapshot], None]":
                bars.close()
                show = bars.enter_context(step_bar(name, quiet=quiet))
                return lambda one: show(one.octave, one.step, one.steps, one.losses)

            stages = run_stages(sample, place.encoder, settings, chosen, watch)
        told = (
            f"{exemplar.name}; recipe {recipe}, quality {quality}, size {wanted[1]}×{wanted[0]}, {octaves} "
            f"octave{'s' if octaves > 1 else ''}, seed {seed}; "
            f"{place.told}; {describe_device(place.device)}"
        )
        save_sheet(draw_stages(sample, stages, told), sheet)
        found = stage_numbers(stages)
        if numbers is not None:
            save_numbers(found, numbers)
        if as_json:
            wrote = {"output": str(sheet), "numbers": None if numbers is None else str(numbers)}
            print(json.dumps({**wrote, "encoder": place.name, "recipe": recipe, "seed": seed, **found}))
        elif not quiet:
            print(f"{sheet}: {len(stages)} textures in {sum(found['seconds']):.1f} s", file=sys.stderr)
