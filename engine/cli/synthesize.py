"""`texture-engine synthesize`."""

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.choosing import fail_with, runner
from engine.cli.extending import check_extension, grown, margins_of
from engine.cli.failures import INTERRUPTED, NOTHING_WRITTEN, fail, one_line_errors
from engine.cli.numbers import number_option
from engine.cli.parsing import parse_context, parse_shares
from engine.cli.paths import STANDARD, path_argument, path_option, read_input
from engine.cli.picking import Pick, check_pick, write_sheet
from engine.cli.requests import made_of, numbered_name, request_for
from engine.cli.results import check_apart, check_results, numbered, tell, write_results
from engine.cli.setting_options import checked_sample_from, checked_size, read_settings, setting_options
from engine.cli.standard_output import say
from engine.cli.texture_sets import TextureSet, check_set, check_sizes, find_set, made_set, set_files
from engine.cli.tiles import TILE_DEFAULT, TILE_HELP, TileSide, is_in_tiles, make_all_in_tiles
from protocol.fields import Range
from protocol.messages import Cancelled, Failed
from protocol.vocabulary import MOST_SOURCES, Settings, settings

if TYPE_CHECKING:
    from engine.images import Picture
    from protocol.messages import Done

DEFAULT_SIZE = "512x512"
MOST_NAMED = 3
Variations = Annotated[int, Range(1, 1000)]
Percent = Annotated[int, Range(1, 100)]
CHANNELS = ("red", "green", "blue", "alpha")

SIZE_HELP = "Width and height in pixels."
SIZE_DEFAULT = f"that of the canvas, its guide or the content, or {DEFAULT_SIZE}"
EXEMPLAR_HELP = (
    "The sample texture; several are mixed in one. This or any other input picture may be -, standard input."
)
GUIDE_HELP = "Guide of each exemplar: a picture of its size that has each of its parts in a flat color of its own."
MAPS_HELP = (
    "Further map of the EXEMPLAR, such as its normals; all files after the first are its maps then. They are made "
    "together, as a texture set. Files of one stem with _color, _normal, _height and the like are a set without it."
)
CANVAS_GUIDE_HELP = (
    "Guide of the new texture: the colors of the --guide where their parts are to be. Without --guide, a gray "
    "picture that mixes several exemplars: black is the first one, white the last one."
)
ROTATION_MAP_HELP = (
    "Gray map of the new texture that rotates the exemplar: black not at all, white a whole turn, counterclockwise."
)
SCALE_MAP_HELP = (
    "Gray map of the new texture that scales the exemplar: black halves it, middle gray keeps it, white doubles it."
)
CONTENT_HELP = "Picture that is redrawn with the texture of the EXEMPLAR."
SHARE_HELP = "Share of the texture that each EXEMPLAR gets, such as 2,1."
OUTPUT_HELP = "File to write, for a texture set a folder; - writes PNG to standard output. (required)"
QUALITY_OF_FILES_HELP = "Quality of JPEG and WebP files, 1 to 100; WebP files become lossy."
QUALITY_OF_FILES_DEFAULT = "that of the input's JPEG file, else 95; WebP is lossless unless the input is lossy"
STRIP_HELP = "Do not copy EXIF, XMP, texts and resolution from the canvas or exemplar."
FORCE_HELP = "Replace write-protected files."
INIT_HELP = "Picture to start from, instead of noise."
CANVAS_HELP = "Picture to fill; it is kept where the mask is black. EXEMPLAR may then be omitted."
MASK_HELP = "Mask of the canvas: white is filled, black is kept, gray blends."
MASK_DEFAULT = "the transparent part of the canvas, and 2 pixels around it"
EXTEND_HELP = (
    "What to add along the borders of the canvas, and fill: pixels, or percent of the side. One value for all sides, "
    "two (top and bottom, left and right), four (clockwise from the top), or top=100,right=20%. Not with --mask."
)
MASK_CHANNEL_HELP = "Channel to read from masks: red, green, blue or alpha. Masks with colors need it."
EXEMPLAR_MASK_HELP = "Mask of each exemplar, or of the canvas without an EXEMPLAR: only white parts are sampled."
CONTEXT_HELP = (
    "Distance from the hole within which the canvas is sampled: 1 to 1048576 pixels, or whole. Not with an EXEMPLAR."
)
CONTEXT_DEFAULT = "depends on the size of the hole"
SAMPLE_FROM_HELP = (
    "Sides of the hole that are sampled: all, sides (its rows only) or above-below (its columns only). "
    "Not with an EXEMPLAR."
)
VARIATIONS_HELP = "Number of textures, with consecutive seeds; files get -1, -2, …"
PICK_HELP = "Number of seeds to preview in one .png or .svg sheet; then make the one you like by its --seed."
RECORD_HELP = "Record the run: a .gif, .webp or .mp4 file, or a folder for numbered PNGs."
FIGURES_HELP = "Show Gram matrices and losses beside the picture in the recording."
ENGINE_HELP = "Connection file of the engine that computes."


@setting_options()
def synthesize(
    *,
    exemplars: Annotated[list[Path] | None, path_argument(EXEMPLAR_HELP, "EXEMPLAR")] = None,
    output: Annotated[Path | None, path_option(OUTPUT_HELP, "--output", "-o")] = None,
    maps: Annotated[list[Path] | None, path_option(MAPS_HELP)] = None,
    size: Annotated[str | None, typer.Option(help=SIZE_HELP, show_default=SIZE_DEFAULT)] = None,
    init: Annotated[Path | None, path_option(INIT_HELP)] = None,
    canvas: Annotated[Path | None, path_option(CANVAS_HELP)] = None,
    mask: Annotated[Path | None, path_option(MASK_HELP, default=MASK_DEFAULT)] = None,
    extend: Annotated[str | None, typer.Option(help=EXTEND_HELP, metavar="LENGTH", show_default="nothing")] = None,
    mask_channel: Annotated[
        str | None, typer.Option(help=MASK_CHANNEL_HELP, show_default="brightness times alpha")
    ] = None,
    context: Annotated[
        str | None, typer.Option(help=CONTEXT_HELP, metavar="PIXELS", show_default=CONTEXT_DEFAULT)
    ] = None,
    sample_from: Annotated[str, typer.Option(help=SAMPLE_FROM_HELP)] = "all",
    exemplar_mask: Annotated[list[Path] | None, path_option(EXEMPLAR_MASK_HELP)] = None,
    share: Annotated[str | None, typer.Option(help=SHARE_HELP, metavar="N,N…", show_default="equal shares")] = None,
    guide: Annotated[list[Path] | None, path_option(GUIDE_HELP)] = None,
    canvas_guide: Annotated[Path | None, path_option(CANVAS_GUIDE_HELP)] = None,
    rotation_map: Annotated[Path | None, path_option(ROTATION_MAP_HELP)] = None,
    scale_map: Annotated[Path | None, path_option(SCALE_MAP_HELP)] = None,
    content: Annotated[Path | None, path_option(CONTENT_HELP)] = None,
    variations: Annotated[int, number_option("--variations", Variations, VARIATIONS_HELP)] = 1,
    pick: Annotated[int | None, number_option("--pick", Pick, PICK_HELP)] = None,
    record: Annotated[Path | None, path_option(RECORD_HELP)] = None,
    record_figures: Annotated[bool, typer.Option("--record-figures", help=FIGURES_HELP)] = False,
    jpeg_quality: Annotated[
        int | None,
        number_option("--jpeg-quality", Percent, QUALITY_OF_FILES_HELP, default=QUALITY_OF_FILES_DEFAULT),
    ] = None,
    strip_metadata: Annotated[bool, typer.Option("--strip-metadata", help=STRIP_HELP)] = False,
    force: Annotated[bool, typer.Option("--force", help=FORCE_HELP)] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON for each texture.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress and no remarks.")] = False,
    engine: Annotated[Path | None, path_option(ENGINE_HELP, default="your running engine, if any")] = None,
    local: Annotated[
        bool, typer.Option("--local", help="Compute in this process, even if an engine is running.")
    ] = False,
    tile: Annotated[int | None, number_option("--tile", TileSide, TILE_HELP, default=TILE_DEFAULT)] = None,
    **values: Any,  # noqa: ANN401 - the settings, see `setting_options`
) -> None:
    """Synthesize a texture from an exemplar, or fill a part of a picture with texture.

    Ctrl+C stops early and writes the picture so far.
    """
    with one_line_errors():
        masks = exemplar_mask or []
        together = find_set(exemplars or [], maps or [])
        check_set(together, preview=values["preview"], canvas=canvas, init=init)
        tell([] if together is None else [together.remark()], quiet=quiet)
        exemplars = (exemplars or []) if together is None else [together.lead]
        check_companions(record, (mask, *masks), figures=record_figures, channel=mask_channel)
        check_extension(extend, canvas, mask)
        weights: Path | None = values.pop("weights")
        asked = read_settings(values)
        settings()["seed"].check(asked.seed + variations - 1)
        shares = parse_shares(share, len(exemplars), guided=canvas_guide is not None)
        sampled = numbered_inputs(exemplars, masks, guide or [])
        height, width = (None, None) if size is None else checked_size(size)
        reach = None if context is None else parse_context(context)
        check_engine(engine, excluded=local or record is not None or weights is not None)
        read = {**sampled, "canvas": canvas, "mask": mask, "init": init, "canvas_guide": canvas_guide}
        read |= {"rotation_map": rotation_map, "scale_map": scale_map, "content": content}
        read.update({} if together is None else together.more)
        outputs = (
            files_to_write(together, output, variations, record, force=force, as_json=as_json)
            if pick is None
            else [[check_pick(output, pick, asked.seed, variations=variations, record=record)]]
        )
        written = [path for files in outputs for path in files]
        check_one_stream(read)
        check_apart([*written, *([] if record is None else [record])], [*read.values(), weights])
        pictures = {name: None if path is None else read_input(path) for name, path in read.items()}
        tell([remark for each in filter(None, pictures.values()) for remark in each.remarks], quiet=quiet)
        pictures.update({n: channel_of(pictures[n], mask_channel, read[n]) for n in pictures if "mask" in n})
        check_sizes(together, pictures)
        margins = margins_of(extend, pictures["canvas"])
        request = request_for(
            pictures, shares, asked, (width, height), reach, checked_sample_from(sample_from), margins
        )
        tell(mixing(exemplars, shares) if canvas_guide is None else [], quiet=quiet)
        pattern = grown(pictures["canvas"], margins) or pictures["exemplar"]
        given = {"--pick": pick, "--record": record, "--engine": engine, "texture sets": together}
        other = " and ".join(name for name, value in given.items() if value is not None)
        if is_in_tiles(request, written, tile, weights, other):
            make_all_in_tiles(
                request, written, pattern, tile, weights, strip=strip_metadata, as_json=as_json, quiet=quiet
            )
            return
        with ExitStack() as stack:
            run = runner(
                stack,
                engine=engine,
                local=local or record is not None,
                weights=weights,
                quiet=quiet,
                figures=record_figures,
            )
            if pick is not None:
                canvas_shown = grown(pictures["canvas"], margins)
                write_sheet(run, request, pick, outputs[0][0], canvas_shown, as_json=as_json, quiet=quiet)
                return
            for number, files in enumerate(outputs):
                job = replace(request, settings=replace(request.settings, seed=asked.seed + number))
                recorded = None if record is None else numbered(record, number, variations)
                end, lost = run(job, files[0].name, recorded)
                if isinstance(end, Failed):
                    fail_with(end)
                if end.raster is None or pattern is None:
                    fail(NOTHING_WRITTEN, INTERRUPTED)
                made = (
                    [made_of(end.raster, pattern, keeps=pictures["canvas"] is not None)]
                    if together is None
                    else made_set(end, together, pictures, flatten=asked.flatten)
                )
                remarks = write_results(files, made, jpeg_quality, strip_metadata=strip_metadata)
                # The remarks on the other variations are the same.
                tell(remarks if number == 0 else [], quiet=quiet)
                named = ["standard output" if path == STANDARD else str(path) for path in files]
                shown = ", ".join(named)
                size_made = (end.raster.width, end.raster.height)
                if as_json:
                    payload = {"output": named[0], "recording": None if recorded is None else str(recorded)}
                    payload["encoder"] = asked.encoder if weights is None else str(weights)
                    maps_made = {} if together is None else {"maps": named}
                    say(json.dumps({**payload, **maps_made, **summary(job.settings, size_made, end)}))
                elif not quiet:
                    print(f"{shown}: {size_made[0]}x{size_made[1]} in {end.seconds:.1f} s", file=sys.stderr)
                if lost is not None:
                    fail(f"{lost}; {shown} was written")
                if isinstance(end, Cancelled):
                    fail(f"interrupted: {shown} holds the picture so far", INTERRUPTED)


def check_engine(engine: Path | None, *, excluded: bool) -> None:
    """Refuse what an engine cannot do."""
    if engine is not None and excluded:
        fail("--engine excludes --local, --record and --weights: an engine does not record, nor read your files")


def check_companions(
    record: Path | None, masks: tuple[Path | None, ...], *, figures: bool, channel: str | None
) -> None:
    """Refuse options about a file that is not named."""
    if figures and record is None:
        fail("--record-figures needs a recording: name one with --record FILE")
    if channel is not None and not any(masks):
        fail("--mask-channel needs a mask: name one with --mask or --exemplar-mask")


def files_to_write(
    together: TextureSet | None,
    output: Path | None,
    variations: int,
    record: Path | None,
    *,
    force: bool,
    as_json: bool,
) -> list[list[Path]]:
    """Return the files of each variation, one or those of a set, after checks that they can be written."""
    if together is not None:
        return set_files(together, output, variations, record, force=force)
    return [[path] for path in check_results(output, variations, record, force=force, as_json=as_json)]


def channel_of(mask: "Picture | None", channel: str | None, path: Path | None) -> "Picture | None":
    """Return a mask made from one channel of a mask, if one is named; a mask without it is refused."""
    if channel not in {None, *CHANNELS}:
        fail(f"--mask-channel is {channel!r}: choose {', '.join(CHANNELS)}")
    if mask is None or channel is None:
        return mask
    import numpy as np

    found = mask.alpha if channel == "alpha" else mask.pixels[..., CHANNELS.index(channel)]
    if found is None:
        # All of it would count as white, and nothing of the canvas would be kept.
        name = "standard input" if path == STANDARD else path
        fail(f"{name} has no alpha channel: choose red, green or blue with --mask-channel, or leave it out")
    return replace(mask, pixels=np.repeat(found[..., None], 3, axis=2), alpha=None)


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


def numbered_inputs(
    exemplars: Sequence[Path], masks: Sequence[Path], guides: Sequence[Path]
) -> dict[str, Path | None]:
    """Return exemplars, their masks and guides by name: `exemplar`, `exemplar_mask`, `guide`, `exemplar 2`, …."""
    if len(exemplars) > MOST_SOURCES:
        fail(f"{len(exemplars)} exemplars are given: give {MOST_SOURCES} at most, or run the command once for each")
    for kind, paths in (("exemplar masks", masks), ("guides", guides)):
        if paths and len(paths) != max(1, len(exemplars)):
            fail(f"{len(paths)} {kind} are given for {len(exemplars)} exemplars: give one for each, in order")
    if guides and not exemplars:
        fail("--guide is for an EXEMPLAR, and none is given: name one")
    found: dict[str, Path | None] = {"exemplar": None, "exemplar_mask": None, "guide": None}
    for name, paths in (("exemplar", exemplars), ("exemplar_mask", masks), ("guide", guides)):
        found.update({numbered_name(name, number): path for number, path in enumerate(paths, 1)})
    return found


def mixing(exemplars: Sequence[Path], shares: Sequence[float]) -> list[str]:
    """Say that several exemplars are mixed: who meant to make one texture of each finds out."""
    if len(exemplars) < 2:
        return []
    parts = [f"{each / sum(shares):.0%} {path}" for path, each in zip(exemplars, shares, strict=True)]
    shown = ", ".join(parts[:MOST_NAMED]) + (", …" if len(parts) > MOST_NAMED else "")
    return [f"mixing {len(exemplars)} exemplars in one texture ({shown})"]


def check_one_stream(read: Mapping[str, Path | None]) -> None:
    """Refuse to read more than one picture from standard input."""
    named = [name.replace("_", " ") for name, path in read.items() if path == STANDARD]
    if len(named) > 1:
        fail(f"standard input has one picture, and {' and '.join(named)} would read it: name files for all but one")
