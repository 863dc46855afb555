"""`texture-engine inspect grams`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.inspect.command import Figure, figure_command
from engine.counting import counted
from engine.options.parsing import parse_names
from engine.options.paths import path_argument
from protocol.vocabulary import Settings

LAYERS_HELP = "Layers, such as relu1_1,relu3_1."


@figure_command("encoder", "weights", "pooling", "device", "seed")
def grams(
    *,
    figure: Figure,
    asked: Settings,
    weights: Path | None,
    pictures: Annotated[list[Path], path_argument("The pictures to compare.", "PICTURES")],
    layers: Annotated[str | None, typer.Option(help=LAYERS_HELP, show_default="the first of each block")] = None,
) -> None:
    """Draw the Gram matrices of pictures side by side, and those of noise with the colors of the first one."""
    named = None if layers is None else parse_names(layers)
    sheet = figure.check([*pictures, weights])

    from engine.cli.inspect.loading import load_pictures, load_setup
    from engine.inspection.encoding import first_of_blocks, fitting_layers, too_small_for
    from engine.inspection.grams import draw_grams, fingerprint, gram_numbers, noise_like, strongest_pairs
    from engine.inspection.sheets import NumbersBehind, save_sheet
    from engine.tensors import to_pixels

    setup = load_setup(asked, weights, quiet=figure.quiet)
    samples = load_pictures(pictures, setup.device)
    smallest = min((one.size for one in samples), key=min)
    wanted = named or first_of_blocks(setup.encoder)
    chosen = fitting_layers(setup.encoder, smallest, wanted, asked=named is not None)
    pairs = [(path.name, one) for path, one in zip(pictures, samples, strict=True)]
    seen = [fingerprint(name, one, setup.encoder, chosen) for name, one in pairs]
    first = seen[0]
    noise_picture = noise_like(samples[0], asked.seed)
    noise = fingerprint(f"noise like {first.name}", noise_picture, setup.encoder, chosen)
    found = [*seen, noise]
    settings = f"{setup.description}; noise of seed {asked.seed}{too_small_for(wanted, chosen)}"
    save_sheet(draw_grams(seen, setup.encoder, settings, noise), sheet)
    summary = {
        "seed": asked.seed,
        "losses": [{"picture": one.name, **one.losses(first)} for one in found],
        "strongest": {name: [asdict(pair) for pair in strongest_pairs(gram)] for name, gram in first.grams.items()},
    }
    figure.report(
        sheet,
        pictures,
        setup,
        summary,
        NumbersBehind(gram_numbers(found), {"noise": to_pixels(noise_picture.picture)}),
        line=f"{counted(len(found), 'picture')}, {counted(len(chosen), 'layer')}",
    )
