"""`texture-engine inspect layers`."""

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

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
from engine.cli.inspect.runs import Wish, load_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.synthesis import Settings, Snapshot

LAYERS_HELP = "Layers and weights to add block by block. The first of every block, if not given."
OCTAVES_HELP = "The most scales. With more than one, the coarse ones show shallow layers the structure too."


def layers(
    *,
    exemplar: Exemplar,
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
        sheet = check_files(output, numbers, [exemplar, weights])
        wish = Wish(size, recipe, quality, steps, seed, octaves, layers)
        run = load_run(exemplar, wish, encoder, weights, pooling, device, quiet=quiet)

        import numpy as np

        from engine.cli.inspect.report import report
        from engine.cli.progress import step_bar
        from engine.inspection.encoding import first_of_blocks
        from engine.inspection.sheets import NumbersBehind, save_sheet, seconds_told
        from engine.inspection.stages import draw_stages, fitting_stages, run_stages, stage_numbers
        from engine.synthesis.recipes import evenly
        from engine.tensors import to_array

        chosen = fitting_stages(
            run.place.encoder,
            run.exemplar.size,
            run.settings,
            run.settings.layers or evenly(*first_of_blocks(run.place.encoder)),
            asked=layers is not None,
        )
        with ExitStack() as bars:

            def watch(name: str) -> "Callable[[Snapshot], None]":
                bars.close()
                show = bars.enter_context(step_bar(name, quiet=quiet))
                return lambda one: show(one.octave, one.step, one.steps, one.losses)

            stages = run_stages(run.exemplar, run.place.encoder, run.settings, chosen, watch)
        scales = "1 octave" if octaves == 1 else f"{octaves} octaves"
        told = f"{exemplar.name}; recipe {recipe}, {scales}, {run.told}"
        save_sheet(draw_stages(run.exemplar, stages, told, _besides(run.settings)), sheet)
        found = stage_numbers(stages)
        report(
            sheet,
            [exemplar],
            run.place,
            {**run.json, **found},
            NumbersBehind(
                {**run.json, **found}, {"textures": np.stack([to_array(one.history.picture) for one in stages])}
            ),
            numbers,
            line=f"{len(stages)} textures in {seconds_told(sum(found['seconds']))}",
            as_json=as_json,
            quiet=quiet,
        )


def _besides(settings: "Settings") -> str:
    """Name the critics that look past the encoder, and so take part in every stage."""
    from engine.synthesis.encoders import PIXELS

    terms = settings.effective_recipe().terms
    names = [term.name for term in terms if all(name == PIXELS for name, _ in term.layers)]
    return f"In each of them the recipe's critic of pixels takes part, too: {', '.join(names)}." if names else ""
