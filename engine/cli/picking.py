"""Pick a seed: previews of several, in one sheet."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from engine.cli.choosing import fail_with
from engine.cli.inspect.files import check_files
from engine.cli.standard_output import say
from engine.counting import counted
from engine.options.failures import INTERRUPTED, NOTHING_WRITTEN, fail
from engine.options.paths import STANDARD
from protocol.fields import Range
from protocol.messages import Cancelled, Failed, Synthesize
from protocol.vocabulary import settings

if TYPE_CHECKING:
    from engine.cli.choosing import Run
    from engine.images import Picture

Pick = Annotated[int, Range(1, 36)]


def check_pick(
    output: Path | None,
    pick: int,
    seed: int,
    read: Sequence[Path | None],
    *,
    variations: int,
    record: Path | None,
    force: bool,
) -> Path:
    """Check, before the work, that a sheet of previews can be made.

    Args:
        output: File of the sheet.
        pick: Number of previews.
        seed: The first seed.
        read: The inputs, which are never overwritten.
        variations: Number of textures; there is one of each seed.
        record: File of a recording; there is none of previews.
        force: Replace a write-protected file.

    Returns:
        The file.
    """
    if variations > 1 or record is not None:
        fail("--pick excludes --variations and --record: pick a seed first, then give it by --seed")
    settings()["seed"].check(seed + pick - 1)
    if output == STANDARD:
        fail("a sheet of previews cannot be written to standard output: name a .png or .svg file with --output")
    return check_files(output, None, read, force=force)


def write_sheet(
    run: "Run",
    request: Synthesize,
    pick: int,
    output: Path,
    canvas: "Picture | None",
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Preview several seeds, and write them as one sheet."""
    from engine.inspection.seed_sheet import draw_seeds
    from engine.inspection.sheets import save_sheet, size_text
    from engine.service.rasters import picture_of

    asked = request.settings
    previews: dict[int, Picture] = {}
    seconds = []
    interrupted = False
    for seed in range(asked.seed, asked.seed + pick):
        end, _ = run(request.with_seed(seed, preview=True), f"seed {seed}", None)
        if isinstance(end, Failed):
            fail_with(end)
        interrupted = isinstance(end, Cancelled)
        if end.raster is not None:
            previews[seed] = picture_of(end.raster, "preview")
            seconds.append(round(end.seconds, 3))
        if interrupted:
            break
    if not previews:
        fail(NOTHING_WRITTEN, INTERRUPTED)
    made = size_text(next(iter(previews.values())).pixels.shape)
    title = f"{counted(len(previews), 'fill' if canvas is not None else 'texture')} of {made} pixels"
    how = f"recipe {asked.recipe}, quality {asked.quality}, seamless {asked.seamless}"
    save_sheet(draw_seeds(previews, canvas, title, how), output)
    if as_json:
        say(json.dumps({"output": str(output), "seeds": list(previews), "seconds": seconds}))
    elif not quiet:
        print(f"{output}: {counted(len(previews), 'seed')} in {sum(seconds):.1f} s", file=sys.stderr)
    if interrupted:
        fail(f"interrupted: {output} holds the seeds so far", INTERRUPTED)
