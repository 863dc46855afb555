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
from engine.cli.results import Result, result_files, write_result
from engine.cli.standard_output import check_json_stream, say, tell
from engine.cli.tiles import TILE_DEFAULT, TILE_HELP, Tiles, TileSide, is_in_tiles, make_all_in_tiles
from engine.options.checking import check_texture
from engine.options.failures import INTERRUPTED, fail, one_line_errors
from engine.options.numbers import number_option
from engine.options.paths import path_option, read_input
from engine.options.ray_option import ray_option
from engine.options.texture_options import VARIATIONS_HELP, EngineFile, Force, Variations, texture_options
from engine.options.textures import TextureSpec, pictures_of, read_texture, texture_spec, unchanged
from engine.options.unused_settings import unused_settings
from protocol.messages import Cancelled, Failed, Prepared
from protocol.vocabulary import Settings, settings

if TYPE_CHECKING:
    from engine.images import Picture
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
    with one_line_errors(), ExitStack() as stack:
        if record_figures and record is None:
            fail("--record-figures needs a recording: name one with --record FILE")
        check_json_stream(as_json=as_json)
        spec = texture_spec(values)
        together, asked, weights = spec.together, spec.settings, spec.weights
        tell([] if together is None else [together.remark()], quiet=quiet)
        settings()["seed"].check(asked.seed + variations - 1)
        if engine is not None and (local or record is not None or weights is not None):
            fail("--engine excludes --local, --record and --weights: an engine neither records nor reads your files")
        read = [*spec.files, weights]
        if pick is None:
            results = result_files(stack, together, output, variations, record, read, force=force, as_json=as_json)
        else:
            sheet = check_pick(output, pick, asked.seed, read, variations=variations, record=record, force=force)
            results = [Result([sheet])]
        texture = read_texture(spec, read_input)
        unused = unused_settings(asked, filling=spec.options.canvas is not None, weights=weights is not None)
        tell([*texture.remarks, *mixing(spec), *unused], quiet=quiet)
        given = {"--pick": pick, "--record": record, "--engine": engine, "texture sets": together}
        other = " and ".join(name for name, value in given.items() if value is not None)
        tiles = Tiles(tile, ray, weights)
        written = [path for result in results for path in result.files]
        if is_in_tiles(texture.request, written, tiles, other):
            strip = spec.options.strip_metadata
            make_all_in_tiles(
                texture.request, written, texture.pattern, tiles, strip=strip, as_json=as_json, quiet=quiet
            )
            return
        check_texture(texture)
        made_parts: list[Prepared] = []
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
            write_sheet(run, texture.request, pick, sheet, texture.canvas, as_json=as_json, quiet=quiet)
            return
        for number, result in enumerate(results):
            job = texture.request.with_seed(asked.seed + number)
            end, lost = run(job, result.files[0].name, result.recording)
            as_it_was = unchanged(texture, end)
            end = as_it_was or end
            if isinstance(end, Failed):
                fail_with(end)
            made = pictures_of(texture, end)
            options = spec.options
            remarks = write_result(result, made, options.jpeg_quality, strip_metadata=options.strip_metadata)
            remarks += repeating(made_parts)
            known = [f"{result}: the canvas tiles already and is written as it is"] if as_it_was else []
            # The remarks on the other variations are the same.
            tell([*(remarks if number == 0 else []), *known], quiet=quiet)
            filled = None if texture.canvas is None or as_it_was else made_parts[-1]
            report(spec, result, job.settings, made[0], end, filled, as_json=as_json, quiet=quiet)
            if lost is not None:
                fail(f"{lost}; {result} was written")
            if isinstance(end, Cancelled):
                fail(f"interrupted: {result} holds the picture so far", INTERRUPTED)


def report(
    spec: TextureSpec,
    result: Result,
    settings: Settings,
    made: "Picture",
    end: "Done | Cancelled",
    filled: Prepared | None,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    """Print what was made, as JSON or as a line.

    Args:
        spec: The texture.
        result: Its files.
        settings: Its settings, with its seed.
        made: The first of its pictures.
        end: How the job ended.
        filled: Has the rectangle that holds all that is new in a canvas; None for no canvas, or nothing new.
        as_json: As JSON.
        quiet: Print no line.
    """
    height, width = made.pixels.shape[:2]
    if not as_json:
        if not quiet:
            print(f"{result}: {width}x{height} in {end.seconds:.1f} s", file=sys.stderr)
        return
    found = {
        "output": result.names[0],
        "recording": None if result.recording is None else str(result.recording),
        "encoder": settings.encoder if spec.weights is None else str(spec.weights),
        **({} if spec.together is None else {"maps": result.names}),
        "device": end.device,
        "width": width,
        "height": height,
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
    if filled is not None:
        found["filled"] = {side: getattr(filled, side) for side in ("left", "top", "width", "height")}
    say(json.dumps(found))


def repeating(made_parts: Sequence[Prepared]) -> list[str]:
    """Say that the same parts may repeat, where little may be sampled of a canvas."""
    if not any(part.may_repeat for part in made_parts[-1:]):
        return []
    return ["the same parts may repeat, because little can be sampled: choose another exemplar, or fill less"]


def mixing(spec: TextureSpec) -> list[str]:
    """Say that several exemplars are mixed: who meant to make one texture of each finds out."""
    exemplars, shares = spec.exemplars, spec.shares
    if len(exemplars) < 2 or spec.options.canvas_guide is not None:
        return []
    parts = [f"{each / sum(shares):.0%} {path}" for path, each in zip(exemplars, shares, strict=True)]
    shown = ", ".join(parts[:MOST_NAMED]) + (", …" if len(parts) > MOST_NAMED else "")
    return [f"mixing {len(exemplars)} exemplars in one texture ({shown})"]
