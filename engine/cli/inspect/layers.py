"""`texture-engine inspect layers`."""

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from engine.cli.failures import one_line_errors
from engine.cli.inspect.files import check_files
from engine.cli.inspect.options import AsJson, Exemplar, Numbers, Output, Quiet, Size
from engine.cli.inspect.runs import load_run
from engine.cli.setting_options import read_settings, setting_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.synthesis import Settings, Snapshot


@setting_options(
    "encoder", "weights", "pooling", "device", "steps", "seed", "layers", recipe="gram", quality="best", octaves=1
)
def layers(
    *,
    exemplar: Exemplar,
    output: Output = None,
    size: Size = "256x256",
    numbers: Numbers = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    **values: Any,  # noqa: ANN401 - the settings, see `setting_options`
) -> None:
    """Synthesize from the first block of layers, the first two, and so on up to all, with one seed; one sheet."""
    with one_line_errors():
        weights = values.pop("weights")
        asked = read_settings(values)
        sheet = check_files(output, numbers, [exemplar, weights])
        run = load_run(exemplar, size, asked, weights, quiet=quiet)

        import numpy as np

        from engine.cli.inspect.report import report
        from engine.cli.progress import step_bar
        from engine.inspection.encoding import first_of_blocks
        from engine.inspection.sheets import NumbersBehind, save_sheet, seconds_text
        from engine.inspection.stages import draw_stages, fitting_stages, run_stages, stage_numbers
        from engine.synthesis.recipes import evenly
        from engine.tensors import to_array

        chosen = fitting_stages(
            run.place.encoder,
            run.exemplar.size,
            run.settings,
            run.settings.layers or evenly(*first_of_blocks(run.place.encoder)),
            asked=asked.layers is not None,
        )
        with ExitStack() as bars:

            def watch(name: str) -> "Callable[[Snapshot], None]":
                bars.close()
                show = bars.enter_context(step_bar(name, quiet=quiet))
                return lambda one: show(one.octave, one.step, one.steps, one.losses)

            stages = run_stages(run.exemplar, run.place.encoder, run.settings, chosen, watch)
        scales = "1 octave" if asked.octaves == 1 else f"{asked.octaves} octaves"
        subtitle = f"{exemplar.name}; recipe {asked.recipe}, {scales}, {run.description}"
        save_sheet(draw_stages(run.exemplar, stages, subtitle, _besides(run.settings)), sheet)
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
            line=f"{len(stages)} textures in {seconds_text(sum(found['seconds']))}",
            as_json=as_json,
            quiet=quiet,
        )


def _besides(settings: "Settings") -> str:
    """Name the critics of pixels, which do not use the encoder and take part in every stage."""
    from protocol.vocabulary import PIXELS

    terms = settings.effective_recipe().terms
    names = [term.name for term in terms if all(name == PIXELS for name, _ in term.layers)]
    return f"The recipe's critic of pixels takes part in each of them: {', '.join(names)}." if names else ""
