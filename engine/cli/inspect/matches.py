"""`texture-engine inspect matches`."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.failures import fail, one_line_errors
from engine.cli.inspect.manners import JSON_HELP, NUMBERS_HELP, OUTPUT_HELP, check_written

if TYPE_CHECKING:
    from engine.inspection.matches import Matches

STRIDE_HELP = "Look at one patch at every so many pixels of the output. As many as take seconds, if not given."


def matches(
    *,
    exemplar: Annotated[Path, typer.Argument(help="The sample texture.", show_default=False)],
    made: Annotated[Path, typer.Argument(metavar="OUTPUT", help="What was made from it.", show_default=False)],
    output: Annotated[Path | None, typer.Option("--output", "-o", help=OUTPUT_HELP)] = None,
    numbers: Annotated[Path | None, typer.Option(help=NUMBERS_HELP)] = None,
    patch: Annotated[int, typer.Option(help="Side of the patches, pixels.")] = 11,
    stride: Annotated[int | None, typer.Option(help=STRIDE_HELP)] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps or xpu.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
) -> None:
    """Draw where in the exemplar each patch of a texture comes from, and which patches are used too often."""
    with one_line_errors():
        from engine.images import read_picture

        sheet = check_written(output, numbers, [exemplar, made])
        sample, texture = read_picture(exemplar), read_picture(made)

        from engine.cli.progress import step_bar
        from engine.figures import PATCH, copying
        from engine.inspection.match_sheet import draw_matches
        from engine.inspection.matches import (
            LARGEST_PATCH,
            LARGEST_STRIDE,
            UnsuitableError,
            affordable_stride,
            find_matches,
        )
        from engine.inspection.sheets import save_numbers, save_sheet
        from engine.preparation import prepare
        from engine.synthesis.devices import find_device
        from engine.tensors import exemplar_on, to_tensor

        _check("patch", patch, 2, LARGEST_PATCH)
        if stride is not None:
            _check("stride", stride, 1, LARGEST_STRIDE)
        where = find_device(device)
        known, sought = exemplar_on(prepare(sample), where), to_tensor(texture.pixels, where)
        shortest = min(*known.size, *texture.pixels.shape[:2])
        # The figure of copying compares patches with their neighbours.
        if shortest < 2 * PATCH:
            fail(f"the pictures are too small: each side needs {2 * PATCH} pixels, and one has {shortest}")
        apart = stride or affordable_stride(known.size, texture.pixels.shape[:2], patch)
        with step_bar(sheet.name, quiet=quiet) as show:
            try:
                found = find_matches(
                    known.picture,
                    sought,
                    patch=patch,
                    stride=apart,
                    valid=known.valid,
                    told=lambda done, total: show(0, done, total, {}),
                )
            except UnsuitableError as error:
                fail(str(error))
        copied, coverage = copying(known.picture, sought)
        told = f"exemplar {exemplar.name}, output {made.name}"
        drawn = draw_matches(sample.pixels, texture.pixels, found, copied=copied, coverage=coverage, told=told)
        save_sheet(drawn, sheet)
        main_numbers = _summary(found, copied, coverage)
        if numbers is not None:
            save_numbers({**main_numbers, **_arrays(found)}, numbers)
        if as_json:
            print(json.dumps({"output": str(sheet), **main_numbers}))
        elif not quiet:
            print(f"{sheet}: {copied:.0%} copied, {coverage:.0%} used", file=sys.stderr)


def _check(name: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        fail(f"{name} {value} is out of range: give {low} to {high} pixels")


def _summary(found: "Matches", copied: float, coverage: float) -> dict[str, Any]:
    from engine.inspection.match_sheet import is_overused

    row, column, count = found.most_used()
    return {
        "patch": found.patch,
        "stride": found.stride,
        "copied": round(copied, 4),
        "coverage": round(coverage, 4),
        "most_used": {"row": row, "column": column, "uses": count},
        "even_uses": round(found.even, 4),
        "overused": is_overused(found),
    }


def _arrays(found: "Matches") -> dict[str, Any]:
    row, column, count = found.most_used()
    return {
        "places": found.places,
        "distances": found.distances,
        "uses": found.uses,
        "most_used": [row, column, count],
    }
