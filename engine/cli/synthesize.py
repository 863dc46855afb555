"""`texture-engine synthesize`."""

import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.choosing import fail_with, runner
from engine.cli.picking import Pick, check_pick, write_sheet
from engine.cli.results import check_results, no_empty_folder, numbered, set_files, tell, write_results
from engine.cli.standard_output import check_json_stream, say
from engine.cli.tiles import TILE_DEFAULT, TILE_HELP, Tiles, TileSide, is_in_tiles, make_all_in_tiles
from engine.options.failures import INTERRUPTED, fail, one_line_errors
from engine.options.numbers import number_option
from engine.options.paths import STANDARD, path_option, read_input
from engine.options.ray_option import ray_option
from engine.options.texture_options import VARIATIONS_HELP, EngineFile, Force, Variations, texture_options
from engine.options.texture_sets import TextureSet
from engine.options.textures import pictures_of, read_texture, texture_spec, unchanged
from protocol.messages import Cancelled, Failed, Prepared
from protocol.vocabulary import Settings, settings

if TYPE_CHECKING:
    from protocol.messages import Done

MOST_NAMED = 3

OUTPUT_HELP = "File to write, or a folder for a texture set; - writes PNG to standard output. (required)"
PICK_HELP = "Number of seeds to preview in one .png or .svg sheet. Use the --seed of the one that you like."
RECORD_HELP = "Record the run: a .gif, .webp or .mp4 file, or a folder for numbered PNGs."
FIGURES_HELP = "Show Gram matrices and losses beside the picture in the recording."


@texture_options()
def synthesize(
    *,
    output: Annotated[Path | None, path_option(OUTPUT_HELP, "--output", "-o")] = None,
    variations: Annotated[int, number_option("--variations", Variations, VARIATIONS_HELP)] = 1,
    pick: Annotated[int | None, number_option("--pick", Pick, PICK_HELP)] = None,
    record: Annotated[Path | None, path_option(RECORD_HELP)] = None,
    record_figures: Annotated[bool, typer.Option("--record-figures", help=FIGURES_HELP)] = False,
    force: Force = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON for each texture.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress and no notes.")] = False,
    engine: EngineFile = None,
    local: Annotated[
        bool, typer.Option("--local", help="Compute in this process, even if an engine is running.")
    ] = False,
    tile: Annotated[int | None, number_option("--tile", TileSide, TILE_HELP, default=TILE_DEFAULT)] = None,
    ray: Annotated[str | None, ray_option("Make the tiles")] = None,
    **values: Any,  # noqa: ANN401 - the texture, see `texture_options`
) -> None:
    """Synthesize a texture from an exemplar, or fill a part of a picture with texture.

    Ctrl+C stops early and writes the picture so far.
    """
    with one_line_errors(), no_empty_folder(output):
        if record_figures and record is None:
            fail("--record-figures needs a recording: name one with --record FILE")
        check_json_stream(as_json=as_json)
        spec = texture_spec(values)
        together, asked, weights = spec.together, spec.settings, spec.weights
        tell([] if together is None else [together.remark()], quiet=quiet)
        settings()["seed"].check(asked.seed + variations - 1)
        check_engine(engine, excluded=local or record is not None or weights is not None)
        read = [*spec.files, weights]
        outputs = (
            files_to_write(together, output, variations, record, read, force=force, as_json=as_json)
            if pick is None
            else [[check_pick(output, pick, asked.seed, read, variations=variations, record=record)]]
        )
        written = [path for files in outputs for path in files]
        texture = read_texture(spec, read_input)
        tell(texture.remarks, quiet=quiet)
        tell(
            mixing(spec.exemplars, spec.shares) if spec.options.canvas_guide is None else [],
            quiet=quiet,
        )
        given = {"--pick": pick, "--record": record, "--engine": engine, "texture sets": together}
        other = " and ".join(name for name, value in given.items() if value is not None)
        tiles = Tiles(tile, ray, weights)
        if is_in_tiles(texture.request, written, tiles, other):
            strip = spec.options.strip_metadata
            make_all_in_tiles(
                texture.request, written, texture.pattern, tiles, strip=strip, as_json=as_json, quiet=quiet
            )
            return
        made_parts: list[Prepared] = []
        with ExitStack() as stack:
            run = runner(
                stack,
                engine=engine,
                local=local or record is not None,
                weights=weights,
                quiet=quiet,
                figures=record_figures,
                prepared=made_parts.append,
            )
            if pick is not None:
                write_sheet(run, texture.request, pick, outputs[0][0], texture.canvas, as_json=as_json, quiet=quiet)
                return
            for number, files in enumerate(outputs):
                job = texture.request.with_seed(asked.seed + number)
                recorded = None if record is None else numbered(record, number, variations)
                end, lost = run(job, files[0].name, recorded)
                as_it_was = unchanged(texture, end)
                end = as_it_was or end
                if isinstance(end, Failed):
                    fail_with(end)
                made = pictures_of(texture, end)
                options = spec.options
                remarks = write_results(files, made, options.jpeg_quality, strip_metadata=options.strip_metadata)
                # The remarks on the other variations are the same.
                tell(remarks if number == 0 else [], quiet=quiet)
                named = ["standard output" if path == STANDARD else str(path) for path in files]
                shown = ", ".join(named)
                tell([f"{shown}: the canvas tiles already and is written as it is"] if as_it_was else [], quiet=quiet)
                height, width = made[0].pixels.shape[:2]
                if as_json:
                    payload = {"output": named[0], "recording": None if recorded is None else str(recorded)}
                    payload["encoder"] = asked.encoder if weights is None else str(weights)
                    filled = {} if texture.canvas is None or as_it_was else filled_part(made_parts[-1])
                    maps_made = {} if together is None else {"maps": named}
                    say(json.dumps({**payload, **maps_made, **summary(job.settings, (width, height), end), **filled}))
                elif not quiet:
                    print(f"{shown}: {width}x{height} in {end.seconds:.1f} s", file=sys.stderr)
                if lost is not None:
                    fail(f"{lost}; {shown} was written")
                if isinstance(end, Cancelled):
                    fail(f"interrupted: {shown} holds the picture so far", INTERRUPTED)


def check_engine(engine: Path | None, *, excluded: bool) -> None:
    """Refuse what an engine cannot do."""
    if engine is not None and excluded:
        fail("--engine excludes --local, --record and --weights: an engine neither records nor reads your files")


def files_to_write(
    together: TextureSet | None,
    output: Path | None,
    variations: int,
    record: Path | None,
    read: Sequence[Path | None],
    *,
    force: bool,
    as_json: bool,
) -> list[list[Path]]:
    """Return the files of each variation, one or those of a set, after checks that they can be written."""
    if together is not None:
        return set_files(together, output, variations, record, read, force=force)
    return [[path] for path in check_results(output, variations, record, read, force=force, as_json=as_json)]


def summary(settings: Settings, size: tuple[int, int], end: "Done | Cancelled") -> dict[str, Any]:
    """Return the fields of `--json`, except the files."""
    return {
        "device": end.device,
        "width": size[0],
        "height": size[1],
        "recipe": settings.recipe,
        "quality": settings.quality,
        "seed": settings.seed,
        "seamless": settings.seamless,
        "steps": end.step,
        "seconds": round(end.seconds, 3),
        "first_snapshot_seconds": round(end.first_seconds, 4),
        "losses": dict(end.losses),
        "peak_memory_bytes": end.peak_bytes,
        "interrupted": isinstance(end, Cancelled),
    }


def filled_part(prepared: Prepared) -> dict[str, Any]:
    """Return the field of `--json` with the rectangle that holds all that is new in a picture, pixels."""
    return {"filled": {side: getattr(prepared, side) for side in ("left", "top", "width", "height")}}


def mixing(exemplars: Sequence[Path], shares: Sequence[float]) -> list[str]:
    """Say that several exemplars are mixed: who meant to make one texture of each finds out."""
    if len(exemplars) < 2:
        return []
    parts = [f"{each / sum(shares):.0%} {path}" for path, each in zip(exemplars, shares, strict=True)]
    shown = ", ".join(parts[:MOST_NAMED]) + (", …" if len(parts) > MOST_NAMED else "")
    return [f"mixing {len(exemplars)} exemplars in one texture ({shown})"]
