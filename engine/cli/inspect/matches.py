"""`texture-engine inspect matches`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from engine.cli.inspect.command import Exemplar, Figure, figure_command
from engine.inspection.limits import LARGEST_PATCH, LARGEST_STRIDE, UnsuitableError
from engine.options.failures import fail
from engine.options.numbers import number_option
from engine.options.paths import path_argument
from protocol.fields import Range
from protocol.vocabulary import Settings

if TYPE_CHECKING:
    from engine.inspection.matches import Matches
    from engine.inspection.sheets import NumbersBehind

Patch = Annotated[int, Range(2, LARGEST_PATCH)]
Stride = Annotated[int, Range(1, LARGEST_STRIDE)]
STRIDE_HELP = "Distance between the patches of the texture, pixels."


@figure_command("device")
def matches(
    *,
    figure: Figure,
    asked: Settings,
    exemplar: Exemplar,
    texture: Annotated[Path, path_argument("The texture made from it.", "TEXTURE")],
    patch: Annotated[int, number_option("--patch", Patch, "Side of the patches, pixels.")] = 11,
    stride: Annotated[
        int | None,
        number_option("--stride", Stride, STRIDE_HELP, default="the smallest that takes seconds, not minutes"),
    ] = None,
) -> None:
    """Draw where in the exemplar each patch of a texture comes from, and which places are overused."""
    sheet = figure.check([exemplar, texture])

    from engine.cli.inspect.loading import load_pictures
    from engine.cli.progress import step_bar
    from engine.inspection.match_sheet import draw_matches
    from engine.inspection.matches import affordable_stride, find_matches
    from engine.inspection.sheets import percent, save_sheet
    from engine.measures import PATCH, copying
    from engine.synthesis.devices import find_device

    # Copying is measured by comparing patches with their neighbors.
    known, made = load_pictures([exemplar, texture], find_device(asked.device), least=2 * PATCH)
    if made.valid is not None:
        fail(f"{texture} has transparent parts, which come from no patch: cut out an opaque part")
    apart = stride or affordable_stride(known.size, made.size, patch)
    with step_bar(sheet.name, quiet=figure.quiet) as show:
        try:
            found = find_matches(
                known.picture,
                made.picture,
                patch=patch,
                stride=apart,
                valid=known.valid,
                on_progress=lambda done, total: show(0, done, total, {}),
            )
        except UnsuitableError as error:
            fail(str(error))
    copied, coverage = copying(known.picture, made.picture, known.valid)
    subtitle = f"exemplar {exemplar.name}, texture {texture.name}"
    save_sheet(draw_matches(known, made, found, copied=copied, coverage=coverage, subtitle=subtitle), sheet)
    main = _main_numbers(found, copied, coverage)
    figure.report(
        sheet,
        [exemplar, texture],
        None,
        main,
        _all_numbers(found, main),
        line=f"{percent(copied)} copied, coverage {percent(coverage)}",
    )


def _main_numbers(found: "Matches", copied: float, coverage: float) -> dict[str, Any]:
    row, column, count = found.most_used()
    return {
        "patch": found.patch,
        "stride": found.stride,
        "copied": round(copied, 4),
        "coverage": round(coverage, 4),
        "most_used": {"row": row, "column": column, "uses": count},
        "even_uses": round(found.even, 4),
        "overused": found.is_overused(),
    }


def _all_numbers(found: "Matches", main: dict[str, Any]) -> "NumbersBehind":
    from engine.inspection.sheets import NumbersBehind

    # Flat names, as an array in an .npz file has no fields.
    most_used = {f"most_used_{name}": value for name, value in main["most_used"].items()}
    flat = {name: value for name, value in main.items() if name != "most_used"}
    arrays = {"places": found.places, "distances_8_bit_levels": 255 * found.distances, "uses": found.uses}
    return NumbersBehind({**flat, **most_used, **arrays})
