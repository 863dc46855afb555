"""`texture-engine inspect grams`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.failures import one_line_errors
from engine.cli.inspect.files import check_files
from engine.cli.inspect.options import AsJson, Numbers, Output, Quiet
from engine.cli.parsing import parse_names
from engine.cli.paths import path_argument
from engine.cli.setting_options import read_settings, setting_options

LAYERS_HELP = "Layers, such as relu1_1,relu3_1."


@setting_options("encoder", "weights", "pooling", "device", "seed")
def grams(
    *,
    pictures: Annotated[list[Path], path_argument("The pictures to compare.", "PICTURES")],
    output: Output = None,
    layers: Annotated[str | None, typer.Option(help=LAYERS_HELP, show_default="the first of each block")] = None,
    numbers: Numbers = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    **values: Any,  # noqa: ANN401 - the settings, see `setting_options`
) -> None:
    """Draw the Gram matrices of pictures side by side, and those of noise with the colors of the first one."""
    with one_line_errors():
        weights = values.pop("weights")
        chosen_settings = read_settings(values)
        asked = None if layers is None else parse_names(layers)
        sheet = check_files(output, numbers, [*pictures, weights])

        from engine.cli.inspect.loading import load_pictures, load_place
        from engine.cli.inspect.report import report
        from engine.inspection.encoding import first_of_blocks, fitting_layers, too_small_for
        from engine.inspection.grams import draw_grams, fingerprint, gram_numbers, noise_like, strongest_pairs
        from engine.inspection.sheets import NumbersBehind, save_sheet
        from engine.tensors import to_pixels

        place = load_place(chosen_settings, weights, quiet=quiet)
        samples = load_pictures(pictures, place.device)
        smallest = min((one.size for one in samples), key=min)
        wanted = asked or first_of_blocks(place.encoder)
        chosen = fitting_layers(place.encoder, smallest, wanted, asked=asked is not None)
        named = [(path.name, one) for path, one in zip(pictures, samples, strict=True)]
        seen = [fingerprint(name, one, place.encoder, chosen) for name, one in named]
        first = seen[0]
        noise_picture = noise_like(samples[0], chosen_settings.seed)
        noise = fingerprint(f"noise like {first.name}", noise_picture, place.encoder, chosen)
        found = [*seen, noise]
        settings = f"{place.description}; noise of seed {chosen_settings.seed}{too_small_for(wanted, chosen)}"
        save_sheet(draw_grams(seen, place.encoder, settings, noise), sheet)
        summary = {
            "seed": chosen_settings.seed,
            "losses": [{"picture": one.name, **one.losses(first)} for one in found],
            "strongest": {
                name: [asdict(pair) for pair in strongest_pairs(gram)] for name, gram in first.grams.items()
            },
        }
        report(
            sheet,
            pictures,
            place,
            summary,
            NumbersBehind(gram_numbers(found), {"noise": to_pixels(noise_picture.picture)}),
            numbers,
            line=f"{len(found)} pictures, {len(chosen)} layers",
            as_json=as_json,
            quiet=quiet,
        )
