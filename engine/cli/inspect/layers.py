"""`texture-engine inspect layers`."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from engine.cli.inspect.command import Exemplar, Figure, Size, figure_command
from engine.cli.inspect.runs import load_run
from engine.counting import counted
from protocol.vocabulary import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.synthesis import Snapshot, SynthesisSettings


@figure_command(
    "encoder", "weights", "pooling", "device", "steps", "seed", "layers", recipe="gram", quality="best", octaves=1
)
def layers(
    *,
    figure: Figure,
    asked: Settings,
    weights: Path | None,
    exemplar: Exemplar,
    size: Size = "256x256",
) -> None:
    """Draw textures that are made with the first block of layers, with the first two, and so on up to all."""
    sheet = figure.check([exemplar, weights])
    run = load_run(exemplar, size, asked, weights, quiet=figure.quiet)

    import numpy as np

    from engine.cli.progress import step_bar
    from engine.inspection.encoding import first_of_blocks
    from engine.inspection.sheets import NumbersBehind, save_sheet, seconds_text
    from engine.inspection.stages import draw_stages, fitting_stages, run_stages, stage_numbers
    from engine.synthesis.recipes import evenly
    from engine.tensors import to_array

    chosen = fitting_stages(
        run.setup.encoder,
        run.exemplar.size,
        run.settings,
        run.settings.layers or evenly(*first_of_blocks(run.setup.encoder)),
        asked=asked.layers is not None,
    )
    with ExitStack() as bars:

        def watch(name: str) -> "Callable[[Snapshot], None]":
            bars.close()
            show = bars.enter_context(step_bar(name, quiet=figure.quiet))
            return lambda one: show(one.octave, one.step, one.steps, one.losses)

        stages = run_stages(run.exemplar, run.setup.encoder, run.settings, chosen, watch)
    subtitle = f"{exemplar.name}; recipe {asked.recipe}, {counted(asked.octaves, 'octave')}, {run.description}"
    save_sheet(draw_stages(run.exemplar, stages, subtitle, _besides(run.settings)), sheet)
    found = stage_numbers(stages)
    figure.report(
        sheet,
        [exemplar],
        run.setup,
        {**run.json, **found},
        NumbersBehind(
            {**run.json, **found}, {"textures": np.stack([to_array(one.history.picture) for one in stages])}
        ),
        line=f"{counted(len(stages), 'texture')} in {seconds_text(sum(found['seconds']))}",
    )


def _besides(settings: "SynthesisSettings") -> str:
    """Name the critics of pixels, which do not use the encoder and take part in every stage."""
    from protocol.vocabulary import PIXELS

    terms = settings.effective_recipe().terms
    names = [term.name for term in terms if all(name == PIXELS for name, _ in term.layers)]
    return f"The recipe's critic of pixels takes part in each of them: {', '.join(names)}." if names else ""
