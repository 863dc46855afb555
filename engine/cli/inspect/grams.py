"""`texture-engine inspect grams`."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.failures import one_line_errors
from engine.cli.inspect.files import check_files
from engine.cli.inspect.options import AsJson, Device, Encoder, Numbers, Output, Pooling, Quiet, Weights
from engine.cli.parsing import parse_layers
from engine.cli.synthesize import check_seeds

LAYERS_HELP = "Layers such as relu1_1,relu3_1. The first of every block, if not given."


def grams(
    *,
    pictures: Annotated[list[Path], typer.Argument(help="The pictures to compare.", show_default=False)],
    output: Output = None,
    layers: Annotated[str | None, typer.Option(help=LAYERS_HELP)] = None,
    encoder: Encoder = "compact",
    weights: Weights = None,
    pooling: Pooling = "average",
    seed: Annotated[int, typer.Option(help="Another seed draws other noise.")] = 0,
    device: Device = "auto",
    numbers: Numbers = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Show the Gram matrices of pictures side by side, and those of noise with the first one's colours."""
    with one_line_errors():
        check_seeds(seed, 1)
        asked = None if layers is None else [name for name, _ in parse_layers(layers)]
        sheet = check_files(output, numbers, [*pictures, weights])

        from engine.cli.inspect.loading import load_pictures, load_place
        from engine.inspection.encoding import first_of_blocks, fitting_layers
        from engine.inspection.grams import draw_grams, fingerprint, gram_numbers, noise_like, strongest_pairs
        from engine.inspection.sheets import save_numbers, save_sheet

        place = load_place(encoder, weights, pooling, device, quiet=quiet)
        samples = load_pictures(pictures, place.device)
        smallest = min((one.size for one in samples), key=min)
        chosen = fitting_layers(
            place.encoder, smallest, asked or first_of_blocks(place.encoder), asked=asked is not None
        )
        named = [(path.name, one) for path, one in zip(pictures, samples, strict=True)]
        named.append((f"noise like {pictures[0].name}", noise_like(samples[0], seed)))
        found = [fingerprint(name, one, place.encoder, chosen) for name, one in named]
        told = f"{place.told}; the noise has the mean and covariance of the first picture's colours, seed {seed}"
        save_sheet(draw_grams(found, place.encoder, told), sheet)
        if numbers is not None:
            save_numbers(gram_numbers(found), numbers)
        if as_json:
            print(
                json.dumps(
                    {
                        "output": str(sheet),
                        "numbers": None if numbers is None else str(numbers),
                        "encoder": place.name,
                        "seed": seed,
                        "losses": [{"picture": one.name, **one.losses(found[0])} for one in found],
                        "strongest": {
                            name: [asdict(pair) for pair in strongest_pairs(gram)]
                            for name, gram in found[0].grams.items()
                        },
                    }
                )
            )
        elif not quiet:
            print(f"{sheet}: {len(found)} pictures, {len(chosen)} layers", file=sys.stderr)
