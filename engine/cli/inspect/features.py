"""`texture-engine inspect features`."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.inspect.command import Figure, figure_command
from engine.cli.inspect.files import check_numbers, check_sheets, make_parent
from engine.cli.inspect.runs import sides
from engine.cli.results import check_apart
from engine.options.parsing import parse_names
from engine.options.paths import path_argument
from protocol.vocabulary import Settings

OUTPUT_HELP = (
    "Folder of the sheets, or the start of their names: maps.png gives maps-relu1_1.png and so on. (required)"
)


@figure_command("encoder", "weights", "pooling", "device", output_help=OUTPUT_HELP)
def features(
    *,
    figure: Figure,
    asked: Settings,
    weights: Path | None,
    picture: Annotated[Path, path_argument("The picture to look at.", "PICTURE")],
    layers: Annotated[str | None, typer.Option(help="Layers, such as relu1_1,relu3_1.", show_default="all")] = None,
) -> None:
    """Draw the feature maps of every layer, by energy, one sheet per layer."""
    named = None if layers is None else parse_names(layers)
    pattern = check_sheets(figure.output, picture)
    check_numbers(figure.numbers, [picture, weights])

    from engine.cli.inspect.loading import load_pictures, load_setup
    from engine.inspection.encoding import encode, fitting_layers, too_small_for
    from engine.inspection.features import draw_maps, measure_maps
    from engine.inspection.sheets import NumbersBehind, check_sheet, save_sheet, size_text
    from engine.synthesis.exemplar import valid_regions

    setup = load_setup(asked, weights, quiet=figure.quiet)
    (sample,) = load_pictures([picture], setup.device)
    wanted = named or list(setup.encoder.layers)
    chosen = fitting_layers(setup.encoder, sample.size, wanted, asked=named is not None)
    outputs = {name: pattern.with_name(f"{pattern.stem}-{name}{pattern.suffix}") for name in chosen}
    check_apart(list(outputs.values()), [picture, weights])
    make_parent(pattern)
    for file in outputs.values():
        check_sheet(file)
    subtitle = f"{picture.name}, {size_text(sample.size)} pixels; {setup.description}{too_small_for(wanted, chosen)}"
    regions = valid_regions(sample.valid, chosen)
    measured: dict[str, Any] = {}
    maps_of: dict[str, Any] = {}
    summary: dict[str, Any] = {}
    for name, maps in encode(sample, setup.encoder, chosen):
        found = measure_maps(name, maps, regions.get(name))
        save_sheet(draw_maps(found, sample, subtitle), outputs[name])
        counts = dict(zip(("maps", "height", "width"), found.maps.shape, strict=True))
        summary[name] = {"output": str(outputs[name]), **counts, "strongest": int(found.order[0])}
        measured[f"{name}_energy"], measured[f"{name}_order"] = found.energy, found.order
        if figure.numbers is not None:
            maps_of[f"{name}_maps"] = found.maps
        if not figure.quiet and not figure.as_json:
            print(f"{outputs[name]}: {found.size}", file=sys.stderr)
    figure.report(
        figure.output or pattern,
        [picture],
        setup,
        {**sides(sample.size), "layers": summary},
        NumbersBehind(measured, maps_of),
        line="",
    )
