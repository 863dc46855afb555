"""`texture-engine inspect recipes`."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.failures import fail, one_line_errors
from engine.cli.inspect.manners import JSON_HELP, NUMBERS_HELP, OUTPUT_HELP, check_written
from engine.cli.parsing import parse_size

if TYPE_CHECKING:
    from engine.inspection.recipe_sheet import Made
    from engine.synthesis.encoders import Encoder

JUDGE_HELP = "Weights of a VGG to take the figures with; best another one than the textures are made with."


def recipes(
    *,
    exemplar: Annotated[Path, typer.Argument(help="The sample texture.", show_default=False)],
    output: Annotated[Path | None, typer.Option("--output", "-o", help=OUTPUT_HELP)] = None,
    numbers: Annotated[Path | None, typer.Option(help=NUMBERS_HELP)] = None,
    size: Annotated[str, typer.Option(help="Width and height in pixels.")] = "256x256",
    quality: Annotated[str, typer.Option(help="How long: draft, normal or best.")] = "normal",
    steps: Annotated[int | None, typer.Option(help="Steps at full size, in place of the quality's.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed gives other textures.")] = 0,
    encoder: Annotated[str, typer.Option(help="The network: compact, vgg19, vgg16 or vgg11.")] = "compact",
    weights: Annotated[Path | None, typer.Option(help="Weights of a VGG of any width, in place of these.")] = None,
    pooling: Annotated[str, typer.Option(help="How the encoder halves its maps: average or max.")] = "average",
    judge: Annotated[Path | None, typer.Option(help=JUDGE_HELP)] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps or xpu.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
) -> None:
    """Synthesise from an exemplar by every recipe, side by side with seconds and figures of quality.

    Portilla and Simoncelli's method of 2000 is among them where the library plenoptic is installed.
    """
    with one_line_errors():
        from engine.images import read_picture

        sheet = check_written(output, numbers, [exemplar, weights, judge])
        sample = read_picture(exemplar)

        from engine.cli.progress import step_bar
        from engine.figures import PATCH
        from engine.inspection.portilla_simoncelli import UnsuitableError, is_installed
        from engine.inspection.recipe_sheet import (
            ANCESTOR,
            ORDER,
            draw_recipes,
            make_by_ancestor,
            make_by_recipe,
            not_installed,
        )
        from engine.inspection.sheets import save_numbers, save_sheet
        from engine.preparation import prepare
        from engine.synthesis import Settings
        from engine.synthesis.devices import describe_device, find_device, memory_budget
        from engine.tensors import exemplar_on

        where = find_device(device)
        wish = Settings(
            parse_size(size), quality=quality, steps=steps, seed=seed, memory=memory_budget(where), recipe=ORDER[0]
        )
        known = exemplar_on(prepare(sample), where)
        if known.valid is not None:
            fail(f"{exemplar} has transparent parts, and the figures of quality know none: cut an opaque part out")
        if min(*known.size, *wish.size) < 2 * PATCH:
            fail(f"the figures of quality need {2 * PATCH} pixels each way: choose larger pictures")
        network = _load(encoder, weights, pooling, quiet=quiet).to(where)
        judging = network if judge is None else _load(encoder, judge, "max", quiet=quiet).to(where)
        made = []
        for name in ORDER:
            with step_bar(name, quiet=quiet) as show:
                made.append(make_by_recipe(known, network, judging, replace(wish, recipe=name), show))
        missing = None if is_installed() else not_installed()
        if missing is None:
            with step_bar(ANCESTOR, quiet=quiet) as show:
                try:
                    made.append(make_by_ancestor(known, judging, wish, show))
                except UnsuitableError as error:
                    missing = str(error)
        told = _told(exemplar, wish.size, quality, steps, seed)
        told = f"{told}; encoder {encoder if weights is None else weights.name}, figures by "
        told += "the same" if judge is None else judge.name
        drawn = draw_recipes(sample.pixels, made, missing=missing, told=f"{told}; on {describe_device(where)}")
        save_sheet(drawn, sheet)
        if numbers is not None:
            save_numbers(_columns(made, pictures=numbers.suffix.lower() == ".npz"), numbers)
        if as_json:
            print(json.dumps({"output": str(sheet), "recipes": [_row(one) for one in made], "missing": missing}))
        elif not quiet:
            print(f"{sheet}: {', '.join(f'{one.recipe} {one.seconds:.1f} s' for one in made)}", file=sys.stderr)


def _load(encoder: str, weights: Path | None, pooling: str, *, quiet: bool) -> "Encoder":
    from engine.cli.progress import download_bar
    from engine.synthesis.encoders import load_encoder

    with download_bar(quiet=quiet) as progress:
        return load_encoder(encoder, weights=weights, pooling=pooling, progress=progress)  # type: ignore[arg-type]


def _told(exemplar: Path, size: tuple[int, int], quality: str, steps: int | None, seed: int) -> str:
    spent = f"quality {quality}" if steps is None else f"quality {quality} with {steps} steps at full size"
    return f"from {exemplar.name}, {size[1]} × {size[0]} pixels, {spent}, seed {seed}"


def _row(one: "Made") -> dict[str, Any]:
    return {
        "recipe": one.recipe,
        "seconds": round(one.seconds, 3),
        "steps": one.steps,
        **{name: round(value, 5) for name, value in asdict(one.figures).items()},
    }


def _columns(made: "Sequence[Made]", *, pictures: bool) -> dict[str, Any]:
    import numpy as np

    rows = [_row(one) for one in made]
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
    if pictures:
        columns["pictures"] = np.stack([one.picture for one in made])
    return columns
