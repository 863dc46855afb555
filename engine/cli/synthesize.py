"""`texture-engine synthesize`."""

import json
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.cli.choosing import runner
from engine.cli.failures import INTERRUPTED, fail, one_line_errors
from engine.cli.parsing import parse_context, parse_layers, parse_memory, parse_scales, parse_size
from engine.cli.paths import STANDARD, path_argument, path_option, read_input, real
from engine.cli.results import check_apart, check_results, numbered, tell, write_result
from protocol.fields import LARGEST_SEED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from engine.cli.outcome import Outcome
    from engine.images import Picture
    from protocol import Synthesize

DEFAULT_SIZE = "512x512"
MOST_VARIATIONS = 1000
MOST_NAMED = 3
FLATTEN_HELP = (
    "Sample only what is opaque, and make the result opaque. Without it the alpha of the exemplar, or of the canvas, "
    "is a part of the texture."
)
CHANNELS = ("red", "green", "blue", "alpha")

SIZE_HELP = f"Width and height in pixels. {DEFAULT_SIZE} if not given, or the canvas's."
EXEMPLAR_HELP = "The sample texture; - reads it, or --canvas or --mask, from standard input."
OUTPUT_HELP = "The file to write; - writes PNG to standard output. (required)"
QUALITY_OF_FILES_HELP = "Quality of JPEG and lossy WebP files, 1 to 100. Makes WebP lossy."
QUALITY_OF_FILES_DEFAULT = "that of the JPEG file it is made from, else 95"
STRIP_HELP = "Keep no EXIF, XMP, texts and resolution of the canvas or exemplar."
FORCE_HELP = "Replace files that are write-protected."
INIT_HELP = "Picture to start from, in place of noise."
CANVAS_HELP = "Picture to keep where the mask is black; EXEMPLAR may then be left out."
MASK_HELP = (
    "White where the canvas is synthesised; gray blends. Its transparent part and 2 pixels around, if not given."
)
MASK_CHANNEL_HELP = "Take one channel of the masks: red, green, blue or alpha. Masks with colors need it."
EXEMPLAR_MASK_HELP = (
    "White where the exemplar may be sampled, or the canvas if there is no EXEMPLAR; gray counts as black."
)
CONTEXT_HELP = "How far around the hole the canvas is sampled: 1 to 16384 pixels, or whole. Not with an EXEMPLAR."
CONTEXT_DEFAULT = "by the size of the hole"
SAMPLE_FROM_HELP = (
    "Where around the hole the canvas is sampled: all, sides (its rows only) or above-below (its columns only). "
    "Not with an EXEMPLAR."
)
SEAMLESS_HELP = (
    "How the texture tiles: none, x (left fits right), y (top fits bottom), or both, as --seamless alone. A canvas "
    "without a mask gets new borders."
)
RECORD_HELP = "Record the run: a .gif, .webp or .mp4 file, or a folder for numbered PNGs."
FIGURES_HELP = "Record its Gram fingerprint and its losses beside the picture."
ENGINE_HELP = "Connection file of an engine to ask. The running one of this user, if there is one, if not given."
MEMORY_HELP = (
    "What synthesis may take, such as 8GiB. Half of the computer's if not given, four fifths of a GPU's free memory."
)


def synthesize(
    *,
    exemplars: Annotated[list[Path] | None, path_argument(EXEMPLAR_HELP, "EXEMPLAR")] = None,
    output: Annotated[Path | None, path_option(OUTPUT_HELP, "--output", "-o")] = None,
    size: Annotated[str | None, typer.Option(help=SIZE_HELP)] = None,
    recipe: Annotated[str, typer.Option(help="How: photo, sliced, gram or patch.")] = "photo",
    quality: Annotated[str, typer.Option(help="How long: draft, normal or best.")] = "normal",
    encoder: Annotated[str, typer.Option(help="The network: compact, vgg19, vgg16 or vgg11.")] = "compact",
    weights: Annotated[Path | None, path_option("Weights of a VGG of any width, in place of these.")] = None,
    pooling: Annotated[str, typer.Option(help="How the encoder halves its maps: average or max.")] = "average",
    layers: Annotated[
        str | None, typer.Option(help="Layers from relu1_1 to relu5_1, such as relu1_1:1,relu3_1:0.5.")
    ] = None,
    octaves: Annotated[int, typer.Option(help="The most scales that critics work at.")] = 5,
    steps: Annotated[int | None, typer.Option(help="Steps at full size, in place of the quality's.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed gives another texture.")] = 0,
    init: Annotated[Path | None, path_option(INIT_HELP)] = None,
    canvas: Annotated[Path | None, path_option(CANVAS_HELP)] = None,
    mask: Annotated[Path | None, path_option(MASK_HELP)] = None,
    mask_channel: Annotated[
        str | None, typer.Option(help=MASK_CHANNEL_HELP, show_default="how bright and opaque it is")
    ] = None,
    context: Annotated[
        str | None, typer.Option(help=CONTEXT_HELP, metavar="PIXELS", show_default=CONTEXT_DEFAULT)
    ] = None,
    sample_from: Annotated[str, typer.Option(help=SAMPLE_FROM_HELP)] = "all",
    exemplar_mask: Annotated[Path | None, path_option(EXEMPLAR_MASK_HELP)] = None,
    flatten: Annotated[bool, typer.Option("--flatten", help=FLATTEN_HELP)] = False,
    variations: Annotated[int, typer.Option(help="How many textures, from this seed on; files get -1, -2, …")] = 1,
    flips: Annotated[bool, typer.Option("--flips", help="Match the mirrored exemplar's patches too.")] = False,
    turns: Annotated[bool, typer.Option("--turns", help="Match its patches turned by quarters too.")] = False,
    scales: Annotated[str | None, typer.Option(help="Match at these relative sizes too, such as 0.8,1.25.")] = None,
    noise: Annotated[float, typer.Option(help="Noise on the features before matching, for variety.")] = 0.0,
    overuse: Annotated[float | None, typer.Option(help="Penalty on patches that are used too often, 0 to 1.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps or xpu.")] = "auto",
    memory: Annotated[str | None, typer.Option(help=MEMORY_HELP)] = None,
    seamless: Annotated[str, typer.Option(help=SEAMLESS_HELP)] = "none",
    record: Annotated[Path | None, path_option(RECORD_HELP)] = None,
    record_figures: Annotated[bool, typer.Option("--record-figures", help=FIGURES_HELP)] = False,
    jpeg_quality: Annotated[
        int | None, typer.Option(help=QUALITY_OF_FILES_HELP, show_default=QUALITY_OF_FILES_DEFAULT)
    ] = None,
    strip_metadata: Annotated[bool, typer.Option("--strip-metadata", help=STRIP_HELP)] = False,
    force: Annotated[bool, typer.Option("--force", help=FORCE_HELP)] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON for each texture.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress and no remarks.")] = False,
    engine: Annotated[Path | None, path_option(ENGINE_HELP)] = None,
    local: Annotated[bool, typer.Option("--local", help="Compute here even when an engine is running.")] = False,
) -> None:
    """Synthesise a texture from an exemplar, or fill a part of a picture with texture.

    Ctrl+C ends early and keeps the picture so far.
    """
    with one_line_errors():
        if record_figures and record is None:
            fail("there is no recording to put figures in: name one with --record FILE")
        check_seeds(seed, variations)
        exemplar = only_exemplar(exemplars or [])
        from engine.images import Metadata, check_quality

        check_quality(jpeg_quality)
        seamless = seamless.strip().lower()
        wanted = None if size is None else parse_size(size)
        reach = None if context is None else parse_context(context)
        outputs = check_results(output, variations, record, force=force, as_json=as_json)
        read = {"exemplar": exemplar, "canvas": canvas, "mask": mask, "exemplar_mask": exemplar_mask, "init": init}
        check_one_stream(read)
        check_apart([*outputs, *([] if record is None else [record])], [*read.values(), weights])
        pictures = {name: None if path is None else read_input(path) for name, path in read.items()}
        for picture in filter(None, pictures.values()):
            tell(picture.remarks, quiet=quiet)
        pictures.update({n: channel_of(pictures[n], mask_channel) for n in ("mask", "exemplar_mask")})

        from engine.preparation import canvas_size, finish, prepare
        from protocol import Synthesize

        # An engine does this again; here it refuses what does not fit together, and says what `finish` puts where.
        materials = prepare(
            pictures["exemplar"],
            canvas=pictures["canvas"],
            mask=pictures["mask"],
            exemplar_mask=pictures["exemplar_mask"],
            context=reach,
            sample_from=sample_from,
            seamless=seamless,
            flatten=flatten,
        )
        whole = canvas_size(pictures["canvas"], wanted) or parse_size(DEFAULT_SIZE)
        request = Synthesize(
            job="terminal",
            context=reach,
            sample_from=sample_from,
            width=whole[1],
            height=whole[0],
            recipe=recipe,
            quality=quality,
            encoder=encoder,
            # A path means the same to an engine of this user that was started in another folder.
            weights=None if weights is None else str(weights if engine else real(weights)),
            pooling=pooling,
            layers=None if layers is None else parse_layers(layers),
            octaves=octaves,
            steps=steps,
            seed=seed,
            seamless=seamless,
            flatten=flatten,
            flips=flips,
            turns=turns,
            scales=() if scales is None else parse_scales(scales),
            noise=noise,
            overuse=overuse,
            memory=None if memory is None else parse_memory(memory),
            device=device.strip().lower(),
        )
        if engine is not None and (local or record is not None):
            fail("an engine does not record, and is not asked with --local: leave out --engine, or these")
        with ExitStack() as stack:
            run = runner(
                stack,
                pictures,
                materials,
                engine=engine,
                local=local or record is not None,
                quiet=quiet,
                figures=record_figures,
            )
            for number, name in enumerate(outputs):
                wish = replace(request, seed=seed + number)
                recorded = None if record is None else numbered(record, number, variations)
                outcome = run(wish, name.name, recorded)
                made = finish(materials, outcome.picture, whole, outcome.alpha)
                remarks = write_result(
                    name, replace(made, metadata=Metadata()) if strip_metadata else made, jpeg_quality
                )
                # Those on the other variations say the same.
                tell(remarks if number == 0 else [], quiet=quiet)
                shown = "standard output" if name == STANDARD else str(name)
                if as_json:
                    told = {"output": shown, "recording": None if recorded is None else str(recorded)}
                    told["encoder"] = encoder if weights is None else str(weights)
                    print(json.dumps({**told, **summary(wish, whole, outcome)}))
                elif not quiet:
                    print(f"{shown}: {whole[1]}x{whole[0]} in {outcome.seconds:.1f} s", file=sys.stderr)
                if outcome.interrupted:
                    fail(f"interrupted: {shown} holds the picture so far", INTERRUPTED)


def channel_of(mask: "Picture | None", channel: str | None) -> "Picture | None":
    """Take one channel of a mask for all of it, if one is named."""
    if channel not in {None, *CHANNELS}:
        fail(f"mask-channel {channel!r} is not known: choose {', '.join(CHANNELS)}")
    if mask is None or channel is None:
        return mask
    import numpy as np

    if channel == "alpha":
        found = np.ones_like(mask.pixels[..., 0]) if mask.alpha is None else mask.alpha
    else:
        found = mask.pixels[..., CHANNELS.index(channel)]
    return replace(mask, pixels=np.repeat(found[..., None], 3, axis=2), alpha=None)


def summary(request: "Synthesize", size: tuple[int, int], outcome: "Outcome") -> dict[str, Any]:
    """Gather what `--json` tells of a job, but for where it went."""
    return {
        "device": outcome.device,
        "width": size[1],
        "height": size[0],
        "recipe": request.recipe,
        "quality": request.quality,
        "seed": request.seed,
        "seamless": request.seamless,
        "steps": outcome.step,
        "seconds": round(outcome.seconds, 3),
        "first_snapshot_seconds": round(outcome.first_seconds, 4),
        "losses": dict(outcome.losses),
        "peak_memory_bytes": outcome.peak_bytes,
        "interrupted": outcome.interrupted,
    }


def check_seeds(seed: int, variations: int) -> None:
    """Refuse, before the first texture, a number of them or a seed of any that is out of range."""
    if not 1 <= variations <= MOST_VARIATIONS:
        fail(f"variations {variations} is out of range: give 1 to {MOST_VARIATIONS:,}")
    for number in (seed, seed + variations - 1):
        if not 0 <= number <= LARGEST_SEED:
            fail(f"seed {number} is out of range: give 0 to {LARGEST_SEED:,}")


def only_exemplar(exemplars: "Sequence[Path]") -> Path | None:
    """Give the one exemplar that a run takes, or None."""
    if len(exemplars) > 1:
        names = ", ".join(map(str, exemplars[:MOST_NAMED])) + (", …" if len(exemplars) > MOST_NAMED else "")
        fail(f"{len(exemplars)} exemplars are given ({names}), and a run takes one: run them one after the other")
    return exemplars[0] if exemplars else None


def check_one_stream(read: "Mapping[str, Path | None]") -> None:
    """Refuse to read more than one picture from standard input."""
    named = [name.replace("_", " ") for name, path in read.items() if path == STANDARD]
    if len(named) > 1:
        fail(
            f"standard input holds one picture, and {' and '.join(named)} are to come from it: name files for others"
        )
